/**
 * An attempt: one try at the gateway to collect one invoice; its states, and what can be learned about it.
 *
 * The moves are data (`ATTEMPT_MOVES`); how evidence moves an attempt and its invoice is in `settle.ts`.
 */
import type { Decline } from "./decline.ts";
import type { LinkEnd, OpenPage } from "./payment-link.ts";
import type { ChargeFlow, PageFlow } from "./ways-to-pay.ts";

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
  "lapsed",
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** While an attempt is in one of these, its invoice may not be charged again by anyone. */
export const OPEN_ATTEMPT_STATES = ["claimed", "sending", "pending", "unknown"] as const satisfies AttemptState[];

/** Held by a process, for as long as its lease runs: a customer has one such attempt at a time. */
export const IN_FLIGHT_STATES = ["claimed", "sending"] as const satisfies AttemptState[];

/** Waiting for news from the gateway, which is asked from time to time. */
export const UNCERTAIN_STATES = ["unknown", "pending"] as const satisfies AttemptState[];

/** Ended, and the gateway never saw it. */
export const UNSENT_STATES = ["not_sent", "released"] as const satisfies AttemptState[];

/** Ended with money. */
export const MONEY_STATES = ["paid", "paid_again"] as const satisfies AttemptState[];

/** Which moves exist. Money that is seen is booked from every state; nothing leads out of having paid. */
export const ATTEMPT_MOVES: Record<AttemptState, readonly AttemptState[]> = {
  claimed: ["sending", "released", "not_sent", "refused", "paid", "paid_again", "unknown"],
  sending: ["paid", "paid_again", "declined", "pending", "refused", "not_sent", "unknown"],
  pending: ["pending", "paid", "paid_again", "declined", "unknown", "lapsed"],
  unknown: ["unknown", "paid", "paid_again", "declined", "pending", "not_sent", "lapsed"],
  // Final, except for money that turns out to have moved all the same.
  declined: ["paid", "paid_again", "unknown"],
  refused: ["paid", "paid_again", "unknown"],
  not_sent: ["paid", "paid_again", "unknown"],
  released: ["paid", "paid_again", "unknown"],
  /** A payment link that nobody paid: expired, or cancelled. */
  lapsed: ["paid", "paid_again", "unknown"],
  paid: [],
  paid_again: [],
};

export function isOpen(state: AttemptState | null): boolean {
  return isOneOf(OPEN_ATTEMPT_STATES, state);
}

export function isBeingMade(state: AttemptState): boolean {
  return isOneOf(IN_FLIGHT_STATES, state);
}

/** @param state null: of no attempt */
export function isUncertain(state: AttemptState | null): boolean {
  return isOneOf(UNCERTAIN_STATES, state);
}

export function isUnsent(state: AttemptState): boolean {
  return isOneOf(UNSENT_STATES, state);
}

/** An attempt that may still move money, or has: its invoice is not charged beside it. @param state null: of no attempt */
export function blocksCharge(state: AttemptState | null): boolean {
  return isOpen(state) || state === "paid";
}

/** One charge of a customer at a time. */
export function isInFlight(tries: readonly { readonly state: AttemptState }[]): boolean {
  return tries.some(({ state }) => isBeingMade(state));
}

export function isPaid(state: AttemptState): boolean {
  return isOneOf(MONEY_STATES, state);
}

function isOneOf(states: readonly AttemptState[], state: AttemptState | null): boolean {
  return state !== null && states.includes(state);
}

/** Money that came for what was canceled: a person is `asked` whether it is given back, until all of it was, or they `kept` it. */
export const AFTER_CANCEL = ["asked", "kept"] as const;
export type AfterCancel = (typeof AFTER_CANCEL)[number];

export const PAYMENT_METHODS = ["card", "cash", "bank_transfer"] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export const CARD_KINDS = ["credit", "debit"] as const;
export type CardKind = (typeof CARD_KINDS)[number];

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
  /** Null where the answer does not tell. */
  readonly paymentMethod: PaymentMethod | null;
  /** Of a card: whether it is of credit or debit; none where the answer does not tell. */
  readonly cardKind?: CardKind | null | undefined;
};

/** As the gateway names a card: no number, and not our id of it. */
export type CardAtGateway = { readonly brand: string | null; readonly last4: string | null };

/** `none`: there was no card to charge, whatever our books knew. */
export type SeenCard = CardAtGateway | "none";

/** What came over the wire, kept beside every outcome for the person who has to judge it. */
export type Trace = {
  readonly httpStatus: number | null;
  /** Conekta's own id of the call in its log, when it sent one. */
  readonly logId: string | null;
  /** One English sentence, without personal data. */
  readonly because: string;
};

/**
 * Flow `order_first`: the order itself expired or was cancelled, so nobody can be charged on it again, and the next try
 * needs another one.
 */
type OrderIsOver = true;

/** The charge has waited for too long, and cancelling its order does not end it: waiting on tells nobody anything. */
type WaitIsOver = true;

/** How one try ended, as far as we can tell. The gateway port returns one of these and never throws for them. */
export type Outcome = { readonly trace: Trace } & (
  | { readonly kind: "paid"; readonly payment: Payment }
  | {
      readonly kind: "declined";
      readonly decline: Decline;
      readonly orderId: string | null;
      readonly chargeId: string | null;
      /** The card that was really tried, where the answer names it. */
      readonly card?: SeenCard;
      readonly orderIsOver?: OrderIsOver;
    }
  | {
      readonly kind: "pending";
      readonly orderId: string;
      readonly chargeId: string | null;
      /** The page of a payment link, where the order has one. */
      readonly link?: OpenPage;
      readonly waitIsOver?: WaitIsOver;
    }
  /** Our request or data is wrong. Never repeated automatically. */
  | { readonly kind: "refused"; readonly failureCode: string | null; readonly failureMessage: string | null }
  /** The gateway surely did not act. `unauthorized`: it does not accept our key, so nobody may be charged. */
  | {
      readonly kind: "not_sent";
      readonly unauthorized: boolean;
      readonly orderIsOver?: OrderIsOver;
      /** How long the gateway asks to be left alone. */
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "unknown"; readonly orderId: string | null }
);

/** Everything that can be learned about an attempt, from whichever side. All of it goes through one reducer. */
export type Evidence =
  | Outcome
  /** A payment link is over, expired or cancelled, and nothing was paid on it. */
  | { readonly kind: "lapsed"; readonly orderId: string; readonly trace: Trace }
  /** The gateway was asked and showed no charge with our reference. */
  | { readonly kind: "absent"; readonly trace: Trace; readonly waitIsOver?: WaitIsOver }
  /** The gateway was asked, and its answer cannot be matched to this attempt. Counts as an inquiry, proves nothing. */
  | { readonly kind: "unclear"; readonly trace: Trace; readonly waitIsOver?: WaitIsOver }
  /** The lease ran out, or its owner is known to be dead. */
  | { readonly kind: "lease_expired" }
  /** The owner gives back what it has not begun. */
  | { readonly kind: "released" };

/** What the reducer needs to know of the attempt. In what the flows differ: `ways-to-pay.ts`. */
export type AttemptFacts = ChargeAttempt | PageAttempt;

export type ChargeAttempt = TryFacts & { readonly flow: ChargeFlow };

export type PageAttempt = TryFacts & {
  readonly flow: PageFlow;
  /** When its page closes by itself. */
  readonly linkExpiresAt: Date;
  /** Why it is to be closed before; null: it is not. */
  readonly linkEnd: LinkEnd | null;
  /** Since when; null: it is not. */
  readonly linkEndAt: Date | null;
  /** The books have its address, so the customer may have been given it. */
  readonly linkIsPublished: boolean;
};

type TryFacts = {
  readonly id: string;
  readonly state: AttemptState;
  readonly amountCents: number;
  readonly currency: string;
  readonly customerId: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly sentAt: Date | null;
  /** Times the gateway was asked and answered since the outcome became uncertain. */
  readonly inquiries: number;
  /** Order and charge ids of the evidence that another attempt holds already. */
  readonly idsOfOthers: readonly string[];
};

/** The order and the charge that the evidence names. */
export function gatewayIdsOf(evidence: Evidence): string[] {
  const ids =
    evidence.kind === "paid"
      ? [evidence.payment.orderId, evidence.payment.chargeId]
      : evidence.kind === "declined" || evidence.kind === "pending"
        ? [evidence.orderId, evidence.chargeId]
        : evidence.kind === "unknown"
          ? [evidence.orderId]
          : [];
  return ids.filter((id) => id !== null);
}
