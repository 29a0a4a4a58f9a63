/**
 * A healthy merchant, ready to be hurt: real books, a sandbox, one customer with three paid months, and a clock that is
 * turned by hand. What a test plants is written by raw SQL, or done at the sandbox behind Puntual's back.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { addCard, createCustomer } from "../../src/application/customers/customers.ts";
import type { GuardProber, Machine } from "../../src/application/ports/doctor.ts";
import { examine, type ExamineNeeds } from "../../src/application/doctor/examine.ts";
import type { CheckName, Finding } from "../../src/application/doctor/finding.ts";
import type { Gateway } from "../../src/application/ports/gateway.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import type { OrderReader } from "../../src/application/ports/webhooks.ts";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { lookAtMachine, offsetMinutes } from "../../src/adapters/machine.ts";
import { assemble, type Assembly } from "../../src/assemble.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf } from "../sandbox/caller.ts";
import { DAY_MS, fill, MINUTE_MS, NOW, subscriptionOf } from "../support/books.ts";
import { putNewBooks, temporaryFolder } from "../support/new-books.ts";

export type Conekta = Gateway & OrderLister & OrderReader & GuardProber;

export type Clinic = {
  readonly folder: string;
  readonly databasePath: string;
  readonly sandbox: Sandbox;
  /** Calls the sandbox, behind Puntual's back. */
  readonly call: Caller;
  readonly app: Assembly;
  readonly clock: HandClock;
  readonly customerId: string;
  readonly installationId: string;
  gateway(): Promise<Conekta>;
  /** Bills all that is due. */
  run(): Promise<void>;
  sql(statement: string): void;
  visit(change?: Partial<ExamineNeeds>, options?: { readonly since?: Date }): Promise<readonly Finding[]>;
  /** One check of a visit. */
  check(name: CheckName, change?: Partial<ExamineNeeds>): Promise<Finding>;
  close(): Promise<void>;
};

export type ClinicOptions = {
  readonly sandbox?: SandboxOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly token?: string;
};

export async function newClinic({
  sandbox: options = {},
  env = {},
  token = "tok_test_visa_4242",
}: ClinicOptions = {}): Promise<Clinic> {
  const folder = temporaryFolder();
  const databasePath = path.join(folder, "books.db");
  await putNewBooks(databasePath);
  const clock = handClock(NOW);
  const sandbox = await startSandbox({ now: () => clock.now(), ...options });
  const config = envToConfig(
    readEnv(
      { CONEKTA_API_KEY: "key_doctor", CONEKTA_BASE_URL: sandbox.url, DATABASE_URL: `sqlite:${databasePath}`, ...env },
      null,
      () => "",
    ),
    { cwd: folder, isTerminal: false },
  );
  const app = await assemble(
    config,
    { cwd: folder, charging: true, database: "make", writeLog: () => undefined },
    { clock },
  );
  const biller = await app.biller();
  const { needs } = biller;
  const run = async () => void (await biller.tick(new AbortController().signal));

  const person = { name: "Jorge Martínez", email: "jorge@example.mx", phone: "+525512345678" };
  const { id: customerId } = await createCustomer(needs, person);
  await addCard(needs, customerId, { tokenId: token });
  await fill(app.store, { subscriptions: [subscriptionOf("jorge", { customerId, nextCycle: 1, firstCycle: 1 })] });
  await app.store.write(NOW, async (books) => books.putCustomer(await needs.gateway.readCustomer(customerId)));
  for (const day of ["2026-02-28", "2026-03-31", "2026-04-30"]) {
    clock.set(new Date(`${day}T15:00:00Z`));
    await run();
  }
  clock.advance(10 * MINUTE_MS);

  const gateway = async () => (await app.gateway()) as Conekta;

  async function visit(
    change: Partial<ExamineNeeds> = {},
    { since = new Date(clock.now().getTime() - 2 * DAY_MS) } = {},
  ) {
    const machine: Machine = { ...(await lookAtMachine(databasePath, [folder])), chargingPid: "4711" };
    const { chargeFlow: flow, timeoutMs } = config.conekta;
    const healthy: ExamineNeeds = {
      store: app.store,
      inspection: app.store.inspection,
      outbox: app.store.outbox,
      clock,
      machine,
      offsetMinutes,
      settings: { flow, timeoutMs, leaseMs: config.charging.leaseMs },
      gateway,
      books: { books: app.store.sweep, attempts: app.store.inbox },
    };
    return await examine({ ...healthy, ...change }, { since });
  }

  return {
    folder,
    databasePath,
    sandbox,
    call: callerOf(sandbox),
    app,
    clock,
    customerId,
    run,
    visit,
    gateway,
    installationId: (await app.store.installation()).id,
    sql(statement) {
      const db = new Database(databasePath);
      try {
        db.exec(statement);
      } finally {
        db.close();
      }
    },
    async check(name, change) {
      const finding = (await visit(change)).find(({ check }) => check === name);
      if (finding === undefined) throw new Error(`the doctor did not look at ${name}`);
      return finding;
    },
    async close() {
      await app[Symbol.asyncDispose]();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
