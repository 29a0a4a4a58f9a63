/** The rows of the store in memory, as the tables of src/adapters/store/entities.ts have them. */
import type { CustomerProfile } from "../../../src/domain/customer-profile.ts";
import type { AfterCancel, AttemptState, CardKind, PaymentMethod } from "../../../src/domain/attempt.ts";
import type { AttemptFlow } from "../../../src/domain/ways-to-pay.ts";
import type { DeclineClass } from "../../../src/domain/decline.ts";
import type { Coupon } from "../../../src/domain/coupon.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import type { LinkEnd } from "../../../src/domain/payment-link.ts";
import type { Customer } from "../../../src/domain/plan.ts";
import type { RefundReason } from "../../../src/domain/refund.ts";
import type { WebhookState } from "../../../src/domain/webhook-event.ts";
import type { ReadFailure } from "../../../src/domain/backoff.ts";
import type { FailedRead } from "../../../src/application/ports/charging.ts";
import type { Halt } from "../../../src/application/ports/installation.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { Refund } from "../../../src/application/ports/refunds.ts";
import type { WebhookEvent } from "../../../src/application/ports/webhooks.ts";
import type { PartTax, Taxed } from "../../../src/domain/tax.ts";

export type CustomerRow = Customer & {
  readonly readAt: Date | null;
  readonly deletedAt: Date | null;
  readonly cardNotice: string | null;
} & CustomerProfile;

/** By its code. */
export type CouponRow = Coupon & { readonly id: string };

export type InvoiceRow = Invoice & { readonly openedAt: Date; readonly waitsToldAt: Date | null };

export type AttemptRow = {
  readonly id: string;
  readonly invoiceId: string;
  readonly customerId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly reference: string;
  readonly flow: AttemptFlow;
  readonly amountCents: number;
  readonly currency: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly paymentSourceId: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  readonly claimedBy: string;
  readonly claimEpoch: number;
  readonly claimedAt: Date;
  readonly claimedUntil: Date;
  readonly sentAt: Date | null;
  readonly settledAt: Date | null;
  readonly paidAt: Date | null;
  readonly inquiries: number;
  readonly nextInquiryAt: Date | null;
  readonly httpStatus: number | null;
  readonly declineClass: DeclineClass | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly authCode: string | null;
  readonly feeCents: number | null;
  readonly logId: string | null;
  readonly movedCents: number | null;
  readonly paymentMethod: PaymentMethod | null;
  readonly cardKind: CardKind | null;
  readonly afterCancel: AfterCancel | null;
  readonly evidence: readonly unknown[];
  readonly cardClearedAt: Date | null;
};

export type LinkRow = {
  readonly id: string;
  readonly attemptId: string;
  readonly invoiceId: string;
  readonly url: string | null;
  readonly methods: readonly PaymentMethod[];
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly cancelRequestedAt: Date | null;
  readonly cancelBecause: LinkEnd | null;
  readonly keepCardAt: Date | null;
  readonly recheckAt: Date | null;
  readonly rechecks: number;
};

export type EventRow = Required<NewEvent> & { readonly id: string; readonly at: Date };

export type WebhookRow = WebhookEvent & {
  readonly receivedAt: Date;
  readonly state: WebhookState;
  readonly processedAt: Date | null;
  readonly tries: number;
  readonly nextTryAt: Date | null;
  readonly because: string | null;
};

export type ReadFailureRow = ReadFailure & {
  /** Of both that follow. */
  readonly id: string;
  /** The customer's, or the attempt's. */
  readonly of: string;
  readonly kind: FailedRead["kind"];
  readonly failedAt: Date;
  readonly nextReadAt: Date;
  readonly because: string;
};

export type DenialRow = {
  /** The attempt's. */
  readonly id: string;
  readonly deniedAt: Date;
  readonly rechecks: number;
  readonly recheckAt: Date | null;
};

export type DisputeReadingRow = {
  /** The number of days. */
  readonly id: string;
  readonly chargedAt: Date;
  readonly attemptId: string;
};

export type RefundRow = Refund &
  Taxed<PartTax> & {
    readonly settledAt: Date | null;
    readonly reason: RefundReason;
    readonly note: string | null;
    readonly requestedBy: string;
    readonly gatewayRefundId: string | null;
    readonly failureCode: string | null;
    readonly failureMessage: string | null;
    readonly httpStatus: number | null;
    readonly logId: string | null;
    readonly because: string | null;
  };

export type InstallationRow = {
  readonly id: string;
  readonly createdAt: Date;
  readonly livemode: boolean | null;
  readonly epoch: number;
  readonly halts: readonly Halt[];
  readonly limitsCountFrom: Date | null;
  readonly ordersComparedUntil: Date | null;
  readonly mayRepeatOthers: boolean;
};

/** Where what was paid is found: by the day of its claim. */
export function dayOf(ms: number): number {
  return Math.floor(ms / 86_400_000);
}
