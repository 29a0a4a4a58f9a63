/** The numbers of `status` over the store in memory. */
import type { StatusCounts } from "../../src/application/ports.ts";
import type { MemoryTables } from "./memory-tables.ts";

export function statusCounts(tables: MemoryTables, now: Date): StatusCounts {
  const subscriptions = [...tables.subscriptions.rows.values()];
  const invoices = [...tables.invoices.rows.values()];
  const attempts = [...tables.attempts.rows.values()];
  const isDue = (at: Date | null): boolean => at !== null && at <= now;
  const unknown = attempts.filter(({ state }) => state === "unknown");
  const held = invoices.filter(({ status }) => status === "held");
  return {
    subscriptions: grouped(subscriptions.map(({ status }) => status)),
    invoices: grouped(invoices.map(({ status }) => status)),
    attempts: grouped(attempts.map(({ state }) => state)),
    dueSubscriptions: subscriptions.filter(({ nextBillingAt }) => isDue(nextBillingAt)).length,
    dueInvoices: invoices.filter(({ nextAttemptAt }) => isDue(nextAttemptAt)).length,
    nextBillingAt: earliest(subscriptions.map(({ nextBillingAt }) => nextBillingAt)),
    nextAttemptAt: earliest(invoices.map(({ nextAttemptAt }) => nextAttemptAt)),
    nextLookAt: earliest(attempts.map(({ nextLookAt }) => nextLookAt)),
    unknown: { count: unknown.length, oldestAt: earliest(unknown.map(({ sentAt }) => sentAt)) },
    held: { count: held.length, oldestAt: earliest(held.map(({ openedAt }) => openedAt)) },
    paidAgain: attempts.filter(({ state }) => state === "paid_again").length,
    lastEventAt: tables.events.at(-1)?.at ?? null,
  };
}

function grouped(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function earliest(instants: readonly (Date | null)[]): Date | null {
  return instants.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);
}
