/**
 * Before a cycle of an unpaid subscription becomes void its customer is read: with another card the subscription is
 * collected again, and the cycle charged.
 *
 * Each customer once a day at most, however many cycles. Charges nothing; a crash leaves the rest to the next run.
 */
import { mayBeRead, mayVoidUnpaid } from "../../domain/dunning/card-watch.ts";
import { readCustomers, type CustomersRead, type ReadNeeds } from "../customers/read-customers.ts";
import type { Beside } from "../settling/beside.ts";
import type { RunSummary } from "../settling/run-summary.ts";

/** @returns the subscriptions whose customers could not be read, or not yet: their cycles wait, for a day at most */
export async function rereadUnpaid(needs: ReadNeeds, summary: RunSummary, beside: Beside): Promise<readonly string[]> {
  const now = needs.clock.now();
  const stale = (await needs.store.unpaidDue(now)).filter(({ customer }) => !mayVoidUnpaid(customer, now));
  const read: CustomersRead = new Map();
  const toRead = stale.filter(({ customer, dueAt }) => mayBeRead(customer, dueAt, now));
  const customerIds = new Set(toRead.map(({ customerId }) => customerId));
  await beside.wait(readCustomers(needs, customerIds, summary, read, beside.stopping, beside.signal));
  const waiting = stale.filter(({ customerId }) => (read.get(customerId) ?? "unread") === "unread");
  // A read later in this run may succeed, and their cycles have waited all the same.
  summary.unreadable = Math.max(summary.unreadable, new Set(waiting.map(({ customerId }) => customerId)).size);
  return waiting.map(({ subscriptionId }) => subscriptionId);
}
