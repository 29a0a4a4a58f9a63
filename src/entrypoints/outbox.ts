/**
 * The daemon's notifications: sends events to the merchant's systems beside the ticks, never in them.
 *
 * One round at a time, after each tick, when a try is due again, and once a minute, since webhooks and commands write
 * events, too. A slow or dead receiver delays no charge. At the stop, calls under way are cut off; what may not
 * have arrived is sent again at the next start.
 */
import { deliverEvents, gatherEvents, type DeliverNeeds } from "../application/notify/deliver-events.ts";
import { MINUTE_MS } from "../domain/duration.ts";

export type Outbox = AsyncDisposable & { readonly wake: () => void };

const LONGEST_WAIT_MS = MINUTE_MS;

/** @returns when the cursor stands, so that every event written from then on is sent */
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
      // It was woken while the round was ending.
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
