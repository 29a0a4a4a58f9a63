/**
 * Which events are sent to the merchant's systems, and what each says.
 *
 * Sent is what becomes of an invoice, a subscription, a card or a payment, and what a person should act on. Not sent
 * are steps that come to nothing (`attempt.released`, `attempt.inquiry_made`), the merchant's own settings
 * (`plan.changed`) and the state of this program (`charging.halted`: /readyz and the heartbeat show that).
 */
export const NOTIFIED_EVENTS = {
  "invoice.opened": "a cycle fell due and is owed",
  "invoice.paid": "the money came, by whatever way, or a person says so",
  "invoice.paid_after_cancel": "money came for what was canceled: keep it, or give it back",
  "invoice.payment_failed":
    "a card was declined, or there is none that can be charged; with the reason and what follows",
  "invoice.retry_scheduled": "the card will be tried, sooner than it was said before or after all",
  "invoice.grace_started": "the last wait before it is written off",
  "invoice.payment_link_created": "the customer may pay by the link, until it expires",
  "invoice.payment_link_lapsed": "the link was not paid, or was closed",
  "invoice.held": "a person must decide before anything is charged",
  "invoice.kept_waiting": "it fell due behind an invoice that a person must decide",
  "invoice.uncollectible": "written off: nothing more is tried",
  "invoice.voided": "is not owed after all",
  "invoice.refunded": "money went back, all of it or a part",
  "subscription.created": "somebody is to be charged for a plan",
  "subscription.activated": "its trial is over, or it is collected again",
  "subscription.past_due": "an invoice failed and is being collected",
  "subscription.recovered": "what had failed is paid",
  "subscription.unpaid": "collecting was given up; the subscription is kept",
  "subscription.paused": "cycles are passed over until it is resumed",
  "subscription.pause_planned": "cycles that fall due from one day until another are passed over",
  "subscription.pause_withdrawn": "the planned pause is none, or ends now",
  "subscription.resumed": "cycles are charged again",
  "subscription.cancel_scheduled": "it will end with its current period",
  "subscription.uncanceled": "it goes on after all",
  "subscription.unskipped": "a cycle that was skipped is billed after all",
  "subscription.plan_changed": "it is on another plan, or in another quantity, from a day on",
  "subscription.change_undone": "a change of plan or quantity was taken back",
  "coupon.given": "a subscription was given a coupon: which cycles it lowers",
  "coupon.taken": "a coupon was taken away: the cycles to come are charged without it",
  "item.added": "a line waits for the next invoice",
  "item.removed": "a line that waited was taken back",
  "balance.granted": "a customer was given money to the good",
  "balance.taken": "money to the good was taken back",
  "subscription.canceled": "it has ended",
  "subscription.completed": "all its charges were made and paid",
  "card.expiring": "the default card expires soon",
  "card.changed": "the customer has another default card, as Conekta tells",
  "card.default_changed": "the customer has another default card, chosen here",
  "card.allowed": "a person lifted the ban on a card",
  "attempt.unknown": "the answer to a charge was lost; it is being looked for",
  "attempt.paid_again": "a second payment of a paid invoice: give it back",
  "order.refunded": "Conekta tells that an order was refunded",
  "order.partially_refunded": "Conekta tells that a part of an order was refunded",
  "order.charged_back": "the bank took the money of an order back",
  "order.fraudulent": "Conekta takes an order for a fraud",
  "order.chargeback.created": "the cardholder disputes a payment",
  "order.chargeback.updated": "something changed in a dispute",
  "order.chargeback.under_review": "a dispute is under review",
  "order.chargeback.lost": "a dispute was lost",
  "order.chargeback.won": "a dispute was won",
  "dispute.opened": "a payment is disputed, as its order shows: answer it before `evidenceDueBy`",
  "dispute.updated": "the status, the reason or the deadline of a dispute changed",
  "dispute.closed": "it ended: `dispute.outcome` says won, lost (the money is gone), or withdrawn (a refund)",
} as const satisfies Readonly<Record<string, string>>;

export const NOTIFIED_TYPES: readonly string[] = Object.keys(NOTIFIED_EVENTS);

export function isNotified(type: string): boolean {
  return Object.hasOwn(NOTIFIED_EVENTS, type);
}
