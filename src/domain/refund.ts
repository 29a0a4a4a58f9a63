/**
 * A refund: money given back through the gateway, beside an invoice that stays paid.
 *
 * A refund whose answer was lost is `unknown`: it counts as given back until the gateway shows otherwise, and is never
 * repeated by itself.
 */
import type { Trace } from "./attempt.ts";

export const REFUND_STATES = ["requested", "done", "refused", "not_sent", "unknown"] as const;
export type RefundState = (typeof REFUND_STATES)[number];

/** Those that may have given money back: together they never exceed what was paid. */
export const COUNTED_REFUND_STATES = ["requested", "done", "unknown"] as const satisfies readonly RefundState[];

/** Conekta's own words. */
export const REFUND_REASONS = [
  "requested_by_client",
  "cannot_be_fulfilled",
  "duplicated_transaction",
  "suspected_fraud",
  "other",
] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];

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
