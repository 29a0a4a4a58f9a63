/**
 * Whose turn it is among the missed invoices of a subscription, as SQL: which may have to wait, and what decides it.
 * The rule is `paceAt` in `domain/catch-up.ts`.
 */
import type { MissedAndDue } from "../../../domain/calendar/catch-up.ts";
import { flag, instantOrNull, json, text } from "../dialect/codec.ts";
import { RETRY_IS_REQUESTED } from "./retry-requested.ts";
import type { RawRow } from "../dialect/sql.ts";
import { HOUR_MS } from "../../../domain/duration.ts";

/** Two instants that are further apart than this lie on different local days. */
const DAYS_APART_MS = 50 * HOUR_MS;

const TRIED = "t.state not in ('released', 'not_sent') and t.flow <> 'link'";

/** Never charged, and never failed a check before a charge: from then on dunning has it. */
function isUntried(invoice: string): string {
  return `(${invoice}.missed = 1 and ${invoice}.first_declined_at is null and not exists (
    select 1 from attempt t where t.invoice_id = ${invoice}.id and ${TRIED}
  ))`;
}

/** The invoice `i` of the plan `p` is collected in its turn. A person who asks for a retry decides the turn. */
const HAS_TURN = `(p.catch_up = 'oldest_first' and ${isUntried("i")} and not ${RETRY_IS_REQUESTED})`;

/** There is another one that may have the turn, or have had it today. */
export const MAY_WAIT_ITS_TURN = `(p.catch_up = 'oldest_first' and i.missed = 1 and i.first_declined_at is null and exists (
  select 1 from invoice m
  where m.subscription_id = i.subscription_id and m.missed = 1 and m.id <> i.id and (
    (m.cycle < i.cycle and m.next_attempt_at is not null)
    or exists (select 1 from attempt t where t.invoice_id = m.id and t.claimed_at > i.next_attempt_at - ${DAYS_APART_MS})
  )
))`;

export const TURN_FACTS = `${HAS_TURN} as has_turn,
  (
    select json_group_array(m.next_attempt_at order by m.cycle) from invoice m
    where m.subscription_id = i.subscription_id and m.cycle < i.cycle and m.next_attempt_at is not null and ${isUntried("m")}
  ) as older_planned_at,
  (
    select max(first_at) from (
      select min(coalesce(t.sent_at, t.claimed_at)) as first_at
      from invoice m join attempt t on t.invoice_id = m.id
      where m.subscription_id = i.subscription_id and m.missed = 1 and ${TRIED} group by m.id
    )
  ) as last_tried_at`;

/** @returns null: it is not one of those that wait for a turn */
export function turnOf(row: RawRow): MissedAndDue | null {
  const plannedAt = instantOrNull(row, "next_attempt_at");
  if (!flag(row, "has_turn") || plannedAt === null) return null;
  return {
    plannedAt,
    olderPlannedAt: json<number[]>(row, "older_planned_at").map((at) => new Date(at)),
    lastTriedAt: instantOrNull(row, "last_tried_at"),
    timeZone: text(row, "time_zone"),
  };
}
