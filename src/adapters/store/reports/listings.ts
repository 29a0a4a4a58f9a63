/** Reading the books for people: the public views and the tables, as typed rows. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Listing, ListingName, Listings, Page, PageOf, Window } from "../../../application/ports/listings.ts";
import {
  flag,
  isoInstant,
  isoInstantOrNull,
  json,
  jsonOrNull,
  text,
  textOrNull,
  units,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import type { LineTax, TaxRate } from "../../../domain/tax.ts";
import { VOID_CYCLES } from "../billing/void-cycles.ts";
import { allRows, type Condition, equals, pageOfRows, type RowSource, within } from "../dialect/paged-rows.ts";
import { ms, type Parameter, type RawRow } from "../dialect/sql.ts";
import { discountRows, lineRows, subtotalCents, taxRows } from "./invoice-lines.ts";

type Source<Row> = RowSource<Row> & {
  /** Where `since` looks, and in which form its instants are stored there. */
  readonly since?: readonly [sql: string, form: (instant: Date) => Parameter];
};

const iso = (instant: Date): string => instant.toISOString();
const day = (instant: Date): string => iso(instant).slice(0, 10);

const CARD = { cardBrand: ["card_brand", textOrNull], cardLast4: ["card_last4", textOrNull] } as const;

/** What surely went back. */
const REFUNDED_OF_INVOICE =
  "(select cast(coalesce(sum(r.amount_cents), 0) as bigint) from refund r where r.invoice_id = i.id and r.state = 'done')";
const REFUNDED_OF_SUBSCRIPTION = `(select cast(coalesce(sum(r.amount_cents), 0) as bigint) from invoice ri join refund r on r.invoice_id = ri.id
  where ri.subscription_id = s.id and r.state = 'done')`;

function taxRate(row: RawRow, column: string): TaxRate | null {
  return jsonOrNull<LineTax>(row, column)?.rate ?? null;
}

function percent(row: RawRow, column: string): number | null {
  const hundredths = wholeOrNull(row, column);
  return hundredths === null ? null : hundredths / 100;
}

/** Later than any instant, in milliseconds. */
const FAR_AHEAD = 10_000_000_000_000;

/** The views have instants as ISO text already. */
const LISTINGS: { readonly [Name in ListingName]: Source<Listings[Name]> } = {
  history: {
    name: "history",
    from: "billing_history",
    columns: {
      attemptedAt: ["attempted_at", text],
      settledAt: ["settled_at", textOrNull],
      invoiceId: ["invoice_id", text],
      subscriptionId: ["subscription_id", text],
      planId: ["plan_id", text],
      planName: ["plan_name", text],
      customerId: ["customer_id", text],
      customerName: ["customer_name", text],
      cycle: ["cycle", wholeOrNull],
      periodStart: ["period_start", text],
      periodEnd: ["period_end", text],
      amountCents: ["amount_cents", whole],
      amount: ["amount", units],
      currency: ["currency", text],
      attempt: ["attempt", whole],
      outcome: ["outcome", word],
      declineClass: ["decline_class", wordOrNull],
      failureCode: ["failure_code", textOrNull],
      failureMessage: ["failure_message", textOrNull],
      orderId: ["order_id", textOrNull],
      chargeId: ["charge_id", textOrNull],
      ...CARD,
      nextAttemptAt: ["next_attempt_at", textOrNull],
      refundedCents: ["refunded_cents", whole],
      refunded: ["refunded", units],
      baseCents: ["base_cents", wholeOrNull],
      taxCents: ["tax_cents", wholeOrNull],
    },
    order: { by: ["attempted_at", "invoice_id", "attempt"], direction: "desc" },
    since: ["attempted_at", iso],
  },
  subscriptions: {
    name: "subscriptions",
    from: "subscription_overview o join subscription s on s.id = o.subscription_id join plan p on p.id = o.plan_id",
    columns: {
      subscriptionId: ["s.id", text],
      planId: ["s.plan_id", text],
      planName: ["o.plan_name", text],
      customerId: ["s.customer_id", text],
      customerName: ["o.customer_name", text],
      status: ["s.status", word],
      timeZone: ["s.time_zone", text],
      anchorLocal: ["s.anchor_local", text],
      nextCycle: ["s.next_cycle", whole],
      nextBillingAt: ["o.next_billing_at", textOrNull],
      cancelAt: ["s.cancel_at", isoInstantOrNull],
      currency: ["o.currency", text],
      paidInvoices: ["o.paid_invoices", whole],
      paidCents: ["o.paid_cents", whole],
      paid: ["o.paid", units],
      unpaidInvoices: ["o.unpaid_invoices", whole],
      owedCents: ["o.owed_cents", whole],
      owed: ["o.owed", units],
      lastPaidAt: ["o.last_paid_at", textOrNull],
      ...CARD,
      cardExpMonth: ["o.card_exp_month", wholeOrNull],
      cardExpYear: ["o.card_exp_year", wholeOrNull],
      interval: ["p.interval", word],
      frequency: ["p.frequency", whole],
      expiryCount: ["p.expiry_count", wholeOrNull],
      expiryCounts: ["p.expiry_counts", word],
      voidCycles: [VOID_CYCLES, whole],
      startLocal: ["s.start_local", text],
      firstCycle: ["s.first_cycle", whole],
      quantity: ["s.quantity", whole],
      discount: ["s.discount", jsonOrNull],
      lineItems: ["s.line_items", jsonOrNull],
      billPast: ["s.bill_past", flag],
      source: ["s.source", word],
      refundedCents: [REFUNDED_OF_SUBSCRIPTION, whole],
      refunded: [`${REFUNDED_OF_SUBSCRIPTION} / 100.0`, units],
      pauseFrom: ["s.pause_from", isoInstantOrNull],
      pauseUntil: ["s.pause_until", isoInstantOrNull],
    },
    order: { by: ["s.id"], direction: "asc" },
  },
  dunning: {
    name: "dunning",
    from: "dunning_queue",
    columns: {
      invoiceId: ["invoice_id", text],
      subscriptionId: ["subscription_id", text],
      planId: ["plan_id", text],
      planName: ["plan_name", text],
      customerId: ["customer_id", text],
      customerName: ["customer_name", text],
      cycle: ["cycle", wholeOrNull],
      amountCents: ["amount_cents", whole],
      amount: ["amount", units],
      currency: ["currency", text],
      declines: ["declines", whole],
      lastAttemptedAt: ["last_attempted_at", textOrNull],
      lastDeclineClass: ["last_decline_class", wordOrNull],
      lastFailureCode: ["last_failure_code", textOrNull],
      lastFailureMessage: ["last_failure_message", textOrNull],
      nextAttemptAt: ["next_attempt_at", textOrNull],
      waitsFor: ["waits_for", word],
      firstDeclinedAt: ["first_declined_at", textOrNull],
      waitsUntil: ["waits_until", textOrNull],
      paymentLink: ["payment_link", textOrNull],
    },
    // What has no time stands last.
    order: { by: ["coalesce(next_attempt_at, '~')", "invoice_id"], direction: "asc" },
  },
  attention: {
    name: "attention",
    from: "needs_attention",
    columns: {
      kind: ["kind", word],
      since: ["since", text],
      invoiceId: ["invoice_id", text],
      subscriptionId: ["subscription_id", text],
      customerId: ["customer_id", text],
      customerName: ["customer_name", text],
      cycle: ["cycle", wholeOrNull],
      amountCents: ["amount_cents", whole],
      amount: ["amount", units],
      currency: ["currency", text],
      invoiceStatus: ["invoice_status", word],
      reason: ["reason", wordOrNull],
      attempt: ["attempt", wholeOrNull],
      outcome: ["outcome", wordOrNull],
      reference: ["reference", textOrNull],
      declineClass: ["decline_class", wordOrNull],
      failureCode: ["failure_code", textOrNull],
      failureMessage: ["failure_message", textOrNull],
      orderId: ["order_id", textOrNull],
      chargeId: ["charge_id", textOrNull],
      nextLookAt: ["next_look_at", textOrNull],
      because: ["because", textOrNull],
      disputeId: ["dispute_id", textOrNull],
      disputeStatus: ["dispute_status", textOrNull],
      disputeReason: ["dispute_reason", textOrNull],
      evidenceDueBy: ["evidence_due_by", textOrNull],
    },
    order: { by: ["since", "invoice_id", "coalesce(attempt, 0)", "kind"], direction: "asc" },
  },
  revenue: {
    name: "revenue",
    from: "revenue_by_day",
    columns: {
      day: ["day", text],
      planId: ["plan_id", text],
      planName: ["plan_name", text],
      currency: ["currency", text],
      invoices: ["invoices", whole],
      amountCents: ["amount_cents", whole],
      amount: ["amount", units],
      refundedCents: ["refunded_cents", whole],
      refunded: ["refunded", units],
      lostCents: ["lost_cents", whole],
      lost: ["lost", units],
      netCents: ["net_cents", whole],
      net: ["net", units],
    },
    order: { by: ["day", "plan_id", "currency"], direction: "asc" },
    since: ["day", day],
  },
  invoices: {
    name: "invoices",
    from: "invoice i join subscription s on s.id = i.subscription_id join customer c on c.id = i.customer_id",
    columns: {
      invoiceId: ["i.id", text],
      subscriptionId: ["i.subscription_id", text],
      planId: ["s.plan_id", text],
      customerId: ["i.customer_id", text],
      customerName: ["c.name", text],
      cycle: ["i.cycle", wholeOrNull],
      periodStart: ["i.period_start", isoInstant],
      periodEnd: ["i.period_end", isoInstant],
      amountCents: ["i.amount_cents", whole],
      amount: ["i.amount_cents / 100.0", units],
      discountCents: ["i.discount_cents", whole],
      currency: ["i.currency", text],
      status: ["i.status", word],
      statusReason: ["i.status_reason", wordOrNull],
      missed: ["i.missed", flag],
      declines: ["i.declines", whole],
      faults: ["i.faults", whole],
      nextAttemptAt: ["i.next_attempt_at", isoInstantOrNull],
      openedAt: ["i.opened_at", isoInstant],
      paidAt: ["i.paid_at", isoInstantOrNull],
      orderId: ["i.order_id", textOrNull],
      lineItems: ["i.line_items", lineRows],
      subtotalCents: ["i.line_items", subtotalCents],
      discounts: ["i.discounts", discountRows],
      balanceCents: ["i.balance_cents", whole],
      taxCents: ["i.tax_cents", wholeOrNull],
      taxes: ["i.taxes", taxRows],
      refundedCents: [REFUNDED_OF_INVOICE, whole],
      refunded: [`${REFUNDED_OF_INVOICE} / 100.0`, units],
    },
    order: { by: ["i.opened_at", "i.id"], direction: "desc" },
    since: ["i.opened_at", ms],
  },
  attempts: {
    name: "attempts",
    from: "attempt",
    columns: {
      attemptId: ["id", text],
      invoiceId: ["invoice_id", text],
      number: ["number", whole],
      state: ["state", word],
      reference: ["reference", text],
      flow: ["flow", word],
      amountCents: ["amount_cents", whole],
      movedCents: ["moved_cents", wholeOrNull],
      currency: ["currency", text],
      orderId: ["order_id", textOrNull],
      chargeId: ["charge_id", textOrNull],
      paymentSourceId: ["payment_source_id", textOrNull],
      ...CARD,
      claimedAt: ["claimed_at", isoInstant],
      sentAt: ["sent_at", isoInstantOrNull],
      settledAt: ["settled_at", isoInstantOrNull],
      paidAt: ["paid_at", isoInstantOrNull],
      inquiries: ["inquiries", whole],
      nextInquiryAt: ["next_inquiry_at", isoInstantOrNull],
      httpStatus: ["http_status", wholeOrNull],
      declineClass: ["decline_class", wordOrNull],
      failureCode: ["failure_code", textOrNull],
      failureMessage: ["failure_message", textOrNull],
      authCode: ["auth_code", textOrNull],
      feeCents: ["fee_cents", wholeOrNull],
      logId: ["log_id", textOrNull],
      paymentMethod: ["payment_method", wordOrNull],
      evidence: ["evidence", json],
    },
    order: { by: ["invoice_id", "number"], direction: "asc" },
    since: ["claimed_at", ms],
  },
  customers: {
    name: "customers",
    from: "customer c left join customer_tax t on t.customer_id = c.id",
    columns: {
      customerId: ["c.id", text],
      name: ["c.name", text],
      email: ["c.email", textOrNull],
      phone: ["c.phone", textOrNull],
      paymentSourceId: ["c.payment_source_id", textOrNull],
      ...CARD,
      cardExpMonth: ["c.card_exp_month", wholeOrNull],
      cardExpYear: ["c.card_exp_year", wholeOrNull],
      rfc: ["t.rfc", textOrNull],
    },
    order: { by: ["c.id"], direction: "asc" },
  },
  plans: {
    name: "plans",
    from: "plan",
    columns: {
      planId: ["id", text],
      name: ["name", text],
      currency: ["currency", text],
      interval: ["interval", word],
      frequency: ["frequency", whole],
      trialPeriodDays: ["trial_period_days", whole],
      expiryCount: ["expiry_count", wholeOrNull],
      expiryCounts: ["expiry_counts", word],
      lineItems: ["line_items", json],
      dunning: ["dunning", text],
      catchUp: ["catch_up", word],
      source: ["source", word],
      subscriptions: ["(select count(*) from subscription s where s.plan_id = plan.id)", whole],
      prices: ["prices", jsonOrNull],
      tax: ["tax", jsonOrNull],
      archivedAt: ["archived_at", isoInstantOrNull],
    },
    order: { by: ["id"], direction: "asc" },
  },
  events: {
    name: "events",
    from: "event",
    columns: {
      eventId: ["id", text],
      at: ["at", isoInstant],
      type: ["type", word],
      customerId: ["customer_id", textOrNull],
      subscriptionId: ["subscription_id", textOrNull],
      invoiceId: ["invoice_id", textOrNull],
      attemptId: ["attempt_id", textOrNull],
      data: ["data", json],
    },
    order: { by: ["id"], direction: "asc" },
    since: ["at", ms],
  },
  disputes: {
    name: "disputes",
    from: `dispute d join invoice i on i.id = d.invoice_id join subscription s on s.id = d.subscription_id
      join customer c on c.id = d.customer_id`,
    columns: {
      disputeId: ["d.id", text],
      invoiceId: ["d.invoice_id", text],
      attemptId: ["d.attempt_id", text],
      subscriptionId: ["d.subscription_id", text],
      planId: ["s.plan_id", text],
      customerId: ["d.customer_id", text],
      customerName: ["c.name", text],
      cycle: ["i.cycle", wholeOrNull],
      orderId: ["d.order_id", text],
      chargeId: ["d.charge_id", text],
      gatewayDisputeId: ["d.gateway_dispute_id", textOrNull],
      status: ["d.status", text],
      outcome: ["d.outcome", word],
      reason: ["d.reason", textOrNull],
      amountCents: ["d.amount_cents", whole],
      amount: ["d.amount_cents / 100.0", units],
      currency: ["d.currency", text],
      evidenceDueBy: ["d.evidence_due_by", isoInstantOrNull],
      disputedAt: ["d.disputed_at", isoInstantOrNull],
      openedAt: ["d.opened_at", isoInstant],
      closedAt: ["d.closed_at", isoInstantOrNull],
      closedBy: ["d.closed_by", textOrNull],
      why: ["d.why", textOrNull],
      nextReadAt: ["d.next_read_at", isoInstantOrNull],
    },
    // What is due first stands first; of what is over, the latest.
    order: {
      by: [
        `case d.outcome when 'open' then coalesce(d.evidence_due_by, ${FAR_AHEAD}) else 2 * ${FAR_AHEAD} - d.opened_at end`,
        "d.id",
      ],
      direction: "asc",
    },
    since: ["d.opened_at", ms],
  },
  items: {
    name: "items",
    from: "item e",
    columns: {
      key: ["e.key", text],
      customerId: ["e.customer_id", text],
      subscriptionId: ["e.subscription_id", textOrNull],
      name: ["e.name", text],
      amountCents: ["e.amount_cents", whole],
      amount: ["e.amount_cents / 100.0", units],
      discountCents: ["e.discount_cents", whole],
      currency: ["e.currency", text],
      taxRate: ["e.tax", taxRate],
      state: [
        "case when e.removed_at is not null then 'removed' when e.invoice_id is null then 'pending' else 'consumed' end",
        word,
      ],
      invoiceId: ["e.invoice_id", textOrNull],
      createdAt: ["e.created_at", isoInstant],
      createdBy: ["e.created_by", text],
    },
    order: { by: ["e.created_at", "e.id"], direction: "desc" },
    since: ["e.created_at", ms],
  },
  balanceEntries: {
    name: "balanceEntries",
    from: "balance_entry b",
    columns: {
      customerId: ["b.customer_id", text],
      currency: ["b.currency", text],
      number: ["b.number", whole],
      kind: ["b.kind", word],
      amountCents: ["b.amount_cents", whole],
      amount: ["b.amount_cents / 100.0", units],
      balanceCents: ["b.balance_cents", whole],
      invoiceId: ["b.invoice_id", textOrNull],
      reason: ["b.reason", text],
      actor: ["b.actor", text],
      at: ["b.at", isoInstant],
    },
    order: { by: ["b.customer_id", "b.currency", "b.number"], direction: "asc" },
    since: ["b.at", ms],
  },
  coupons: {
    name: "coupons",
    from: "coupon c",
    columns: {
      code: ["c.code", text],
      percent: ["c.percent_hundredths", percent],
      amountCents: ["c.amount_cents", wholeOrNull],
      currency: ["c.currency", textOrNull],
      cycles: ["c.cycles", wholeOrNull],
      redeemBy: ["c.redeem_by", textOrNull],
      maxRedemptions: ["c.max_redemptions", wholeOrNull],
      redemptions: ["(select count(*) from coupon_grant g where g.coupon_code = c.code)", whole],
      plans: ["c.plan_ids", jsonOrNull],
      archivedAt: ["c.archived_at", isoInstantOrNull],
      source: ["c.source", word],
    },
    order: { by: ["c.code"], direction: "asc" },
  },
  couponGrants: {
    name: "couponGrants",
    from: "coupon_grant g",
    columns: {
      subscriptionId: ["g.subscription_id", text],
      code: ["g.coupon_code", text],
      number: ["g.number", whole],
      fromCycle: ["g.from_cycle", whole],
      untilCycle: ["g.until_cycle", wholeOrNull],
      grantedAt: ["g.granted_at", isoInstant],
      grantedBy: ["g.granted_by", text],
      takenAt: ["g.taken_at", isoInstantOrNull],
    },
    order: { by: ["g.subscription_id", "g.number"], direction: "asc" },
    since: ["g.granted_at", ms],
  },
  audit: {
    name: "audit",
    from: "(select * from event where data -> 'actor' is not null) e",
    columns: {
      eventId: ["e.id", text],
      at: ["e.at", isoInstant],
      actor: ["e.data -> 'actor' ->> 'name'", text],
      reason: ["e.data -> 'actor' ->> 'reason'", textOrNull],
      type: ["e.type", word],
      customerId: ["e.customer_id", textOrNull],
      subscriptionId: ["e.subscription_id", textOrNull],
      invoiceId: ["e.invoice_id", textOrNull],
      attemptId: ["e.attempt_id", textOrNull],
    },
    order: { by: ["e.id"], direction: "desc" },
    since: ["e.at", ms],
  },
  webhooks: {
    name: "webhooks",
    from: "webhook_event",
    columns: {
      eventId: ["id", text],
      type: ["type", text],
      receivedAt: ["received_at", isoInstant],
      state: ["state", word],
      because: ["because", textOrNull],
      orderId: ["order_id", textOrNull],
      customerId: ["customer_id", textOrNull],
      livemode: ["livemode", wholeOrNull],
      tries: ["tries", whole],
      nextTryAt: ["next_try_at", isoInstantOrNull],
      processedAt: ["processed_at", isoInstantOrNull],
      payload: ["payload", json],
    },
    order: { by: ["received_at", "id"], direction: "desc" },
    since: ["received_at", ms],
  },
};

export async function list<Name extends ListingName>(
  em: SqlEntityManager,
  name: Name,
  listing: Listing<Name>,
): Promise<Listings[Name][]> {
  const source: Source<Listings[Name]> = LISTINGS[name];
  return await allRows(em, source, conditionsOf(source, listing), listing.limit, listing.keeps);
}

export async function pageOf<Name extends ListingName>(
  em: SqlEntityManager,
  name: Name,
  listing: PageOf<Listing<Name>>,
): Promise<Page<Listings[Name]>> {
  const source: Source<Listings[Name]> = LISTINGS[name];
  return await pageOfRows(em, source, conditionsOf(source, listing), listing, listing.keeps);
}

function conditionsOf<Name extends ListingName>(
  source: Source<Listings[Name]>,
  { where = {}, within: windows = {}, since }: Listing<Name>,
): Condition[] {
  const conditions = Object.entries(where)
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => equals(source, column as keyof Listings[Name], value));
  for (const [column, window] of Object.entries(windows as Record<string, Window | undefined>))
    if (window !== undefined) conditions.push(...within(source, column as keyof Listings[Name], window));
  if (since !== undefined && source.since !== undefined) {
    const [sql, form] = source.since;
    conditions.push([`${sql} >= ?`, form(since)]);
  }
  return conditions;
}
