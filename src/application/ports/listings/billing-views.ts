/** Rows of the public views: what was tried, what fails, what waits for a person, what came in. */
import type { AttemptState } from "../../../domain/attempt.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import type { InvoiceStatus, StatusReason } from "../../../domain/invoice.ts";
import type { Amount, Failure, CardOf, Refunded, InvoiceParty } from "./row-parts.ts";

export type HistoryRow = InvoiceParty &
  Amount &
  Failure &
  CardOf<"cardBrand" | "cardLast4"> & {
    readonly attemptedAt: string;
    readonly settledAt: string | null;
    readonly periodStart: string;
    readonly periodEnd: string;
    /** Its number: 1 for the first of the invoice. */
    readonly attempt: number;
    readonly outcome: AttemptState;
    readonly orderId: string | null;
    readonly chargeId: string | null;
    readonly nextAttemptAt: string | null;
    /** Of the invoice; null: it tells no tax. */
    readonly baseCents: number | null;
    readonly taxCents: number | null;
  } & Refunded;

export type DunningRow = InvoiceParty &
  Amount & {
    readonly declines: number;
    readonly lastAttemptedAt: string | null;
    readonly lastDeclineClass: DeclineClass | null;
    readonly lastFailureCode: string | null;
    readonly lastFailureMessage: string | null;
    readonly nextAttemptAt: string | null;
    /** The next try, a new card, a page on which it can be paid, the end of the days of grace, or certainty. */
    readonly waitsFor: "retry" | "card" | "payment_link" | "grace" | "outcome";
    readonly firstDeclinedAt: string | null;
    readonly waitsUntil: string | null;
    /** The address of the page. */
    readonly paymentLink: string | null;
  };

export type AttentionRow = Omit<InvoiceParty, "planId" | "planName"> &
  Amount &
  Failure & {
    readonly kind: "paid_again" | "held" | "unknown" | "paid_after_cancel" | "unreadable" | "waiting" | "disputed";
    readonly since: string;
    readonly invoiceStatus: InvoiceStatus;
    readonly reason: StatusReason | null;
    readonly attempt: number | null;
    readonly outcome: AttemptState | null;
    readonly reference: string | null;
    readonly orderId: string | null;
    readonly chargeId: string | null;
    readonly nextLookAt: string | null;
    /** Kind `unreadable`: what the last read failed with. */
    readonly because: string | null;
    /** Kind `disputed`, as the next three; null otherwise. */
    readonly disputeId: string | null;
    readonly disputeStatus: string | null;
    readonly disputeReason: string | null;
    readonly evidenceDueBy: string | null;
  };

/** Money that came, went back or was lost on that day: the amount is what came. */
export type RevenueRow = Amount &
  Refunded & {
    /** "2026-02-28" */
    readonly day: string;
    readonly planId: string;
    readonly planName: string;
    /** That were paid. */
    readonly invoices: number;
    /** By disputes. */
    readonly lostCents: number;
    readonly lost: number;
    /** What came, less what went back and what was lost. */
    readonly netCents: number;
    readonly net: number;
  };
