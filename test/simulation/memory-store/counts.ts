/** The numbers of `status` over the store in memory. */
import type { StatusCounts } from "../../../src/application/ports/listings/status-counts.ts";
import { earlierUnpaidCycle } from "../../../src/domain/charging/invoice-order.ts";
import { nextCycle } from "../../../src/domain/charging/cycles-ahead.ts";
import { turnsAt } from "../../../src/domain/subscription.ts";
import { openableSince } from "../../../src/domain/lateness.ts";
import { isGivenBack } from "../../../src/domain/refund.ts";
import type { AttemptRow, InvoiceRow } from "./rows.ts";
import { unreadable } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";
import { onceFor, unsettledInvoices } from "./charge-facts.ts";

export function statusCounts(tables: MemoryTables, now: Date): StatusCounts {
  const subscriptions = [...tables.subscriptions.rows.values()];
  const invoices = [...tables.invoices.rows.values()];
  const attempts = [...tables.attempts.rows.values()];
  const isDue = (at: Date | null): boolean => at !== null && at <= now;
  // One that waits for an earlier one is not due before that is paid.
  const waits = waitingForEarlier(tables);
  const nextAttempts = invoices
    .filter((invoice) => invoice.nextAttemptAt !== null && !waits(invoice))
    .map(({ nextAttemptAt }) => nextAttemptAt);
  const billed = subscriptions.map(nextCycle).filter((next) => next.do === "bill");
  const unknown = attempts.filter(({ state }) => state === "unknown");
  const held = invoices.filter(({ status }) => status === "held");
  const disputed = [...tables.disputes.rows.values()].filter(({ outcome }) => outcome === "open");
  return {
    subscriptions: grouped(subscriptions.map(({ status }) => status)),
    invoices: grouped(invoices.map(({ status }) => status)),
    attempts: grouped(attempts.map(({ state }) => state)),
    dueSubscriptions: billed.filter(({ at }) => isDue(at)).length,
    dueInvoices: nextAttempts.filter(isDue).length,
    nextBillingAt: earliest(billed.map(({ at }) => at)),
    nextOpeningAt: earliest(subscriptions.map(turnsAt)),
    openableSince: earliest(
      subscriptions
        .filter(({ nextBillingAt }) => isDue(nextBillingAt))
        .map(({ nextBillingAt, id, ...cycles }) =>
          openableSince({ ...cycles, nextBillingAt: nextBillingAt ?? now, createdAt: madeAt(tables, id) }),
        ),
    ),
    nextAttemptAt: earliest(nextAttempts),
    nextInquiryAt: earliest(attempts.map(({ nextInquiryAt }) => nextInquiryAt)),
    nextStepAt: earliest(invoices.map(({ dunningDueAt }) => dunningDueAt)),
    unknown: { count: unknown.length, oldestAt: earliest(unknown.map(({ sentAt }) => sentAt)) },
    held: { count: held.length, oldestAt: earliest(held.map(({ openedAt }) => openedAt)) },
    unreadable: unreadable(tables),
    paidAgain: attempts.filter((attempt) => isPaidAgain(tables, attempt)).length,
    paidAfterCancel: attempts.filter((attempt) => isPaidAfterCancel(tables, attempt)).length,
    disputes: { count: disputed.length, oldestAt: earliest(disputed.map(({ openedAt }) => openedAt)) },
    lastEventAt: tables.events.at(-1)?.at ?? null,
  };
}

/** As the tables stand: nothing may be written between two answers. */
export function waitingForEarlier(tables: MemoryTables): (invoice: InvoiceRow) => boolean {
  const unsettledOf = onceFor((subscriptionId: string) => unsettledInvoices(tables, subscriptionId));
  return (invoice) => earlierUnpaidCycle(invoice, unsettledOf(invoice.subscriptionId)) !== null;
}

/** Until the whole of it was given back. */
export function isPaidAgain(tables: MemoryTables, attempt: AttemptRow): boolean {
  return attempt.state === "paid_again" && isLeft(tables, attempt);
}

export function isPaidAfterCancel(tables: MemoryTables, attempt: AttemptRow): boolean {
  return attempt.afterCancel === "asked" && isLeft(tables, attempt);
}

function isLeft({ refunds }: MemoryTables, { id, amountCents, movedCents }: AttemptRow): boolean {
  return !isGivenBack({ movedCents: movedCents ?? amountCents, refunds: refunds.inGroup("attempt", id) });
}

function madeAt({ events }: MemoryTables, subscriptionId: string): Date | null {
  const made = events.find((event) => event.subscriptionId === subscriptionId && event.type === "subscription.created");
  return made?.at ?? null;
}

function grouped(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function earliest(instants: readonly (Date | null)[]): Date | null {
  return instants.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);
}
