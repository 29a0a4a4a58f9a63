/**
 * What becomes of one webhook event after it was followed up, and what following one up needs.
 */
import { nextTryAt } from "../../domain/webhook-event.ts";
import type { CircuitBreaker } from "../settling/circuit-breaker.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";
import type { HandledWebhook, OrderReader, WebhookInbox } from "../ports/webhooks.ts";

export type WebhookNeeds = SettleNeeds & {
  readonly gateway: Pick<Gateway, "readCustomer" | "probe">;
  readonly breaker: CircuitBreaker;
  readonly webhooks: { readonly inbox: WebhookInbox; readonly orders: OrderReader };
};

/** What one event is worth, apart from which event it is. */
export type Verdict = Omit<HandledWebhook, "id">;

export function processed(because: string | null, notes: Verdict["notes"] = []): Verdict {
  return { state: "processed", because, nextTryAt: null, notes };
}

export function ignored(because: string): Verdict {
  return { state: "ignored", because, nextTryAt: null, notes: [] };
}

export function failed(because: string): Verdict {
  return { state: "failed", because, nextTryAt: null, notes: [] };
}

/** With growing waits, and failed when they are used up. */
export function again(tries: number, now: Date, because: string): Verdict {
  const at = nextTryAt(tries, now);
  return at === null ? failed(because) : { state: "received", because, nextTryAt: at, notes: [] };
}
