/**
 * Use cases on books in memory, with a clock that is turned by hand and a gateway that does as it is told: what a person asks
 * for costs a test some milliseconds. What SQLite makes of the same stands in test/application.
 */
import { handClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { EnrolmentFacts, EnrolmentRecords } from "../../src/application/ports/enrolment.ts";
import type { Records } from "../../src/application/ports/records.ts";
import type { Log } from "../../src/application/ports/runtime.ts";
import { CircuitBreaker } from "../../src/application/settling/circuit-breaker.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import { type Customer, isDamaged, isTakenOnTrust, type Plan } from "../../src/domain/plan.ts";
import { billedUntilOf } from "../../src/domain/second-subscription.ts";
import { isEnded, type Subscription } from "../../src/domain/subscription.ts";
import { type MemoryStore, openMemoryStore } from "../simulation/memory-store/memory-store.ts";
import { NO_HOLIDAYS, policyOf } from "./policy.ts";
import { customerOf, MINUTE_MS, NOW, planOf } from "./records.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

type Filling = {
  readonly plans?: readonly Plan[];
  /** Beside those of the subscriptions. */
  readonly customers?: readonly Customer[];
  readonly subscriptions?: readonly Subscription[];
  readonly invoices?: readonly Invoice[];
};

export type MemoryApp = Awaited<ReturnType<typeof memoryApp>>;

export async function memoryApp(
  filling: Filling = {},
  { now = NOW, policy = {} }: { readonly now?: Date; readonly policy?: Partial<DunningPolicy> } = {},
) {
  const clock = handClock(now);
  const random = seededRandom(1);
  const memory = openMemoryStore({ random, now });
  const store = { ...memory, enrolment: enrolmentOf(memory) };
  const gateway = new ScriptedGateway();
  gateway.now = () => clock.now();
  const logged: (readonly [level: string, event: string, fields: unknown])[] = [];
  const log = Object.fromEntries(
    ["debug", "info", "warn", "error"].map((level) => [
      level,
      (event: string, fields?: unknown) => void logged.push([level, event, fields]),
    ]),
  ) as unknown as Log;
  const policies = new Map([["standard", policyOf(policy)]]);
  const budgets = { visaReattemptsIn30Days: 15 };
  const limits = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 };
  const needs = {
    ...{ store, clock, random, log, gateway, policies, budgets, minChargeCents: 300 },
    foreseeing: { policies, budgets, limits },
    ...{ calendar: NO_HOLIDAYS, inquiries: { offsetsMs: [MINUTE_MS], rechargeQuietMs: MINUTE_MS } },
    ...{ backoffMs: MINUTE_MS, breaker: new CircuitBreaker() },
    webhooks: { inbox: memory.inbox, orders: gateway },
    sweep: { lister: gateway, records: memory.sweep, inbox: memory.inbox, flow: "single" as const },
  };
  await fill(store, filling, now);
  let read = memory.tables.events.length;
  return {
    ...{ store, tables: memory.tables, clock, gateway, logged, needs },
    inBooks: (work: (records: Records) => Promise<void>) => store.write(clock.now(), work),
    /** The events since it was asked last, without what is null. */
    told: () => {
      const events = memory.tables.events.slice(read);
      read = memory.tables.events.length;
      return events.map(({ id: _id, at: _at, ...event }) =>
        Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)),
      );
    },
    subscription: (id: string) => memory.tables.subscriptions.get(id),
    invoicesOf: (subscriptionId: string) =>
      [...memory.tables.invoices.rows.values()].filter((each) => each.subscriptionId === subscriptionId),
  };
}

/** The plan where none is named, and each subscription with its customer. */
async function fill(
  store: MemoryStore,
  { plans = [planOf()], customers = [], subscriptions = [], invoices = [] }: Filling,
  now: Date,
): Promise<void> {
  await store.write(now, async (records) => {
    for (const plan of plans) records.addPlan(plan);
    for (const customer of customers) await records.putCustomer(customer);
    const named = new Set(customers.map(({ id }) => id));
    for (const { customerId } of subscriptions) {
      if (!named.has(customerId)) await records.putCustomer(customerOf(customerId));
      named.add(customerId);
    }
    for (const subscription of subscriptions) records.addSubscription(subscription);
    for (const invoice of invoices) records.addInvoice(invoice);
  });
}

/** As the store on SQLite has it; of these books only a plan may be damaged. */
function enrolmentOf(store: MemoryStore): EnrolmentRecords {
  const { customers, invoices, plans, subscriptions } = store.tables;
  const enrolled = (subscription: Subscription) => ({
    ...subscription,
    billedUntil: billedUntilOf([...invoices.rows.values()].filter((each) => each.subscriptionId === subscription.id)),
  });
  const all = () => [...subscriptions.rows.values()];
  const namedPlans = (ids: readonly string[]) => ids.flatMap((id) => namedBy(plans.get(id)));
  const facts: EnrolmentRecords["facts"] = async ({ subscriptionIds, customerIds, planIds }) => ({
    subscriptions: new Map(
      all()
        .filter(({ id }) => subscriptionIds.includes(id))
        .map((each) => [each.id, enrolled(each)]),
    ),
    ofCustomer: Map.groupBy(
      all()
        .filter(({ customerId }) => customerIds.includes(customerId))
        .map(enrolled),
      ({ customerId }) => customerId,
    ),
    customers: new Map(customerIds.flatMap((id) => namedBy(customers.get(id)))),
    plans: new Map(namedPlans(planIds).filter(([, plan]) => !isDamaged(plan))),
    damagedPlans: new Set(namedPlans(planIds).flatMap(([id, plan]) => (isDamaged(plan) ? [id] : []))),
    damagedSubscriptions: new Set(),
  });
  return {
    facts,
    customersByEmail: async (emails) =>
      Map.groupBy(
        [...customers.rows.values()].flatMap(({ id, email }) => (emails.includes(emailOf(email)) ? id : [])),
        (id) => emailOf(customers.get(id)?.email ?? null),
      ),
    knownCustomers: async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const customer = customers.get(id);
          return customer === undefined ? [] : [[id, { isTrusted: isTakenOnTrust(customer) }] as const];
        }),
      ),
    goingOnFromFile: async () => all().filter(({ source, status }) => source === "file" && !isEnded(status)),
    payers: (ids, now) => store.write(now, (records) => records.payers(ids)),
    waitingForEach: (whose) =>
      store.write(NOW, async (records) => {
        const found = new Map();
        for (const { id, customerId, currency } of whose)
          found.set(id, await records.waitingFor({ id, customerId } as Subscription, currency));
        return found;
      }),
    enrol: async (asked, now, decide) => {
      const known: EnrolmentFacts = await facts(asked);
      await store.write(now, async (records) => {
        const wanted = decide(known);
        for (const customer of wanted.customers) await records.putCustomer(customer);
        for (const subscription of wanted.subscriptions) records.addSubscription(subscription);
        for (const { id, ...terms } of wanted.changed ?? [])
          Object.assign((await records.subscription(id)) ?? {}, terms);
        for (const event of wanted.events) records.record(event);
      });
    },
  };
}

function emailOf(email: string | null): string {
  return (email ?? "").toLowerCase();
}

function namedBy<T extends { readonly id: string }>(row: T | undefined): [string, T][] {
  return row === undefined ? [] : [[row.id, row]];
}
