/**
 * What grows with the past is counted as it happens, and not anew by who asks: the money of each day, and how many invoices and
 * attempts came to an end in which way. Triggers keep the counts, so that they hold whoever writes.
 *
 * Writers that commit at once would wait for each other's row of a day: each connection has a slot of its own, as far as they
 * go, and who reads adds them up.
 */
import { Migration } from "@mikro-orm/migrations";

const CLOSED_INVOICE = "('paid', 'uncollectible', 'void')";
const OPEN_ATTEMPT = "('claimed', 'sending', 'pending', 'unknown')";
const SLOT = "pg_backend_pid() % 32";

const day = (instant: string): string =>
  `to_char(to_timestamp(${instant} / 1000.0) at time zone 'UTC', 'YYYY-MM-DD') collate "C"`;

/** @param moves rows of day, plan, currency, how many moves, invoices, and the three sums of cents */
const addMoves = (moves: string): string =>
  `insert into revenue_day as k (day, plan_id, currency, slot, moves, invoices, amount_cents, refunded_cents, lost_cents)
   select m.day, m.plan_id, m.currency, ${SLOT}, sum(m.moves), sum(m.invoices), sum(m.amount), sum(m.refunded), sum(m.lost)
   from (${moves}) m group by m.day, m.plan_id, m.currency order by m.day, m.plan_id, m.currency
   on conflict (day, plan_id, currency, slot) do update set
     moves = k.moves + excluded.moves, invoices = k.invoices + excluded.invoices,
     amount_cents = k.amount_cents + excluded.amount_cents, refunded_cents = k.refunded_cents + excluded.refunded_cents,
     lost_cents = k.lost_cents + excluded.lost_cents`;

const columns = (at: string, plan: string, currency: string, sign: string): string =>
  `${day(at)} as day, ${plan} as plan_id, ${currency} as currency, ${sign} as moves`;

/** Of an invoice that is paid, a refund that is done, a dispute that is lost: from the table, or from the rows that changed. */
const invoices = (from: string, sign: string, plan = "s.plan_id"): string =>
  `select ${columns("i.paid_at", plan, "i.currency", sign)},
     ${sign} as invoices, ${sign} * i.amount_cents as amount, 0 as refunded, 0 as lost
   from ${from} i join subscription s on s.id = i.subscription_id where i.status = 'paid'`;
const refunds = (from: string, sign: string, plan = "s.plan_id"): string =>
  `select ${columns("r.settled_at", plan, "r.currency", sign)},
     0 as invoices, 0 as amount, ${sign} * r.amount_cents as refunded, 0 as lost
   from ${from} r join attempt a on a.id = r.attempt_id join invoice i on i.id = r.invoice_id
     join subscription s on s.id = i.subscription_id
   where r.state = 'done' and a.state = 'paid'`;
const disputes = (from: string, sign: string, plan = "s.plan_id"): string =>
  `select ${columns("d.closed_at", plan, "d.currency", sign)},
     0 as invoices, 0 as amount, 0 as refunded, ${sign} * d.amount_cents as lost
   from ${from} d join attempt a on a.id = d.attempt_id join subscription s on s.id = d.subscription_id
   where d.outcome = 'lost' and a.state = 'paid'`;

const all = (sign: string, plan: string, which: string): string =>
  [invoices("invoice", sign, plan), refunds("refund", sign, plan), disputes("dispute", sign, plan)]
    .map((each) => `${each} and ${which}`)
    .join(" union all ");

const count = (what: string, words: string): string =>
  `insert into tally as k (what, word, slot, n)
   select '${what}', w.word, ${SLOT}, sum(w.n) from (${words}) w group by w.word having sum(w.n) <> 0 order by w.word
   on conflict (what, word, slot) do update set n = k.n + excluded.n`;

const closed = (table: string, from: string, sign: string): string =>
  table === "invoice"
    ? `select status as word, ${sign} as n from ${from} where status in ${CLOSED_INVOICE}`
    : `select state as word, ${sign} as n from ${from} where state not in ${OPEN_ATTEMPT}`;

const routine = (name: string, body: string): string =>
  `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`;

/** A statement at a time: a batch of payments is one row of each count. */
function triggers(table: string, named = `kept_${table}`): string[] {
  return [
    `create trigger ${named}_inserted after insert on ${table} referencing new table as new_rows
       for each statement execute function ${named}()`,
    `create trigger ${named}_deleted after delete on ${table} referencing old table as old_rows
       for each statement execute function ${named}()`,
    `create trigger ${named}_updated after update on ${table} referencing old table as old_rows new table as new_rows
       for each statement execute function ${named}()`,
  ];
}

const byEvent = (write: (parts: readonly (readonly [from: string, sign: string])[]) => string): string =>
  `if tg_op = 'INSERT' then ${write([["new_rows", "1"]])};
   elsif tg_op = 'DELETE' then ${write([["old_rows", "-1"]])};
   else ${write([
     ["old_rows", "-1"],
     ["new_rows", "1"],
   ])};
   end if;`;

const both = (of: (from: string, sign: string) => string) => (parts: readonly (readonly [string, string])[]) =>
  parts.map(([from, sign]) => of(from, sign)).join(" union all ");

/** A row that changed in nothing that counts adds nothing. */
const ofChanges = (of: (from: string, sign: string) => string) => (parts: readonly (readonly [string, string])[]) =>
  addMoves(
    `select c.day, c.plan_id, c.currency, sum(c.moves) as moves, sum(c.invoices) as invoices, sum(c.amount) as amount,
       sum(c.refunded) as refunded, sum(c.lost) as lost
     from (${both(of)(parts)}) c group by c.day, c.plan_id, c.currency
     having sum(c.moves) <> 0 or sum(c.amount) <> 0 or sum(c.refunded) <> 0 or sum(c.lost) <> 0`,
  );

const MONEY =
  "(select o.id, case when n.state = 'paid' then 1 else -1 end as sign from old_rows o join new_rows n on n.id = o.id where (o.state = 'paid') <> (n.state = 'paid')) t";

const STATEMENTS = [
  // Counting the whole past takes longer than a statement may otherwise.
  `set local statement_timeout = 0`,
  `create table "revenue_day" (
    "day" text collate "C" not null,
    "plan_id" text collate "C" not null,
    "currency" text collate "C" not null,
    "slot" bigint not null,
    "moves" bigint not null,
    "invoices" bigint not null,
    "amount_cents" bigint not null,
    "refunded_cents" bigint not null,
    "lost_cents" bigint not null,
    primary key ("day", "plan_id", "currency", "slot")
  )`,
  `create table "tally" (
    "what" text collate "C" not null,
    "word" text collate "C" not null,
    "slot" bigint not null,
    "n" bigint not null,
    primary key ("what", "word", "slot")
  )`,
  addMoves(all("1", "s.plan_id", "true")),
  count("invoice", closed("invoice", "invoice", "1")),
  count("attempt", closed("attempt", "attempt", "1")),
  routine(
    "kept_invoice",
    byEvent(
      (parts) =>
        `${ofChanges(invoices)(parts)}; ${count("invoice", both((from, sign) => closed("invoice", from, sign))(parts))}`,
    ),
  ),
  ...triggers("invoice"),
  // What went back of a second payment takes no revenue away.
  routine(
    "kept_attempt",
    `${byEvent((parts) => count("attempt", both((from, sign) => closed("attempt", from, sign))(parts)))}
     if tg_op = 'UPDATE' then ${addMoves(
       `select ${columns("r.settled_at", "s.plan_id", "r.currency", "t.sign")}, 0 as invoices, 0 as amount,
          t.sign * r.amount_cents as refunded, 0 as lost
        from ${MONEY} join refund r on r.attempt_id = t.id join invoice i on i.id = r.invoice_id
          join subscription s on s.id = i.subscription_id where r.state = 'done'
        union all
        select ${columns("d.closed_at", "s.plan_id", "d.currency", "t.sign")}, 0, 0, 0, t.sign * d.amount_cents
        from ${MONEY} join dispute d on d.attempt_id = t.id join subscription s on s.id = d.subscription_id
        where d.outcome = 'lost'`,
     )}; end if;`,
  ),
  ...triggers("attempt"),
  routine("kept_refund", byEvent(ofChanges(refunds))),
  ...triggers("refund"),
  routine("kept_dispute", byEvent(ofChanges(disputes))),
  ...triggers("dispute"),
  // The money of a subscription is shown under the plan that it has.
  routine(
    "kept_plan",
    `${addMoves(`${all("-1", "old.plan_id", "s.id = new.id")} union all ${all("1", "new.plan_id", "s.id = new.id")}`)};`,
  ),
  `create trigger kept_plan_updated after update of plan_id on subscription for each row
     when (old.plan_id is distinct from new.plan_id) execute function kept_plan()`,
  // Of the view that counted each time.
  `drop index "invoice_paid_day"`,
  `drop index "refund_done_day"`,
  `drop index "dispute_lost_day"`,
];

export class Migration20261129000048KeptCounts extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
