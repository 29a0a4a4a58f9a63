/** What goes out: rows of the books in snake_case, money in whole cents alone, and the schema of each. */
import { z } from "zod";
import type {
  AttemptRow,
  AttentionRow,
  AuditRow,
  BalanceEntryRow,
  CouponGrantRow,
  CouponRow,
  CustomerRow,
  DisputeRow,
  DunningRow,
  EventRow,
  HistoryRow,
  InvoiceRow,
  ItemRow,
  Page,
  PlanRow,
  RefundRow,
  RevenueRow,
  SubscriptionRow,
  WebhookRow,
} from "../../../application/ports/listings.ts";
import type { ApiKeyRow } from "../../../application/ports/api-keys.ts";
import { SCOPES } from "../../../domain/api-key.ts";
import { ATTEMPT_FLOWS, ATTEMPT_STATES, PAYMENT_METHODS } from "../../../domain/attempt.ts";
import { BALANCE_KINDS } from "../../../domain/balance.ts";
import { INTERVALS } from "../../../domain/calendar/calendar.ts";
import { CATCH_UPS } from "../../../domain/calendar/catch-up.ts";
import { DECLINE_CLASSES } from "../../../domain/decline.ts";
import { DISPUTE_OUTCOMES } from "../../../domain/dispute.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../domain/invoice.ts";
import { EXPIRY_COUNTS } from "../../../domain/plan.ts";
import { REFUND_REASONS, REFUND_STATES } from "../../../domain/refund.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";
import { WEBHOOK_STATES } from "../../../domain/webhook-event.ts";

type SnakeOf<Name> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeOf<Rest>}`
    : `_${Lowercase<First>}${SnakeOf<Rest>}`
  : "";

/** Columns in units, which stand beside the same in cents, and which the API leaves out. */
const UNITS = ["amount", "paid", "owed", "refunded", "lost", "net"] as const;
type UnitsOf<Row> = {
  [Key in keyof Row & (typeof UNITS)[number]]: `${Key}Cents` extends keyof Row ? Key : never;
}[keyof Row & (typeof UNITS)[number]];

type Kept<Row> = Omit<Row, UnitsOf<Row>>;

/** A schema for every column that goes out: one that the row has more or less does not compile. */
type Columns<Row> = { readonly [Key in keyof Kept<Row>]-?: z.ZodType };

type SnakeShape<Fields extends Readonly<Record<string, z.ZodType>>> = {
  [Key in keyof Fields & string as SnakeOf<Key>]: Fields[Key];
};

/** @param name in openapi.json */
function rowOf<Row>(name: string) {
  return <Fields extends Columns<Row>>(fields: Fields & Record<Exclude<keyof Fields, keyof Columns<Row>>, never>) =>
    z.strictObject(snakeKeys(fields) as unknown as SnakeShape<Fields>).meta({ id: name });
}

function snakeKeys(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]: [string, unknown]) => [snake(key), value]));
}

/** As they were written, which docs/events.md describes. */
const AS_WRITTEN = new Set(["data", "payload"]);

/** A row as it goes out, however deep. */
export function documentOf(value: unknown): never {
  return outside(value) as never;
}

function outside(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(outside);
  if (typeof value !== "object" || value === null) return value;
  const shown = Object.entries(value).filter(([key, each]) => each !== undefined && !isInUnits(key, value));
  return Object.fromEntries(
    shown.map(([key, each]: [string, unknown]) => [snake(key), isAsWritten(key, each) ? each : outside(each)]),
  );
}

function isInUnits(key: string, row: object): boolean {
  return UNITS.some((units) => units === key) && `${key}Cents` in row;
}

function isAsWritten(key: string, value: unknown): boolean {
  return AS_WRITTEN.has(key) && !Array.isArray(value);
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// ---------------------------------------------------------------- pages

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.strictObject({ data: z.array(row), has_more: z.boolean(), next_cursor: z.string().nullable() });
}

export function pageDocument({ rows, nextCursor }: Page<unknown>): never {
  return { data: rows.map(outside), has_more: nextCursor !== null, next_cursor: nextCursor } as never;
}

/** Of a list that is not long, whole. */
export function wholePage(rows: readonly unknown[]): never {
  return pageDocument({ rows, nextCursor: null });
}

export const PAGE = {
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: "Rows of a page: 1 to 100." }),
  cursor: z.string().max(2000).optional().meta({ description: "next_cursor of the page before." }),
};

// ---------------------------------------------------------------- values

const text = z.string();
const textOrNull = text.nullable();
const whole = z.int();
const wholeOrNull = whole.nullable();
const cents = whole;
const centsOrNull = cents.nullable();
/** An instant in UTC. */
const instant = z.iso.datetime();
const instantOrNull = instant.nullable();
const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words);
const oneOfOrNull = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words).nullable();

const taxRate = z.union([z.number(), z.literal("exempt")]);
const tax = z.strictObject({ rate: taxRate, included: z.boolean(), confirmed_until: text.optional() });
const lineTax = tax.partial({ included: true });
const lineItem = z.strictObject({
  name: text,
  unit_price_cents: cents,
  quantity: whole,
  sku: text.optional(),
  description: text.optional(),
  clave_prod_serv: text.optional(),
  clave_unidad: text.optional(),
  tax: lineTax.optional(),
});
const partTax = z.strictObject({ rate: taxRate, base_cents: cents, tax_cents: cents });
const discount = z.union([z.strictObject({ percent: z.number() }), z.strictObject({ amount_cents: cents })]);
const source = z.enum(["file", "cli", "code"]);
const card = { cardBrand: textOrNull, cardLast4: textOrNull };
const failure = { declineClass: oneOfOrNull(DECLINE_CLASSES), failureCode: textOrNull, failureMessage: textOrNull };

// ---------------------------------------------------------------- rows

export const planRow = rowOf<PlanRow>("Plan")({
  planId: text,
  name: text,
  currency: text,
  interval: oneOf(INTERVALS),
  frequency: whole,
  trialPeriodDays: whole,
  expiryCount: wholeOrNull,
  expiryCounts: oneOf(EXPIRY_COUNTS),
  lineItems: z.array(lineItem),
  dunning: text,
  catchUp: oneOf(CATCH_UPS),
  source,
  subscriptions: whole,
  prices: z.array(z.strictObject({ from: text, line_items: z.array(lineItem) })).nullable(),
  tax: tax.nullable(),
  archivedAt: instantOrNull,
});

export const customerRow = rowOf<CustomerRow>("Customer")({
  customerId: text,
  name: text,
  email: textOrNull,
  phone: textOrNull,
  paymentSourceId: textOrNull,
  ...card,
  cardExpMonth: wholeOrNull,
  cardExpYear: wholeOrNull,
  rfc: textOrNull,
});

export const subscriptionRow = rowOf<SubscriptionRow>("Subscription")({
  subscriptionId: text,
  planId: text,
  planName: text,
  customerId: text,
  customerName: text,
  status: oneOf(SUBSCRIPTION_STATUSES),
  timeZone: text,
  anchorLocal: text,
  nextCycle: whole,
  nextBillingAt: instantOrNull,
  cancelAt: instantOrNull,
  pauseFrom: instantOrNull,
  pauseUntil: instantOrNull,
  currency: text,
  paidInvoices: whole,
  paidCents: cents,
  unpaidInvoices: whole,
  owedCents: cents,
  lastPaidAt: instantOrNull,
  ...card,
  cardExpMonth: wholeOrNull,
  cardExpYear: wholeOrNull,
  interval: oneOf(INTERVALS),
  frequency: whole,
  expiryCount: wholeOrNull,
  expiryCounts: oneOf(EXPIRY_COUNTS),
  voidCycles: whole,
  startLocal: text,
  firstCycle: whole,
  quantity: whole,
  discount: discount.nullable(),
  lineItems: z.array(lineItem).nullable(),
  billPast: z.boolean(),
  source,
  refundedCents: cents,
});

export const invoiceRow = rowOf<InvoiceRow>("Invoice")({
  invoiceId: text,
  subscriptionId: text,
  planId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  periodStart: instant,
  periodEnd: instant,
  amountCents: cents,
  discountCents: cents,
  currency: text,
  status: oneOf(INVOICE_STATUSES),
  statusReason: oneOfOrNull(STATUS_REASONS),
  missed: z.boolean(),
  declines: whole,
  faults: whole,
  nextAttemptAt: instantOrNull,
  openedAt: instant,
  paidAt: instantOrNull,
  orderId: textOrNull,
  lineItems: z.array(
    z.strictObject({
      ...{ name: text, unit_price_cents: cents, quantity: whole, sku: text.optional(), description: text.optional() },
      ...{ clave_prod_serv: text.optional(), clave_unidad: text.optional() },
      ...{ discount_cents: cents, tax_rate: taxRate.nullable(), tax_included: z.boolean().nullable() },
    }),
  ),
  subtotalCents: cents,
  discounts: z.array(z.strictObject({ code: text, type: oneOf(["campaign", "coupon"]), amount_cents: cents })),
  balanceCents: cents,
  taxCents: centsOrNull,
  taxes: z.array(partTax),
  refundedCents: cents,
});

export const attemptRow = rowOf<AttemptRow>("Attempt")({
  attemptId: text,
  invoiceId: text,
  number: whole,
  state: oneOf(ATTEMPT_STATES),
  reference: text,
  flow: oneOf(ATTEMPT_FLOWS),
  amountCents: cents,
  movedCents: centsOrNull,
  currency: text,
  orderId: textOrNull,
  chargeId: textOrNull,
  paymentSourceId: textOrNull,
  ...card,
  claimedAt: instant,
  sentAt: instantOrNull,
  settledAt: instantOrNull,
  paidAt: instantOrNull,
  inquiries: whole,
  nextInquiryAt: instantOrNull,
  httpStatus: wholeOrNull,
  ...failure,
  authCode: textOrNull,
  feeCents: centsOrNull,
  logId: textOrNull,
  paymentMethod: oneOfOrNull(PAYMENT_METHODS),
  evidence: z.array(z.strictObject({ at: instant, http_status: wholeOrNull, log_id: textOrNull, because: text })),
});

export const refundRow = rowOf<Omit<RefundRow, "id">>("Refund")({
  refundId: text,
  invoiceId: text,
  attemptId: text,
  orderId: text,
  state: oneOf(REFUND_STATES),
  createdAt: instant,
  amountCents: cents,
  currency: text,
  subscriptionId: text,
  customerId: text,
  customerName: text,
  reason: oneOf(REFUND_REASONS),
  note: textOrNull,
  requestedBy: text,
  gatewayRefundId: textOrNull,
  failureCode: textOrNull,
  failureMessage: textOrNull,
  because: textOrNull,
  settledAt: instantOrNull,
  baseCents: centsOrNull,
  taxCents: centsOrNull,
  taxes: z.array(partTax),
});

/** Its id stands there once. */
export function refundDocument({ id: _id, ...row }: RefundRow): never {
  return documentOf(row);
}

export const disputeRow = rowOf<DisputeRow>("Dispute")({
  disputeId: text,
  invoiceId: text,
  attemptId: text,
  subscriptionId: text,
  planId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  amountCents: cents,
  currency: text,
  orderId: text,
  chargeId: text,
  gatewayDisputeId: textOrNull,
  status: text,
  outcome: oneOf(DISPUTE_OUTCOMES),
  reason: textOrNull,
  evidenceDueBy: instantOrNull,
  disputedAt: instantOrNull,
  openedAt: instant,
  closedAt: instantOrNull,
  closedBy: textOrNull,
  why: textOrNull,
  nextReadAt: instantOrNull,
});

export const eventRow = rowOf<EventRow>("Event")({
  eventId: text,
  at: instant,
  // Not listed: types are added, and who reads them must not stumble.
  type: text,
  customerId: textOrNull,
  subscriptionId: textOrNull,
  invoiceId: textOrNull,
  attemptId: textOrNull,
  data: z.record(z.string(), z.unknown()),
});

export const auditRow = rowOf<AuditRow>("AuditEntry")({
  eventId: text,
  at: instant,
  actor: text,
  reason: textOrNull,
  type: text,
  customerId: textOrNull,
  subscriptionId: textOrNull,
  invoiceId: textOrNull,
  attemptId: textOrNull,
});

export const historyRow = rowOf<HistoryRow>("HistoryEntry")({
  attemptedAt: instant,
  settledAt: instantOrNull,
  invoiceId: text,
  subscriptionId: text,
  planId: text,
  planName: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  periodStart: instant,
  periodEnd: instant,
  amountCents: cents,
  currency: text,
  attempt: whole,
  outcome: oneOf(ATTEMPT_STATES),
  ...failure,
  orderId: textOrNull,
  chargeId: textOrNull,
  ...card,
  nextAttemptAt: instantOrNull,
  baseCents: centsOrNull,
  taxCents: centsOrNull,
  refundedCents: cents,
});

export const dunningRow = rowOf<DunningRow>("DunnedInvoice")({
  invoiceId: text,
  subscriptionId: text,
  planId: text,
  planName: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  amountCents: cents,
  currency: text,
  declines: whole,
  lastAttemptedAt: instantOrNull,
  lastDeclineClass: oneOfOrNull(DECLINE_CLASSES),
  lastFailureCode: textOrNull,
  lastFailureMessage: textOrNull,
  nextAttemptAt: instantOrNull,
  waitsFor: z.enum(["retry", "card", "payment_link", "grace", "outcome"]),
  firstDeclinedAt: instantOrNull,
  waitsUntil: instantOrNull,
  paymentLink: textOrNull,
});

export const attentionRow = rowOf<AttentionRow>("Attention")({
  kind: z.enum(["paid_again", "held", "unknown", "paid_after_cancel", "unreadable", "waiting", "disputed"]),
  since: instant,
  invoiceId: text,
  subscriptionId: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
  amountCents: cents,
  currency: text,
  invoiceStatus: oneOf(INVOICE_STATUSES),
  reason: oneOfOrNull(STATUS_REASONS),
  attempt: wholeOrNull,
  outcome: oneOfOrNull(ATTEMPT_STATES),
  reference: textOrNull,
  ...failure,
  orderId: textOrNull,
  chargeId: textOrNull,
  nextLookAt: instantOrNull,
  because: textOrNull,
  disputeId: textOrNull,
  disputeStatus: textOrNull,
  disputeReason: textOrNull,
  evidenceDueBy: instantOrNull,
});

export const revenueRow = rowOf<RevenueRow>("Revenue")({
  day: text,
  planId: text,
  planName: text,
  currency: text,
  invoices: whole,
  amountCents: cents,
  refundedCents: cents,
  lostCents: cents,
  netCents: cents,
});

export const webhookRow = rowOf<WebhookRow>("Webhook")({
  eventId: text,
  type: text,
  receivedAt: instant,
  state: oneOf(WEBHOOK_STATES),
  because: textOrNull,
  orderId: textOrNull,
  customerId: textOrNull,
  livemode: wholeOrNull,
  tries: whole,
  nextTryAt: instantOrNull,
  processedAt: instantOrNull,
  payload: z.record(z.string(), z.unknown()),
});

export const itemRow = rowOf<ItemRow>("Item")({
  key: text,
  customerId: text,
  subscriptionId: textOrNull,
  name: text,
  amountCents: cents,
  currency: text,
  discountCents: cents,
  taxRate: taxRate.nullable(),
  state: z.enum(["pending", "consumed", "removed"]),
  invoiceId: textOrNull,
  createdAt: instant,
  createdBy: text,
});

export const couponRow = rowOf<CouponRow>("Coupon")({
  code: text,
  percent: z.number().nullable(),
  amountCents: centsOrNull,
  currency: textOrNull,
  cycles: wholeOrNull,
  redeemBy: textOrNull,
  maxRedemptions: wholeOrNull,
  redemptions: whole,
  plans: z.array(text).nullable(),
  archivedAt: instantOrNull,
  source,
});

export const couponGrantRow = rowOf<CouponGrantRow>("CouponGrant")({
  subscriptionId: text,
  code: text,
  number: whole,
  fromCycle: whole,
  untilCycle: wholeOrNull,
  grantedAt: instant,
  grantedBy: text,
  takenAt: instantOrNull,
});

export const balanceEntryRow = rowOf<BalanceEntryRow>("BalanceEntry")({
  customerId: text,
  number: whole,
  kind: oneOf(BALANCE_KINDS),
  amountCents: cents,
  currency: text,
  balanceCents: cents,
  invoiceId: textOrNull,
  reason: text,
  actor: text,
  at: instant,
});

export const keyRow = rowOf<ApiKeyRow>("ApiKey")({
  name: text,
  scopes: z.array(z.enum(SCOPES)),
  last4: text,
  createdAt: instant,
  createdBy: text,
  lastUsedAt: instantOrNull,
  revokedAt: instantOrNull,
  revokedBy: textOrNull,
});
