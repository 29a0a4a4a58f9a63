/** Whose turn it is in the store in memory: the conditions of `missed-turn.ts`, `retry-requested.ts` and `dunning.ts`. */
import type { MissedAndDue } from "../../../src/domain/calendar/catch-up.ts";
import type { AttemptRow, InvoiceRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

const DAYS_APART_MS = 50 * 3_600_000;

/** A person asked for the next try, and it was not made yet. */
export function isRetryRequested({ retryRequests, attempts }: MemoryTables, invoiceId: string): boolean {
  const request = retryRequests.get(invoiceId);
  if (request === undefined) return false;
  return !attempts
    .inGroup("invoice", invoiceId)
    .some(({ state, claimedAt }) => state !== "released" && state !== "not_sent" && claimedAt >= request.at);
}

/** An earlier invoice of the subscription is failing, held or uncertain: it is to be paid first. */
export function isEarlierUnpaid(tables: MemoryTables, { id, subscriptionId, cycle, missed }: InvoiceRow): boolean {
  if (missed) return false;
  for (const earlierId of tables.invoices.group("unsettled", subscriptionId)) {
    const earlier = tables.invoices.must(earlierId);
    if (earlier.cycle < cycle && keepsWaiting(tables, earlier)) return !isRetryRequested(tables, id);
  }
  return false;
}

function keepsWaiting({ attempts }: MemoryTables, { id, status, statusReason, dunningStep }: InvoiceRow): boolean {
  if (status !== "open" && status !== "held") return false;
  if (dunningStep !== null || (status === "held" && statusReason !== "catch_up_ask")) return true;
  const state = attempts.byUnique("attempt_one_open", id)?.state;
  return state === "pending" || state === "unknown";
}

/** There is another missed one that may have the turn, or have had it today. */
export function mayWaitItsTurn(tables: MemoryTables, invoice: InvoiceRow): boolean {
  const { id, subscriptionId, cycle, missed, firstDeclinedAt, nextAttemptAt } = invoice;
  if (!missed || firstDeclinedAt !== null || nextAttemptAt === null || !isOldestFirst(tables, invoice)) return false;
  const since = nextAttemptAt.getTime() - DAYS_APART_MS;
  return tables.invoices
    .inGroup("missed", subscriptionId)
    .some(
      (other) =>
        other.id !== id &&
        ((other.cycle < cycle && other.nextAttemptAt !== null) ||
          tables.attempts.inGroup("invoice", other.id).some(({ claimedAt }) => claimedAt.getTime() > since)),
    );
}

/** @returns null: it is not one of those that wait for a turn */
export function turnOf(tables: MemoryTables, invoice: InvoiceRow): MissedAndDue | null {
  const { id, subscriptionId, cycle, nextAttemptAt: plannedAt } = invoice;
  if (plannedAt === null || !isUntried(tables, invoice) || !isOldestFirst(tables, invoice)) return null;
  if (isRetryRequested(tables, id)) return null;
  const missed = tables.invoices.inGroup("missed", subscriptionId);
  const older = missed.filter((each) => each.cycle < cycle && isUntried(tables, each));
  return {
    plannedAt,
    olderPlannedAt: older.toSorted((a, b) => a.cycle - b.cycle).flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []),
    lastTriedAt: missed
      .flatMap((each) => firstTryOf(tables, each) ?? [])
      .reduce<Date | null>((last, at) => (last === null || at > last ? at : last), null),
    timeZone: tables.subscriptions.must(subscriptionId).timeZone,
  };
}

function isOldestFirst({ subscriptions, plans }: MemoryTables, { subscriptionId }: InvoiceRow): boolean {
  return plans.must(subscriptions.must(subscriptionId).planId).catchUp === "oldest_first";
}

/** Never charged, and never failed a check before a charge. */
function isUntried(tables: MemoryTables, invoice: InvoiceRow): boolean {
  return invoice.missed && invoice.firstDeclinedAt === null && firstTryOf(tables, invoice) === null;
}

function firstTryOf({ attempts }: MemoryTables, { id }: InvoiceRow): Date | null {
  return attempts
    .inGroup("invoice", id)
    .filter(wasTried)
    .map(({ sentAt, claimedAt }) => sentAt ?? claimedAt)
    .reduce<Date | null>((first, at) => (first === null || at < first ? at : first), null);
}

function wasTried({ state, flow }: AttemptRow): boolean {
  return state !== "released" && state !== "not_sent" && flow !== "link";
}
