/** One customer who is put on one plan: what is written and told, what is refused, and what only a person's word lets through. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { customerOf, invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { LineItem } from "../../domain/money.ts";
import type { Plan } from "../../domain/plan.ts";
import { said } from "../../domain/refusals.ts";
import type { SubscriptionOrder } from "../../domain/subscription.ts";
import { taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import { addSubscription } from "./add-subscription.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
const line = (unitPriceCents: number, more: object = {}): LineItem => ({
  name: "x",
  unitPriceCents,
  quantity: 1,
  ...more,
});
const ARCHIVED = planOf({ id: "old", archivedAt: NOW });
const DAMAGED = planOf({ id: "damaged", prices: "x" as never });
const SHORT = planOf({ id: "short", expiryCount: 2 });
const PLATA = planOf({ id: "plata", name: "Plan Plata" });

function order(change: Partial<SubscriptionOrder> = {}): SubscriptionOrder {
  return {
    ...{
      id: "new",
      planId: "oro",
      customerId: "cus_b",
      startLocal: "2026-01-31T09:00",
      timeZone: "America/Mexico_City",
    },
    ...{ quantity: 1, lineItems: null, discount: null, billPast: false },
    ...change,
  };
}

/** Ana is on oro, and paid it until the end of February. */
async function worldOf(plan: Partial<Plan> = {}) {
  const ana = subscriptionOf("a");
  const app = await memoryApp(
    {
      ...{
        plans: [planOf(plan), PLATA, ARCHIVED, DAMAGED, SHORT],
        subscriptions: [ana],
        customers: [customerOf("cus_b")],
      },
      invoices: [invoiceOf(ana, 0, { status: "paid", paidAt: NOW, nextAttemptAt: null })],
    },
    { now: NOW },
  );
  const add = (change: Partial<SubscriptionOrder> = {}, ...how: readonly { readonly confirmed?: boolean }[]) =>
    addSubscription(app.needs, order(change), "cli", ...how);
  return { ...app, add };
}

test("it is written, answered, and told", async () => {
  const { add, subscription, told } = await worldOf();
  const added = await add({ quantity: 2 });
  expect(added).toEqual(subscriptionOf("new", { customerId: "cus_b", nextCycle: 0, quantity: 2, source: "cli" }));
  expect(subscription("new")).toEqual(added);
  const data = { planId: "oro", source: "cli", firstCycle: 0 };
  expect(told()).toEqual([{ type: "subscription.created", subscriptionId: "new", customerId: "cus_b", data }]);
});

describe("what cannot be", () => {
  const partly = [line(900), line(900, { tax: { rate: 16 } })];
  const fault = taxFaultOf(partly, null, "2026-02-10")!;
  const cheap = (amountCents: number) => said("amount_too_small", { amountCents, leastCents: 300 });
  test.each<[change: Partial<SubscriptionOrder>, thrown: object]>([
    [
      { planId: "cobre" },
      { name: "NotFound", said: said("no_plan", { id: "cobre" }), mend: { do: "list", what: "plans" } },
    ],
    [{ planId: "damaged" }, { name: "Refused", said: said("row_damaged", { id: "damaged" }) }],
    [{ planId: "old" }, { name: "Refused", said: said("plan_archived", { id: "old" }) }],
    [
      { customerId: "cus_x" },
      {
        ...{ name: "NotFound", said: said("no_customer", { id: "cus_x" }) },
        mend: { do: "add_customer", customerId: "cus_x" },
      },
    ],
    [{ id: "a" }, { name: "Refused", said: said("subscription_exists", { id: "a" }) }],
    [
      { lineItems: partly },
      { name: "UsageInvalid", said: said("line_tax", { line: fault.line + 1, why: taxFaultSaid(fault) }) },
    ],
    [{ lineItems: [line(299)] }, { name: "UsageInvalid", said: cheap(299) }],
    [{ lineItems: [line(1)] }, { name: "UsageInvalid", said: cheap(1) }],
    [
      { lineItems: [line(299)], quantity: 2, discount: { percent: 50 } },
      { name: "UsageInvalid", said: cheap(299) },
    ],
    [
      { planId: "short", startLocal: "2020-01-31T09:00" },
      { name: "Refused", said: said("periods_over", { count: 2, planId: "short", start: "2020-01-31T09:00" }) },
    ],
  ])("%j is refused: %j", async (change, thrown) => {
    const { add, told, tables } = await worldOf();
    expect(await thrownBy(add(change))).toMatchObject(thrown);
    expect([told(), tables.subscriptions.rows.size]).toEqual([[], 1]);
  });

  test.each<[change: Partial<SubscriptionOrder>, plan: Partial<Plan>, because: string]>([
    [{ lineItems: [line(0)] }, {}, "nothing is charged of nothing"],
    [{ lineItems: [line(300)] }, {}, "it is the least"],
    [{ quantity: 1 }, { lineItems: [line(300)] }, "the plan's lines count where it has none"],
    [{ lineItems: [line(900)] }, { lineItems: [line(1)] }, "its own count where it has some"],
    [{ lineItems: [line(260)] }, { tax: { rate: 16, included: false } }, "with the tax that is added it is enough"],
  ])("%j of a plan of %j is added (%s)", async (change, plan) => {
    const { add, subscription } = await worldOf(plan);
    await add(change);
    expect(subscription("new")).toBeDefined();
  });
});

describe("what looks like a second one of the same", () => {
  const twice = said("same_plan_twice", { customerId: "cus_a", planId: "oro", otherId: "a", gone: "" });
  const billed = said("period_billed_already", { customerId: "cus_a", otherId: "a", otherPlanId: "oro", gone: "" });
  test.each<[change: Partial<SubscriptionOrder>, fault: object]>([
    [{}, { what: twice, mend: { do: "keep_subscription", subscriptionId: "a", startLocal: "2026-02-28T09:00" } }],
    [{ planId: "plata" }, { what: billed, mend: { do: "start_at", startLocal: "2026-02-28T09:00" } }],
  ])("%j waits for a person's word: %j", async (change, fault) => {
    const { add, told, subscription } = await worldOf();
    const wanted = { customerId: "cus_a", ...change };
    for (const how of [[], [{}], [{ confirmed: false }]])
      expect(await thrownBy(add(wanted, ...how))).toMatchObject({
        ...{ name: "NeedsConfirmation", subject: said("nothing_added") },
        faults: [{ where: "subscription new", ...fault }],
      });
    expect([told(), subscription("new")]).toEqual([[], undefined]);
    await add(wanted, { confirmed: true });
    expect(subscription("new")).toBeDefined();
  });

  test("another plan, from another day on, is none", async () => {
    const { add, subscription } = await worldOf();
    await add({ customerId: "cus_a", planId: "plata", startLocal: "2026-02-01T09:00" });
    expect(subscription("new")).toBeDefined();
  });
});
