/**
 * An attempt: one try at the gateway to collect one invoice; its states, and what can be learned about it.
 *
 * The moves are data (`ATTEMPT_MOVES`); how evidence moves an attempt and its invoice is in `settle.ts`.
 */
import type { Decline } from "./decline.ts";

export const ATTEMPT_STATES = [
  "claimed",
  "sending",
  "pending",
  "unknown",
  "paid",
  "paid_again",
  "declined",
  "refused",
  "not_sent",
  "released",
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** While an attempt is in one of these, its invoice may not be charged again by anyone. */
export const OPEN_ATTEMPT_STATES = ["claimed", "sending", "pending", "unknown"] as const satisfies AttemptState[];

/** Which moves exist. Money that is seen is booked from every state; nothing leads out of having paid. */
export const ATTEMPT_MOVES: Record<AttemptState, readonly AttemptState[]> = {
  claimed: ["sending", "released", "not_sent", "refused", "paid", "paid_again", "unknown"],
  sending: ["paid", "paid_again", "declined", "pending", "refused", "not_sent", "unknown"],
  pending: ["pending", "paid", "paid_again", "declined", "unknown"],
  unknown: ["unknown", "paid", "paid_again", "declined", "pending", "not_sent"],
  // Final, except for money that turns out to have moved all the same.
  declined: ["paid", "paid_again", "unknown"],
  refused: ["paid", "paid_again", "unknown"],
  not_sent: ["paid", "paid_again", "unknown"],
  released: ["paid", "paid_again", "unknown"],
  paid: [],
  paid_again: [],
};

export function isOpen(state: AttemptState): boolean {
  return (OPEN_ATTEMPT_STATES as readonly AttemptState[]).includes(state);
}

export const CHARGE_FLOWS = ["single", "order_first"] as const;
export type ChargeFlow = (typeof CHARGE_FLOWS)[number];

/** What the gateway says of a charge that moved money. Compared with the intent before it is believed. */
export type Payment = {
  readonly orderId: string;
  /** Null when the gateway calls the order paid but shows no charge of its own. */
  readonly chargeId: string | null;
  readonly amountCents: number;
  readonly currency: string;
  /** Null where the answer does not name the customer. */
  readonly customerId: string | null;
  readonly livemode: boolean;
  readonly paidAt: Date | null;
  readonly feeCents: number | null;
  readonly authCode: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
};

/** What came over the wire, kept beside every outcome for the person who has to judge it. */
export type Trace = {
  readonly httpStatus: number | null;
  /** Conekta's own id of the call in its log, when it sent one. */
  readonly logId: string | null;
  /** One English sentence, without personal data. */
  readonly because: string;
};

/** How one try ended, as far as we can tell. The gateway port returns one of these and never throws for them. */
export type Outcome = { readonly trace: Trace } & (
  | { readonly kind: "paid"; readonly payment: Payment }
  | {
      readonly kind: "declined";
      readonly decline: Decline;
      readonly orderId: string | null;
      readonly chargeId: string | null;
    }
  | { readonly kind: "pending"; readonly orderId: string; readonly chargeId: string | null }
  /** Our request or data is wrong. Never repeated automatically. */
  | { readonly kind: "refused"; readonly failureCode: string | null; readonly failureMessage: string | null }
  /** The gateway surely did not act. `unauthorized`: it does not accept our key, so nobody may be charged. */
  | { readonly kind: "not_sent"; readonly unauthorized: boolean }
  | { readonly kind: "unknown"; readonly orderId: string | null }
);

/** Everything that can be learned about an attempt, from whichever side. All of it goes through one reducer. */
export type Evidence =
  | Outcome
  /** The gateway was asked and showed no charge with our reference. */
  | { readonly kind: "absent"; readonly trace: Trace }
  /** The gateway was asked, and its answer cannot be matched to this attempt. Counts as a look, proves nothing. */
  | { readonly kind: "unclear"; readonly trace: Trace }
  /** The lease ran out, or its owner is known to be dead. */
  | { readonly kind: "lease_expired" }
  /** The owner gives back what it has not begun. */
  | { readonly kind: "released" };

/** What the reducer needs to know of the attempt. */
export type AttemptFacts = {
  readonly id: string;
  readonly state: AttemptState;
  readonly flow: ChargeFlow;
  readonly amountCents: number;
  readonly currency: string;
  readonly customerId: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly sentAt: Date | null;
  /** Times the gateway was asked and answered since the outcome became uncertain. */
  readonly looks: number;
  /** Order and charge ids of the evidence that another attempt holds already. */
  readonly idsOfOthers: readonly string[];
};
