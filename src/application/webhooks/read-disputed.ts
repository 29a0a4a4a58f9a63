/**
 * Read orders for disputes that no webhook told of: those with an open dispute once a day, and each paid one some days
 * after its charge (`DISPUTE_READS_AFTER_DAYS`). Refunds of Conekta's panel are found the same way.
 *
 * The daemon reads them in the time between two ticks (`run/spare-time.ts`), so that no charge waits for them; who ticks once, as
 * `run`, a few each time. How far it came is noted at the end; a crash before reads some again, which changes nothing twice. An
 * order that cannot be read is put aside with its next try, and no other waits for it.
 */
import { isGivenUp } from "../../domain/backoff.ts";
import { BillingError, isNotThere } from "../../domain/errors.ts";
import { runAll } from "../concurrency/run-all.ts";
import type { DisputeRead } from "../ports/charging.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import { putAside, type FailedReadNeeds } from "../settling/failed-reads.ts";
import { noteMoneyBack } from "./note-money-back.ts";
import type { WebhookNeeds } from "./webhook-verdict.ts";

type Needs = WebhookNeeds & FailedReadNeeds;

export type ReadingLimits = { readonly most: number; readonly atOnce: number };

/** `lookedAt`: of these one that could not be read is put aside, and not done with. Fewer than `most`: nothing is left for now. */
export type ReadDisputed = { readonly lookedAt: number; readonly done: number };

export async function readDisputed(
  needs: Needs,
  summary: RunSummary,
  signal: AbortSignal,
  { most, atOnce }: ReadingLimits,
): Promise<ReadDisputed> {
  const { store, clock, breaker } = needs;
  const due = await store.disputeReads(clock.now(), most);
  const done = new Set<DisputeRead>();
  let lookedAt = 0;
  // For good: the place that is noted is that of the last, so none before it may be left out.
  let isOver = false;
  await runAll(
    atOnce,
    due.map((each) => async () => {
      // Nobody answers, or the process ends: all are read another time.
      isOver ||= signal.aborted || breaker.isOpen || summary.haltReason !== null;
      if (isOver) return;
      lookedAt += 1;
      if (await readOne(needs, each, summary)) done.add(each);
    }),
  );
  const read = due.filter((each) => done.has(each));
  if (read.length > 0) await store.noteDisputeReads(read, clock.now());
  return { lookedAt, done: read.length };
}

/** @returns whether it is done with, for this time */
async function readOne(needs: Needs, due: DisputeRead, summary: RunSummary): Promise<boolean> {
  const { store, clock, log, breaker } = needs;
  const { orderId, attemptId, days } = due;
  try {
    const order = await needs.webhooks.orders.readOrder(orderId);
    const attempts = await needs.webhooks.inbox.attemptsOf(orderId, []);
    await noteMoneyBack(needs, orderId, order, attempts, { isDisputed: days === null, summary });
    breaker.readAnswered();
    if (days === null) await store.forgetReadFailures([attemptId]);
    return true;
  } catch (error) {
    // An order that is not there shows no dispute.
    if (isNotThere(error)) return true;
    log[error instanceof BillingError ? "warn" : "error"]("order.not_read", { orderId, error });
    const failure = await putAside(needs, { kind: "attempt", id: attemptId }, error, summary);
    if (!isGivenUp(failure, clock.now())) return days !== null;
    await store.forgetReadFailures([attemptId]);
    return true;
  }
}
