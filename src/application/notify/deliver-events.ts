/**
 * Notify the merchant's systems of what happened: every event of a notified type at least once.
 *
 * The cursor moves and deliveries appear in one transaction. Then each delivery that is due is sent, many at once, no
 * transaction open meanwhile, and its outcome is committed. A crash in between sends it again, with the same id. The
 * order of arrival is not promised. Of the processes that charge one delivers at a time, so no other sends beside it.
 */
import PQueue from "p-queue";
import type { DeclineText } from "../../domain/decline.ts";
import { deliveryAfter, type Delivery } from "../../domain/delivery.ts";
import { NOTIFIED_TYPES } from "../../domain/notification.ts";
import { eventMessage } from "./event-message.ts";
import { groupCommit } from "../concurrency/group-commit.ts";
import type { Duties } from "../ports/duties.ts";
import type { DueDelivery, EventOutbox, Notifier, DeliveryResult } from "../ports/notify.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";

export type DeliverNeeds = {
  readonly outbox: EventOutbox;
  readonly duties: Duties;
  readonly notifier: Notifier;
  readonly declineText: DeclineText;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type Delivered = {
  readonly delivered: number;
  /** Tries that failed and will be repeated. */
  readonly failed: number;
  /** Given up. */
  readonly dead: number;
  /** When the next turn comes; null: nothing waits. */
  readonly nextTryAt: Date | null;
};

/** One receiver, usually small: more at once would only hurt it. */
const AT_ONCE = 8;
const BATCH = 200;

/** Makes deliveries of what was written since the last time. The first time it makes none. */
export async function gatherEvents({ outbox, clock }: Pick<DeliverNeeds, "outbox" | "clock">): Promise<void> {
  while ((await outbox.gather(NOTIFIED_TYPES, clock.now(), BATCH)) === BATCH);
}

/** Sends all that is due, until nothing is or `signal` says stop: a call that is cut off by it counts as never made. */
export async function deliverEvents(needs: DeliverNeeds, signal: AbortSignal): Promise<Delivered> {
  const { outbox, clock } = needs;
  const counts = { delivered: 0, failed: 0, dead: 0 };
  await gatherEvents(needs);
  const mark = groupCommit(
    async (results: readonly DeliveryResult[]) => {
      await outbox.mark(results, clock.now());
      return results;
    },
    { maxItems: BATCH },
  );
  if ((await outbox.due(clock.now(), 1)).length === 0) return { ...counts, nextTryAt: await outbox.nextTryAt() };
  const isOurs = await needs.duties.alone("events", async () => {
    while (!signal.aborted) {
      const due = await outbox.due(clock.now(), BATCH);
      if (due.length === 0) break;
      await notifyAll(needs, due, signal, async (result) => {
        await mark(result);
        counts[WORDS[result.delivery.state]] += 1;
      });
    }
  });
  // Another process is at it; if it dies, its turn is ours a moment later.
  if (!isOurs) return { ...counts, nextTryAt: null };
  return { ...counts, nextTryAt: await outbox.nextTryAt() };
}

const WORDS = { delivered: "delivered", pending: "failed", dead: "dead" } as const satisfies Record<
  Delivery["state"],
  string
>;

async function notifyAll(
  needs: DeliverNeeds,
  due: readonly DueDelivery[],
  signal: AbortSignal,
  keep: (result: DeliveryResult) => Promise<void>,
): Promise<void> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const failures: unknown[] = [];
  for (const delivery of due)
    void queue.add(async () => {
      try {
        if (signal.aborted || failures.length > 0) return;
        const result = await notify(needs, delivery, signal);
        if (result !== null) await keep(result);
      } catch (error) {
        failures.push(error);
      }
    });
  await queue.onIdle();
  if (failures.length > 0) throw failures[0];
}

/** @returns null: cut off by `signal` */
async function notify(needs: DeliverNeeds, due: DueDelivery, signal: AbortSignal): Promise<DeliveryResult | null> {
  const { clock, random, log, notifier } = needs;
  const { eventId, tries, type, event } = due;
  if (event === null) {
    const because = "its row in the database is damaged";
    log.error("event.dead", { eventId, type, tries, because });
    return { eventId, tries, httpStatus: null, delivery: { state: "dead", because } };
  }
  const body = JSON.stringify(eventMessage(event, needs.declineText));
  const answer = await notifier.deliver({ id: eventId, at: clock.now(), body }, signal);
  if (answer.kind === "failed" && signal.aborted) return null;

  const httpStatus = answer.kind === "answered" ? answer.httpStatus : null;
  const delivery = deliveryAfter(answer, tries + 1, clock.now(), random.fraction());
  const fields = { eventId, type, tries: tries + 1, httpStatus };
  if (delivery.state === "dead") log.error("event.dead", { ...fields, because: delivery.because });
  else if (delivery.state === "pending")
    log.warn("event.not_delivered", { ...fields, because: delivery.because, nextTryAt: delivery.nextTryAt });
  else log.debug("event.delivered", fields);
  return { eventId, tries, httpStatus, delivery };
}
