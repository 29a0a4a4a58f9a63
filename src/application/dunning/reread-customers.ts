/**
 * Read the customers whose invoices wait in dunning, each once a day: a card that was changed at Conekta ends the wait,
 * whether a webhook told of it or not.
 *
 * Charges nothing. A crash leaves the rest to be read by the next run; one who cannot be read is put aside.
 */
import { rereadBefore } from "../../domain/dunning/card-watch.ts";
import { readCustomers, type ReadNeeds } from "../customers/read-customers.ts";
import type { Beside } from "../settling/beside.ts";
import type { RunSummary } from "../settling/run-summary.ts";

/** In one run, so that those who are due are not kept waiting for long: the next run reads on. */
const AT_ONCE = 250;

export async function rereadCustomers(needs: ReadNeeds, summary: RunSummary, beside: Beside): Promise<void> {
  const now = needs.clock.now();
  const customerIds = await needs.store.customersToReread(now, { readBefore: rereadBefore(now), limit: AT_ONCE });
  await readCustomers(needs, new Set(customerIds), summary, new Map(), beside.stopping, beside.signal);
}
