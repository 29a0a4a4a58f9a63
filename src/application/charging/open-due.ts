/**
 * Open what is due: for every subscription whose next billing date has come, the invoice of each cycle from its
 * cursor to now.
 *
 * One transaction a batch writes invoices, cursor and events together. A crash between two batches leaves the rest
 * due; a subscription that a person changed in between is left for the next pass.
 */
import { readDue } from "./read-due.ts";
import { stopsEverybody } from "../../domain/errors.ts";
import { openCycles } from "../../domain/opening.ts";
import { usesAnything } from "../../domain/invoice-content.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { OpeningBatch } from "../ports/charging.ts";

/**
 * Subscriptions in one transaction. Half of the work is to decide and half to write, some 0.05 ms each, and others have their
 * turn between the two: a webhook, a read and another writer wait for 10 ms. What a transaction itself costs is 1.2 ms.
 */
const BATCH = 200;

export async function openDue(
  { store, clock, log, random }: { store: Store; clock: Clock; log: Log; random: Random },
  signal: AbortSignal,
  /** Subscriptions that this pass leaves due. */
  waiting: readonly string[] = [],
): Promise<{ opened: number; held: number; setAside: readonly string[] }> {
  const setAside: string[] = [];
  let count = 0;
  let held = 0;
  while (!signal.aborted) {
    const now = clock.now();
    const due = await readDue(store, now, BATCH, [...setAside, ...waiting], putAside);
    if (due.length === 0) break;
    // What one subscription of a customer uses is not there for the next, which is read anew: it has its turn in the next pass.
    const using = new Set<string>();
    const batch = due.flatMap((subscription): OpeningBatch[] => {
      try {
        if (using.has(subscription.customerId)) return [];
        const { id: subscriptionId, nextCycle, status, cancelAt, pauseFrom, pauseUntil } = subscription;
        const opened = openCycles(subscription, now, (at) => random.newId("inv", at));
        if (usesAnything(opened.uses)) using.add(subscription.customerId);
        return [{ ...opened, subscriptionId, expected: { nextCycle, status, cancelAt, pauseFrom, pauseUntil } }];
      } catch (error) {
        return putAside(subscription.id, error);
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
    count += await write(batch, now);
    held += batch.flatMap(({ invoices }) => invoices).filter(({ status }) => status === "held").length;
  }
  if (count > 0) log.info("invoices.opened", { count });
  return { opened: count, held, setAside };

  async function write(batch: readonly OpeningBatch[], now: Date): Promise<number> {
    try {
      return await store.open(batch, now);
    } catch (error) {
      if (stopsEverybody(error)) throw error;
      let written = 0;
      if (batch.length > 1) for (const each of batch) written += await write([each], now);
      else for (const { subscriptionId } of batch) putAside(subscriptionId, error);
      return written;
    }
  }

  /** A row that cannot be understood, or written, must not stop everybody else's billing. */
  function putAside(subscriptionId: string, error: unknown): [] {
    setAside.push(subscriptionId);
    log.error("subscription.set_aside", { subscriptionId, error });
    return [];
  }
}
