/**
 * A seed: plans, customers and subscriptions that a script wants, all of them or none; run again it changes nothing.
 *
 * The script runs first, and may ask Conekta for customers; no transaction is open meanwhile. What it wants of the books is
 * then written in one. A crash or a fault before that leaves the books as they were. Customers whom Conekta had made by
 * then stay there, charged nothing; the same script again finds them.
 */
import { customerMadeOnce } from "../../application/customers/customers-at-conekta.ts";
import { upsertCustomer } from "../../application/customers/upsert-customer.ts";
import type { GatewayCustomer, NewCustomer } from "../../application/ports/gateway.ts";
import { addSubscription } from "../../application/subscriptions/add-subscription.ts";
import { putPlan } from "../../application/plans/put-plan.ts";
import { readFiscal } from "../../adapters/files/fiscal-file.ts";
import type { Assembly } from "../../assemble.ts";
import { isLoopback } from "../../config/variables.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { BillingError, Refused } from "../../domain/errors.ts";
import type { Plan } from "../../domain/plan.ts";
import type { SubscriptionOrder } from "../../domain/subscription.ts";
import { labelOf } from "../person-label.ts";
import { orderFrom, planFrom, type PlanWish, type SubscriptionWish } from "./wishes.ts";

export type SeedHandle = {
  /** Conekta is a server of this machine: no money can move. */
  readonly isSandbox: boolean;
  readonly plans: { put(plan: PlanWish): void };
  readonly customers: {
    /** The one of this e-mail and phone; who is not there yet is made at Conekta. */
    create(person: NewCustomer): Promise<{ readonly customerId: string }>;
    /** One who exists at Conekta. */
    adopt(id: string): Promise<{ readonly customerId: string }>;
  };
  readonly subscriptions: { create(subscription: SubscriptionWish): void };
};

/** What a seed file exports by default. */
export type Seed = (puntual: SeedHandle) => Promise<void> | void;

export type Sown = { readonly plans: number; readonly customers: number; readonly subscriptions: number };

/** @returns how many of each were added */
export async function sow(app: Assembly, cwd: string, seed: Seed): Promise<Sown> {
  const plans: Plan[] = [];
  const orders: SubscriptionOrder[] = [];
  const customers = new Map<string, GatewayCustomer>();
  const { tax } = readFiscal(cwd);
  const { timeZone } = app.config.billing;

  await ran(seed, {
    isSandbox: isLoopback(new URL(app.config.conekta.baseUrl).hostname),
    plans: { put: (wish) => void plans.push(planFrom(wish, tax)) },
    customers: {
      async create(person) {
        const { email, phone } = person;
        const made = [...customers.values()].find((each) => each.email === email && each.phone === phone);
        if (made !== undefined) return { customerId: made.id };
        const [known] = await app.store.list("customers", { where: { email, phone }, limit: 1 });
        if (known !== undefined) return known;
        const needs = { store: app.store, gateway: await app.gateway() };
        const created = await customerMadeOnce(needs, person, { request: labelOf(person) });
        customers.set(created.id, created);
        return { customerId: created.id };
      },
      async adopt(customerId) {
        const [known] = await app.store.list("customers", { where: { customerId }, limit: 1 });
        if (known === undefined) customers.set(customerId, await (await app.gateway()).readCustomer(customerId));
        return { customerId };
      },
    },
    subscriptions: { create: (wish) => void orders.push(orderFrom(wish, timeZone)) },
  });

  return await app.store.together(async (store) => {
    const { clock, random, config } = app;
    const needs = { store, clock, random, policies: app.policies, minChargeCents: config.charging.minChargeCents };
    for (const customer of customers.values()) {
      await store.confirmMode(customer.livemode);
      await store.write(clock.now(), (records) => upsertCustomer(records, customer, "customer.created"));
    }
    let newPlans = 0;
    for (const plan of plans) {
      newPlans += (await store.list("plans", { where: { planId: plan.id } })).length === 0 ? 1 : 0;
      await putPlan(needs, plan, localDateTextOf(clock.now(), timeZone));
    }
    let newSubscriptions = 0;
    for (const order of orders) {
      const [known] = await store.list("subscriptions", { where: { subscriptionId: order.id }, limit: 1 });
      if (known === undefined) {
        await addSubscription(needs, order, "code", { confirmed: true });
        newSubscriptions += 1;
      } else if (FIXED.some((field) => known[field] !== order[field]))
        throw new Refused(`subscription ${order.id} is there already, and is another one; nothing was seeded`);
    }
    return { plans: newPlans, customers: customers.size, subscriptions: newSubscriptions };
  });
}

/** Its own error is told in one sentence, like any other refusal. */
async function ran(seed: Seed, handle: SeedHandle): Promise<void> {
  try {
    await seed(handle);
  } catch (cause) {
    if (cause instanceof BillingError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Refused(`the seed stopped, and nothing was added: ${why}`, { cause });
  }
}

/** What a subscription never changes. */
const FIXED = ["planId", "customerId", "startLocal", "timeZone"] as const;
