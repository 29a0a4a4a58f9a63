/**
 * The disk of the PostgreSQL server fills up in the middle of the charges, for real: the database lies on a small file system in
 * memory. Nobody is charged without a record or twice, and all are charged once there is space again.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../daemon/real-process.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { checkAtRest, doubleCharges, readRecords } from "./ledger-check.ts";
import { environment } from "./round.ts";
import { keptAlive } from "./server-faults.ts";

const CUSTOMERS = 80;
const SIZE_MIB = 64;
const FULL = "the disk of the server is full";

const disk = temporaryFolder();
const tables = path.join(disk, "tables");
const filler = path.join(disk, "filler");
const cannot = whyNot();
let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  if (cannot === null) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** Why this cannot be tried here; null: it can, and the file system is there. */
function whyNot(): string | null {
  if (process.env["DATABASE_URL_TEST"] !== undefined) return "the server is another one's";
  if (process.getuid?.() !== 0) return "only root may make a file system";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MIB}m`, "tmpfs", disk], { stdio: "pipe" });
    mkdirSync(tables, { mode: 0o700 });
    execFileSync("chown", ["postgres", tables]);
    return null;
  } catch (error) {
    return `a file system cannot be made here (${String(error)})`;
  }
}

/** To the last byte. */
function fill(): void {
  const handle = openSync(filler, "w");
  try {
    for (const size of [1 << 20, 4096, 1])
      for (;;)
        try {
          if (writeSync(handle, Buffer.alloc(size)) < size) break;
        } catch (error) {
          if ((error as { code?: string }).code !== "ENOSPC") throw error;
          break;
        }
  } finally {
    closeSync(handle);
  }
}

if (cannot !== null) test(`the disk of the server is not filled here: ${cannot}`, () => expect(cannot).not.toBe(""));
else
  test("the disk fills up amid the charges: nothing is lost or doubled, and all are charged once there is space", async () => {
    const [database, other] = [await server.newDatabase(), await server.newDatabase()];
    await sql(other, `create tablespace small location '${tables}'`);
    await sql(other, `alter database ${database.server.database} set tablespace small`);
    const fixture = await newCommandFixture();
    const env = { ...environment("single", fixture.sandbox.url), ...fixture.env, DATABASE_URL: server.url(database) };
    const daemon = keptAlive({ cwd: fixture.folder, env: { ...env, HTTP_PORT: "", CHARGE_CONCURRENCY: "4" } });
    try {
      const said = () => daemon.current().output() + daemon.ended().join("\n");
      const customers = await Promise.all(
        Array.from({ length: CUSTOMERS }, (_, at) =>
          customerAt(fixture.sandbox.url, `Ana ${at}`, "tok_test_visa_4242"),
        ),
      );
      fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
      fixture.sandbox.inject({ kind: "latency_after", call: "POST /orders", ms: 200, always: true });
      await until(() => said().includes("daemon.ready"), "the daemon to be ready");
      expect(await fixture.run(["plans", "apply"], { env })).toMatchObject({ exitCode: 0 });

      await until(() => fixture.sandbox.ledger().length > 5, "charges under way");
      fill();
      await until(() => said().includes(FULL), "the daemon to say that the disk is full");
      await sleep(3000);
      const sentWhileFull = fixture.sandbox.ledger().length;
      expect(sentWhileFull).toBeLessThan(CUSTOMERS);
      const [row] = await sql(database, "select count(*) as n from attempt where sent_at is not null");
      // What was sent has a record, whatever became of it.
      expect(Number(row?.["n"])).toBeGreaterThanOrEqual(sentWhileFull);

      rmSync(filler);
      await until(async () => {
        const [paid] = await sql(database, "select count(*) as n from invoice where status = 'paid'");
        return Number(paid?.["n"]) === CUSTOMERS;
      }, "all to be paid");
      expect(await daemon.stop()).toBe(0);
      const ledger = fixture.sandbox.ledger();
      expect(doubleCharges(ledger)).toEqual([]);
      expect(ledger).toHaveLength(CUSTOMERS);
      expect(checkAtRest(await readRecords(database), ledger, new Date())).toEqual([]);
    } finally {
      daemon.kill();
      rmSync(filler, { force: true });
      await fixture.close();
    }
  }, 240_000);
