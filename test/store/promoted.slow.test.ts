/** A real server that is failed over tells that it is another by now; whoever charges asks it, and charges nobody twice. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import { sharedLimitsOn } from "../../src/adapters/store/records/shared-limits.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

import { checkAtRest, doubleCharges, readRecords } from "../crash/ledger-check.ts";
import { environment, PATIENT } from "../crash/round.ts";
import { keptAlive } from "../crash/server-faults.ts";
import { until } from "../daemon/real-process.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test("its timeline stays the same when it starts again, and is another one once it was promoted", async () => {
  const database = await server.newDatabase();
  /** Each on connections of its own: those that there were end with the server. */
  const timeline = async (): Promise<string | null> => {
    const orm = await openServer(database, "write");
    try {
      return await sharedLimitsOn(() => orm.em.fork()).timeline();
    } finally {
      await orm.close();
    }
  };
  expect(await timeline()).toBe("00000001");
  await server.fall();
  expect(await timeline()).toBe("00000001");
  await server.failOver();
  expect(await timeline()).toBe("00000002");
});

test("a standby without the last charges is promoted under a daemon: it halts, nobody pays twice, reconcile takes them in", async () => {
  const database = await server.newDatabase();
  const fixture = await newCommandFixture();
  const env = {
    ...{ ...environment("single", fixture.sandbox.url), ...fixture.env, ...PATIENT },
    ...{ DATABASE_URL: server.url(database), HTTP_PORT: "" },
  };
  const customers = await Promise.all(
    ["ana", "beto", "cleo"].map(async (id) => ({
      id,
      customer: await customerAt(fixture.sandbox.url, id, "tok_test_visa_4242"),
    })),
  );
  const apply = async (...count: readonly number[]): Promise<void> => {
    fixture.write("config/plans.yaml", plansYaml(customers.slice(0, ...count)));
    expect(await fixture.run(["plans", "apply"], { env })).toMatchObject({ exitCode: 0 });
  };
  const charged = (count: number): Promise<void> =>
    until(() => fixture.sandbox.ledger().length === count, `${count} charges`);
  const daemon = keptAlive({ cwd: fixture.folder, env });
  try {
    await until(() => daemon.current().output().includes("daemon.ready"), "the daemon to be ready");
    await apply(1);
    await charged(1);
    await server.copyStandby();
    await apply(2);
    await charged(2);
    await server.failOver();
    // As far as these books know, beto is no customer yet.
    await apply(2);
    const halted = (): boolean => (daemon.current().output() + daemon.ended().join("")).includes("restored");
    await until(halted, "the daemon to halt");
    expect(fixture.sandbox.ledger()).toHaveLength(2);

    expect(await daemon.stop()).toBe(0);
    const status = await fixture.run(["status"], { env });
    expect(status).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("puntual reconcile --since") });
    const [, since = ""] = /reconcile --since (\S+)/.exec(status.stdout) ?? [];
    expect(await fixture.run(["reconcile", "--since", since], { env })).toMatchObject({ exitCode: 0 });
    await apply(3);
    expect(await fixture.run(["run"], { env })).toMatchObject({ exitCode: 0 });
    const ledger = fixture.sandbox.ledger();
    expect(doubleCharges(ledger)).toEqual([]);
    expect(ledger).toHaveLength(3);
    expect(checkAtRest(await readRecords(database), ledger, new Date())).toEqual([]);
  } finally {
    daemon.kill();
    await fixture.close();
  }
}, 240_000);
