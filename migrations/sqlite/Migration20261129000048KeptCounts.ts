/**
 * What grows with the past is counted as it happens, and not anew by who asks: the money of each day, and how many invoices and
 * attempts came to an end in which way. Triggers keep the counts, so that they hold whoever writes.
 *
 * A migration that makes one of these tables anew takes its triggers away with it, and must make them again.
 */
import { Migration } from "@mikro-orm/migrations";

const CLOSED_INVOICE = "('paid', 'uncollectible', 'void')";
const OPEN_ATTEMPT = "('claimed', 'sending', 'pending', 'unknown')";

const day = (instant: string): string => `strftime('%Y-%m-%d', ${instant} / 1000.0, 'unixepoch')`;

/** @param moves rows of day, plan, currency, how many moves, invoices, and the three sums of cents */
const addMoves = (moves: string): string =>
  `insert into revenue_day (day, plan_id, currency, slot, moves, invoices, amount_cents, refunded_cents, lost_cents)
   select m.day, m.plan_id, m.currency, 0, m.moves, m.invoices, m.amount, m.refunded, m.lost from (${moves}) m where true
   on conflict (day, plan_id, currency, slot) do update set
     moves = moves + excluded.moves, invoices = invoices + excluded.invoices,
     amount_cents = amount_cents + excluded.amount_cents, refunded_cents = refunded_cents + excluded.refunded_cents,
     lost_cents = lost_cents + excluded.lost_cents`;

const columns = (at: string, plan: string, currency: string, sign: string): string =>
  `${day(at)} as day, ${plan} as plan_id, ${currency} as currency, ${sign} as moves`;

/** Of an invoice that is paid, a refund that is done, a dispute that is lost: `row` is the row itself. */
const invoiceMove = (row: string, sign: string): string =>
  `select ${columns(`${row}.paid_at`, "s.plan_id", `${row}.currency`, sign)},
     ${sign} as invoices, ${sign} * ${row}.amount_cents as amount, 0 as refunded, 0 as lost
   from subscription s where s.id = ${row}.subscription_id`;
const refundMove = (row: string, sign: string): string =>
  `select ${columns(`${row}.settled_at`, "s.plan_id", `${row}.currency`, sign)},
     0 as invoices, 0 as amount, ${sign} * ${row}.amount_cents as refunded, 0 as lost
   from attempt a join invoice i on i.id = ${row}.invoice_id join subscription s on s.id = i.subscription_id
   where a.id = ${row}.attempt_id and a.state = 'paid'`;
const disputeMove = (row: string, sign: string): string =>
  `select ${columns(`${row}.closed_at`, "s.plan_id", `${row}.currency`, sign)},
     0 as invoices, 0 as amount, 0 as refunded, ${sign} * ${row}.amount_cents as lost
   from attempt a join subscription s on s.id = ${row}.subscription_id
   where a.id = ${row}.attempt_id and a.state = 'paid'`;

/** All that moved, but for the plan: the subscription's. */
const moves = (sign: string, plan: string, ofInvoices: string, ofRefunds: string, ofDisputes: string): string =>
  `select ${columns("i.paid_at", plan, "i.currency", sign)},
     ${sign} as invoices, ${sign} * i.amount_cents as amount, 0 as refunded, 0 as lost
   from invoice i join subscription s on s.id = i.subscription_id where i.status = 'paid' and ${ofInvoices}
   union all
   select ${columns("r.settled_at", plan, "r.currency", sign)}, 0, 0, ${sign} * r.amount_cents, 0
   from refund r join attempt a on a.id = r.attempt_id join invoice i on i.id = r.invoice_id
     join subscription s on s.id = i.subscription_id
   where r.state = 'done' and a.state = 'paid' and ${ofRefunds}
   union all
   select ${columns("d.closed_at", plan, "d.currency", sign)}, 0, 0, 0, ${sign} * d.amount_cents
   from dispute d join attempt a on a.id = d.attempt_id join subscription s on s.id = d.subscription_id
   where d.outcome = 'lost' and a.state = 'paid' and ${ofDisputes}`;

const summed = (each: string): string =>
  `select e.day, e.plan_id, e.currency, sum(e.moves) as moves, sum(e.invoices) as invoices, sum(e.amount) as amount,
     sum(e.refunded) as refunded, sum(e.lost) as lost from (${each}) e group by e.day, e.plan_id, e.currency`;

const count = (what: string, word: string, sign: string, where: string): string =>
  `insert into tally (what, word, slot, n) select '${what}', ${word}, 0, ${sign} where ${where}
   on conflict (what, word, slot) do update set n = n + excluded.n`;

/** One trigger an event: what the old row was worth is taken away, what the new one is worth comes to it. */
function triggers(
  table: string,
  watched: string,
  isCounted: (row: string) => string,
  move: (row: string, sign: string) => string,
): string[] {
  const changed = watched.split(", ").map((column) => `old.${column} is not new.${column}`);
  return [
    `create trigger revenue_${table}_inserted after insert on ${table} when ${isCounted("new")} begin ${addMoves(move("new", "1"))}; end`,
    `create trigger revenue_${table}_deleted after delete on ${table} when ${isCounted("old")} begin ${addMoves(move("old", "-1"))}; end`,
    `create trigger revenue_${table}_updated after update of ${watched} on ${table}
     when (${isCounted("old")} or ${isCounted("new")}) and (${changed.join(" or ")}) begin
       ${addMoves(`select * from (${move("old", "-1")}) where ${isCounted("old")}`)};
       ${addMoves(`select * from (${move("new", "1")}) where ${isCounted("new")}`)};
     end`,
  ];
}

function tallies(table: string, column: string, isClosed: (row: string) => string): string[] {
  const [one, other] = [`old.${column}`, `new.${column}`];
  return [
    `create trigger tally_${table}_inserted after insert on ${table} when ${isClosed("new")} begin
       ${count(table, other, "1", "true")}; end`,
    `create trigger tally_${table}_deleted after delete on ${table} when ${isClosed("old")} begin
       ${count(table, one, "-1", "true")}; end`,
    `create trigger tally_${table}_updated after update of ${column} on ${table}
     when ${one} <> ${other} and (${isClosed("old")} or ${isClosed("new")}) begin
       ${count(table, one, "-1", isClosed("old"))};
       ${count(table, other, "1", isClosed("new"))};
     end`,
  ];
}

const STATEMENTS = [
  `create table "revenue_day" (
    "day" text not null,
    "plan_id" text not null,
    "currency" text not null,
    "slot" integer not null,
    "moves" integer not null,
    "invoices" integer not null,
    "amount_cents" integer not null,
    "refunded_cents" integer not null,
    "lost_cents" integer not null,
    primary key ("day", "plan_id", "currency", "slot")
  )`,
  `create table "tally" (
    "what" text not null,
    "word" text not null,
    "slot" integer not null,
    "n" integer not null,
    primary key ("what", "word", "slot")
  )`,
  addMoves(summed(moves("1", "s.plan_id", "true", "true", "true"))),
  `insert into tally (what, word, slot, n) select 'invoice', status, 0, count(*) from invoice
   where status in ${CLOSED_INVOICE} group by status`,
  `insert into tally (what, word, slot, n) select 'attempt', state, 0, count(*) from attempt
   where state not in ${OPEN_ATTEMPT} group by state`,
  ...triggers(
    "invoice",
    "status, paid_at, amount_cents, currency, subscription_id",
    (row) => `${row}.status = 'paid'`,
    invoiceMove,
  ),
  ...triggers("refund", "state, settled_at, amount_cents, currency", (row) => `${row}.state = 'done'`, refundMove),
  ...triggers("dispute", "outcome, closed_at, amount_cents, currency", (row) => `${row}.outcome = 'lost'`, disputeMove),
  // What went back of a second payment takes no revenue away.
  `create trigger revenue_attempt_updated after update of state on attempt
   when (old.state = 'paid') <> (new.state = 'paid')
     and (exists (select 1 from refund r where r.attempt_id = new.id) or exists (select 1 from dispute d where d.attempt_id = new.id))
   begin
     ${["refund r", "dispute d"]
       .map((from) => {
         const row = from.split(" ")[1] ?? "";
         const sign = "(case when new.state = 'paid' then 1 else -1 end)";
         const [at, done, sums] =
           row === "r"
             ? ["settled_at", "r.state = 'done'", `${sign} * r.amount_cents as refunded, 0 as lost`]
             : ["closed_at", "d.outcome = 'lost'", `0 as refunded, ${sign} * d.amount_cents as lost`];
         return addMoves(
           `select ${columns(`${row}.${at}`, "s.plan_id", `${row}.currency`, sign)}, 0 as invoices, 0 as amount, ${sums}
            from ${from} join invoice i on i.id = ${row}.invoice_id join subscription s on s.id = i.subscription_id
            where ${row}.attempt_id = new.id and ${done}`,
         );
       })
       .join(";\n")};
   end`,
  // The money of a subscription is shown under the plan that it has.
  `create trigger revenue_subscription_updated after update of plan_id on subscription when old.plan_id <> new.plan_id begin
     ${addMoves(summed(moves("-1", "old.plan_id", "s.id = new.id", "s.id = new.id", "s.id = new.id")))};
     ${addMoves(summed(moves("1", "new.plan_id", "s.id = new.id", "s.id = new.id", "s.id = new.id")))};
   end`,
  ...tallies("invoice", "status", (row) => `${row}.status in ${CLOSED_INVOICE}`),
  ...tallies("attempt", "state", (row) => `${row}.state not in ${OPEN_ATTEMPT}`),
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
