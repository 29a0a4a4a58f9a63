/**
 * The daemon's voice: tells the merchant's systems what happened, beside the ticks and never in them.
 *
 * One round at a time, after each tick, when a try is due again, and once a minute, since webhooks and commands write
 * events, too. A receiver that is slow or dead keeps nobody waiting. At the end calls under way are cut off: whatever
 * was not surely told is told again at the next start.
 */
import { deliverEvents, gatherEvents, type DeliverNeeds } from "../application/notify/deliver-events.ts";

export type Outbox = AsyncDisposable & { readonly wake: () => void };

const LONGEST_WAIT_MS = 60_000;

/** @returns when the cursor stands, so that whatever is written from then on is told */
export async function watchOutbox(needs: DeliverNeeds): Promise<Outbox> {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;

  async function round(): Promise<void> {
    let nextTryAt: Date | null = null;
    while (isWanted && !stopping.signal.aborted) {
      isWanted = false;
      try {
        ({ nextTryAt } = await deliverEvents(needs, stopping.signal));
      } catch (error) {
        needs.log.error("outbox.failed", { error });
      }
    }
    const waitMs = nextTryAt === null ? LONGEST_WAIT_MS : nextTryAt.getTime() - needs.clock.now().getTime();
    clearTimeout(timer);
    if (!stopping.signal.aborted) timer = setTimeout(wake, Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs)));
  }

  function wake(): void {
    if (stopping.signal.aborted) return;
    isWanted = true;
    running ??= round().finally(() => {
      running = null;
      // Somebody woke us while the round was ending.
      if (isWanted) wake();
    });
  }

  await gatherEvents(needs);
  return {
    wake,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
