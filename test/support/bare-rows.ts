/**
 * A SQLite database for statements that are asked of rows one by one: its checks and foreign keys are off, so that a row is
 * what a test says of it, and nothing else has to be there. Each test is a transaction that is taken back.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import { seededRandom } from "../../src/adapters/random.ts";
import { all, type RawRow, run } from "../../src/adapters/store/dialect/sql.ts";
import type { Random } from "../../src/application/ports/runtime.ts";
import { type MappedFile, openMapped } from "./mapped-file.ts";
import { putNewDatabase, temporaryFolder } from "./new-database.ts";

type Row = Readonly<Record<string, string | number | null>>;

/** What a column holds where a test says nothing of it. */
const DEFAULTS = {
  plan: {
    ...{ id: "oro", name: "Plan Oro", currency: "MXN", interval: "month", frequency: 1, trial_period_days: 0 },
    ...{ line_items: "[]", dunning: "standard", catch_up: "all", source: "code" },
  },
  customer: { name: "Ana" },
  subscription: {
    ...{ plan_id: "oro", customer_id: "cus", status: "active", time_zone: "UTC", start_local: "2026-01-31T09:00" },
    ...{ anchor_local: "2026-01-31T09:00", quantity: 1, bill_past: 0, first_cycle: 0, next_cycle: 1, source: "code" },
  },
  invoice: {
    ...{ subscription_id: "sub", customer_id: "cus", period_start: 0, period_end: 0, amount_cents: 500 },
    ...{ discount_cents: 0, currency: "MXN", line_items: "[]", status: "open", missed: 0, declines: 0, faults: 0 },
    ...{ balance_cents: 0, opened_at: 0 },
  },
  attempt: {
    invoice_id: "inv",
    ...{ customer_id: "cus", state: "declined", flow: "single", amount_cents: 500, currency: "MXN" },
    ...{ claimed_by: "own", claim_epoch: 1, claimed_at: 0, claimed_until: 0, inquiries: 0, evidence: "[]" },
  },
  payment_link: { methods: '["card"]', requested_by: "dunning", created_at: 0, expires_at: 0, rechecks: 0 },
  refund: {
    ...{ invoice_id: "inv", attempt_id: "att", order_id: "ord", amount_cents: 5, currency: "MXN", reason: "other" },
    ...{ requested_by: "ana", state: "requested", created_at: 0 },
  },
  dispute: {
    ...{ order_id: "ord", attempt_id: "att", invoice_id: "inv", subscription_id: "sub", customer_id: "cus" },
    ...{ amount_cents: 5, currency: "MXN", status: "under_review", outcome: "open", opened_at: 0 },
  },
  item: {
    ...{ customer_id: "cus", name: "Locker", amount_cents: 5, discount_cents: 0, currency: "MXN", created_at: 0 },
    ...{ created_by: "ana" },
  },
  balance_entry: {
    ...{ customer_id: "cus", currency: "MXN", kind: "grant", amount_cents: 5, balance_cents: 5, reason: "a gift" },
    ...{ actor: "ana", at: 0 },
  },
  subscription_change: {
    ...{
      subscription_id: "sub",
      number: 1,
      from_plan_id: "oro",
      to_plan_id: "plata",
      from_quantity: 1,
      to_quantity: 1,
    },
    ...{ apply: "now", on_date: "2026-02-10", credit_cents: 0, debit_cents: 0, granted_cents: 0, next_cycle: 1 },
    ...{ from_anchor_local: "2026-01-31T09:00", made_at: 0, made_by: "ana" },
  },
  coupon: { source: "code" },
  coupon_grant: {
    ...{ subscription_id: "sub", coupon_code: "DIEZ", number: 1, from_cycle: 0, granted_at: 0, granted_by: "ana" },
  },
  customer_tax: {
    rfc: "XAXX010101000",
    name: "ANA",
    postal_code: "06000",
    regime: "616",
    cfdi_use: "S01",
    updated_at: 0,
  },
  cfdi: { exports: 1 },
  cfdi_part: {},
  consent: {
    ...{ subscription_id: "sub", version: "1", text: "sí", amount_cents: 5, currency: "MXN", interval: "month" },
    ...{ frequency: 1, consented_at: 0, channel: "web", recorded_by: "ana", created_at: 0 },
  },
  api_key: { scopes: '["read"]', last4: "abcd", created_at: 0, created_by: "ana" },
  event: { at: 0, type: "invoice.paid", data: "{}" },
  event_delivery: { state: "pending", tries: 0, created_at: 0 },
  denied_charge: { denied_at: 0, rechecks: 0 },
  read_failure: {
    kind: "customer",
    failures: 1,
    failed_since: 0,
    failed_at: 0,
    next_read_at: 0,
    because: "status 500",
  },
  webhook_event: { type: "order.paid", received_at: 0, payload: "{}", state: "received", tries: 0 },
  node: { host: "here", pid: 7, started_at: 0, heartbeat_at: 0 },
  installation: { id: "ins", epoch: 1, created_at: 0 },
  halt: { halted_at: 0, reason: "a test" },
  archive: { file: "/srv/old.db", before: 0, started_at: 0, invoices: 0, attempts: 0, events: 0 },
  archived_invoice: { archive_id: "arc", subscription_id: "sub", cycle: 0, status: "paid" },
} as const satisfies Readonly<Record<string, Row>>;

export type Table = keyof typeof DEFAULTS;

/** Each row's values, as a person reads a table. */
export function words(rows: readonly object[]): string[] {
  return rows.map((row) => Object.values(row).map(String).join(" "));
}

export type BareRows = {
  readonly em: SqlEntityManager;
  /** Several statements, separated by semicolons. */
  readonly execute: (statements: string) => Promise<void>;
  readonly put: (table: Table, ...rows: readonly Row[]) => Promise<void>;
  /** Before anything else that is asked for after it: what others commit meanwhile. */
  readonly atOnce: (statements: string) => void;
  readonly all: (sql: string) => Promise<RawRow[]>;
  /** How many statements it sends. */
  readonly statements: (work: (em: SqlEntityManager) => Promise<unknown>) => Promise<number>;
  /** Another one each time it is asked for. */
  readonly random: () => Random;
  /** What the parts of a store need of it, all in the transaction of the test. */
  readonly database: () => {
    readonly read: () => SqlEntityManager;
    readonly write: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;
    readonly mapped: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;
    readonly alone: <T>(work: (em: SqlEntityManager, isAgain: boolean) => Promise<T>) => Promise<T>;
    readonly beside: <T>(whose: unknown, work: (em: SqlEntityManager, isAgain: boolean) => Promise<T>) => Promise<T>;
    readonly random: Random;
    readonly leastCents: number;
  };
};

/** For the tests of a file. */
export function bareRows(): BareRows {
  const folder = temporaryFolder();
  let file: MappedFile;
  let em: SqlEntityManager;
  const execute = async (statements: string): Promise<void> => {
    for (const each of statements.split(";")) if (each.trim() !== "") await em.execute(each);
  };
  beforeAll(async () => {
    const databasePath = path.join(folder, "books.db");
    await putNewDatabase(databasePath);
    file = openMapped(databasePath);
    em = file.em.fork();
    await execute("pragma foreign_keys = off; pragma ignore_check_constraints = on");
  });
  afterAll(async () => {
    await file.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => await em.begin());
  afterEach(async () => {
    await em.rollback();
    em.clear();
  });
  let attempts = 0;
  let drawn = 0;
  const random = (): Random => seededRandom((drawn += 1));
  return {
    random,
    database: () => ({
      read: () => em,
      write: (work) => work(em),
      mapped: (work) => work(em),
      alone: (work) => work(em, false),
      beside: (_whose, work) => work(em, false),
      ...{ random: random(), leastCents: 300 },
    }),
    get em() {
      return em;
    },
    execute,
    async put(table, ...rows) {
      for (const given of rows) {
        const number = (attempts += 1);
        const own = table === "attempt" ? { number, reference: String(given["id"]) } : {};
        const row: Row = { ...DEFAULTS[table], ...own, ...given };
        const names = Object.keys(row);
        const columns = names.map((name) => `"${name}"`).join(", ");
        const places = names.map(() => "?").join(", ");
        await run(em, `insert into ${table} (${columns}) values (${places})`, Object.values(row));
      }
    },
    atOnce: (statements) => void file.connection.database.exec(statements),
    all: async (sql) => await all(em, sql),
    async statements(work) {
      let sent = 0;
      const counted = new Proxy(em, {
        get(target, name) {
          if (name === "getKysely") sent += 1;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      await work(counted);
      return sent;
    },
  };
}
