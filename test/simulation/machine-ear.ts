/**
 * A machine's ear for webhooks, as the daemon's HTTP server and its inbox are: checked, made durable, answered; then
 * followed up at once, and again when reads lag.
 */
import { verifyDigest } from "../../src/adapters/conekta/signature.ts";
import { readWebhookEvent } from "../../src/adapters/conekta/wire-webhook.ts";
import { processWebhooks } from "../../src/application/webhooks/process-webhooks.ts";
import { receiveWebhooks } from "../../src/application/webhooks/receive-webhooks.ts";
import { emptyRunSummary } from "../../src/application/settling/run-summary.ts";
import type { WebhookNeeds } from "../../src/application/webhooks/webhook-verdict.ts";
import { BillingError } from "../../src/domain/errors.ts";
import { describe } from "./machine-log.ts";
import type { Timeline } from "./timeline.ts";
import type { Report } from "./checks/violation.ts";
import { letterKeys, type Letter } from "./webhook-letter.ts";

/** Later ones are left to the ticks, as the daemon's inbox leaves them. */
const MAX_WAIT_MS = 60_000;

export type Verify = (rawBody: Buffer, digest: string) => boolean;

export type Ear = {
  /** @returns the HTTP status */
  receive(letter: Letter): Promise<number>;
};

export function newEar(needs: {
  readonly webhookNeeds: WebhookNeeds;
  readonly limits: { readonly concurrency: number };
  readonly timeline: Timeline;
  readonly report: Report;
  readonly isReady: () => boolean;
  /** null: the real check of signatures. */
  readonly verify: Verify | null;
}): Ear {
  const { webhookNeeds, limits, timeline, report, isReady } = needs;
  const { store, clock, webhooks } = webhookNeeds;
  let isRunning = false;
  let isWanted = false;
  let wakesAtMs = Infinity;

  const isSigned: Verify =
    needs.verify ?? ((rawBody, digest) => verifyDigest(rawBody, digest, [letterKeys().publicKey]));

  async function receive({ eventId, rawBody, digest, isForged }: Letter): Promise<number> {
    if (digest !== null && !isSigned(rawBody, digest)) return 401;
    if (isForged) report("forged", `the forged event ${eventId} was believed`);
    const event = readWebhookEvent(rawBody);
    if (event === null) return 400;
    try {
      await receiveWebhooks({ store, inbox: webhooks.inbox, clock }, [event]);
    } catch (error) {
      if (!(error instanceof BillingError)) report("bug", `an event could not be taken in: ${describe(error)}`);
      return 500;
    }
    wake();
    return 200;
  }

  function wake(): void {
    if (!isReady()) return;
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    void listen();
  }

  async function listen(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      try {
        const { nextTryAt } = await processWebhooks(
          webhookNeeds,
          limits,
          emptyRunSummary(),
          new AbortController().signal,
        );
        if (nextTryAt !== null) wakeAt(nextTryAt.getTime() - clock.now().getTime());
      } catch (error) {
        if (!(error instanceof BillingError)) report("bug", `the inbox threw ${describe(error)}`);
      }
    }
    isRunning = false;
  }

  function wakeAt(waitMs: number): void {
    if (waitMs > MAX_WAIT_MS) return;
    const atMs = timeline.nowMs() + Math.max(0, waitMs);
    wakesAtMs = atMs;
    timeline.at(atMs, () => {
      if (wakesAtMs === atMs) wake();
    });
  }

  return { receive };
}
