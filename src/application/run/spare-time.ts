/**
 * What may wait is read between two ticks: the orders that are read again for disputes, of which a million charges a month make
 * five million reads.
 *
 * It ends when nothing is left, and as soon as a tick begins: calls in flight are finished beside it. A crash loses nothing but
 * the place, and reads some again.
 */
import { stopsInquiries } from "../../domain/halt.ts";
import type { InquiryLimits } from "../charging/inquire-due.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { type ReadDisputed, readDisputed } from "../webhooks/read-disputed.ts";
import type { BillNeeds } from "./bill-due.ts";

/** Of the connections that charges have: reads in number are answered with 429, and then charges are, too. */
const AT_ONCE = 8;
/** The place is noted after each. */
const BATCH = 100;

/** @param signal aborted: nothing new is read @returns how many orders are done with */
export async function useSpareTime(
  needs: BillNeeds,
  { concurrency }: Pick<InquiryLimits, "concurrency">,
  signal: AbortSignal,
): Promise<number> {
  const limits = { most: BATCH, atOnce: Math.min(AT_ONCE, concurrency) };
  let read = 0;
  for (;;) {
    if (signal.aborted || needs.breaker.isOpen) return read;
    if (stopsInquiries((await needs.store.installation()).haltKind)) return read;
    let now: ReadDisputed = { lookedAt: 0, done: 0 };
    // Where another process is at it, nothing was looked at here.
    await needs.duties.alone("rereads", async () => {
      now = await readDisputed(needs, emptyRunSummary(), signal, limits);
    });
    read += now.done;
    if (now.lookedAt < BATCH) return read;
  }
}
