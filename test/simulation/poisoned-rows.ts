/**
 * Rows that cannot be read, or written: a subscription whose content is no JSON when its cycle is to be opened, and one whose
 * tries cannot be settled. They stay so, in the weeks of peace too. Nobody else may notice, and the light must be red.
 */
import { RowUnreadable } from "../../src/domain/errors.ts";
import type { MemoryStore } from "./memory-store/memory-store.ts";
import type { BookPorts } from "./perilous-ports.ts";

export type Poison = "opening" | "settling";

/** @param poisoned by subscription; whatever is added is poisoned in that moment */
export function withPoisonedRows<Ports extends BookPorts>(
  ports: Ports,
  poisoned: ReadonlyMap<string, Poison>,
  { tables }: MemoryStore,
): Ports {
  const { store } = ports;
  const isPoisoned = (subscriptionId: string, by: Poison): boolean => poisoned.get(subscriptionId) === by;
  const subscriptionOf = (attemptId: string): string =>
    tables.invoices.must(tables.attempts.must(attemptId).invoiceId).subscriptionId;

  return {
    ...ports,
    store: {
      ...store,
      dueSubscriptions: async (now, limit, except) => {
        const due = await store.dueSubscriptions(now, limit, except);
        const bad = due.find(({ id }) => isPoisoned(id, "opening"));
        if (bad !== undefined) throw unreadable(bad.id);
        return due;
      },
      settle: async (items, now, decide) => {
        const bad = items.map(({ attemptId }) => subscriptionOf(attemptId)).find((id) => isPoisoned(id, "settling"));
        if (bad !== undefined) throw unreadable(bad);
        return await store.settle(items, now, decide);
      },
    },
  };
}

/** What is due of them by now, and lies there: a run beside it must not end green. */
export function lyingThere(
  poisoned: ReadonlyMap<string, Poison>,
  { tables }: MemoryStore,
  now: Date,
): readonly string[] {
  return [...poisoned].flatMap(([id, by]) => {
    const subscription = tables.subscriptions.get(id);
    if (subscription === undefined) return [];
    const { nextBillingAt, customerId } = subscription;
    if (by === "opening") return nextBillingAt !== null && nextBillingAt <= now ? [`the next cycle of ${id}`] : [];
    return tables.attempts
      .inGroup("customer", customerId)
      .filter(({ state, claimedUntil }) => state === "sending" && claimedUntil < now)
      .filter(({ invoiceId }) => tables.invoices.must(invoiceId).subscriptionId === id)
      .map(({ reference }) => reference);
  });
}

function unreadable(id: string): RowUnreadable {
  return new RowUnreadable(id, { cause: new SyntaxError("Unexpected end of JSON input") });
}
