/** Records with one row of each kind, written in SQL, and what SQLite's catalog says of the rules that guard them. */
import type Database from "better-sqlite3";

const AT = 1_772_290_800_000;

/** The attempts: what each may be next to is what the rules decide. */
const ATTEMPTS = [
  // id, invoice, customer, number, state, flow, order, charge, sent, settled
  ["att_declined", "inv_paid", "cus_a", 1, "declined", "single", "ord_1", "chr_1", AT, AT],
  ["att_paid", "inv_paid", "cus_a", 2, "paid", "single", "ord_2", "chr_2", AT, AT],
  ["att_unknown", "inv_open", "cus_a", 1, "unknown", "single", "ord_3", null, AT, null],
  ["att_not_sent", "inv_open", "cus_a", 2, "not_sent", "single", null, null, AT, AT],
  ["att_sending", "inv_b", "cus_b", 1, "sending", "single", null, null, AT, null],
  ["att_released", "inv_b2", "cus_b", 1, "released", "single", null, null, null, AT],
  ["att_link", "inv_b3", "cus_b", 3, "pending", "link", "ord_l", null, AT, null],
  // Several attempts of the flow order_first share their invoice's order.
  ["att_first", "inv_b3", "cus_b", 1, "declined", "order_first", "ord_f", "chr_f1", AT, AT],
  ["att_second", "inv_b3", "cus_b", 2, "declined", "order_first", "ord_f", "chr_f2", AT, AT],
] as const;

const INVOICES = [
  // id, subscription, customer, cycle, status, due, order
  ["inv_paid", "a", "cus_a", 0, "paid", null, null],
  ["inv_open", "a", "cus_a", 1, "open", null, null],
  ["inv_b", "b", "cus_b", 0, "open", null, null],
  ["inv_b2", "b", "cus_b", 1, "open", AT, null],
  ["inv_b3", "b", "cus_b", 2, "open", AT, "ord_f"],
] as const;

export function fillTables(db: Database.Database): void {
  db.exec(`
    insert into plan (id, name, currency, interval, frequency, trial_period_days, expiry_count, line_items, dunning, catch_up, source)
    values ('oro', 'Plan Oro', 'MXN', 'month', 1, 0, 12, '[]', 'standard', 'all', 'code');
    insert into customer values ('cus_a', 'Ana', null, null, 'src_a', 'visa', '4242', 12, 2030, null, null, null, null, null);
    insert into customer values ('cus_b', 'Beto', null, null, 'src_b', 'visa', '4242', 12, 2030, null, null, null, null, null);
    insert into subscription select 's' || value, 'oro', 'cus_' || value, 'active', 'UTC', '2026-01-31T09:00',
      '2026-01-31T09:00', 1, null, null, 0, 0, 3, ${AT}, null, 'code', null, null, null, null from json_each('["a", "b"]');
    insert into node values ('own_1', 1, 'here', 4711, ${AT}, ${AT}, null, null, null);
    insert into webhook_event values ('whe_1', 'order.paid', ${AT}, 0, 'ord_1', 'cus_a', '{}', 'received', null, 0, ${AT}, null);
    insert into guard_probe values ('prb_1', ${AT}, 0, 'refused', 'refused', '[]');
    insert into event values ('evt_1', ${AT}, 'invoice.opened', null, null, null, null, '{}', 1);
    insert into event values ('evt_2', ${AT}, 'invoice.paid', null, null, null, null, '{}', 2);
    insert into event_delivery values ('evt_1', 'pending', 0, ${AT}, null, null, ${AT}, null);
  `);
  db.exec(`
    insert into api_key (id, name, hash, scopes, last4, created_at, created_by)
    values ('key_1', 'shop', '${"a".repeat(64)}', '["read"]', 'abcd', ${AT}, 'maria');
    insert into idempotency (id, method, path, key, body_hash, created_at, status, answer)
    values ('req_1', 'POST', '/v1/halt', 'k1', '${"b".repeat(64)}', ${AT}, 200, '{}');
  `);
  const invoice = db.prepare(
    `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents,
       currency, line_items, status, missed, next_attempt_at, order_id, declines, faults, opened_at, paid_at)
     values (?, 's' || ?, ?, ?, ${AT}, ${AT + 1}, 20015, 0, 'MXN', '[]', ?, 0, ?, ?, 0, 0, ${AT}, ?)`,
  );
  for (const [id, subscription, customer, cycle, status, due, order] of INVOICES)
    invoice.run(id, subscription, customer, cycle, status, due, order, status === "paid" ? AT : null);
  const attempt = db.prepare(
    `insert into attempt (id, invoice_id, customer_id, number, state, flow, order_id, charge_id, sent_at, settled_at,
       reference, decline_class, amount_cents, currency, claimed_by, claim_epoch, claimed_at, claimed_until, inquiries, evidence)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 20015, 'MXN', 'own_1', 1, ${AT}, ${AT}, 0, '[]')`,
  );
  for (const row of ATTEMPTS) attempt.run(...row, `${row[1]}-${row[3]}`, row[4] === "declined" ? "retry_later" : null);
  db.exec(`
    insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at, rechecks)
    values ('lnk_1', 'att_link', 'inv_b3', 'https://pay.conekta.com/checkout/1', '["cash"]', 'dunning', ${AT}, ${AT + 1}, 0);
    insert into refund (id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, requested_by, state, created_at)
    values ('ref_1', 'inv_paid', 'att_paid', 'ord_2', 100, 'MXN', 'other', 'maria', 'unknown', ${AT});
    insert into dispute (id, charge_id, order_id, attempt_id, invoice_id, subscription_id, customer_id, amount_cents, currency,
      status, outcome, opened_at, next_read_at)
    select 'dsp_1', 'chr_1', 'ord_2', 'att_paid', id, subscription_id, customer_id, 20015, 'MXN', 'under_review', 'open',
      ${AT}, ${AT} from invoice where id = 'inv_paid';
    insert into subscription_change values ('sa/1', 'sa', 1, 'oro', 'plata', 1, 2, 'period_end', '2026-12-01', 0, 0, 0, 3,
      '2026-01-31T09:00', null, null, null, ${AT}, 'eva', null, null);
    insert into consent values ('cns_1', 'sa', '2026-12', 'Acepto', 20015, 'MXN', 'month', 1, ${AT}, 'web', 'ana', null, ${AT});
    insert into archive values ('arc_1', '/srv/old.db', ${AT}, ${AT}, null, 0, 0, 0);
    insert into archived_invoice values ('inv_old', 'arc_1', 'sa', 0, 'paid');
    insert into customer_tax values ('cus_a', 'CACX7605101P8', 'ANA', '10740', '612', 'G03', ${AT});
    insert into cfdi values ('inv_paid', 1, ${AT}, '5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001', 'stamped', ${AT});
    insert into cfdi_part values ('inv_paid', 'inv_paid');
    insert into invoice (id, subscription_id, customer_id, cycle, one_off_key, period_start, period_end, amount_cents,
      discount_cents, currency, line_items, status, missed, declines, faults, opened_at)
    values ('inv_once', 'sa', 'cus_a', null, 'locker', ${AT}, ${AT}, 15000, 0, 'MXN', '[]', 'open', 0, 0, 0, ${AT});
    insert into coupon values ('MITAD', 5000, null, null, 2, '2026-12-31', 10, null, null, 'cli');
    insert into coupon values ('CIEN', null, 10000, 'MXN', null, null, null, null, null, 'cli');
    insert into coupon_grant values ('cpn_1', 'sa', 'MITAD', 1, 3, 5, ${AT}, 'ana', null);
    insert into coupon_grant values ('cpn_2', 'sa', 'CIEN', 2, 3, null, ${AT}, 'ana', null);
    insert into item values ('itm_1', 'locker', 'cus_a', null, 'Locker', 15000, 0, 'MXN', null, ${AT}, 'ana', null, 'inv_open', null, null, null);
    insert into item values ('itm_2', 'towel', 'cus_a', null, 'Towel', 500, 0, 'MXN', null, ${AT}, 'ana', null, null, null, null, null);
    insert into balance_entry values ('cus_a/MXN/1', 'cus_a', 'MXN', 1, 'grant', 500, 500, null, 'a late class', 'ana', ${AT});
    insert into balance_entry values ('cus_a/MXN/2', 'cus_a', 'MXN', 2, 'applied', -100, 400, 'inv_open', 'invoice', 'puntual', ${AT});
    insert into balance_entry values ('cus_a/MXN/3', 'cus_a', 'MXN', 3, 'applied', -100, 300, 'inv_paid', 'invoice', 'puntual', ${AT});
  `);
}

/** Every rule by the name SQLite refuses with: unique indexes and checks, a column's own check by its text. */
export function rulesOf(db: Database.Database): string[] {
  const indexes = db
    .prepare("select name from sqlite_master where type = 'index' and sql like 'create unique%'")
    .pluck()
    .all() as string[];
  const tables = db
    .prepare("select sql from sqlite_master where type = 'table' and name not like 'mikro_orm%' and sql is not null")
    .pluck()
    .all() as string[];
  return [...indexes, ...tables.flatMap((sql) => checksOf(sql).map(({ name, text }) => name ?? text))].toSorted(
    (a, b) => (a < b ? -1 : 1),
  );
}

export type Check = { readonly name: string | null; readonly text: string };

/** The checks of a CREATE TABLE: SQLite keeps no list of them, only the text. */
export function checksOf(sql: string): Check[] {
  const checks: Check[] = [];
  for (const match of sql.matchAll(/(?:constraint\s+["`](\w+)["`]\s+)?check\s*\(/g)) {
    const from = match.index + match[0].length;
    let depth = 1;
    let to = from;
    for (; depth > 0; to++) depth += sql[to] === "(" ? 1 : sql[to] === ")" ? -1 : 0;
    checks.push({ name: match[1] ?? null, text: sql.slice(from, to - 1) });
  }
  return checks;
}

export type Listed = { readonly column: string; readonly words: readonly string[] };

/** The words that each column takes, by a CHECK that lists them, or that compares and is called so. */
export function wordsTaken(table: string, sql: string): Listed[] {
  return checksOf(sql).flatMap(({ name, text }) => {
    const listed = /^"?(\w+)"? in \('/.exec(text)?.[1];
    const compared = name?.startsWith(`${table}_`) && name.endsWith("_check") ? name.slice(table.length + 1, -6) : null;
    const column = listed ?? compared;
    return column === null ? [] : [{ column, words: [...text.matchAll(/'([^']*)'/g)].map(([, word = ""]) => word) }];
  });
}
