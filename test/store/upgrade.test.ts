/** A database of the last landing that holds history is brought up to date, and says the same afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { openMapped } from "../support/mapped-file.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { NOW } from "../support/records.ts";

type Row = Readonly<Record<string, unknown>>;

/** The newest migration of the last landing. */
const LAST_LANDING = "Migration20261123000009WebhookIndexes";
const AT = 1_772_290_800_000;
const HOUR_MS = 3_600_000;

/** What a column is called today; everything else keeps its name. */
const COLUMNS: Readonly<Record<string, string>> = {
  looks: "inquiries",
  next_look_at: "next_inquiry_at",
};
const EVENTS: Readonly<Record<string, string>> = {
  "gate.closed": "charging.halted",
  "gate.opened": "charging.resumed",
  "attempt.looked_for": "attempt.inquiry_made",
  "attempt.adopted": "attempt.imported",
};

const folder = mkdtempSync(path.join(tmpdir(), "puntual-upgrade-"));
const databasePath = path.join(folder, "books.db");
let before: Record<string, Row[]>;
let after: Record<string, Row[]>;
let faults: unknown[];

beforeAll(async () => {
  const orm = openMapped(databasePath);
  await orm.migrator.up({ to: LAST_LANDING });
  await orm.close();
  const old = new Database(databasePath);
  fill(old);
  before = everythingIn(old);
  old.close();
  await (
    await openSqliteStore({ databasePath, random: seededRandom(1), now: NOW, exclusive: true, access: "make" })
  ).close();
  const upgraded = new Database(databasePath);
  after = everythingIn(upgraded);
  faults = [
    ...(upgraded.pragma("foreign_key_check") as unknown[]),
    ...(upgraded.pragma("integrity_check") as { integrity_check: string }[]).filter(
      (row) => row.integrity_check !== "ok",
    ),
  ];
  upgraded.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the filled database has something of everything: every state, and every kind of old event", () => {
  const distinct = (table: string, column: string) => new Set(before[table]?.map((row) => row[column])).size;
  expect([distinct("attempt", "state"), distinct("invoice", "status"), distinct("subscription", "status")]).toEqual([
    11, 5, 7,
  ]);
  expect(before["event"]?.map(({ type }) => type)).toEqual(expect.arrayContaining(Object.keys(EVENTS)));
  for (const [table, rows] of Object.entries(before)) expect(`${table} ${rows.length > 0}`).toBe(`${table} true`);
});

test("no row is lost, changed or doubled, but for what is called otherwise today", () => {
  for (const [table, rows] of Object.entries(before)) {
    if (!isTable(table)) continue;
    const today = (after[table] ?? []).map((row) => (table === "installation" ? { ...row, ...haltAfter() } : row));
    const kept = today.map((row) =>
      onlyThose(
        row,
        Object.keys(rows[0] ?? {}).map((name) => COLUMNS[name] ?? name),
      ),
    );
    expect({ table, rows: sorted(kept) }).toEqual({ table, rows: sorted(rows.map(inTodaysWords)) });
  }
});

test("every view shows the same rows as before; only a date that never comes is gone", () => {
  for (const [view, rows] of Object.entries(before)) {
    if (isTable(view)) continue;
    const then = rows.map((row) => (neverComes(row) ? { ...row, next_billing_at: null } : row));
    // A view may get columns at its end.
    const now = (after[view] ?? []).map((row) => onlyThose(row, Object.keys(rows[0] ?? {})));
    expect({ view, rows: sorted(now) }).toEqual({ view, rows: sorted(then) });
  }
});

test("of installations that began at once on a new database, the one that charged is kept; a second row is refused since", async () => {
  const begunTwice = path.join(folder, "twice.db");
  const orm = openMapped(begunTwice);
  await orm.migrator.up({ to: "Migration20261128000046CustomerProfiles" });
  await orm.close();
  const db = new Database(begunTwice);
  db.exec(`insert into installation (id, epoch, created_at, livemode) values
    ('ins_a', 0, ${AT}, null), ('ins_b', 3, ${AT + 1}, 0), ('ins_c', 0, ${AT + 2}, null)`);
  await (
    await openSqliteStore({
      databasePath: begunTwice,
      random: seededRandom(1),
      now: NOW,
      exclusive: true,
      access: "make",
    })
  ).close();
  expect(db.prepare("select id from installation").pluck().all()).toEqual(["ins_b"]);
  expect(() => db.exec("insert into installation (id, epoch, created_at) values ('ins_d', 0, 0)")).toThrow(
    "installation_one",
  );
  db.close();
});

test("a table of disputes that is made anew keeps its rows, its indexes and every trigger that names it", async () => {
  const disputed = path.join(folder, "disputed.db");
  const orm = openMapped(disputed);
  await orm.migrator.up({ to: LAST_LANDING });
  const db = new Database(disputed);
  fill(db);
  await orm.migrator.up({ to: "Migration20261129000051Consents" });
  const disputes = `insert into dispute (id, charge_id, order_id, attempt_id, invoice_id, subscription_id, customer_id,
      amount_cents, currency, opened_at, status, outcome, reason, closed_at, closed_by, why, next_read_at)
    select ?, ?, 'ord', a.id, i.id, i.subscription_id, i.customer_id, 5, 'MXN', ${AT}, ?, ?, ?, ?, ?, ?, ?
    from attempt a join invoice i on i.id = a.invoice_id order by a.id limit 1`;
  db.prepare(disputes).run("dsp_1", "chr_1", "created", "open", "fraud", null, null, null, AT + 1);
  db.prepare(disputes).run("dsp_2", "chr_2", "covered", "won", null, AT + 2, "ana", "the bank wrote", null);
  const found = () => [
    db.prepare("select * from dispute order by id").all(),
    db
      .prepare("select name, sql from sqlite_master where type <> 'table' and sql like '%dispute%' order by name")
      .all(),
  ];
  const was = found();
  await orm.migrator.up({ to: "Migration20261129000052WithdrawnDisputes" });
  await orm.close();
  expect(was[1]?.length).toBeGreaterThan(10);
  expect(found()).toEqual(was);
  db.exec("update dispute set outcome = 'withdrawn', closed_at = 1, next_read_at = null where id = 'dsp_1'");
  db.close();
});

test("nothing refers to what is not there, and the file is whole", () => {
  expect(faults).toEqual([]);
});

describe("what was read back from the history is state now", () => {
  test.each([
    // invoice, requested at, because
    ["inv_asked", AT + 2 * HOUR_MS, "a person asked, and nothing was tried since"],
    ["inv_asked_in_vain", AT + 2 * HOUR_MS, "the try since then never reached the gateway: the request stands"],
    ["inv_tried", null, "the try was made"],
    ["inv_open", null, "nobody asked"],
    ["inv_held", AT + 2 * HOUR_MS, "a held one may be tried again"],
    ["inv_void", null, "what is over is not tried again"],
  ])("a retry of %s: %p (%s)", (id, requestedAt, _because) => {
    expect(after["invoice"]?.find((row) => row["id"] === id)).toMatchObject({ retry_requested_at: requestedAt });
  });

  test("an order that a person set aside stays so", () => {
    expect(after["order_set_aside"]).toEqual([
      { order_id: "ord_aside", at: AT, why: "of the old shop", set_aside_by: "maria" },
    ]);
  });
});

/** An installation that is halted for restored books, and a year of all that can happen. */
function fill(db: Database.Database): void {
  db.exec(`
    insert into installation (id, livemode, epoch, owner_id, gate_closed_at, gate_closed_because, gate_kind, gate_reconcile_since, created_at, notified_through)
    values ('ins_1', 1, 7, 'own_1', ${AT}, 'these books are old', 'restored', ${AT - 1}, ${AT - 2}, 3);
    insert into plan values ('oro', 'Plan Oro', 'MXN', 'month', 1, 0, 12, '[]', 'standard', 'all', 'code');
    insert into webhook_event values ('whe_1', 'order.paid', ${AT}, 0, 'ord_1', 'cus_0', '{}', 'failed', 'no order', 3, null, ${AT});
    insert into guard_probe values ('prb_1', ${AT}, 0, 'refused', 'refused', '[]');
  `);
  const STATUSES = ["trialing", "active", "past_due", "unpaid", "paused", "canceled", "completed"];
  for (const [index, status] of STATUSES.entries()) {
    const isEnded = status === "canceled" || status === "completed";
    db.exec(`
      insert into customer (id, name, payment_source_id, card_brand, card_last4, card_exp_month, card_exp_year)
      values ('cus_${index}', 'Ana ${index}', 'src_${index}', 'visa', '4242', 12, 2030);
      insert into subscription values ('sub_${index}', 'oro', 'cus_${index}', '${status}', 'America/Mexico_City', '2026-01-31T09:00',
        '2026-01-31T09:00', 1, null, null, 0, 0, 9, ${isEnded ? "null" : AT + 9 * HOUR_MS}, null, 'code');
    `);
  }
  // Ends before its next cycle: the date that the view showed never comes.
  db.exec(`update subscription set cancel_at = next_billing_at where id = 'sub_1'`);
  const invoice = db.prepare(
    `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents, currency,
       line_items, status, status_reason, missed, next_attempt_at, order_id, declines, faults, void_when_settled, opened_at, paid_at)
     values (?, ?, ?, ?, ${AT}, ${AT + HOUR_MS}, 20015, 0, 'MXN', '[]', ?, ?, 0, ?, ?, 1, 0, null, ${AT}, ?)`,
  );
  const INVOICES = [
    // id, subscription, cycle, status, reason, due, order, paid
    ["inv_paid", 0, 0, "paid", null, null, null, AT],
    ["inv_open", 0, 1, "open", null, AT + HOUR_MS, null, null],
    ["inv_held", 1, 0, "held", "unknown_outcome", null, null, null],
    ["inv_void", 1, 1, "void", "skipped", null, null, null],
    ["inv_off", 2, 0, "uncollectible", "attempts_used_up", null, null, null],
    ["inv_asked", 3, 0, "open", null, AT, null, null],
    ["inv_asked_in_vain", 4, 0, "open", null, AT, null, null],
    ["inv_tried", 5, 0, "open", null, null, "ord_first", null],
    ["inv_link", 6, 0, "open", null, null, null, null],
  ] as const;
  const dunning = db.prepare("update invoice set dunning_step = 'retry', dunning_class = 'retry_later' where id = ?");
  for (const [id, sub, cycle, status, reason, due, order, paid] of INVOICES)
    invoice.run(id, `sub_${sub}`, `cus_${sub}`, cycle, status, reason, due, order, paid);
  dunning.run("inv_asked");
  const attempt = db.prepare(
    `insert into attempt (id, invoice_id, customer_id, number, state, flow, order_id, charge_id, sent_at, settled_at, claimed_at,
       looks, next_look_at, decline_class, reference, amount_cents, currency, claimed_by, claim_epoch, claimed_until, evidence)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 20015, 'MXN', 'own_1', 7, ${AT}, '[]')`,
  );
  const ATTEMPTS = [
    // id, invoice, customer, number, state, flow, order, charge, sent, settled, claimed, looks, next look, decline
    ["att_declined", "inv_paid", 0, 1, "declined", "single", "ord_1", "chr_1", AT, AT, AT, 0, null, "retry_later"],
    ["att_paid", "inv_paid", 0, 2, "paid", "single", "ord_2", "chr_2", AT, AT, AT, 0, null, null],
    ["att_again", "inv_paid", 0, 3, "paid_again", "single", "ord_3", "chr_3", AT, AT, AT, 2, null, null],
    ["att_unknown", "inv_held", 1, 1, "unknown", "single", "ord_4", null, AT, null, AT, 7, AT + HOUR_MS, null],
    ["att_refused", "inv_off", 2, 1, "refused", "single", null, null, AT, AT, AT, 0, null, null],
    ["att_claimed", "inv_open", 0, 1, "claimed", "single", null, null, null, null, AT, 0, null, null],
    ["att_before", "inv_asked", 3, 1, "released", "single", null, null, null, AT, AT + HOUR_MS, 0, null, null],
    [
      "att_in_vain",
      "inv_asked_in_vain",
      4,
      1,
      "not_sent",
      "single",
      null,
      null,
      AT,
      AT,
      AT + 3 * HOUR_MS,
      0,
      null,
      null,
    ],
    [
      "att_sending",
      "inv_tried",
      5,
      1,
      "sending",
      "order_first",
      "ord_first",
      null,
      AT,
      null,
      AT + 3 * HOUR_MS,
      0,
      null,
      null,
    ],
    [
      "att_tried",
      "inv_tried",
      5,
      2,
      "declined",
      "order_first",
      "ord_first",
      "chr_5",
      AT,
      AT,
      AT + 3 * HOUR_MS,
      0,
      null,
      "retry_later",
    ],
    ["att_lapsed", "inv_link", 6, 1, "lapsed", "link", "ord_5", null, AT, AT, AT, 4, null, null],
    ["att_link", "inv_link", 6, 2, "pending", "link", "ord_6", null, AT, null, AT, 3, AT + HOUR_MS, null],
  ] as const;
  for (const [id, invoiceId, customer, number, ...rest] of ATTEMPTS)
    attempt.run(id, invoiceId, `cus_${customer}`, number, ...rest, `${invoiceId}-${number}`);
  db.exec(`
    insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at, rechecks)
    values ('lnk_1', 'att_link', 'inv_link', 'https://pay.conekta.com/checkout/1', '["cash"]', 'dunning', ${AT}, ${AT + 1}, 0);
    insert into refund (id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, requested_by, state, created_at)
    values ('ref_1', 'inv_paid', 'att_paid', 'ord_2', 100, 'MXN', 'other', 'maria', 'unknown', ${AT});
  `);
  const event = db.prepare("insert into event (id, at, type, invoice_id, data, sequence) values (?, ?, ?, ?, ?, ?)");
  const asked = AT + 2 * HOUR_MS;
  const HISTORY = [
    // at, type, invoice, data
    [AT, "invoice.opened", "inv_paid", {}],
    [AT, "attempt.looked_for", "inv_held", { because: "the list shows no order" }],
    [AT, "attempt.adopted", "inv_paid", {}],
    [AT, "gate.opened", null, {}],
    [AT, "gate.closed", null, { because: "these books are old", kind: "restored" }],
    [AT, "order.set_aside", null, { orderId: "ord_aside", why: "of the old shop", by: "maria" }],
    [asked, "invoice.retry_requested", "inv_asked", { was: "held" }],
    [asked, "invoice.retry_requested", "inv_asked_in_vain", { was: "held" }],
    [asked, "invoice.retry_requested", "inv_tried", { was: "held" }],
    [asked, "invoice.retry_requested", "inv_held", { was: "held" }],
    [asked, "invoice.retry_requested", "inv_void", { was: "held" }],
  ] as const;
  for (const [index, [at, type, invoiceId, data]] of HISTORY.entries())
    event.run(`evt_${index}`, at, type, invoiceId, JSON.stringify(data), index + 1);
  db.exec(`insert into event_delivery values ('evt_0', 'pending', 0, ${AT}, null, null, ${AT}, null)`);
}

function everythingIn(db: Database.Database): Record<string, Row[]> {
  const names = db
    .prepare("select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'")
    .pluck()
    .all() as string[];
  const ours = names.filter((name) => name !== "mikro_orm_migrations");
  return Object.fromEntries(ours.map((name) => [name, db.prepare(`select * from ${name}`).all() as Row[]]));
}

const VIEWS = ["billing_history", "subscription_overview", "dunning_queue", "needs_attention", "revenue_by_day"];

function isTable(name: string): boolean {
  return !VIEWS.includes(name);
}

function inTodaysWords(row: Row): Row {
  const renamed = Object.entries(row).map(([name, value]) => [COLUMNS[name] ?? name, value]);
  const { type, ...rest } = Object.fromEntries(renamed) as Row;
  return type === undefined ? rest : { ...rest, type: EVENTS[type as string] ?? type };
}

/** A halt has a row of its own today. */
function haltAfter(): Row {
  const [halt] = after["halt"] ?? [];
  return {
    gate_closed_at: halt?.["halted_at"],
    gate_closed_because: halt?.["reason"],
    gate_kind: halt?.["kind"],
    gate_reconcile_since: halt?.["reconcile_since"],
  };
}

function onlyThose(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

function neverComes(row: Row): boolean {
  return "next_billing_at" in row && row["cancel_at"] !== null && row["cancel_at"] === row["next_billing_at"];
}

function sorted(rows: readonly Row[]): Row[] {
  const keyOf = (row: Row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => a.localeCompare(b)));
  return rows.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}
