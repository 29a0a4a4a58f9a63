/**
 * An invoice: what one subscription owes for one cycle, or for something that is charged once. Amount and lines are frozen when it is opened.
 *
 * `paid` absorbs: no evidence, command or late decline leads out of it. Money that arrives pays an invoice from
 * every other state, since refusing to book it would not send it back.
 */
import type { PaymentForm } from "./cfdi/payment-form.ts";
import type { DeclineClass } from "./decline.ts";
import type { DunningStep } from "./dunning/dunning.ts";
import type { InvoiceDiscount, InvoiceLine } from "./money.ts";
import type { Taxed } from "./tax.ts";

export const INVOICE_STATUSES = ["open", "paid", "uncollectible", "void", "held"] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** It is collected, or a person decides. */
export const OWED_STATUSES = ["open", "held"] as const satisfies readonly InvoiceStatus[];
/** Neither paid nor void: what may still be collected, or paid all the same. */
export const UNSETTLED_STATUSES = [...OWED_STATUSES, "uncollectible"] as const satisfies readonly InvoiceStatus[];

/** Paid, or still to be: its period is the customer's. */
export const BILLED_STATUSES = ["paid", ...OWED_STATUSES] as const satisfies readonly InvoiceStatus[];

export function isOwed(status: InvoiceStatus): boolean {
  return OWED_STATUSES.some((owed) => owed === status);
}

/** Why an invoice is held. */
export const HOLD_REASONS = [
  "catch_up_ask",
  "unknown_outcome",
  "answer_differs",
  "refused",
  "our_fault",
  "daily_limit",
  "earlier_unpaid",
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** Why an invoice is where it is; null while it is open or paid. Support reads these. */
export const STATUS_REASONS = [
  // void
  "paused",
  "unpaid",
  "skipped",
  "canceled",
  "voided_by_person",
  "catch_up_latest_only",
  // held
  ...HOLD_REASONS,
  // uncollectible
  "attempts_used_up",
  "no_new_card",
  "link_not_paid",
  "collection_stopped",
] as const;
export type StatusReason = (typeof STATUS_REASONS)[number];

export type Invoice = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  /** Null: it is of no cycle, but of something that is charged once; it has `oneOffKey` instead. */
  readonly cycle: number | null;
  readonly oneOffKey: string | null;
  /** Of one without a cycle: when it was opened, both. */
  readonly periodStart: Date;
  readonly periodEnd: Date;
  /** What is charged: its lines less discounts, with the tax that is added, less what the balance paid. */
  readonly amountCents: number;
  readonly discountCents: number;
  /** Null: of before they were kept one by one. */
  readonly discounts: readonly InvoiceDiscount[] | null;
  /** What the customer's balance paid; below 0: so much of before, too little to charge alone, joined it. */
  readonly balanceCents: number;
  readonly currency: string;
  readonly lineItems: readonly InvoiceLine[];
  readonly status: InvoiceStatus;
  readonly statusReason: StatusReason | null;
  /** Opened when its period was over already. */
  readonly missed: boolean;
  /** When to try the card next; null while an attempt is open, or when only a person or a new card can move it. */
  readonly nextAttemptAt: Date | null;
  /** Flow `order_first` only: the one Conekta order every attempt of this invoice charges. */
  readonly orderId: string | null;
  /** Declines so far: what dunning counts. */
  readonly declines: number;
  /** Tries in a row that never reached the gateway: what the back-off counts, and dunning does not. */
  readonly faults: number;
  /** Void it with this reason once its open attempt ends without money; null: no. */
  readonly voidWhenSettled: StatusReason | null;
  readonly paidAt: Date | null;
  /** Where dunning's window begins; null: never declined. */
  readonly firstDeclinedAt: Date | null;
  /** What dunning waits for; null: not in dunning. */
  readonly dunningStep: DunningStep | null;
  /** Why it failed last: what a new card may mend; null: not in dunning. */
  readonly dunningClass: DeclineClass | null;
  /** When the step is over, or (a payment link) to be made; null: a card retry, or a link that is open. */
  readonly dunningDueAt: Date | null;
  /**
   * When a person asked for the next try; null: nobody did, or it was made. One request frees one try from the limits
   * that keep the program from charging in a loop; a try that never reached the gateway does not use it up.
   */
  readonly retryRequestedAt: Date | null;
  /**
   * Why it was held or written off before a person had it collected all the same, by a page or another try: it goes back
   * there when nobody pays. Null: nobody did, or dunning goes on with it.
   */
  readonly reopenedFrom: StatusReason | null;
  /** How it was paid by other means, for the CFDI; null: it was not, or nobody said. */
  readonly paymentForm?: PaymentForm | null;
} & Taxed;

const WRITE_OFFS: ReadonlySet<StatusReason> = new Set([
  "attempts_used_up",
  "no_new_card",
  "link_not_paid",
  "collection_stopped",
]);

/** Written off once, and collected again by a person: it takes hold of nothing else, and has no final action. */
export function isOldDebt({ reopenedFrom }: Pick<Invoice, "reopenedFrom">): boolean {
  return reopenedFrom !== null && WRITE_OFFS.has(reopenedFrom);
}

/** Its waits are over, and a card that was never tried for it is: without money it is given up. */
export function isLastTry({ dunningStep, dunningDueAt }: Pick<Invoice, "dunningStep" | "dunningDueAt">): boolean {
  return dunningStep === "retry" && dunningDueAt !== null;
}

/** Which moves exist. Everything else is a bug and stops at an assertion. */
export const INVOICE_MOVES: Record<InvoiceStatus, readonly InvoiceStatus[]> = {
  open: ["open", "paid", "uncollectible", "void", "held"],
  held: ["held", "open", "paid", "void", "uncollectible"],
  // Held: money moved after all, but not as we asked.
  uncollectible: ["uncollectible", "paid", "open", "held", "void"],
  void: ["void", "paid", "held"],
  paid: ["paid"],
};

/** Dunning has nothing to wait for, and no person's page or try is to be taken back. */
export const OUT_OF_DUNNING = {
  dunningStep: null,
  dunningClass: null,
  dunningDueAt: null,
  reopenedFrom: null,
} as const;

/**
 * A person asked for the next try, and it was not made yet. What keeps the program from charging in a loop, or too often
 * on one day, does not stop a person who looked at it.
 */
export function isRetryRequested({ retryRequestedAt }: Pick<Invoice, "retryRequestedAt">): boolean {
  return retryRequestedAt !== null;
}
