/**
 * What people read of the books: rows of each listing, a page at a time or whole, and counts for `status`.
 *
 * A row goes out as it is, to a table or as JSON: instants are ISO-8601 text in UTC, money stands in cents (and in units
 * beside it), a column without a value is null.
 */
import type { AttemptFlow, AttemptState, PaymentMethod, Trace } from "../../domain/attempt.ts";
import type { BalanceKind } from "../../domain/balance.ts";
import type { Interval } from "../../domain/calendar/calendar.ts";
import type { CatchUp } from "../../domain/calendar/catch-up.ts";
import type { DeclineClass } from "../../domain/decline.ts";
import type { DeliveryState } from "../../domain/delivery.ts";
import type { DisputeOutcome } from "../../domain/dispute.ts";
import type { EventType } from "../../domain/event-types.ts";
import type { InvoiceStatus, StatusReason } from "../../domain/invoice.ts";
import type { Discount, InvoiceDiscount, LineItem } from "../../domain/money.ts";
import type { Card, DatedPrice, Source, ExpiryCounts } from "../../domain/plan.ts";
import type { RefundReason, RefundState } from "../../domain/refund.ts";
import type { PartTax, Tax, TaxRate } from "../../domain/tax.ts";
import type { SubscriptionStatus } from "../../domain/subscription.ts";
import type { WebhookState } from "../../domain/webhook-event.ts";

/** The rows of each listing, in the order that is said. */
export type Listings = {
  /** Every attempt; the latest first. */
  readonly history: HistoryRow;
  /** By id. */
  readonly subscriptions: SubscriptionRow;
  /** Invoices that failed and are not given up; the next one to be tried first. */
  readonly dunning: DunningRow;
  /** What waits for a person or for certainty; the oldest first. */
  readonly attention: AttentionRow;
  /** Paid invoices by day (UTC), plan and currency. */
  readonly revenue: RevenueRow;
  /** The latest first. */
  readonly invoices: InvoiceRow;
  /** By invoice and number. */
  readonly attempts: AttemptRow;
  /** By id. */
  readonly customers: CustomerRow;
  /** By id. */
  readonly plans: PlanRow;
  /** The oldest first. */
  readonly events: EventRow;
  /** The latest first. */
  readonly webhooks: WebhookRow;
  /** Open ones first, by when evidence is due; then the others, the latest first. */
  readonly disputes: DisputeRow;
  /** Lines that wait for an invoice, or have one; the latest first. */
  readonly items: ItemRow;
  /** Each customer's ledger, entry by entry. */
  readonly balanceEntries: BalanceEntryRow;
  /** By code. */
  readonly coupons: CouponRow;
  /** Coupons that subscriptions have, or had, in the order in which they were given. */
  readonly couponGrants: CouponGrantRow;
  /** What persons and programs asked for; the latest first. */
  readonly audit: AuditRow;
};

export type ListingName = keyof Listings;

/** Columns that must equal the value; undefined ones are left out. */
export type Where<Row> = {
  readonly [Column in keyof Row as Row[Column] extends string | number | boolean | null ? Column : never]?:
    Row[Column] | undefined;
};

export type Listing<Name extends ListingName> = {
  readonly where?: Where<Listings[Name]>;
  /** Rows from this instant on, where the listing has one. */
  readonly since?: Date;
  /** Columns that hold an instant within the window; one that is null is in none. */
  readonly within?: { readonly [Column in keyof Listings[Name]]?: Window | undefined };
  /** Asked of each row that fits all the rest; a page is filled with those that it keeps. */
  readonly keeps?: (row: Listings[Name]) => boolean;
  readonly limit?: number;
};

/** @property before is not in it */
export type Window = { readonly from?: Date | undefined; readonly before?: Date | undefined };

/** Where a page begins: after the last row of the one that gave this cursor. */
export type PageOf<Request> = Request & { readonly limit: number; readonly cursor?: string };

/**
 * `nextCursor` is null on the last page. It holds the last row's place in the order, not a count: rows that come in
 * between are neither shown twice nor push another one out.
 */
export type Page<Row> = { readonly rows: readonly Row[]; readonly nextCursor: string | null };

type Amount = {
  readonly amountCents: number;
  /** The same in units: 200.15. */
  readonly amount: number;
  readonly currency: string;
};

type Failure = {
  readonly declineClass: DeclineClass | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
};

type CardOf<Columns extends keyof Card> = Pick<Card, Columns>;

export type ItemRow = Amount & {
  readonly key: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly name: string;
  readonly discountCents: number;
  readonly taxRate: TaxRate | null;
  readonly state: "pending" | "consumed" | "removed";
  readonly invoiceId: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
};

export type BalanceEntryRow = Amount & {
  readonly customerId: string;
  readonly number: number;
  readonly kind: BalanceKind;
  /** After it. */
  readonly balanceCents: number;
  readonly invoiceId: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: string;
};

export type CouponRow = {
  readonly code: string;
  readonly percent: number | null;
  readonly amountCents: number | null;
  readonly currency: string | null;
  /** Null: for ever. */
  readonly cycles: number | null;
  readonly redeemBy: string | null;
  readonly maxRedemptions: number | null;
  readonly redemptions: number;
  readonly plans: readonly string[] | null;
  readonly archivedAt: string | null;
  readonly source: Source;
};

export type CouponGrantRow = {
  readonly subscriptionId: string;
  readonly code: string;
  readonly number: number;
  readonly fromCycle: number;
  /** The first cycle that it does not lower any more; null: none. */
  readonly untilCycle: number | null;
  readonly grantedAt: string;
  readonly grantedBy: string;
  readonly takenAt: string | null;
};

export type HistoryRow = Amount &
  Failure &
  CardOf<"cardBrand" | "cardLast4"> & {
    readonly attemptedAt: string;
    readonly settledAt: string | null;
    readonly invoiceId: string;
    readonly subscriptionId: string;
    readonly planId: string;
    readonly planName: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly cycle: number | null;
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

/** What surely went back of it. */
type Refunded = { readonly refundedCents: number; readonly refunded: number };

export type SubscriptionRow = Refunded &
  CardOf<"cardBrand" | "cardLast4" | "cardExpMonth" | "cardExpYear"> & {
    readonly subscriptionId: string;
    readonly planId: string;
    readonly planName: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly status: SubscriptionStatus;
    readonly timeZone: string;
    readonly anchorLocal: string;
    readonly nextCycle: number;
    readonly nextBillingAt: string | null;
    readonly cancelAt: string | null;
    readonly pauseFrom: string | null;
    readonly pauseUntil: string | null;
    readonly currency: string;
    readonly paidInvoices: number;
    readonly paidCents: number;
    readonly paid: number;
    /** Open or held. */
    readonly unpaidInvoices: number;
    readonly owedCents: number;
    readonly owed: number;
    readonly lastPaidAt: string | null;
    readonly interval: Interval;
    readonly frequency: number;
    readonly expiryCount: number | null;
    readonly expiryCounts: ExpiryCounts;
    /** 0 for a plan without an end. */
    readonly voidCycles: number;
    readonly startLocal: string;
    readonly firstCycle: number;
    readonly quantity: number;
    readonly discount: Discount | null;
    readonly lineItems: readonly LineItem[] | null;
    readonly billPast: boolean;
    readonly source: Source;
  };

export type DunningRow = Amount & {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly planId: string;
  readonly planName: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly cycle: number | null;
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

export type AttentionRow = Amount &
  Failure & {
    readonly kind: "paid_again" | "held" | "unknown" | "paid_after_cancel" | "unreadable" | "waiting" | "disputed";
    readonly since: string;
    readonly invoiceId: string;
    readonly subscriptionId: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly cycle: number | null;
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

export type CustomerRow = Card & {
  readonly customerId: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  /** Of the tax data; null: none were given. */
  readonly rfc: string | null;
};

export type AuditRow = {
  readonly eventId: string;
  readonly at: string;
  /** The name of a key or of a person. */
  readonly actor: string;
  readonly reason: string | null;
  readonly type: EventType;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
};

export type PlanRow = {
  readonly planId: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly trialPeriodDays: number;
  readonly expiryCount: number | null;
  readonly expiryCounts: ExpiryCounts;
  readonly lineItems: readonly LineItem[];
  readonly dunning: string;
  readonly catchUp: CatchUp;
  readonly source: Source;
  /** How many are on it, ended ones included. */
  readonly subscriptions: number;
  readonly prices: readonly DatedPrice[] | null;
  readonly tax: Tax | null;
  readonly archivedAt: string | null;
};

export type EventRow = {
  readonly eventId: string;
  readonly at: string;
  readonly type: EventType;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** An event with what became of telling it; all null for one that is not sent, or not yet. */
export type DeliveryRow = EventRow & {
  readonly delivery: DeliveryState | null;
  readonly tries: number | null;
  readonly nextTryAt: string | null;
  readonly deliveredAt: string | null;
  readonly lastHttpStatus: number | null;
  readonly lastError: string | null;
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

export type WebhookRow = {
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: string;
  readonly state: WebhookState;
  readonly because: string | null;
  readonly orderId: string | null;
  readonly customerId: string | null;
  /** 1: live, 0: test; null where the event does not say. */
  readonly livemode: boolean | null;
  readonly tries: number;
  readonly nextTryAt: string | null;
  readonly processedAt: string | null;
  /** Ids, states and amounts; nothing personal. */
  readonly payload: Readonly<Record<string, unknown>>;
};

export type StatusCounts = {
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly invoices: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly dueSubscriptions: number;
  readonly dueInvoices: number;
  /** When a cycle is next billed. */
  readonly nextBillingAt: Date | null;
  /** When a cycle next falls due, billed or void, or a subscription ends: what the next run has to open. */
  readonly nextOpeningAt: Date | null;
  /** Since when the oldest of what is due could have been opened: not before its subscription was made. Null: nothing is due. */
  readonly openableSince: Date | null;
  readonly nextAttemptAt: Date | null;
  /** When the gateway is next asked about an uncertain attempt. */
  readonly nextInquiryAt: Date | null;
  /** When the next wait of dunning is over, or the next payment link is to be made. */
  readonly nextStepAt: Date | null;
  readonly unknown: { readonly count: number; readonly oldestAt: Date | null };
  readonly held: { readonly count: number; readonly oldestAt: Date | null };
  /** Customers and orders that cannot be read or charged at the gateway, and for which something waits. */
  readonly unreadable: { readonly count: number; readonly oldestAt: Date | null };
  readonly paidAgain: number;
  /** Payments of what was canceled, of which a person has not said whether they go back. */
  readonly paidAfterCancel: number;
  /** Payments that are disputed at the bank, and not decided. */
  readonly disputes: { readonly count: number; readonly oldestAt: Date | null };
  /** When the last event was written; null: none yet. */
  readonly lastEventAt: Date | null;
};
