/** Two real daemons on one PostgreSQL: one charges, and the other takes over what it left when it was killed or stopped. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { startPuntual, until } from "../daemon/real-process.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { doubleCharges } from "./ledger-check.ts";
import { environment } from "./round.ts";

const CUSTOMERS = 12;

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

async function countOf(database: PostgresDatabase, from: string): Promise<number> {
  const [row] = await sql(database, `select count(*) as n from ${from}`);
  return Number(row?.["n"]);
}

test.each([["SIGKILL"], ["SIGSTOP"]] as const)(
  "%s in the middle of its charges: a second one is refused, takes over after the lease, and everybody pays once",
  async (signal) => {
    const database = await server.newDatabase();
    const fixture = await newCommandFixture();
    const env = { ...environment("single", fixture.sandbox.url), ...fixture.env, DATABASE_URL: server.url(database) };
    const daemon = { cwd: fixture.folder, env: { ...env, HTTP_PORT: "", CHARGE_CONCURRENCY: "2", LEASE_MS: "10000" } };
    try {
      const customers = await Promise.all(
        Array.from({ length: CUSTOMERS }, (_, at) =>
          customerAt(fixture.sandbox.url, `Ana ${at}`, "tok_test_visa_4242"),
        ),
      );
      fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
      expect(await fixture.run(["plans", "apply"], { env })).toMatchObject({ exitCode: 0 });
      fixture.sandbox.inject({ kind: "latency_after", call: "POST /orders", ms: 300, always: true });

      const first = startPuntual(["start"], daemon);
      await until(() => fixture.sandbox.ledger().length > 2, "charges under way");
      first.process.kill(signal);
      const refused = await startPuntual(["start"], daemon).ended;
      expect([refused.code, refused.output]).toEqual([1, expect.stringContaining(`pid ${first.pid}`)]);

      await until(
        async () => (await countOf(database, "node where alive_until > extract(epoch from now()) * 1000")) === 0,
        "its lease to end",
      );
      const second = startPuntual(["start"], daemon);
      // One that only slept wakes, finds that it was given up, and ends by itself; a dead one has no code.
      await until(() => second.output().includes("daemon.ready"), "the second to be ready");
      first.process.kill("SIGCONT");
      expect((await first.ended).code).toBe(signal === "SIGSTOP" ? 1 : null);
      await until(
        async () => (await countOf(database, "invoice where status = 'paid'")) === CUSTOMERS,
        "all to be paid",
      );
      second.process.kill("SIGTERM");
      expect((await second.ended).code).toBe(0);

      expect(doubleCharges(fixture.sandbox.ledger())).toEqual([]);
      expect(fixture.sandbox.ledger()).toHaveLength(CUSTOMERS);
      expect(await countOf(database, "attempt where state in ('claimed', 'sending', 'unknown')")).toBe(0);
      expect(await countOf(database, "node")).toBe(0);
    } finally {
      await fixture.close();
    }
  },
);
