/** Rows of what is owed, what was tried, and what went back. */
import type { AttemptState, PaymentMethod, Trace } from "../../../domain/attempt.ts";
import type { AttemptFlow } from "../../../domain/ways-to-pay.ts";
import type { DisputeOutcome } from "../../../domain/dispute.ts";
import type { InvoiceStatus, StatusReason } from "../../../domain/invoice.ts";
import type { InvoiceDiscount, LineItem } from "../../../domain/money.ts";
import type { RefundReason, RefundState } from "../../../domain/refund.ts";
import type { PartTax, TaxRate } from "../../../domain/tax.ts";
import type { Amount, Failure, CardOf, Refunded } from "./row-parts.ts";

export type InvoiceRow = Amount &
  Refunded & {
    readonly invoiceId: string;
    readonly subscriptionId: string;
    readonly planId: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly cycle: number | null;
    readonly periodStart: string;
    readonly periodEnd: string;
    readonly discountCents: number;
    readonly status: InvoiceStatus;
    readonly statusReason: StatusReason | null;
    readonly missed: boolean;
    readonly declines: number;
    readonly faults: number;
    readonly nextAttemptAt: string | null;
    readonly openedAt: string;
    readonly paidAt: string | null;
    readonly orderId: string | null;
    readonly lineItems: readonly LineRow[];
    /** Each with its code: the subscription's own, and its coupons. */
    readonly discounts: readonly InvoiceDiscount[];
    /** What the customer's balance paid; below 0: so much of before joined the invoice. */
    readonly balanceCents: number;
    /** Lines before discount, and before a tax that is added to them. */
    readonly subtotalCents: number;
    /** Null: the lines tell no tax. */
    readonly taxCents: number | null;
    readonly taxes: readonly PartTax[];
  };

export type LineRow = Pick<
  LineItem,
  "name" | "unitPriceCents" | "quantity" | "sku" | "description" | "claveProdServ" | "claveUnidad"
> & {
  readonly discountCents: number;
  /** Null: nothing is told of its tax. */
  readonly taxRate: TaxRate | null;
  readonly taxIncluded: boolean | null;
};

/** One answer, or the lack of one. */
export type EvidenceRow = Trace & { readonly at: string };

export type AttemptRow = Failure &
  CardOf<"paymentSourceId" | "cardBrand" | "cardLast4"> & {
    readonly attemptId: string;
    readonly invoiceId: string;
    readonly number: number;
    readonly state: AttemptState;
    readonly reference: string;
    readonly flow: AttemptFlow;
    readonly amountCents: number;
    /** What moved, where it was not what was asked for. */
    readonly movedCents: number | null;
    readonly currency: string;
    readonly orderId: string | null;
    readonly chargeId: string | null;
    readonly claimedAt: string;
    readonly sentAt: string | null;
    readonly settledAt: string | null;
    readonly paidAt: string | null;
    readonly inquiries: number;
    readonly nextInquiryAt: string | null;
    readonly httpStatus: number | null;
    readonly authCode: string | null;
    readonly feeCents: number | null;
    readonly logId: string | null;
    readonly paymentMethod: PaymentMethod | null;
    readonly evidence: readonly EvidenceRow[];
  };

export type DisputeRow = Amount & {
  readonly disputeId: string;
  readonly invoiceId: string;
  readonly attemptId: string;
  readonly subscriptionId: string;
  readonly planId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly cycle: number | null;
  readonly orderId: string;
  readonly chargeId: string;
  /** Conekta's; null where it shows none. */
  readonly gatewayDisputeId: string | null;
  /** Conekta's word. */
  readonly status: string;
  readonly outcome: DisputeOutcome;
  readonly reason: string | null;
  readonly evidenceDueBy: string | null;
  readonly disputedAt: string | null;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** The person who said how it ended. */
  readonly closedBy: string | null;
  readonly why: string | null;
  readonly nextReadAt: string | null;
};

export type RefundRow = Amount & {
  readonly refundId: string;
  readonly id: string;
  readonly invoiceId: string;
  readonly attemptId: string;
  readonly orderId: string;
  readonly state: RefundState;
  readonly createdAt: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly reason: RefundReason;
  readonly note: string | null;
  readonly requestedBy: string;
  readonly gatewayRefundId: string | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly because: string | null;
  readonly settledAt: string | null;
  /** Of what went back; null: its invoice tells no tax, or the payment came a second time. */
  readonly baseCents: number | null;
  readonly taxCents: number | null;
  readonly taxes: readonly PartTax[];
};
