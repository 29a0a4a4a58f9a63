/**
 * A refund: money given back through the gateway, beside an invoice that stays paid.
 *
 * A refund whose answer was lost is `unknown`: it counts as given back until the gateway shows otherwise, and is never
 * repeated by itself.
 */
import type { AttemptState, Trace } from "./attempt.ts";
import type { EventType } from "./event-types.ts";
import type { InvoiceStatus } from "./invoice.ts";

export const REFUND_STATES = ["requested", "done", "refused", "not_sent", "unknown"] as const;
export type RefundState = (typeof REFUND_STATES)[number];

/** Those that may have given money back: together they never exceed what was paid. */
export const COUNTED_REFUNDS: readonly RefundState[] = ["requested", "done", "unknown"];

export function mayHaveGoneBack(state: RefundState): boolean {
  return COUNTED_REFUNDS.includes(state);
}

/** Those that surely gave money back. */
export const DONE_REFUNDS: readonly RefundState[] = ["done"];

export function hasGoneBack(state: RefundState): boolean {
  return DONE_REFUNDS.includes(state);
}

/** Conekta's own words. */
export const REFUND_REASONS = [
  "requested_by_client",
  "cannot_be_fulfilled",
  "duplicated_transaction",
  "suspected_fraud",
  "other",
] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];

/** Who asked for a refund that the order shows and that nobody asked Puntual for. */
export const ASKED_AT_GATEWAY = "conekta";

/** How one call ended, as far as we can tell. */
export type RefundOutcome = { readonly trace: Trace } & (
  | {
      readonly kind: "done";
      /** Conekta's id of the refund; null where the answer does not show it. */
      readonly gatewayRefundId: string | null;
    }
  | { readonly kind: "refused"; readonly failureCode: string | null; readonly failureMessage: string | null }
  /** The gateway surely did not act. */
  | { readonly kind: "not_sent" }
  | { readonly kind: "unknown" }
);

/** The event that tells how a refund's call ended. */
export const REFUND_EVENTS = {
  done: "invoice.refunded",
  refused: "invoice.refund_refused",
  not_sent: "invoice.refund_not_sent",
  unknown: "invoice.refund_unknown",
} as const satisfies Readonly<Record<RefundOutcome["kind"], EventType>>;

export type RefundedPart = { readonly amountCents: number; readonly state: RefundState };

/** A payment, and what was asked to be given back of it. */
export type GivenBack = {
  /** What moved: not always what was asked for. */
  readonly movedCents: number;
  readonly refunds: readonly RefundedPart[];
  /** What its order shows as given back, in Conekta's panel, too; null: it was not read. */
  readonly shownCents?: number | null;
};

/**
 * What may still be given back, in cents. One that may have been given back counts as given back, and may not be shown yet;
 * what is shown beyond ours went back in the panel.
 */
export function leftToRefundCents({ movedCents, refunds, shownCents = null }: GivenBack): number {
  const unsure = refunds.filter(({ state }) => !hasGoneBack(state));
  return movedCents - Math.max(countedCents(refunds), (shownCents ?? 0) + countedCents(unsure));
}

/** The whole of a payment surely went back: one that came twice is settled by that. */
export function isGivenBack({ movedCents, refunds }: GivenBack): boolean {
  return sumOf(refunds.filter(({ state }) => hasGoneBack(state))) >= movedCents;
}

/** What may have gone back, in cents. */
export function countedCents(refunds: readonly RefundedPart[]): number {
  return sumOf(refunds.filter(({ state }) => mayHaveGoneBack(state)));
}

/** Whether money that came for an invoice is its income: what came a second time is to be given back. */
export function isIncome(paidState: AttemptState): boolean {
  return paidState === "paid";
}

export type KeptOf = {
  readonly status: InvoiceStatus;
  /** By card, cash or transfer, and from the balance. */
  readonly totalCents: number;
  /** Each with the state of the attempt whose money goes back. */
  readonly refunds: readonly (RefundedPart & { readonly paidState: AttemptState })[];
};

/** Of an invoice: what was paid, and did not go back. A second payment is not part of it, and neither is what goes back of one. */
export function keptCents({ status, totalCents, refunds }: KeptOf): number {
  if (status !== "paid") return 0;
  return Math.max(0, totalCents - countedCents(refunds.filter(({ paidState }) => isIncome(paidState))));
}

function sumOf(refunds: readonly RefundedPart[]): number {
  return refunds.reduce((sum, { amountCents }) => sum + amountCents, 0);
}
