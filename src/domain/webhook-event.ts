/**
 * What each kind of webhook event asks us to do. An event is a hint: it says where to look, never what to book.
 *
 * Pure. The names are Conekta's; docs/webhooks.md lists them for people.
 * @see "Eventos: order", "Eventos: charge", "Eventos: customer", developers.conekta.com/docs (read 2026-11-23)
 */
import { HOUR_MS } from "./duration.ts";
import type { EventType } from "./event-types.ts";

export const WEBHOOK_STATES = ["received", "processed", "ignored", "failed"] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

/** What the read must show before the event is done with: reads were seen to lag behind their own webhook. */
export type Expected = "paid" | "over" | "seen" | "given_back" | "disputed" | "anything";

export type WebhookTask =
  | { readonly do: "read_order"; readonly until: Expected }
  | { readonly do: "read_customer" }
  | { readonly do: "nothing"; readonly because: string };

const ORDER_EVENTS: Readonly<Record<string, Expected>> = {
  "order.paid": "paid",
  "charge.paid": "paid",
  "order.declined": "over",
  "order.expired": "over",
  "order.canceled": "over",
  "order.voided": "over",
  "charge.declined": "over",
  "charge.expired": "over",
  "charge.canceled": "over",
  "order.pending_payment": "seen",
  "order.under_fraud_review": "seen",
  "charge.under_fraud_review": "seen",
  "charge.pending_confirmation": "seen",
  "order.refunded": "given_back",
  "order.partially_refunded": "given_back",
  "order.charged_back": "given_back",
  "order.fraudulent": "given_back",
  "charge.refunded": "given_back",
  "charge.reversed": "given_back",
  "charge.fraudulent": "given_back",
  "order.created": "anything",
  "order.updated": "anything",
  "order.pre_authorized": "anything",
  "charge.created": "anything",
  "charge.preauthorized": "anything",
  "charge.score_updated": "anything",
};

const DISPUTE = /^charge\.chargeback\.(created|updated|under_review|lost|won)$/;
const CUSTOMER = /^customer\.(created|updated|deleted|payment_source\.[a-z_.]+)$/;

/** What Puntual asks Conekta to send; the others of one payment tell nothing more. */
export const SUBSCRIBED_EVENTS: readonly string[] = [
  ...Object.keys(ORDER_EVENTS).filter((type) => ORDER_EVENTS[type] !== "anything"),
  ...["created", "updated", "under_review", "lost", "won"].map((what) => `charge.chargeback.${what}`),
  "customer.updated",
  "customer.payment_source.card.blocked",
  "webhook_ping",
];

export function taskOf(type: string): WebhookTask {
  const until = Object.hasOwn(ORDER_EVENTS, type) ? ORDER_EVENTS[type] : undefined;
  if (until !== undefined) return { do: "read_order", until };
  if (isAboutDispute(type)) return { do: "read_order", until: "disputed" };
  if (CUSTOMER.test(type)) return { do: "read_customer" };
  if (type === "webhook_ping") return { do: "nothing", because: "a ping" };
  return { do: "nothing", because: "a type of event that Puntual has no use for" };
}

export function isAboutDispute(type: string): boolean {
  return DISPUTE.test(type) || type === "order.charged_back";
}

/** Events that are noted in the history of the invoice, for they change no state of it: it stays paid. */
const NOTED = {
  // A refund comes as charge.refunded, too: the order's own is the one that is noted.
  "order.refunded": "order.refunded",
  "order.partially_refunded": "order.partially_refunded",
  "order.charged_back": "order.charged_back",
  "order.fraudulent": "order.fraudulent",
  "charge.chargeback.created": "order.chargeback.created",
  "charge.chargeback.updated": "order.chargeback.updated",
  "charge.chargeback.under_review": "order.chargeback.under_review",
  "charge.chargeback.lost": "order.chargeback.lost",
  "charge.chargeback.won": "order.chargeback.won",
} as const satisfies Readonly<Record<string, EventType>>;

/** @returns the event of our own history that notes this one; null: it is not noted */
export function noteOf(type: string): EventType | null {
  return Object.hasOwn(NOTED, type) ? NOTED[type as keyof typeof NOTED] : null;
}

const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = HOUR_MS;
/** With the waits below: about six hours. */
const MAX_TRIES = 16;

/** @returns when to try again after `tries` tries; null: no more */
export function nextTryAt(tries: number, now: Date): Date | null {
  if (tries >= MAX_TRIES) return null;
  return new Date(now.getTime() + Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1)));
}
