/**
 * Revenue by local day: the same money as in the view `revenue_by_day`, whose days are those of UTC, since SQLite knows no
 * time zones.
 */
import type { RevenueRow } from "../../../application/ports/listings/billing-views.ts";
import type { RevenueWindow } from "../../../application/ports/explain.ts";
import { localDateTextOf } from "../../../domain/calendar/calendar.ts";
import { MINUTE_MS } from "../../../domain/duration.ts";
import type { AttemptState } from "../../../domain/attempt.ts";
import { figureOf, type MoneyMoved } from "../../../domain/revenue.ts";
import { text, whole, word } from "../dialect/codec.ts";
import { all, type Connected, ms, type Parameter, type RawRow } from "../dialect/sql.ts";

/** Every zone is so many whole quarters of an hour from UTC: what falls into one falls into one day. */
const QUARTER_MS = 15 * MINUTE_MS;

/** When, whose, of which kind, and what `figureOf` asks about it. */
const MOVES = [
  ["i.paid_at", "i.currency, 'invoice', i.status, cast(null as text), i.amount_cents from invoice i"],
  [
    "r.settled_at",
    `r.currency, 'refund', r.state, a.state, r.amount_cents
     from refund r join attempt a on a.id = r.attempt_id join invoice i on i.id = r.invoice_id`,
  ],
  [
    "d.closed_at",
    `d.currency, 'dispute', d.outcome, a.state, d.amount_cents
     from dispute d join attempt a on a.id = d.attempt_id join invoice i on i.id = a.invoice_id`,
  ],
] as const;

const COLUMNS = "quarter, subscription_id, currency, kind, state, paid_state, amount_cents";

export async function revenueReport(em: Connected, window: RevenueWindow): Promise<RevenueRow[]> {
  const { from, until, planId, timeZone } = window;
  const moves = MOVES.map(
    ([at, columns]) => `select ${at} / ${QUARTER_MS}, i.subscription_id, ${columns} where ${at} >= ? and ${at} < ?`,
  );
  const bounds = [from === undefined ? 0 : ms(from), until === undefined ? Number.MAX_SAFE_INTEGER : ms(until)];
  const parameters: Parameter[] = [...MOVES.flatMap(() => bounds), ...(planId === undefined ? [] : [planId])];
  const rows = await all(
    em,
    `with m (${COLUMNS}) as (${moves.join(" union all ")})
     select m.quarter, s.plan_id, p.name as plan_name, m.currency, m.kind, m.state, m.paid_state, count(*) as moved,
            sum(cast(m.amount_cents as bigint)) as amount_cents
     from m join subscription s on s.id = m.subscription_id join plan p on p.id = s.plan_id
     ${planId === undefined ? "" : "where s.plan_id = ?"}
     group by m.quarter, s.plan_id, p.name, m.currency, m.kind, m.state, m.paid_state`,
    parameters,
  );
  const figures = rows.flatMap((row) => {
    const figure = figureOf(movedIn(row));
    return figure === null ? [] : [{ row, figure }];
  });
  const days = Map.groupBy(figures, ({ row }) =>
    [
      localDateTextOf(new Date(whole(row, "quarter") * QUARTER_MS), timeZone),
      text(row, "plan_id"),
      text(row, "currency"),
    ].join(" "),
  );
  return [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, ofDay]) => rowOf(key.slice(0, 10), ofDay));
}

function movedIn(row: RawRow): MoneyMoved {
  const kind = word<MoneyMoved["kind"]>(row, "kind");
  if (kind === "invoice") return { kind, status: word(row, "state") };
  const paidState = word<AttemptState>(row, "paid_state");
  return kind === "refund"
    ? { kind, state: word(row, "state"), paidState }
    : { kind, outcome: word(row, "state"), paidState };
}

type Figure = { readonly row: RawRow; readonly figure: NonNullable<ReturnType<typeof figureOf>> };

function rowOf(day: string, figures: readonly Figure[]): RevenueRow {
  const [{ row: first } = { row: {} }] = figures;
  const total = (column: "moved" | "amount_cents", of: Figure["figure"]): number =>
    figures.reduce((sum, { row, figure }) => (figure === of ? sum + whole(row, column) : sum), 0);
  const [amountCents, refundedCents, lostCents] = [
    total("amount_cents", "paid"),
    total("amount_cents", "refunded"),
    total("amount_cents", "lost"),
  ];
  const netCents = amountCents - refundedCents - lostCents;
  return {
    ...{ day, planId: text(first, "plan_id"), planName: text(first, "plan_name"), currency: text(first, "currency") },
    ...{ invoices: total("moved", "paid"), amountCents, amount: amountCents / 100 },
    ...{
      refundedCents,
      refunded: refundedCents / 100,
      lostCents,
      lost: lostCents / 100,
      netCents,
      net: netCents / 100,
    },
  };
}
