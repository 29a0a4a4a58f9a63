/** Two questions that the simulation asks of the books directly, past every fault: what was sent, and what is due next. */
import type { SubscriptionChange } from "../../src/domain/subscription-change.ts";
import { turnsAt } from "../../src/domain/subscription.ts";
import type { MemoryStore } from "./memory-store/memory-store.ts";
import { waitingForEarlier } from "./memory-store/counts.ts";
import { asSeen, type InvoiceSeen } from "./books-view.ts";
import type { FindSent } from "./checks/send-check.ts";
import type { TablesNow } from "./promises/promised.ts";
import { waitsForEarlier } from "./checks/waits-for-earlier.ts";

const DAY_MS = 86_400_000;

export function findSentIn({ tables: { attempts, invoices } }: MemoryStore): FindSent {
  return async (reference) => {
    const attempt = attempts.byUnique("attempt_reference", reference);
    if (attempt === undefined) return null;
    const invoice = asSeen(invoices.must(attempt.invoiceId));
    const cycles = invoices.inGroup("subscription", invoice.subscriptionId).map(asSeen);
    const of = (invoiceId: string) => attempts.inGroup("invoice", invoiceId);
    return { attempt, invoice, siblings: of(invoice.id), waits: waitsForEarlier(invoice, cycles, of) };
  };
}

/** In the order in which they were made. */
export function changesIn({ tables: { changes } }: MemoryStore): (subscriptionId: string) => SubscriptionChange[] {
  return (subscriptionId) => {
    const ofOne = changes.inGroup("subscription", subscriptionId);
    return ofOne.length > 1 ? ofOne.toSorted((a, b) => a.number - b.number) : ofOne;
  };
}

/** @param now by the machine's clock */
export function tablesNow(memory: MemoryStore, now: () => Date): TablesNow {
  const { attempts, invoices, refunds, disputes, webhooks } = memory.tables;
  const changesOf = changesIn(memory);
  return {
    due: () => {
      const at = now();
      const due: InvoiceSeen[] = [];
      for (const id of invoices.group("due", "due")) {
        const invoice = invoices.must(id);
        if (invoice.nextAttemptAt !== null && invoice.nextAttemptAt <= at && invoice.status === "open")
          due.push(asSeen(invoice));
      }
      return due;
    },
    cyclesOf: (subscriptionId) => invoices.inGroup("subscription", subscriptionId).map(asSeen),
    attemptsOf: (invoiceId) => attempts.inGroup("invoice", invoiceId),
    isGivingBack: (attemptId) => {
      const { movedCents, amountCents } = attempts.must(attemptId);
      const asked = refunds
        .inGroup("attempt", attemptId)
        .filter(({ state }) => state !== "refused" && state !== "not_sent");
      return asked.reduce((sum, each) => sum + each.amountCents, 0) >= (movedCents ?? amountCents);
    },
    lettersWaiting: () => webhooks.inGroup("waiting", "waiting"),
    openDisputes: () => [...disputes.rows.values()].filter(({ outcome }) => outcome === "open").length,
    changesOf: (subscriptionId) =>
      changesOf(subscriptionId).map((change) => ({ ...change, isUndone: change.undoneAt !== null })),
  };
}

/** Ids of orders that the gateway showed in a tick, each as often as it did. */
export type Shown = { readonly asked: readonly string[]; readonly listed: readonly string[] };
export type MostRows = (shown: Shown) => number;

/**
 * What one tick may be given of the store: some rows for each thing that waits as it begins, of which one read frees the next, or
 * that it opens; each try of an order that the gateway lists, and that it is asked for, as often as an event of it reads them;
 * and a few in any case. A history that grows is none of them.
 */
export function mostRowsIn({ tables }: MemoryStore): () => MostRows {
  const { subscriptions, customers, invoices, attempts, links, denials, disputes, webhooks, readFailures } = tables;
  const waiting = (): number =>
    invoices.group("due", "due").size +
    invoices.group("step", "step").size +
    attempts.group("look", "look").size +
    attempts.group("in_flight", "in flight").size +
    links.group("recheck", "recheck").size +
    denials.group("recheck", "recheck").size +
    webhooks.group("waiting", "waiting").size;
  const triesOf = (orderIds: readonly string[]): number => {
    const counts = orderIds.map((orderId) => {
      const own = attempts.byUnique("attempt_own_order", orderId) ?? attempts.inGroup("shared_order", orderId)[0];
      return own === undefined ? 1 : attempts.group("invoice", own.invoiceId).size;
    });
    return counts.reduce((sum, count) => sum + count, 0);
  };

  return () => {
    const invoicesBefore = invoices.rows.size;
    const people = subscriptions.rows.size + customers.rows.size + readFailures.rows.size + disputes.rows.size;
    const things = waiting() + people;
    return ({ asked, listed }) => {
      const opened = Math.max(0, invoices.rows.size - invoicesBefore);
      const rowsOfOrders = READS_OF_ASKED * triesOf(asked) + triesOf(listed);
      return ROWS_ALWAYS + ROWS_A_THING * (things + opened) + rowsOfOrders;
    };
  };
}

const ROWS_ALWAYS = 50;
const ROWS_A_THING = 5;
/** Before the order is read, by all that it names, and once its outcome is written. */
const READS_OF_ASKED = 3;

/**
 * @param isPoisoned what lies there for ever, with all that its customer owes, is no reason to wake each hour
 * @returns in the machine's time; null: nothing will ever be due
 */
export function nextDueIn({ tables }: MemoryStore, isPoisoned: (id: string) => boolean): () => number | null {
  const { subscriptions, invoices, attempts, links, denials, webhooks } = tables;
  return () => {
    const mustWait = waitingForEarlier(tables);
    let first = Infinity;
    const note = (at: Date | null): void => {
      if (at !== null && at.getTime() < first) first = at.getTime();
    };
    for (const subscription of subscriptions.rows.values())
      if (!isPoisoned(subscription.id)) note(turnsAt(subscription));
    for (const id of invoices.group("due", "due")) {
      const invoice = invoices.must(id);
      if (isPoisoned(invoice.subscriptionId)) continue;
      // One that waits for an earlier one is not due before that is paid.
      if (!mustWait(invoice)) note(invoice.nextAttemptAt);
    }
    for (const id of invoices.group("step", "step")) note(invoices.must(id).dunningDueAt);
    // A customer whose invoice waits in dunning is read each day.
    for (const { id, readAt } of tables.customers.rows.values())
      if (invoices.group("dunned", id).size > 0) note(new Date((readAt?.getTime() ?? 0) + DAY_MS));
    for (const id of links.group("recheck", "recheck")) note(links.must(id).recheckAt);
    for (const id of denials.group("recheck", "recheck")) note(denials.must(id).recheckAt);
    for (const id of links.group("keep_card", "keep card")) note(links.must(id).keepCardAt);
    for (const id of attempts.group("look", "look")) note(attempts.must(id).nextInquiryAt);
    for (const id of attempts.group("in_flight", "in flight")) {
      const { claimedUntil, invoiceId } = attempts.must(id);
      if (!isPoisoned(invoices.must(invoiceId).subscriptionId)) note(claimedUntil);
    }
    for (const id of webhooks.group("waiting", "waiting")) {
      const { nextTryAt, orderId } = webhooks.must(id);
      const attempt = attempts.byUnique("attempt_own_order", orderId ?? "");
      if (attempt === undefined || !isPoisoned(invoices.must(attempt.invoiceId).subscriptionId)) note(nextTryAt);
    }
    return first === Infinity ? null : first;
  };
}
