/**
 * Follow up what webhooks hint at. An event only says what to read: the order or customer it names is read again at
 * the gateway, and what the read shows goes through the one reducer. What an event says is never booked.
 *
 * So the order of arrival, copies and delays do not matter. A row that is being followed up is set aside for a while;
 * a crash leaves it there, and it is followed up again, which changes nothing twice.
 */
import { runAll } from "../concurrency/run-all.ts";
import { stopsInquiries } from "../../domain/halt.ts";
import { BillingError, GatewayUnauthorized, stopsEverybody } from "../../domain/errors.ts";
import { taskOf } from "../../domain/webhook-event.ts";
import { blame } from "../settling/failed-reads.ts";
import { followCustomer } from "./follow-customer.ts";
import { followOrder } from "./follow-order.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { HandledWebhook, TakenWebhook } from "../ports/webhooks.ts";
import { again, failed, ignored, type Verdict, type WebhookNeeds } from "./webhook-verdict.ts";
import { MINUTE_MS } from "../../domain/duration.ts";

export type WebhooksProcessed = {
  readonly taken: number;
  /** When the first of those that must wait may be tried again; null: none waits. */
  readonly nextTryAt: Date | null;
};

/** A tick must not be kept from its charges by a flood of events. */
export const WEBHOOKS_AT_ONCE = 500;
/** Longer than any reading takes. */
const SET_ASIDE_MS = 5 * MINUTE_MS;

/** One batch at most. Nothing is taken while the gateway does not answer or does not accept our key. */
export async function processWebhooks(
  needs: WebhookNeeds,
  { concurrency }: { readonly concurrency: number },
  summary: RunSummary,
  signal: AbortSignal,
): Promise<WebhooksProcessed> {
  const { store, clock, breaker } = needs;
  const { inbox } = needs.webhooks;
  const { haltKind } = await store.installation();
  if (signal.aborted || breaker.isOpen || stopsInquiries(haltKind)) return { taken: 0, nextTryAt: null };

  const now = clock.now();
  const until = new Date(now.getTime() + SET_ASIDE_MS);
  const taken = await inbox.take({ now, limit: WEBHOOKS_AT_ONCE, until });
  if (taken.length === 0) return { taken: 0, nextTryAt: null };
  const handled: HandledWebhook[] = [];
  let broken: { readonly error: unknown } | null = null;
  await runAll(
    concurrency,
    bySubject(taken).map((about) => async () => {
      try {
        const verdicts = await follow(needs, about, summary, signal);
        handled.push(...about.map(({ id }, at) => ({ id, ...(verdicts[at] ?? nothingLearned()) })));
      } catch (error) {
        broken ??= { error };
      }
    }),
  );
  for (const each of handled) logHandled(needs, each, taken);
  await inbox.finish(handled, clock.now());
  const failure = broken as { readonly error: unknown } | null;
  if (failure !== null) throw failure.error;
  return { taken: taken.length, nextTryAt: earliest(handled) };
}

/** Several events of one order or customer need one read. */
function bySubject(taken: readonly TakenWebhook[]): (readonly TakenWebhook[])[] {
  const subjects = Map.groupBy(taken, ({ type, orderId, customerId, id }) =>
    taskOf(type).do === "read_customer" ? (customerId ?? id) : (orderId ?? id),
  );
  return [...subjects.values()];
}

async function follow(
  needs: WebhookNeeds,
  about: readonly TakenWebhook[],
  summary: RunSummary,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const [first] = about;
  if (first === undefined) return [];
  const task = taskOf(first.type).do;
  const { haltReason } = summary;
  if (signal.aborted) return about.map(({ tries }) => again(tries, needs.clock.now(), "the run ended first"));
  // Every other read with this key is refused, too.
  if (haltReason !== null) return about.map(({ tries }) => again(tries, needs.clock.now(), haltReason));
  try {
    if (task === "read_customer" && first.customerId !== null)
      return await followCustomer(needs, first.customerId, about);
    if (task === "read_order" && first.orderId !== null) return await followOrder(needs, first.orderId, about, summary);
  } catch (error) {
    if (!(error instanceof BillingError)) return about.map(() => failed(`a bug: ${String(error)}`));
    if (stopsEverybody(error)) throw error;
    summary.failedReads += 1;
    // It may be this order or customer alone that is refused to the key.
    if (error instanceof GatewayUnauthorized) await blame(needs, summary);
    return about.map(({ tries }) => again(tries, needs.clock.now(), error.message));
  }
  return about.map(() =>
    task === "read_order" ? failed("it names no order, and no charge of ours") : nothingLearned(),
  );
}

function nothingLearned(): Verdict {
  return ignored("Puntual has no use for it");
}

function logHandled({ log }: WebhookNeeds, { id, state, because }: HandledWebhook, taken: readonly TakenWebhook[]) {
  const { type, orderId, customerId, tries } = taken.find((each) => each.id === id) ?? {};
  const fields = { webhookEventId: id, type, orderId, customerId, tries, because };
  if (state === "failed") log.error("webhook.failed", fields);
  else log.debug(state === "received" ? "webhook.waits" : `webhook.${state}`, fields);
}

function earliest(handled: readonly HandledWebhook[]): Date | null {
  const waiting = handled.flatMap(({ nextTryAt: at }) => (at === null ? [] : [at.getTime()]));
  return waiting.length === 0 ? null : new Date(Math.min(...waiting));
}
