/** What SQLite itself guards: the rules of the tables, the shape of the views, the file, and the right to charge. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { defineConfig, MikroORM } from "@mikro-orm/sqlite";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { entities } from "../../src/adapters/store/entities.ts";
import { checkAside } from "../../src/adapters/store/dialect/check-aside.ts";
import { acquireChargeLock, chargeLockOwner } from "../../src/adapters/store/dialect/lock.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";
import { all } from "../../src/adapters/store/dialect/sql.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { IN_FLIGHT, OPEN, PAID } from "../../src/adapters/store/billing/attempt-states.ts";
import { fill, NOW, subscriptionOf } from "../support/records.ts";
import { checksOf, fillTables, rulesOf, wordsTaken } from "./rules.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newPath = (): string => path.join(folder, `${(files += 1)}.db`);
const attempt = (id: string, change: string): string => `update attempt set ${change} where id = 'att_${id}'`;
const invoice = (id: string, change: string): string => `update invoice set ${change} where id = 'inv_${id}'`;
const openStore = (databasePath: string, exclusive = false): Promise<OpenedStore> =>
  openSqliteStore({ databasePath, random: seededRandom(1), now: NOW, exclusive, access: "make" });

describe("the rules of the tables, against anybody with SQL", () => {
  let db: Database.Database;
  beforeAll(async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    db = new Database(databasePath);
    db.pragma("foreign_keys = on");
    fillTables(db);
  });
  beforeEach(() => void db.exec("begin"));
  afterEach(() => void db.exec("rollback"));
  afterAll(() => void db.close());

  const UNIQUE: [string, string, string][] = [
    [
      "installation_one",
      "insert into installation (id, epoch, created_at) values ('ins_2', 0, 0)",
      "one installation a database, whoever begins on it at once",
    ],
    // index, statement, because
    ["invoice_once_a_cycle", invoice("open", "cycle = 0"), "I2: a cycle is owed once"],
    ["invoice_order", invoice("open", "order_id = 'ord_f'"), "an order belongs to one invoice"],
    ["attempt_number", attempt("not_sent", "number = 1"), "tries are counted"],
    ["attempt_reference", attempt("not_sent", "reference = 'inv_paid-1'"), "by it a charge is found again"],
    ["attempt_charge", attempt("unknown", "charge_id = 'chr_2'"), "one charge cannot pay two attempts"],
    ["attempt_own_order", attempt("unknown", "order_id = 'ord_2'"), "nor can one order, in the flow single"],
    [
      "attempt_one_open",
      attempt("not_sent", "state = 'pending', settled_at = null"),
      "I4: one open attempt an invoice",
    ],
    ["attempt_one_open", attempt("not_sent", "state = 'unknown', settled_at = null"), "I4: unknown blocks as well"],
    [
      "attempt_one_open",
      attempt("first", "state = 'unknown', settled_at = null"),
      "nobody's card is charged while the invoice has a payment link that may be paid",
    ],
    ["attempt_own_order", attempt("link", "order_id = 'ord_1'"), "a link has an order of its own"],
    [
      "payment_link_attempt_id_unique",
      "insert into payment_link select 'lnk_2', attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at, null, null, null, null, 0 from payment_link",
      "an attempt of a link is one link",
    ],
    [
      "event_sequence",
      "update event set sequence = 1 where id = 'evt_2'",
      "a cursor over the events passes each of them once",
    ],
    [
      "node_epoch",
      "insert into node select 'own_2', epoch, host, pid, started_at, heartbeat_at, null, null, null from node",
      "a takeover is one process's",
    ],
    ["attempt_one_paid", attempt("declined", "state = 'paid'"), "I1: a cycle is paid once"],
    [
      "api_key_name",
      "insert into api_key (id, name, hash, scopes, last4, created_at, created_by) select 'key_2', name, replace(hash, 'a', 'c'), scopes, last4, 1, created_by from api_key",
      "a name in the history is one program's",
    ],
    [
      "api_key_hash",
      "insert into api_key (id, name, hash, scopes, last4, created_at, created_by) select 'key_2', 'other', hash, scopes, last4, 1, created_by from api_key",
      "a key is one program's",
    ],
    [
      "idempotency_once",
      "insert into idempotency (id, method, path, key, body_hash, created_at, status, answer) select 'req_2', method, path, key, body_hash, 1, 200, '{}' from idempotency",
      "the same request takes effect once",
    ],
    [
      "dispute_charge",
      `insert into dispute select 'dsp_2', charge_id, gateway_dispute_id, order_id, attempt_id, invoice_id, subscription_id,
         customer_id, amount_cents, currency, status, outcome, reason, evidence_due_by, disputed_at, opened_at, closed_at,
         closed_by, why, next_read_at from dispute`,
      "a charge is disputed once, whatever tells of it",
    ],
    [
      "subscription_change_number",
      "insert into subscription_change select 'sa/2', subscription_id, number, from_plan_id, to_plan_id, from_quantity, to_quantity, apply, on_date, 0, 0, 0, 3, from_anchor_local, null, null, null, made_at, made_by, null, null from subscription_change",
      "changes are numbered: of two at once one is refused",
    ],
    [
      "cfdi_uuid",
      "insert into cfdi select 'ref_1', 1, exported_at, lower(uuid), status, stamped_at from cfdi",
      "a stamp is one document's, however it is written",
    ],
    ["attempt_one_in_flight", attempt("released", "state = 'claimed', settled_at = null"), "one in flight a customer"],
    ["item_key", "update item set key = 'locker' where id = 'itm_2'", "the same key again is the same item"],
    [
      "balance_entry_number",
      "update balance_entry set number = 2 where id = 'cus_a/MXN/1'",
      "no two entries were made from one balance: no cent is spent twice",
    ],
    [
      "balance_entry_once",
      "update balance_entry set invoice_id = 'inv_open' where id = 'cus_a/MXN/3'",
      "the balance pays an invoice once",
    ],
    ["coupon_grant_once", "update coupon_grant set coupon_code = 'CIEN' where id = 'cpn_1'", "a coupon is given once"],
    [
      "archived_invoice_cycle",
      "insert into archived_invoice values ('inv_other', 'arc_1', 'sa', 0, 'paid')",
      "a cycle was owed once",
    ],
    ["coupon_grant_order", "update coupon_grant set number = 1 where id = 'cpn_2'", "they are applied in one order"],
    [
      "invoice_one_off",
      `insert into invoice (id, subscription_id, customer_id, cycle, one_off_key, period_start, period_end, amount_cents,
         discount_cents, currency, line_items, status, missed, declines, faults, opened_at)
       select 'inv_one', subscription_id, customer_id, null, 'locker', 1, 1, 100, 0, 'MXN', '[]', 'open', 0, 0, 0, 1
       from invoice where id = 'inv_open'`,
      "what is charged once has one invoice",
    ],
  ];
  test.each(UNIQUE)("%s refuses: %s (%s)", (index, statement) => {
    expect(() => db.exec(statement)).toThrow(/^UNIQUE constraint failed/);
    // Control: without this very index nothing stands in the way.
    db.exec(`drop index ${index}`);
    expect(db.prepare(statement).run().changes).toBe(1);
  });

  /** As a row that is there may not be changed, another is added. */
  const consent = (column: string, value: string) =>
    `insert into consent select ${[
      "id",
      "subscription_id",
      "version",
      "text",
      "amount_cents",
      "currency",
      "interval",
      "frequency",
      "consented_at",
      "channel",
      "recorded_by",
      "address_hash",
      "created_at",
    ]
      .map((each) => (each === column ? value : each === "id" ? "'cns_2'" : each))
      .join(", ")} from consent`;
  const CHECKS: [string, string, string][] = [
    // check, statement, because
    ["length(version) between 1 and 100", consent("version", "''"), "which text it was is known"],
    ["length(text) >= 1", consent("text", "''"), "nobody agreed to nothing"],
    ["length(address_hash) = 64", consent("address_hash", "'10.0.0.1'"), "the address itself is kept nowhere"],
    ["node_unfinished", "update node set unfinished_since = 1", "what was left undone has a reason"],
    [
      "halt_restored",
      "insert into halt values ('restored', 1, 'a backup', null)",
      "restored books say since when they must be reconciled",
    ],
    [
      "halt_restored",
      "insert into halt values ('unauthorized', 1, '401', 1)",
      "a key that is not accepted needs no reconciling",
    ],
    ["invoice_cycle", "update invoice set cycle = null where id = 'inv_open'", "one of no cycle has a key of its own"],
    ["invoice_cycle", "update invoice set one_off_key = 'a' where id = 'inv_open'", "and no other has"],
    ["coupon_worth", "update coupon set percent_hundredths = null", "a coupon takes something off"],
    ["coupon_worth", "update coupon set amount_cents = 1, currency = 'MXN' where code = 'MITAD'", "in one way"],
    ["coupon_currency", "update coupon set currency = null", "an amount is of a currency"],
    [
      "percent_hundredths between 1 and 10000",
      "update coupon set percent_hundredths = 10001 where code = 'MITAD'",
      "no coupon is of more than all",
    ],
    ["cycles >= 1", "update coupon set cycles = 0", "a coupon for no cycle is none"],
    ["length(redeem_by) = 10", "update coupon set redeem_by = 'soon'", "a day"],
    ["max_redemptions >= 1", "update coupon set max_redemptions = 0", "one that nobody may have is archived"],
    ["from_cycle >= 0", "update coupon_grant set from_cycle = -1", "there is no cycle before the first"],
    ["coupon_grant_cycles", "update coupon_grant set until_cycle = 2 where id = 'cpn_1'", "it ends after it begins"],
    ["coupon_grant_taken", "update coupon_grant set taken_at = 1", "what was taken away has an end"],
    ["item_discount", "update item set discount_cents = amount_cents + 1", "a line is not below nothing"],
    ["item_once", "update item set removed_at = 1 where id = 'itm_1'", "what an invoice has was not removed"],
    ["amount_cents <> 0", "update balance_entry set amount_cents = 0", "an entry is of something"],
    [
      "balance_entry_grant",
      "update balance_entry set amount_cents = -1 where kind = 'grant'",
      "a grant is to the good",
    ],
    [
      "balance_entry_take",
      "update balance_entry set kind = 'take' where kind = 'grant'",
      "what is taken is not to the good",
    ],
    ["balance_entry_invoice", "update balance_entry set invoice_id = null", "what was applied says to what"],
    ["webhook_event_turn", "update webhook_event set next_try_at = null", "what was received has its turn"],
    ["webhook_event_turn", "update webhook_event set state = 'processed', processed_at = 1", "what is done has none"],
    ["webhook_event_done", "update webhook_event set processed_at = 1", "received is not processed"],
    [
      "webhook_event_reason",
      "update webhook_event set state = 'failed', processed_at = 1, next_try_at = null",
      "a person is told why",
    ],
    ["event_delivery_turn", "update event_delivery set next_try_at = null", "what is to be told has its turn"],
    [
      "event_delivery_turn",
      "update event_delivery set state = 'delivered', delivered_at = 1",
      "what was told is not told again",
    ],
    ["event_delivery_done", "update event_delivery set delivered_at = 1", "pending is not delivered"],
    [
      "event_delivery_reason",
      "update event_delivery set state = 'dead', next_try_at = null",
      "a person is told why it was given up",
    ],
    ["tries >= 0", "update event_delivery set tries = -1", "it is a count"],
    ["refund_settled", "update refund set settled_at = 1", "what is unknown has not ended"],
    ["refund_settled", "update refund set state = 'done'", "what has ended has a date"],
    ["amount_cents > 0", "update refund set amount_cents = 0", "nothing is not given back"],
    ["amount_cents > 0", "update dispute set amount_cents = 0", "nobody disputes nothing"],
    ["length(hash) = 64", "update api_key set hash = 'pk_x'", "the key itself is not kept"],
    ["api_key_revoked", "update api_key set revoked_at = 1", "who revoked it is known"],
    ["length(body_hash) = 64", "update idempotency set body_hash = 'x'", "the body itself is not kept"],
    ["idempotency_answered", "update idempotency set claimed_until = 1", "in progress or answered, never both"],
    ["idempotency_answered", "update idempotency set answer = null", "an answer has a status and a body"],
    ["from_quantity >= 1", "update subscription_change set from_quantity = 0", "of nothing nobody is charged"],
    ["to_quantity >= 1", "update subscription_change set to_quantity = 0", "of nothing nobody is charged"],
    ["length(on_date) = 10", "update subscription_change set on_date = 'soon'", "a local day"],
    ["credit_cents >= 0", "update subscription_change set apply = 'now', credit_cents = -1", "a credit gives back"],
    ["debit_cents >= 0", "update subscription_change set apply = 'now', debit_cents = -1", "a debit is owed"],
    ["granted_cents >= 0", "update subscription_change set granted_cents = -1", "a balance is given, not taken"],
    [
      "subscription_change_prorated",
      "update subscription_change set debit_cents = 100",
      "what waits for the end of the period charges nothing before it",
    ],
    ["subscription_change_undone", "update subscription_change set undone_at = 1", "who took it back is kept"],
    ["length(rfc) in (12, 13)", "update customer_tax set rfc = 'CACX'", "an RFC has 12 characters or 13"],
    ["length(postal_code) = 5", "update customer_tax set postal_code = '1074'", "a postal code has five digits"],
    ["length(regime) = 3", "update customer_tax set regime = '61'", "a code of the catalogue"],
    ["length(cfdi_use) in (3, 4)", "update customer_tax set cfdi_use = 'G'", "a code of the catalogue"],
    ["exports >= 0", "update cfdi set exports = -1", "exports are counted"],
    ["cfdi_exported", "update cfdi set exported_at = null", "what was exported has a date"],
    ["cfdi_stamp", "update cfdi set status = null", "a stamp stands or is canceled"],
    ["length(uuid) = 36", "update cfdi set uuid = '5B0F'", "a folio fiscal is whole"],
    ["dispute_closed", "update dispute set outcome = 'lost'", "what is decided has a date"],
    ["dispute_read", "update dispute set outcome = 'won', closed_at = 1", "what is decided is not read again"],
    ["tries >= 0", "update webhook_event set tries = -1", "it is a count"],
    ["length(currency) = 3", "update plan set currency = 'pesos'", "ISO 4217"],
    ["length(currency) = 3", invoice("open", "currency = ''"), "ISO 4217"],
    ["frequency >= 1", "update plan set frequency = 0", "every 0 months is for ever now"],
    ["trial_period_days >= 0", "update plan set trial_period_days = -1", "a trial before the start"],
    ["expiry_count >= 1", "update plan set expiry_count = 0", "a plan that charges nobody"],
    ["length(card_last4) <= 4", "update customer set card_last4 = '4242424242424242'", "no card number is ever stored"],
    ["length(card_last4) <= 4", attempt("paid", "card_last4 = '4242424242424242'"), "nor here"],
    ["language", "update customer set language = 'fr'", "nothing is written in it"],
    ["card_exp_month between 1 and 12", "update customer set card_exp_month = 13", "there is no such month"],
    ["quantity >= 1", "update subscription set quantity = 0", "nobody subscribes to nothing"],
    ["first_cycle >= 0", "update subscription set first_cycle = -1", "cycles count from 0"],
    ["subscription_cursor", "update subscription set first_cycle = 9", "the cursor never goes before the first"],
    ["subscription_pause", "update subscription set pause_from = 1", "a planned pause ends by itself"],
    ["subscription_pause", "update subscription set pause_from = 2, pause_until = 2", "and after its beginning"],
    ["subscription_ended", "update subscription set status = 'canceled'", "what has ended falls due no more"],
    ["subscription_ended", "update subscription set status = 'completed'", "what has ended falls due no more"],
    ["cycle >= 0", invoice("open", "cycle = -1"), "cycles count from 0"],
    ["amount_cents >= 0", invoice("open", "amount_cents = -1"), "we charge, we do not pay"],
    ["discount_cents >= 0", invoice("open", "discount_cents = -1"), "a discount takes off"],
    ["declines >= 0", invoice("open", "declines = -1"), "it is a count"],
    ["faults >= 0", invoice("open", "faults = -1"), "it is a count"],
    ["invoice_period", invoice("open", "period_end = period_start - 1"), "time goes forward"],
    ["invoice_paid", invoice("open", "status = 'paid'"), "paid has a date"],
    ["invoice_paid", invoice("paid", "paid_at = null"), "paid has a date"],
    ["invoice_paid", invoice("paid", "status = 'open'"), "I5: nobody unpays by hand and forgets the date"],
    ["invoice_due", invoice("b2", "status = 'void', status_reason = 'skipped'"), "only what is open is due"],
    [
      "invoice_taxes",
      invoice("open", "taxes = '[]', base_cents = 17254, tax_cents = 2762"),
      "base and tax are the amount",
    ],
    ["invoice_taxes", invoice("open", "base_cents = 17254, tax_cents = 2761"), "told whole, or not at all"],
    ["invoice_taxes", invoice("open", "taxes = '[]', base_cents = 20016, tax_cents = -1"), "no tax is negative"],
    ["refund_taxes", "update refund set taxes = '[]', base_cents = 86, tax_cents = 13", "so is what went back"],
    ["invoice_retry_requested", invoice("paid", "retry_requested_at = 1"), "what is over has no next try"],
    ["invoice_reopened", invoice("paid", "reopened_from = 'refused'"), "what is paid is not put back"],
    ["invoice_reason", invoice("open", "status = 'held'"), "a person is told why"],
    ["invoice_reason", invoice("open", "status_reason = 'refused'"), "an open invoice needs no reason"],
    [
      "invoice_dunning",
      invoice("paid", "dunning_step = 'grace', dunning_class = 'new_card'"),
      "what is paid is not in dunning",
    ],
    ["invoice_dunning_class", invoice("open", "dunning_step = 'grace'"), "a new card must know whether it may help"],
    ["invoice_dunning_due", invoice("open", "dunning_due_at = 1"), "only a step of dunning ends"],
    ["moved_cents >= 0", attempt("paid", "moved_cents = -1"), "money moves to the merchant"],
    ["rechecks >= 0", "update payment_link set rechecks = -1", "it is a count"],
    ["payment_link_cancel", "update payment_link set cancel_requested_at = 1", "who closes a link says why"],
    ["number >= 1", attempt("unknown", "number = 0"), "tries count from 1"],
    ["amount_cents > 0", attempt("unknown", "amount_cents = 0"), "nothing is not charged"],
    ['"inquiries" >= 0', attempt("unknown", "inquiries = -1"), "it is a count"],
    ["attempt_settled", attempt("unknown", "settled_at = 1"), "open and settled is a contradiction"],
    ["attempt_settled", attempt("paid", "settled_at = null"), "so is paid and not settled"],
    ["attempt_sent", attempt("sending", "sent_at = null"), "I3: what may have left has a time of sending"],
    ["attempt_declined", attempt("declined", "decline_class = null"), "dunning needs its class"],
    ["kind", "insert into read_failure values ('cus_1', 'other', 1, 1, 1, 1, 'why')", "a kind that nobody knows"],
    ["failures >= 1", "insert into read_failure values ('cus_1', 'customer', 0, 1, 1, 1, 'why')", "a failure is one"],
    ["attempt_look", attempt("paid", "next_inquiry_at = 1"), "nobody looks at what is known"],
  ];
  test.each(CHECKS)("the check %s refuses: %s (%s)", (check, statement) => {
    // SQLite quotes the column of a check when it renames it, and then names the column alone.
    expect(() => db.exec(statement)).toThrow(`CHECK constraint failed: ${/^"(\w+)"/.exec(check)?.[1] ?? check}`);
  });

  test("every word that is a state is guarded: a made-up one is refused wherever one is expected", () => {
    db.exec("insert into halt values ('person', 1, 'a reason', null)");
    db.exec("insert into read_failure values ('cus_a', 'customer', 1, 1, 1, 1, 'why')");
    const tables = db.prepare("select name, sql from sqlite_master where type = 'table' and sql is not null").all() as {
      name: string;
      sql: string;
    }[];
    const words = tables.flatMap(({ name, sql }) =>
      wordsTaken(name, sql).map(({ column }) => ({ table: name, column })),
    );
    const took = words.flatMap(({ table, column }) => {
      const change =
        table === "consent" ? consent(column, "'nonsense'") : `update ${table} set "${column}" = 'nonsense'`;
      try {
        return db.prepare(change).run().changes === 0 ? [`${table} has no row`] : [`${table}.${column} took nonsense`];
      } catch (error) {
        return String(error).includes("CHECK constraint failed") ? [] : [`${table}: ${String(error)}`];
      }
    });
    expect(words.length).toBeGreaterThanOrEqual(30);
    expect(took).toEqual([]);
  });

  test("control: there is no rule that this table forgets", () => {
    const proven = new Set([...UNIQUE, ...CHECKS].map(([name]) => name));
    expect(
      rulesOf(db).filter((rule) => !proven.has(rule) && !/^"\w+" in \(|^(invoice|attempt)_\w+_check$/.test(rule)),
    ).toEqual([]);
  });

  test.each([
    ["delete from event", "history is never deleted"],
    ["delete from plan", "history is never deleted"],
    ["delete from customer", "history is never deleted"],
    ["delete from subscription", "history is never deleted"],
    ["delete from invoice where id = 'inv_open'", "history is never deleted"],
    ["update subscription set plan_id = 'none'", "a plan that does not exist"],
    ["update invoice set customer_id = 'none'", "a customer who does not exist"],
    ["update attempt set invoice_id = 'none' where id = 'att_paid'", "an invoice that does not exist"],
  ])("a foreign key refuses: %s (%s)", (statement) => {
    expect(() => db.exec(statement)).toThrow("FOREIGN KEY constraint failed");
  });

  test.each([
    [attempt("declined", "state = 'paid_again'"), "I6: a second payment that happened anyway is never refused"],
    [attempt("first", "state = 'paid_again'"), "I6: in the other flow, too"],
    [attempt("second", "order_id = 'ord_f'"), "the tries of an invoice share its order in the flow order_first"],
    [invoice("paid", "period_end = period_start"), "a day that a zone left out is an empty period"],
  ])("what must be possible is: %s (%s)", (statement) => {
    expect(db.prepare(statement).run().changes).toBe(1);
  });
});

describe("the lists of states in statements", () => {
  test.each([
    ["attempt_one_open", `select 1 from attempt where invoice_id = ? and state in ${OPEN}`],
    ["attempt_one_paid", `select 1 from attempt where invoice_id = ? and state = ${PAID}`],
    ["attempt_one_in_flight", `select 1 from attempt where customer_id = ? and state in ${IN_FLIGHT}`],
  ])("%s is used by %s", async (index, statement) => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const db = new Database(databasePath);
    const plan = db.prepare(`explain query plan ${statement}`).all("id") as { detail: string }[];
    db.close();
    expect(plan.map(({ detail }) => detail).join("\n")).toContain(`INDEX ${index} `);
  });
});

describe("the views are a public interface", () => {
  const COLUMNS: Record<string, string> = {
    billing_history: `attempted_at settled_at invoice_id subscription_id plan_id plan_name customer_id customer_name
      cycle period_start period_end amount_cents amount currency attempt outcome decline_class failure_code
      failure_message order_id charge_id card_brand card_last4 next_attempt_at refunded_cents refunded
      base_cents tax_cents fee_cents fee discount_cents balance_cents`,
    subscription_overview: `subscription_id plan_id plan_name customer_id customer_name status time_zone anchor_local
      next_cycle next_billing_at cancel_at currency paid_invoices paid_cents paid unpaid_invoices owed_cents owed
      last_paid_at card_brand card_last4 card_exp_month card_exp_year`,
    dunning_queue: `invoice_id subscription_id plan_id plan_name customer_id customer_name cycle amount_cents amount
      currency declines last_attempted_at last_decline_class last_failure_code last_failure_message next_attempt_at
      waits_for first_declined_at waits_until payment_link`,
    needs_attention: `kind since invoice_id subscription_id customer_id customer_name cycle amount_cents amount currency
      invoice_status reason attempt outcome reference decline_class failure_code failure_message order_id charge_id
      next_look_at because dispute_id dispute_status dispute_reason evidence_due_by`,
    invoice_taxes: "invoice_id paid_at rate base_cents tax_cents currency",
    revenue_by_day: `day plan_id plan_name currency invoices amount_cents amount refunded_cents refunded lost_cents lost
      net_cents net`,
  };
  let db: Database.Database;
  beforeAll(async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    db = new Database(databasePath);
    fillTables(db);
  });
  afterAll(() => void db.close());

  test.each(Object.entries(COLUMNS))("%s has these columns, in this order", (view, columns) => {
    const actual = (db.pragma(`table_info(${view})`) as { name: string }[]).map(({ name }) => name);
    expect(actual).toEqual(columns.split(/\s+/));
  });

  test("there is no other view", () => {
    const views = db.prepare("select name from sqlite_master where type = 'view'").pluck().all() as string[];
    expect(views.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(COLUMNS).toSorted((a, b) => (a < b ? -1 : 1)),
    );
  });

  test("one row an attempt: times in ISO-8601 UTC, money in cents and in units, the claim's time where nothing was sent", () => {
    const rows = db.prepare("select * from billing_history order by attempted_at, invoice_id, attempt").all();
    expect(rows).toHaveLength(9);
    expect(rows.find((row) => (row as { outcome: string }).outcome === "released")).toMatchObject({
      attempted_at: "2026-02-28T15:00:00.000Z",
      settled_at: "2026-02-28T15:00:00.000Z",
      period_start: "2026-02-28T15:00:00.000Z",
      next_attempt_at: "2026-02-28T15:00:00.000Z",
      amount_cents: 20015,
      amount: 200.15,
      customer_name: "Beto",
      plan_name: "Plan Oro",
    });
  });

  test("a second payment is listed for a person, beside what is uncertain", () => {
    db.exec("begin; update attempt set state = 'paid_again' where id = 'att_declined'");
    const rows = db.prepare("select kind, invoice_id, attempt, charge_id from needs_attention order by kind").all();
    db.exec("rollback");
    expect(rows).toEqual([
      { kind: "disputed", invoice_id: "inv_paid", attempt: 2, charge_id: "chr_1" },
      { kind: "paid_again", invoice_id: "inv_paid", attempt: 1, charge_id: "chr_1" },
      { kind: "unknown", invoice_id: "inv_open", attempt: 1, charge_id: null },
    ]);
  });
});

describe("the tables and their description for the mapper", () => {
  test("the migrations build what entities.ts describes: columns, checks, keys and indexes", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const built = new Database(databasePath, { readonly: true });
    const described = new Database(":memory:");
    const orm = await MikroORM.init(defineConfig({ dbName: ":memory:", entities: [...entities] }));
    described.exec(await orm.schema.getCreateSchemaSQL());
    await orm.close();

    const schema = schemaOf(described);
    expect(Object.keys(schema)).toHaveLength(entities.length);
    expect(schemaOf(built)).toEqual(schema);

    // Control: one check more, one index less or one column renamed is a difference.
    for (const drift of [
      "drop index attempt_one_paid",
      "alter table plan rename column dunning to policy",
      "alter table event add column note text",
    ]) {
      described.exec(`begin; ${drift}`);
      expect(schemaOf(described)).not.toEqual(schema);
      described.exec("rollback");
    }
    built.close();
    described.close();
  });
});

describe("the file", () => {
  test("is its owner's alone, with its log and its lock", async () => {
    const databasePath = path.join(folder, "new", "deep", "puntual.db");
    const store = await openStore(databasePath, true);
    await fill(store, {});
    const modes = readdirSync(path.dirname(databasePath)).map((name) => [
      name,
      (statSync(path.join(path.dirname(databasePath), name)).mode & 0o777).toString(8),
    ]);
    await store.close();
    expect(Object.fromEntries(modes)).toMatchObject({
      "puntual.db": "600",
      "puntual.db-wal": "600",
      "puntual.db.lock": "600",
      "puntual.db.pid": "600",
    });
    expect(modes.filter(([, mode]) => mode !== "600")).toEqual([]);
  });

  test("of others' making is taken away from them", async () => {
    const databasePath = newPath();
    writeFileSync(databasePath, "", { mode: 0o644 });
    await (await openStore(databasePath)).close();
    expect(statSync(databasePath).mode & 0o777).toBe(0o600);
  });

  test.each<[string, string | number, string]>([
    ["journal_mode", "wal", "readers do not stop the writer"],
    ["synchronous", 2, "FULL: an intent survives a power cut"],
    ["foreign_keys", 1, "SQLite has them off by default"],
    ["busy_timeout", 5000, "commands write beside the daemon"],
  ])("is opened with %s = %p (%s)", async (pragma, value) => {
    const connection = openDatabase(newPath(), "make");
    const [row] = await all(connection, `pragma ${pragma}`);
    await connection.close();
    expect(Object.values(row ?? {})).toEqual([value]);
  });

  test("is migrated when it is new, and left alone when it is up to date", async () => {
    const databasePath = newPath();
    const first = await openStore(databasePath);
    const { id } = await first.installation();
    await first.close();
    const second = await openStore(databasePath);
    const names = readdirSync(path.join(import.meta.dirname, "..", "..", "migrations", "sqlite"));
    expect(first.appliedMigrations).toEqual(
      names.map((name) => path.basename(name, ".ts")).toSorted((a, b) => (a < b ? -1 : 1)),
    );
    expect(second.appliedMigrations).toEqual([]);
    expect((await second.installation()).id).toBe(id);
    await second.close();
  });

  test("whose view is another one than this version's has it made anew; who only reads is told to migrate", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const db = new Database(databasePath);
    const textOf = () => db.prepare("select sql from sqlite_master where name = 'dunning_queue'").pluck().get();
    const made = textOf();
    db.exec("drop view dunning_queue; create view dunning_queue as select 1 as one; drop view revenue_by_day");

    const reading = openSqliteStore({
      ...{ databasePath, random: seededRandom(1), now: NOW, exclusive: false, access: "read" },
    });
    await expect(reading).rejects.toThrow("(dunning_queue, revenue_by_day)");
    await (await openStore(databasePath)).close();
    expect(textOf()).toBe(made);
    db.close();
  });

  test("two of them may be open at once; each sees what the other wrote", async () => {
    const databasePath = newPath();
    const daemon = await openStore(databasePath, true);
    const command = await openStore(databasePath);
    await fill(command, { subscriptions: [subscriptionOf("a")] });
    expect(await daemon.dueSubscriptions(NOW, 10, [])).toHaveLength(1);
    await command.close();
    await daemon.close();
  });

  const broken: [string, (databasePath: string) => void, string, number][] = [
    [
      "a text file",
      (databasePath) => writeFileSync(databasePath, "these are not the books you are looking for\n".repeat(50)),
      "is not an SQLite database; check DATABASE_URL",
      78,
    ],
    ["a folder", (databasePath) => mkdirSync(databasePath), "is a folder; DATABASE_URL must name a file", 78],
    [
      "a newer version's",
      (databasePath) => {
        const db = new Database(databasePath);
        db.exec(`create table mikro_orm_migrations (id integer primary key, name text, executed_at datetime);
          insert into mikro_orm_migrations (name) values ('Migration20991231000001Future')`);
        db.close();
      },
      "was written by a newer Puntual (it knows Migration20991231000001Future); run that version",
      78,
    ],
  ];
  test.each(broken)("that is %s is refused, and left as it was", async (_what, make, message, exitCode) => {
    const databasePath = newPath();
    make(databasePath);
    const before = statSync(databasePath).isFile() ? readFileSync(databasePath) : null;
    const opening = openStore(databasePath, true);
    await expect(opening).rejects.toMatchObject({ name: "DatabaseUnusable", isMisconfigured: exitCode === 78 });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(databasePath);
    expect(before === null ? [] : tablesIn(databasePath, before)).not.toContain("attempt");
    // Nobody holds the right to charge because of a start that failed.
    expect(chargeLockOwner(databasePath)).toBeNull();
  });

  test("that is large is checked beside the process, with the same verdict", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    expect(await checkAside(databasePath)).toEqual(["ok"]);
    const bytes = readFileSync(databasePath);
    const pageSize = bytes.readUInt16BE(16);
    bytes.fill(0xff, 2 * pageSize, 3 * pageSize);
    writeFileSync(databasePath, bytes);
    await expect(checkAside(databasePath)).rejects.toMatchObject({ code: "SQLITE_CORRUPT" });
  });

  test("with damaged pages is called corrupt", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const bytes = readFileSync(databasePath);
    bytes.fill(0xff, 100, 4096);
    writeFileSync(databasePath, bytes);
    await expect(openStore(databasePath)).rejects.toMatchObject({
      name: "DatabaseUnusable",
      message: expect.stringContaining("is corrupt; nobody is charged from it; restore a backup"),
    });
  });

  test("with one damaged page beyond the first is found damaged before anybody is charged from it", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const bytes = readFileSync(databasePath);
    const pageSize = bytes.readUInt16BE(16);
    for (let page = 2; page < bytes.length / pageSize; page++) bytes.fill(0xff, page * pageSize, page * pageSize + 200);
    const store = await openStore(databasePath);
    await store.mustBeWhole();
    writeFileSync(databasePath, bytes);
    await store.close();
    await expect((async () => (await openStore(databasePath)).mustBeWhole())()).rejects.toMatchObject({
      name: "DatabaseUnusable",
      isMisconfigured: true,
    });
  });

  test.each([
    ["below a file", () => path.join(path.dirname(fileWithText()), path.basename(fileWithText()), "deep", "x.db")],
    ["right below a file", () => path.join(fileWithText(), "x.db")],
    ["in a place that takes no files", () => "/proc/puntual/x.db"],
  ])("%s cannot be made, and the message names the mend", async (_where, at) => {
    const opening = openStore(at());
    await expect(opening).rejects.toMatchObject({ name: "DatabaseUnusable", isMisconfigured: true });
    await expect(opening).rejects.toThrow(/check (that )?DATABASE_URL/);
  });
});

describe("the right to charge", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  async function holder(databasePath: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, "hold-lock.ts"), databasePath], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await once(child.stdout, "data");
    return child;
  }

  test("a second process is refused with the pid of the first; it may do everything else; death frees the right", async () => {
    const databasePath = newPath();
    await (await openStore(databasePath)).close();
    const child = await holder(databasePath);
    expect(chargeLockOwner(databasePath)).toBe(String(child.pid));

    const refused = openStore(databasePath, true);
    await expect(refused).rejects.toMatchObject({ name: "AlreadyRunning" });
    await expect(refused).rejects.toThrow(`another process (pid ${child.pid}) is charging from ${databasePath}`);
    const command = await openStore(databasePath);
    await fill(command, {});
    await command.close();

    const dead = once(child, "exit");
    child.kill("SIGKILL");
    await dead;
    // Its pid file is still there, and is not believed.
    expect(readFileSync(`${databasePath}.pid`, "utf8")).toBe(`${child.pid}\n`);
    expect(chargeLockOwner(databasePath)).toBeNull();
    const successor = await openStore(databasePath, true);
    expect(chargeLockOwner(databasePath)).toBe(String(process.pid));
    await successor.close();
  });

  test("it is given back when the store is closed, and taken once even within one process", async () => {
    const databasePath = newPath();
    writeFileSync(databasePath, "");
    const alias = newPath();
    symlinkSync(databasePath, alias);
    const lock = acquireChargeLock(databasePath);
    expect(() => acquireChargeLock(databasePath)).toThrow(`pid ${process.pid}`);
    // By another name it is the same file.
    expect(() => acquireChargeLock(alias)).toThrow(`pid ${process.pid}`);
    expect(chargeLockOwner(alias)).toBe(String(process.pid));
    lock.release();
    acquireChargeLock(databasePath).release();
    expect(chargeLockOwner(databasePath)).toBeNull();
  });

  test("that cannot be written, or opened, is no other process: the file is named", () => {
    for (const end of [".lock", ".pid"]) {
      const databasePath = newPath();
      writeFileSync(databasePath, "");
      if (end === ".lock") mkdirSync(`${databasePath}.lock`);
      else symlinkSync("/dev/full", `${databasePath}.pid`);
      expect(() => acquireChargeLock(databasePath)).toThrow(
        end === ".lock"
          ? `the lock of the database ${databasePath}.lock is a folder`
          : `the lock of the database ${databasePath}.pid cannot grow, the disk is full`,
      );
    }
  });
});

type Schema = Record<string, { columns: string[]; checks: string[]; keys: string[]; indexes: string[] }>;

/** What a database promises, table by table, without the spelling of the statements that built it. */
function schemaOf(db: Database.Database): Schema {
  const tables = db
    .prepare(
      "select name, sql from sqlite_master where type = 'table' and name not like 'mikro_orm%' and name not like 'sqlite%'",
    )
    .all() as { name: string; sql: string }[];
  return Object.fromEntries(
    tables.map(({ name, sql }) => [
      name,
      {
        columns: listOf(db.pragma(`table_xinfo(${name})`), ["cid"]),
        checks: checksOf(sql)
          .map((check) => `${check.name ?? ""}: ${plain(check.text)}`)
          .toSorted((a, b) => (a < b ? -1 : 1)),
        keys: listOf(db.pragma(`foreign_key_list(${name})`), ["id", "seq"]),
        indexes: (
          db
            .prepare("select sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null")
            .pluck()
            .all(name) as string[]
        )
          .map(plain)
          .toSorted((a, b) => (a < b ? -1 : 1)),
      },
    ]),
  );
}

/** Rows as texts, in no order, without the columns that only count. */
function listOf(rows: unknown, without: readonly string[]): string[] {
  return (rows as Record<string, unknown>[])
    .map((row) => JSON.stringify(Object.entries(row).filter(([key]) => !without.includes(key))))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function plain(sql: string): string {
  return sql.replaceAll(/["`]/g, "").replaceAll(/\s+/g, " ").trim();
}

function tablesIn(databasePath: string, before: Buffer): string[] {
  const now = readFileSync(databasePath);
  if (now.equals(before)) return [];
  const db = new Database(databasePath, { readonly: true });
  const names = db.prepare("select name from sqlite_master").pluck().all() as string[];
  db.close();
  return names;
}

function fileWithText(): string {
  const file = path.join(folder, "a-file");
  writeFileSync(file, "text");
  return file;
}
