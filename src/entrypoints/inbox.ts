/**
 * The daemon's ear: follows webhooks up as soon as they are in the inbox, without waiting for cron.
 *
 * One at a time; what arrives meanwhile is covered by one more round. Reads that lag are repeated when their time
 * comes. What it misses, the next tick does: this only makes it sooner.
 */
import { processWebhooks, WEBHOOKS_AT_ONCE } from "../application/webhooks/process-webhooks.ts";
import { emptyRunSummary } from "../application/settling/run-summary.ts";
import type { WebhookNeeds } from "../application/webhooks/webhook-verdict.ts";
import { MINUTE_MS } from "../domain/duration.ts";

export type Inbox = AsyncDisposable & { readonly wake: () => void };

/** Later ones are left to the ticks. */
const MAX_WAIT_MS = MINUTE_MS;

export function watchInbox(
  needs: WebhookNeeds,
  limits: { readonly concurrency: number },
  { isReady }: { readonly isReady: () => boolean },
): Inbox {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;

  async function round(): Promise<void> {
    while (isWanted && !stopping.signal.aborted) {
      isWanted = false;
      try {
        const { taken, nextTryAt } = await processWebhooks(needs, limits, emptyRunSummary(), stopping.signal);
        isWanted ||= taken === WEBHOOKS_AT_ONCE;
        if (nextTryAt !== null) wakeAt(nextTryAt);
      } catch (error) {
        needs.log.error("inbox.failed", { error });
      }
    }
  }

  function wakeAt(at: Date): void {
    const waitMs = Math.max(0, at.getTime() - needs.clock.now().getTime());
    if (waitMs > MAX_WAIT_MS || stopping.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(wake, waitMs);
  }

  function wake(): void {
    if (stopping.signal.aborted || !isReady()) return;
    isWanted = true;
    running ??= round().finally(() => {
      running = null;
    });
  }

  return {
    wake,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
