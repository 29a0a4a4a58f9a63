/** Records to test with: one plan, customers and subscriptions with every field filled in, changed where a test cares. */
import { NO_TAX } from "../../src/domain/tax.ts";
import type { Store } from "../../src/application/ports/store.ts";
import { billingAt, periodOf } from "../../src/domain/calendar/calendar.ts";
import { OUT_OF_DUNNING, type Invoice } from "../../src/domain/invoice.ts";
import type { Customer, Plan } from "../../src/domain/plan.ts";
import { scheduleOf, type Subscription } from "../../src/domain/subscription.ts";

/** The second billing date of `subscriptionOf`, 09:00 in Mexico City. */
export const NOW = new Date("2026-02-28T15:00:00Z");
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}

export function planOf(change: Partial<Plan> = {}): Plan {
  return {
    id: "oro",
    name: "Plan Oro",
    currency: "MXN",
    interval: "month",
    frequency: 1,
    trialPeriodDays: 0,
    expiryCount: null,
    expiryCounts: "charges",
    lineItems: [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1, sku: "ORO" }],
    dunning: "standard",
    catchUp: "oldest_first",
    source: "code",
    ...change,
  };
}

export function customerOf(id: string, change: Partial<Customer> = {}): Customer {
  return {
    id,
    name: `Señora ${id}`,
    email: `${id}@example.mx`,
    phone: "+525512345678",
    paymentSourceId: `src_${id}`,
    cardBrand: "visa",
    cardLast4: "4242",
    cardExpMonth: 12,
    cardExpYear: 2030,
    ...change,
  };
}

/** Monthly on the 31st at 09:00 in Mexico City since January 2026; its cycle 1 is due at `NOW`. */
export function subscriptionOf(id: string, change: Partial<Subscription> = {}, plan: Plan = planOf()): Subscription {
  const nextCycle = change.nextCycle ?? 1;
  const base = { anchorLocal: "2026-01-31T09:00", timeZone: "America/Mexico_City", ...change };
  return {
    id,
    planId: plan.id,
    customerId: `cus_${id}`,
    status: "active",
    startLocal: base.anchorLocal,
    quantity: 1,
    lineItems: null,
    discount: null,
    billPast: false,
    firstCycle: 0,
    nextCycle,
    nextBillingAt: billingAt(scheduleOf(base, plan), nextCycle),
    cancelAt: null,
    ...{ pauseFrom: null, pauseUntil: null },
    source: "code",
    ...base,
  };
}

/** Open and due at `NOW`. */
export function invoiceOf(subscription: Subscription, cycle: number, change: Partial<Invoice> = {}): Invoice {
  const { start, end } = periodOf(scheduleOf(subscription, planOf()), cycle);
  return {
    id: `inv_${subscription.id}_${cycle}`,
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    cycle,
    periodStart: start,
    periodEnd: end,
    amountCents: 20015,
    oneOffKey: null,
    discountCents: 0,
    discounts: [],
    balanceCents: 0,
    currency: "MXN",
    lineItems: planOf().lineItems,
    ...NO_TAX,
    status: "open",
    statusReason: null,
    missed: false,
    nextAttemptAt: NOW,
    orderId: null,
    declines: 0,
    faults: 0,
    voidWhenSettled: null,
    paidAt: null,
    firstDeclinedAt: null,
    ...OUT_OF_DUNNING,
    retryRequestedAt: null,
    ...change,
  };
}

/** Writes the plan, and each subscription with its customer. */
export async function fill(
  store: Store,
  { plans = [planOf()], subscriptions = [], invoices = [] }: Partial<Filling>,
): Promise<void> {
  await store.write(NOW, async (records) => {
    for (const plan of plans) if ((await records.plan(plan.id)) === null) records.addPlan(plan);
    for (const { customerId } of subscriptions) await records.putCustomer(customerOf(customerId));
    for (const subscription of subscriptions) records.addSubscription(subscription);
    for (const invoice of invoices) records.addInvoice(invoice);
  });
}

type Filling = {
  readonly plans: readonly Plan[];
  readonly subscriptions: readonly Subscription[];
  readonly invoices: readonly Invoice[];
};
