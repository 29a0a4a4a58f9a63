/** Two questions that the simulation asks of the books directly, past every fault: what was sent, and what is due next. */
import type { Store } from "../../src/application/ports/store.ts";
import { seenAttempt, seenInvoice } from "./books-view.ts";
import type { MemoryStore } from "./memory-store/memory-store.ts";
import { waitsForEarlier as mustWait } from "./memory-store/counts.ts";
import type { FindSent } from "./checks/send-check.ts";
import { waitsForEarlier } from "./checks/waits-for-earlier.ts";

export function findSentIn(store: Store, memory: MemoryStore | null): FindSent {
  if (memory !== null) {
    const { attempts, invoices } = memory.tables;
    return async (reference) => {
      const attempt = attempts.byUnique("attempt_reference", reference);
      if (attempt === undefined) return null;
      const invoice = invoices.must(attempt.invoiceId);
      const cycles = invoices.inGroup("subscription", invoice.subscriptionId);
      const of = (invoiceId: string) => attempts.inGroup("invoice", invoiceId);
      return { attempt, invoice, siblings: of(invoice.id), waits: waitsForEarlier(invoice, cycles, of) };
    };
  }
  return async (reference) => {
    const [row] = await store.list("attempts", { where: { reference } });
    if (row === undefined) return null;
    const attempt = seenAttempt(row);
    const { invoiceId } = attempt;
    const [invoice] = await store.list("invoices", { where: { invoiceId } });
    if (invoice === undefined) return null;
    const siblings = (await store.list("attempts", { where: { invoiceId } })).map(seenAttempt);
    // What dunning waits for is in no listing.
    return { attempt, invoice: seenInvoice(invoice), siblings, waits: null };
  };
}

/** @returns in the machine's time; null: nothing will ever be due */
export function nextDueIn(store: Store, memory: MemoryStore | null): (now: Date) => Promise<number | null> {
  if (memory === null)
    return async (now) => {
      const { nextOpeningAt, nextAttemptAt, nextInquiryAt, nextStepAt, attempts } = await store.statusCounts(now);
      const inFlight = (attempts["claimed"] ?? 0) + (attempts["sending"] ?? 0) > 0;
      const waiting = await store.list("webhooks", { where: { state: "received" } });
      const tries = waiting.map((row) => new Date(row.nextTryAt ?? Number.NaN));
      return earliest([nextOpeningAt, nextAttemptAt, nextInquiryAt, nextStepAt, inFlight ? now : null, ...tries]);
    };
  const { subscriptions, invoices, attempts, links, webhooks } = memory.tables;
  return async () => {
    let first = Infinity;
    const note = (at: Date | null): void => {
      if (at !== null && at.getTime() < first) first = at.getTime();
    };
    for (const { nextBillingAt } of subscriptions.rows.values()) note(nextBillingAt);
    for (const id of invoices.group("due", "due")) {
      const invoice = invoices.must(id);
      // One that waits for an earlier one is not due before that is paid.
      if (!mustWait(memory.tables, invoice)) note(invoice.nextAttemptAt);
    }
    for (const id of invoices.group("step", "step")) note(invoices.must(id).dunningDueAt);
    for (const id of links.group("recheck", "recheck")) note(links.must(id).recheckAt);
    for (const id of links.group("keep_card", "keep card")) note(links.must(id).keepCardAt);
    for (const id of attempts.group("look", "look")) note(attempts.must(id).nextInquiryAt);
    for (const id of attempts.group("in_flight", "in flight")) note(attempts.must(id).claimedUntil);
    for (const id of webhooks.group("waiting", "waiting")) note(webhooks.must(id).nextTryAt);
    return first === Infinity ? null : first;
  };
}

function earliest(instants: readonly (Date | null)[]): number | null {
  let first: number | null = null;
  for (const at of instants) if (at !== null && (first === null || at.getTime() < first)) first = at.getTime();
  return first;
}
