/** Real daemons side by side on one PostgreSQL: all charge, and the living take over what a killed or stopped one left. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { type RunningProcess, startPuntual, until } from "../daemon/real-process.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { doubleCharges } from "./ledger-check.ts";
import { environment, PATIENT } from "./round.ts";

const CUSTOMERS = 24;
/** Longer than the server lets a transaction of a process that was stopped be silent: meanwhile the others may wait for its rows. */
const LEASE_MS = 20_000;
/** Shown where not all are paid in time. */
const LEFT = `select i.id, i.status, i.next_attempt_at, a.state, a.claimed_by, a.next_inquiry_at, a.evidence from invoice i
  left join attempt a on a.invoice_id = i.id where i.status <> 'paid'`;

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

async function countOf(database: PostgresDatabase, from: string): Promise<number> {
  const [row] = await sql(database, `select count(*) as n from ${from}`);
  return Number(row?.["n"]);
}

test.each([["SIGKILL"], ["SIGSTOP"]] as const)(
  "%s of one of three in the middle of its charges: the others go on, take over after the lease, and everybody pays once",
  async (signal) => {
    const database = await server.newDatabase();
    const fixture = await newCommandFixture();
    const env = {
      ...environment("single", fixture.sandbox.url),
      ...fixture.env,
      ...PATIENT,
      DATABASE_URL: server.url(database),
    };
    const daemon = {
      cwd: fixture.folder,
      env: { ...env, HTTP_PORT: "", CHARGE_CONCURRENCY: "2", LEASE_MS: String(LEASE_MS) },
    };
    const daemons: RunningProcess[] = [];
    try {
      const customers = await Promise.all(
        Array.from({ length: CUSTOMERS }, (_, at) =>
          customerAt(fixture.sandbox.url, `Ana ${at}`, "tok_test_visa_4242"),
        ),
      );
      fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
      fixture.sandbox.inject({ kind: "latency_after", call: "POST /orders", ms: 500, always: true });
      for (let count = 0; count < 3; count++) daemons.push(startPuntual(["start"], daemon));
      for (const each of daemons) await until(() => each.output().includes("daemon.ready"), "all to be ready");
      expect((await fixture.run(["status"], { env })).stdout).toContain("yes, 3 processes: ");
      expect(await fixture.run(["plans", "apply"], { env })).toMatchObject({ exitCode: 0 });

      await until(() => fixture.sandbox.ledger().length > 2, "charges under way");
      // Whichever came first: another may find nothing left to claim.
      const inFlight = "attempt where state in ('claimed', 'sending') and claimed_by = n.id";
      const [charges] = await sql(database, `select pid from node n where exists (select 1 from ${inFlight}) limit 1`);
      const victim = daemons.find(({ pid }) => pid === Number(charges?.["pid"]));
      assert(victim, "one of them is charging");
      victim.process.kill(signal);
      await until(
        async () => (await countOf(database, "invoice where status = 'paid'")) === CUSTOMERS,
        "all to be paid",
      ).catch(async (error: unknown) => {
        throw new Error(JSON.stringify(await sql(database, LEFT)), { cause: error });
      });
      const charging = await sql(database, "select count(distinct claimed_by) as n from attempt where state = 'paid'");
      expect(Number(charging[0]?.["n"])).toBeGreaterThan(1);
      expect((await fixture.run(["status"], { env })).stdout).toContain(`${victim.pid} on`);
      // One that only slept wakes, finds that it was given up, and goes on as another node; a dead one has no code.
      victim.process.kill("SIGCONT");
      if (signal === "SIGSTOP") await until(() => victim.output().includes("node.given_up"), "it to find out");
      for (const each of daemons) each.process.kill("SIGTERM");
      for (const each of daemons)
        expect((await each.ended).code).toBe(each === victim && signal === "SIGKILL" ? null : 0);

      expect(doubleCharges(fixture.sandbox.ledger())).toEqual([]);
      expect(fixture.sandbox.ledger()).toHaveLength(CUSTOMERS);
      expect(await countOf(database, "attempt where state in ('claimed', 'sending', 'unknown')")).toBe(0);
      expect(await countOf(database, `node where pid <> ${victim.pid}`)).toBe(0);
    } finally {
      for (const each of daemons) each.process.kill("SIGKILL");
      await fixture.close();
    }
  },
);
