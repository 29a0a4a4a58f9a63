/**
 * What settling an attempt changes: the shapes that go out of the reducer, and the few changes they are made of.
 */
import type { AttemptFacts, AttemptState, Payment, Trace } from "./attempt.ts";
import type { Decline } from "./decline.ts";
import type { DunningPolicy, FinalAction } from "./dunning.ts";
import type { Invoice, StatusReason } from "./invoice.ts";
import type { LookSchedule } from "./look-schedule.ts";

export type InvoiceFacts = Pick<
  Invoice,
  | "id"
  | "status"
  | "statusReason"
  | "currency"
  | "amountCents"
  | "declines"
  | "faults"
  | "voidWhenSettled"
  | "nextAttemptAt"
> & {
  /** The subscription's, where a retry's calendar days are counted. */
  readonly timeZone: string;
  /** Whether another attempt of this invoice has paid it. */
  readonly paidByAnother: boolean;
  /** Whether another attempt of this invoice may still move money. */
  readonly openElsewhere: boolean;
};

export type SettleRules = {
  readonly now: Date;
  readonly policy: DunningPolicy;
  readonly looks: LookSchedule;
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
  readonly looks: number;
  readonly nextLookAt: Date | null;
  /** Set when this evidence ends the attempt. */
  readonly settledAt: Date | null;
  readonly decline: Decline | null;
  readonly payment: Payment | null;
  readonly trace: Trace | null;
};

export type InvoiceChange = Pick<
  Invoice,
  "status" | "statusReason" | "nextAttemptAt" | "declines" | "faults" | "paidAt"
>;

export type SettleEvent =
  | "invoice.paid"
  | "invoice.payment_failed"
  | "invoice.uncollectible"
  | "invoice.held"
  | "invoice.voided"
  | "attempt.declined"
  | "attempt.refused"
  | "attempt.pending"
  | "attempt.unknown"
  | "attempt.not_sent"
  | "attempt.released"
  | "attempt.paid_again";

export type Settlement = {
  readonly attempt: AttemptChange;
  readonly invoice: InvoiceChange;
  readonly event: SettleEvent;
  /** For the subscription, when its invoice was written off. */
  readonly finalAction: FinalAction | null;
};

const MAX_BACKOFF_MS = 3_600_000;

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
  const change = stays(invoice, { status: "void", statusReason: reason, nextAttemptAt: null });
  return { invoice: change, event: "invoice.voided", finalAction: null };
}

/** Still to be paid, written off or voided. */
export function isUndecided(invoice: InvoiceFacts): boolean {
  return invoice.status === "open" || invoice.status === "held";
}

export function backedOff(invoice: InvoiceFacts, rules: SettleRules): InvoiceChange {
  // A person's decision on a held invoice that nothing was charged frees it for the next try.
  if (!isUndecided(invoice)) return stays(invoice);
  const faults = invoice.faults + 1;
  const waitMs = Math.min(MAX_BACKOFF_MS, rules.backoffMs * 2 ** Math.min(faults - 1, 30));
  // Between half and all of the wait: never early enough to hammer, never all at once.
  const jitteredMs = Math.round(waitMs * (0.5 + rules.jitter / 2));
  return stays(invoice, {
    status: "open",
    statusReason: null,
    faults,
    nextAttemptAt: new Date(rules.now.getTime() + jitteredMs),
  });
}

export function held(invoice: InvoiceFacts, reason: StatusReason): InvoiceChange {
  return stays(invoice, { status: "held", statusReason: reason, nextAttemptAt: null });
}

export function stays(invoice: InvoiceFacts, change: Partial<InvoiceChange> = {}): InvoiceChange {
  const { status, statusReason, nextAttemptAt, declines, faults } = invoice;
  return { status, statusReason, nextAttemptAt, declines, faults, paidAt: null, ...change };
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
    looks: attempt.looks,
    nextLookAt: null,
    settledAt: null,
    decline: null,
    payment: null,
    trace,
  };
}
