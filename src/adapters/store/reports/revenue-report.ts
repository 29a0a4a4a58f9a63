/**
 * Revenue by local day: the same money as in the view `revenue_by_day`, whose days are those of UTC, since SQLite knows no
 * time zones.
 */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { RevenueRow } from "../../../application/ports/listings/billing-views.ts";
import type { RevenueWindow } from "../../../application/ports/explain.ts";
import { localDateTextOf } from "../../../domain/calendar/calendar.ts";
import { MINUTE_MS } from "../../../domain/duration.ts";
import { PAID } from "../billing/attempt-states.ts";
import { text, whole } from "../dialect/codec.ts";
import { all, ms, type Parameter, type RawRow } from "../dialect/sql.ts";

/** Every zone is so many whole quarters of an hour from UTC: what falls into one falls into one day. */
const QUARTER_MS = 15 * MINUTE_MS;

const MOVES = [
  ["i.paid_at", "i.currency, 1, i.amount_cents, 0, 0 from invoice i", "i.status = 'paid'"],
  [
    "r.settled_at",
    "r.currency, 0, 0, r.amount_cents, 0 from refund r join attempt a on a.id = r.attempt_id join invoice i on i.id = r.invoice_id",
    `r.state = 'done' and a.state = ${PAID}`,
  ],
  [
    "d.closed_at",
    "d.currency, 0, 0, 0, d.amount_cents from dispute d join attempt a on a.id = d.attempt_id join invoice i on i.id = a.invoice_id",
    `d.outcome = 'lost' and a.state = ${PAID}`,
  ],
] as const;

const COLUMNS = "quarter, subscription_id, currency, invoices, amount_cents, refunded_cents, lost_cents";
const sum = (column: string): string => `sum(cast(m.${column} as bigint)) as ${column}`;

export async function revenueReport(em: SqlEntityManager, window: RevenueWindow): Promise<RevenueRow[]> {
  const { from, until, planId, timeZone } = window;
  const moves = MOVES.map(
    ([at, columns, where]) =>
      `select ${at} / ${QUARTER_MS}, i.subscription_id, ${columns} where ${where} and ${at} >= ? and ${at} < ?`,
  );
  const bounds = [from === undefined ? 0 : ms(from), until === undefined ? Number.MAX_SAFE_INTEGER : ms(until)];
  const parameters: Parameter[] = [...MOVES.flatMap(() => bounds), ...(planId === undefined ? [] : [planId])];
  const rows = await all(
    em,
    `with m (${COLUMNS}) as (${moves.join(" union all ")})
     select m.quarter, s.plan_id, p.name as plan_name, m.currency, ${sum("invoices")}, ${sum("amount_cents")},
            ${sum("refunded_cents")}, ${sum("lost_cents")}
     from m join subscription s on s.id = m.subscription_id join plan p on p.id = s.plan_id
     ${planId === undefined ? "" : "where s.plan_id = ?"}
     group by m.quarter, s.plan_id, p.name, m.currency order by m.quarter, s.plan_id, m.currency`,
    parameters,
  );
  const days = Map.groupBy(rows, (row) =>
    [
      localDateTextOf(new Date(whole(row, "quarter") * QUARTER_MS), timeZone),
      text(row, "plan_id"),
      text(row, "currency"),
    ].join(" "),
  );
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, quarters]) => (quarters[0] === undefined ? [] : [rowOf(key.slice(0, 10), quarters[0], quarters)]));
}

function rowOf(day: string, first: RawRow, quarters: readonly RawRow[]): RevenueRow {
  const total = (column: string): number => quarters.reduce((cents, row) => cents + whole(row, column), 0);
  const [amountCents, refundedCents, lostCents] = [total("amount_cents"), total("refunded_cents"), total("lost_cents")];
  const netCents = amountCents - refundedCents - lostCents;
  return {
    ...{ day, planId: text(first, "plan_id"), planName: text(first, "plan_name"), currency: text(first, "currency") },
    ...{ invoices: total("invoices"), amountCents, amount: amountCents / 100 },
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
