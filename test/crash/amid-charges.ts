/** What the server of a daemon refuses in the middle of its charges, until it is mended; then all must be paid, once. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import { until } from "../daemon/real-process.ts";
import { customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { sql } from "../support/postgres-server.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { checkAtRest, doubleCharges, readRecords } from "./ledger-check.ts";
import { environment, PATIENT } from "./round.ts";
import { keptAlive } from "./server-faults.ts";

const CUSTOMERS = 80;
const CONCURRENCY = 4;

export type Refusal = {
  /** As its owner: it is looked at by it, too. */
  readonly database: PostgresDatabase;
  /** As the daemon reaches it. */
  readonly url: string;
  /** From now on the server refuses what a charge must write. */
  readonly strike: () => Promise<void> | void;
  /** In the daemon's log from then on. */
  readonly says: RegExp;
  readonly mend: () => Promise<void> | void;
};

export type AfterRefusal = {
  /** While the server refused. */
  readonly sent: number;
  /** In the end, as are all that follow. */
  readonly charged: number;
  readonly doubled: readonly unknown[];
  readonly faults: readonly string[];
};

/** What is left once all was mended. */
export const ALL_ONCE: Omit<AfterRefusal, "sent"> = { charged: CUSTOMERS, doubled: [], faults: [] };

export async function refuseAmidCharges({ database, url, strike, says, mend }: Refusal): Promise<AfterRefusal> {
  const fixture = await newCommandFixture();
  const env = {
    ...{ ...environment("single", fixture.sandbox.url), ...fixture.env, DATABASE_URL: url },
    ...PATIENT,
  };
  const daemon = keptAlive({
    cwd: fixture.folder,
    env: { ...env, HTTP_PORT: "", CHARGE_CONCURRENCY: String(CONCURRENCY) },
  });
  try {
    const said = (): string => daemon.current().output() + daemon.ended().join("\n");
    const customers = await Promise.all(
      Array.from({ length: CUSTOMERS }, (_, at) => customerAt(fixture.sandbox.url, `Ana ${at}`, "tok_test_visa_4242")),
    );
    fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
    fixture.sandbox.inject({ kind: "latency_after", call: "POST /orders", ms: 200, always: true });
    await until(() => said().includes("daemon.ready"), "the daemon to be ready");
    const applied = await fixture.run(["plans", "apply"], { env });
    expect(`${applied.exitCode} ${applied.stderr}`).toBe("0 ");

    await until(() => fixture.sandbox.ledger().length > 5, "charges under way");
    await strike();
    const sentBefore = fixture.sandbox.ledger().length;
    await until(() => says.test(said()), "the daemon to say what is wrong");
    await sleep(3000);
    const sent = fixture.sandbox.ledger().length;
    expect(sent).toBeLessThan(CUSTOMERS);

    await mend();
    const [row] = await sql(database, "select count(*) as n from attempt where sent_at is not null");
    // What was sent has a record, whatever became of it.
    expect(Number(row?.["n"])).toBeGreaterThanOrEqual(sent);
    await until(async () => {
      const [paid] = await sql(database, "select count(*) as n from invoice where status = 'paid'");
      return Number(paid?.["n"]) === CUSTOMERS;
    }, "all to be paid");
    expect(await daemon.stop()).toBe(0);
    const ledger = fixture.sandbox.ledger();
    const faults = checkAtRest(await readRecords(database), ledger, new Date());
    return { sent: sent - sentBefore, charged: ledger.length, doubled: doubleCharges(ledger), faults };
  } finally {
    daemon.kill();
    await mend();
    await fixture.close();
  }
}
