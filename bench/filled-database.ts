/**
 * A database with a past: so many subscriptions, each with paid cycles behind it, one in ten of them after a decline.
 *
 * Written by set-based statements past the program, since it would take the program days; the program then works on it.
 */
import Database from "better-sqlite3";
import { DateTime } from "luxon";
import { assemble } from "../src/assemble.ts";
import type { Config } from "../src/config.ts";

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

export type Past = {
  readonly subscriptions: number;
  /** Paid cycles of each. */
  readonly cycles: number;
  /** How many of the subscriptions are due now. */
  readonly due: number;
};

/** @returns the path of the database */
export async function fillDatabase(config: Config, cwd: string, { subscriptions, cycles, due }: Past): Promise<void> {
  const options = { cwd, charging: false, database: "make", writeLog: () => {} } as const;
  await using made = await assemble(config, options);
  const now = made.clock.now().getTime();
  const file = config.database.name;
  const db = new Database(file);
  db.pragma("synchronous = off");
  db.exec("begin");
  db.prepare(
    `insert into plan (id, name, currency, interval, frequency, trial_period_days, expiry_count, line_items, dunning, catch_up, source)
     values ('oro', 'Plan Oro', 'MXN', 'month', 1, 0, null, ?, 'standard', 'oldest_first', 'code')`,
  ).run(LINES);
  db.prepare(
    `insert into customer (id, name, email, phone, payment_source_id, card_brand, card_last4, card_exp_month, card_exp_year, read_at)
     select 'cus_' || n, 'Customer ' || n, 'c' || n || '@example.mx', '+5255' || n, 'src_' || n, 'visa', '4242', 1 + n % 12,
            2030 + n % 9, ? from numbers`.replace("numbers", NUMBERS),
  ).run(now, subscriptions);
  db.prepare(
    `insert into subscription (id, plan_id, customer_id, status, time_zone, start_local, anchor_local, quantity, bill_past,
       first_cycle, next_cycle, next_billing_at, source)
     select 'sub' || n, 'oro', 'cus_' || n, 'active', 'UTC', ?, ?, 1, 0, 0, ?, case when n < ? then ? else ? + (n % 30) * ${DAY_MS} end, 'code'
     from numbers`.replace("numbers", NUMBERS),
  ).run(...startOf(now, cycles), cycles, due, now, now + DAY_MS, subscriptions);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const at = now - (cycles - cycle) * MONTH_MS;
    const of = `'_' || ${cycle} || '_' || printf('%020d', n)`;
    db.prepare(
      `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents,
         currency, line_items, status, missed, declines, faults, opened_at, paid_at, first_declined_at)
       select 'inv' || ${of}, 'sub' || n, 'cus_' || n, ?, ?, ?, 20015, 0, 'MXN', ?, 'paid', 0, n % 10 = 0, 0, ? + ${SPREAD}, ? + ${SPREAD},
              case when n % 10 = 0 then ? end from numbers`.replace("numbers", NUMBERS),
    ).run(cycle, at, at + MONTH_MS, LINES, at, at, at, subscriptions);
    const attempt = (number: string, state: string, where: string) =>
      db
        .prepare(
          `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id,
             charge_id, payment_source_id, card_brand, card_last4, claimed_by, claim_epoch, claimed_at, claimed_until, sent_at,
             settled_at, paid_at, inquiries, decline_class, failure_code, evidence)
           select 'att' || ${of} || '_' || ${number}, 'inv' || ${of}, 'cus_' || n, ${number}, '${state}', 'inv' || ${of} || '-' || ${number},
                  'single', 20015, 'MXN', 'ord' || ${of} || '_' || ${number}, 'cha' || ${of} || '_' || ${number}, 'src_' || n, 'visa',
                  '4242', 'own', 1, ? + ${SPREAD}, ? + ${SPREAD}, ? + ${SPREAD}, ? + ${SPREAD}, ${state === "paid" ? `? + ${SPREAD}` : "null"}, 0, ${state === "paid" ? "null, null" : "'retry_later', 'insufficient_funds'"}, ?
           from numbers where ${where}`.replace("numbers", NUMBERS),
        )
        .run(...Array<number>(state === "paid" ? 5 : 4).fill(at), EVIDENCE, subscriptions);
    attempt("1", "declined", "n % 10 = 0");
    attempt("(1 + (n % 10 = 0))", "paid", "true");
    for (const [place, type] of [
      [1, "invoice.opened"],
      [2, "invoice.paid"],
    ] as const)
      db.prepare(
        `insert into event (id, at, type, customer_id, subscription_id, invoice_id, data)
         select 'evt' || ${of} || '_' || ${place}, ?, '${type}', 'cus_' || n, 'sub' || n, 'inv' || ${of}, ?
         from numbers`.replace("numbers", NUMBERS),
      ).run(at, JSON.stringify({ cycle, amountCents: 20_015, currency: "MXN" }), subscriptions);
  }
  db.exec("commit");
  db.close();
}

const LINES = JSON.stringify([{ name: "Plan Oro", unitPriceCents: 20_015, quantity: 1 }]);
const EVIDENCE = JSON.stringify([{ at: "2026-01-01T00:00:00.000Z", httpStatus: 200, logId: null, because: "paid" }]);
/** Over the days of the month. */
const SPREAD = `((n % 30) * ${DAY_MS} + n / 3000 * 1000)`;
const NUMBERS = "(with recursive r(n) as (select 0 union all select n + 1 from r where n + 1 < ?) select n from r)";

/** So that the cycle after the paid ones falls due now. */
function startOf(now: number, cycles: number): [string, string] {
  const start = DateTime.fromMillis(now, { zone: "UTC" }).minus({ months: cycles }).toFormat("yyyy-MM-dd'T'HH:mm");
  return [start, start];
}
