/** Two questions that the simulation asks of the books directly, past every fault: what was sent, and what is due next. */
import type { ListRow, Store } from "../../src/application/ports.ts";
import type { AttemptSeen, InvoiceSeen } from "./books-view.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { FindSent } from "./send-check.ts";

export function findSentIn(store: Store, memory: MemoryStore | null): FindSent {
  if (memory !== null)
    return async (reference) => {
      const attempt = memory.tables.attempts.byUnique("attempt_reference", reference);
      return attempt === undefined ? null : { attempt, invoice: memory.tables.invoices.must(attempt.invoiceId) };
    };
  return async (reference) => {
    const [attempt] = await store.list("attempts", { where: { reference } });
    if (attempt === undefined) return null;
    const [invoice] = await store.list("invoices", { where: { invoiceId: String(attempt["invoiceId"]) } });
    // Read for these columns alone, which are words and numbers.
    return { attempt: attempt as ListRow & AttemptSeen, invoice: invoice as ListRow & InvoiceSeen };
  };
}

/** @returns in the machine's time; null: nothing will ever be due */
export function nextDueIn(store: Store, memory: MemoryStore | null): (now: Date) => Promise<number | null> {
  if (memory === null)
    return async (now) => {
      const { nextBillingAt, nextAttemptAt, nextLookAt, attempts } = await store.statusCounts(now);
      const inFlight = (attempts["claimed"] ?? 0) + (attempts["sending"] ?? 0) > 0;
      return earliest([nextBillingAt, nextAttemptAt, nextLookAt, inFlight ? now : null]);
    };
  const { subscriptions, invoices, attempts } = memory.tables;
  return async () =>
    earliest([
      ...subscriptions.inGroup("all", "all").map(({ nextBillingAt }) => nextBillingAt),
      ...invoices.inGroup("due", "due").map(({ nextAttemptAt }) => nextAttemptAt),
      ...attempts.inGroup("look", "look").map(({ nextLookAt }) => nextLookAt),
      ...attempts.inGroup("in_flight", "in flight").map(({ claimedUntil }) => claimedUntil),
    ]);
}

function earliest(instants: readonly (Date | null)[]): number | null {
  let first: number | null = null;
  for (const at of instants) if (at !== null && (first === null || at.getTime() < first)) first = at.getTime();
  return first;
}
