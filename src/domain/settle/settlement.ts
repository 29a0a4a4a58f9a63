/**
 * What settling an attempt changes: the shapes that go out of the reducer, and the few changes they are made of.
 */
import { backoffOf } from "../backoff.ts";
import { atLeastAsked } from "../retry-after.ts";
import type { AttemptFacts, AttemptState, Payment, SeenCard, Trace } from "../attempt.ts";
import { wayOf } from "../ways-to-pay.ts";
import type { Decline } from "../decline.ts";
import type { BankCalendar, DunningPolicy, FinalAction, NextStep } from "../dunning/dunning.ts";
import type { Invoice, StatusReason } from "../invoice.ts";
import { transition, type InvoiceBefore, type InvoiceChange } from "../invoice-transition.ts";
import type { OpenPage } from "../payment-link.ts";
import type { InquirySchedule } from "./inquiry-schedule.ts";

export type InvoiceFacts = InvoiceBefore &
  Pick<Invoice, "currency" | "amountCents" | "voidWhenSettled"> & {
    /** The subscription's, where a retry's calendar days are counted. */
    readonly timeZone: string;
    /** Whether another attempt of this invoice has paid it. */
    readonly paidByAnother: boolean;
    /** Whether another attempt of this invoice may still move money. */
    readonly openElsewhere: boolean;
    /** Whether the customer's default card is another one by now than the one this attempt charged, and new to this invoice. */
    readonly isOtherCardNow: boolean;
    /** Of the default card, as the books know it. */
    readonly cardLast4Now: string | null;
    /** The default card may pay, and was never tried for this invoice: `hasUntriedCard`. Asked where one may be given up. */
    readonly hasUntriedCard: boolean;
  };

/** What is not asked of the attempts of an invoice that none may still pay. */
export const NO_ATTEMPT_BESIDE = {
  ...{ paidByAnother: false, openElsewhere: false, isOtherCardNow: false, cardLast4Now: null, hasUntriedCard: false },
} as const satisfies Partial<InvoiceFacts>;

export type SettleRules = {
  readonly now: Date;
  readonly policy: DunningPolicy;
  readonly calendar: BankCalendar;
  readonly inquiries: InquirySchedule;
  /** The first wait after a fault; doubles up to an hour. */
  readonly backoffMs: number;
  /** From 0 up to 1, drawn by the caller: spreads the retries of a fault that hit many at once. */
  readonly jitter: number;
  /** The mode this installation charges in; null until the gateway first told. */
  readonly livemode: boolean | null;
};

export type AttemptChange = {
  readonly state: AttemptState;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly inquiries: number;
  readonly nextInquiryAt: Date | null;
  /** Set when this evidence ends the attempt. */
  readonly settledAt: Date | null;
  readonly decline: Decline | null;
  readonly payment: Payment | null;
  readonly trace: Trace | null;
  /** The card that was really charged or declined, when this evidence names it. */
  readonly card: SeenCard | null;
  /** The page of a payment link, when this evidence shows it. */
  readonly link: OpenPage | null;
};

export type SettleEvent =
  | "invoice.paid"
  /** Beside `invoice.paid`: the subscription was canceled, and the invoice was not to be collected any more. */
  | "invoice.paid_after_cancel"
  | "invoice.payment_failed"
  | "invoice.uncollectible"
  | "invoice.held"
  | "invoice.voided"
  | "attempt.declined"
  | "attempt.refused"
  | "attempt.pending"
  | "attempt.unknown"
  /** A look at one that is unknown, which tells nothing new. */
  | "attempt.inquiry_made"
  | "attempt.not_sent"
  | "attempt.released"
  | "invoice.payment_link_created"
  | "invoice.payment_link_lapsed"
  | "attempt.paid_again";

export type Settlement = {
  readonly attempt: AttemptChange;
  readonly invoice: InvoiceChange;
  readonly event: SettleEvent;
  /** For the subscription, when its invoice was written off. */
  readonly finalAction: FinalAction | null;
  /** What dunning decided, and by which rule; absent where it had nothing to decide. */
  readonly step?: NextStep;
  /** Flow `order_first`: the invoice's order is over, and its next try makes another one. */
  readonly leavesOrder?: true;
  /** Paid, though it was void, or to be void, since the subscription was canceled: a person may want to give it back. */
  readonly isAfterCancel?: true;
};

/** Every event of a settlement: an invoice that is written off or held for a decline has failed to be paid, too. */
export function eventsOf({ attempt, event, isAfterCancel }: Settlement): readonly SettleEvent[] {
  const isFailure = attempt.state === "declined" && (event === "invoice.uncollectible" || event === "invoice.held");
  if (isAfterCancel) return [event, "invoice.paid_after_cancel"];
  return isFailure ? ["invoice.payment_failed", event] : [event];
}

/** An invoice that was to be voided as soon as its attempt ended without money is voided; others go on. */
export function endWithoutMoney(
  invoice: InvoiceFacts,
  goOn: () => Pick<Settlement, "invoice" | "event">,
): Pick<Settlement, "invoice" | "event" | "finalAction"> {
  if (invoice.voidWhenSettled !== null && isUndecided(invoice)) return voided(invoice, invoice.voidWhenSettled);
  return { ...goOn(), finalAction: null };
}

export function voided(
  invoice: InvoiceFacts,
  reason: StatusReason,
): Pick<Settlement, "invoice" | "event" | "finalAction"> {
  return {
    invoice: transition(invoice, { status: "void", statusReason: reason }),
    event: "invoice.voided",
    finalAction: null,
  };
}

/** Still to be paid, written off or voided. */
export function isUndecided(invoice: InvoiceFacts): boolean {
  return invoice.status === "open" || invoice.status === "held";
}

/** @param askedMs how long the gateway asks to be left alone */
export function backedOff(
  invoice: InvoiceFacts,
  rules: SettleRules,
  attempt: AttemptFacts,
  askedMs: number | null = null,
): InvoiceChange {
  // A person's decision on a held invoice that nothing was charged frees it for the next try.
  if (!isUndecided(invoice)) return transition(invoice);
  const faults = invoice.faults + 1;
  const waitMs = backoffOf(faults, rules.backoffMs);
  // Between half and all of the wait: never early enough to hammer, never all at once.
  const jitteredMs = Math.round(waitMs * (0.5 + rules.jitter / 2));
  const again = new Date(rules.now.getTime() + atLeastAsked(jitteredMs, askedMs));
  if (wayOf(attempt).onNotSent === "make_again") {
    const inStep = { dunningStep: "payment_link", dunningClass: invoice.dunningClass ?? "new_card" } as const;
    return transition(invoice, { status: "open", faults, ...inStep, dunningDueAt: again });
  }
  return transition(invoice, { status: "open", faults, nextAttemptAt: again });
}

export function held(invoice: InvoiceFacts, reason: StatusReason): InvoiceChange {
  return transition(invoice, { status: "held", statusReason: reason });
}

/** A change that ends the attempt now. */
export function ended(
  state: AttemptState,
  attempt: AttemptFacts,
  rules: SettleRules,
  known: Partial<Omit<AttemptChange, "state" | "settledAt">>,
): AttemptChange {
  return { ...waiting(state, attempt, null), settledAt: rules.now, ...known };
}

/** A change that leaves the attempt open, and not looked at again unless somebody says when. */
export function waiting(state: AttemptState, attempt: AttemptFacts, trace: Trace | null): AttemptChange {
  return {
    state,
    orderId: attempt.orderId,
    chargeId: attempt.chargeId,
    inquiries: attempt.inquiries,
    nextInquiryAt: null,
    settledAt: null,
    decline: null,
    payment: null,
    trace,
    card: null,
    link: null,
  };
}
