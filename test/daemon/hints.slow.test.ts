/** A daemon that cron wakes once a year, on a real PostgreSQL: what a command puts up is charged because it was told of. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { environment } from "../crash/round.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { startPuntual, until } from "./real-process.ts";

const LISTENING = "pg_stat_activity where datname = current_database() and query = 'listen puntual_hint'";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test("what `plans apply` puts up is charged at once, and again after the connection that listens was ended", async () => {
  const database = await server.newDatabase();
  const fixture = await newCommandFixture();
  const env = { ...environment("single", fixture.sandbox.url), ...fixture.env, DATABASE_URL: server.url(database) };
  const daemon = startPuntual(["start"], { cwd: fixture.folder, env: { ...env, BILLING_CRON: "0 0 29 2 *" } });
  const count = async (from: string) => Number((await sql(database, `select count(*) as n from ${from}`))[0]?.["n"]);
  const subscriptions: { id: string; customer: string }[] = [];
  async function chargeOneMore(): Promise<void> {
    const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
    subscriptions.push({ id: `s${subscriptions.length}`, customer });
    fixture.write("config/plans.yaml", plansYaml(subscriptions));
    expect(await fixture.run(["plans", "apply"], { env })).toMatchObject({ exitCode: 0 });
    const paid = "invoice where status = 'paid'";
    await until(async () => (await count(paid)) === subscriptions.length, "it to be charged");
  }
  try {
    await until(() => daemon.output().includes("daemon.ready"), "the daemon to be ready");
    await until(async () => (await count(LISTENING)) === 1, "it to listen");
    await chargeOneMore();

    await sql(database, `select pg_terminate_backend(pid) from ${LISTENING}`);
    await until(async () => (await count(LISTENING)) === 1, "it to listen again");
    await chargeOneMore();
  } finally {
    daemon.process.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    await fixture.close();
  }
});
