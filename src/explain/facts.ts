/** What explains a subscription: rows of the store, all read at one moment. */
import type { AttemptState, PaymentMethod } from "../domain/attempt.ts";
import type { AttemptFlow } from "../domain/ways-to-pay.ts";
import type { DeclineClass } from "../domain/decline.ts";
import type { DunningStep } from "../domain/dunning/dunning.ts";
import type { InvoiceStatus, StatusReason } from "../domain/invoice.ts";
import type { ChargeOutlook } from "../domain/charging/invoice-outlook.ts";
import type { LinkEnd } from "../domain/payment-link.ts";
import type { Card } from "../domain/plan.ts";
import type { RefundState } from "../domain/refund.ts";
import type { ShownContent } from "../domain/shown-content.ts";
import type { SubscriptionStatus } from "../domain/subscription.ts";

/** One row of the history. `type` may be one that a newer program wrote. */
export type EventFacts = {
  readonly id: string;
  readonly at: Date;
  readonly type: string;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** What was learned of an attempt, once. */
export type Learned = {
  readonly at: Date;
  readonly because: string;
  readonly httpStatus: number | null;
  readonly logId: string | null;
};

export type LinkFacts = {
  readonly url: string | null;
  readonly methods: readonly string[];
  readonly requestedBy: string;
  readonly expiresAt: Date;
  readonly cancelBecause: LinkEnd | null;
};

export type AttemptStory = {
  readonly id: string;
  readonly invoiceId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  readonly amountCents: number;
  readonly currency: string;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  readonly claimedAt: Date;
  readonly sentAt: Date | null;
  readonly nextInquiryAt: Date | null;
  readonly paymentMethod: PaymentMethod | null;
  readonly evidence: readonly Learned[];
  readonly link: LinkFacts | null;
};

export type InvoiceStory = {
  readonly id: string;
  readonly cycle: number | null;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: InvoiceStatus;
  readonly statusReason: StatusReason | null;
  readonly missed: boolean;
  readonly nextAttemptAt: Date | null;
  readonly faults: number;
  readonly voidWhenSettled: StatusReason | null;
  readonly dunningStep: DunningStep | null;
  readonly dunningClass: DeclineClass | null;
  readonly dunningDueAt: Date | null;
  readonly retryRequestedAt: Date | null;
  readonly firstDeclinedAt: Date | null;
  readonly reopenedFrom: StatusReason | null;
  /** As it was frozen. */
  readonly content: ShownContent;
};

export type RefundFacts = {
  readonly id: string;
  readonly invoiceId: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly state: RefundState;
  readonly reason: string;
  readonly note: string | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
};

/** A webhook about an order or the customer. */
export type WebhookStory = {
  readonly id: string;
  readonly type: string;
  readonly orderId: string | null;
  readonly receivedAt: Date;
  /** Null: still being followed up. */
  readonly processedAt: Date | null;
};

export type SubscriptionFacts = {
  readonly id: string;
  readonly status: SubscriptionStatus;
  readonly timeZone: string;
  readonly planId: string;
  readonly planName: string;
  readonly dunning: string;
  readonly nextCycle: number;
  readonly nextBillingAt: Date | null;
  readonly cancelAt: Date | null;
  readonly pauseFrom: Date | null;
  readonly pauseUntil: Date | null;
  readonly customer: { readonly id: string; readonly name: string; readonly card: Card };
};

export type HaltFacts = {
  readonly because: string;
  readonly kind: string;
  readonly reconcileSince: Date | null;
};

export type Facts = {
  readonly subscription: SubscriptionFacts;
  /** What says when it is charged next. */
  readonly outlook: ChargeOutlook;
  /** Ascending cycles. */
  readonly invoices: readonly InvoiceStory[];
  /** In the order in which they were written. */
  readonly events: readonly EventFacts[];
  readonly attempts: readonly AttemptStory[];
  readonly refunds: readonly RefundFacts[];
  readonly webhooks: readonly WebhookStory[];
  /** Null: charging is not halted. */
  readonly halt: HaltFacts | null;
};
