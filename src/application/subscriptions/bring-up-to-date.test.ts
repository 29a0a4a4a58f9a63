/** What fell due is opened before a person changes a subscription: by the state before, with what waited for it. */
import { expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import { said } from "../../domain/refusals.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import { foresee } from "./foresee.ts";

const DUE = new Date("2026-02-28T15:00:00Z");
const later = (days: number) => new Date(DUE.getTime() + days * 86_400_000);

async function worldOf(now: Date, ana: Partial<Subscription> = {}, plan: Partial<Plan> = {}) {
  const oro = planOf(plan);
  const app = await memoryApp({ plans: [oro], subscriptions: [subscriptionOf("ana", ana, oro)] }, { now });
  const bring = () =>
    app.store.write(now, async (records) => await upToDateSubscription(records, "ana", now, app.needs.random));
  return { ...app, bring, words: () => app.invoicesOf("ana").map(({ cycle, status }) => `${cycle} ${status}`) };
}

test.each<[now: Date, ana: Partial<Subscription>, words: readonly string[], because: string]>([
  [new Date(DUE.getTime() - 1), {}, [], "nothing fell due"],
  [DUE, {}, ["1 open"], "it falls due this very moment"],
  [later(40), {}, ["1 open", "2 open"], "two cycles fell due"],
  [later(40), { status: "paused" }, ["1 void", "2 void"], "they fell due in a pause"],
  [later(40), { cancelAt: DUE }, [], "it ended before them"],
  [later(40), { nextBillingAt: null }, [], "none is to come"],
])("at %p, %j: %j (%s)", async (now, ana, words) => {
  const world = await worldOf(now, ana);
  await world.bring();
  expect(world.words()).toEqual(words);
});

test("an end that came meanwhile is an end", async () => {
  const { bring, subscription } = await worldOf(later(1), { cancelAt: DUE });
  expect((await bring()).subscription.status).toBe("canceled");
  expect(subscription("ana")).toMatchObject({ status: "canceled", nextBillingAt: null });
});

test("a plan's charges are counted without those that are void", async () => {
  const { bring, subscription, words } = await worldOf(later(40), { status: "paused" }, { expiryCount: 3 });
  await bring();
  expect(words()).toEqual(["1 void", "2 void"]);
  expect(subscription("ana")?.nextBillingAt).toEqual(new Date("2026-04-30T15:00:00Z"));
});

test("what waited rides on it, and the opening is told", async () => {
  const { bring, inBooks, invoicesOf, tables, told } = await worldOf(DUE);
  await inBooks(async (records) => {
    records.addItem({
      ...{
        id: "itm_1",
        key: "locker",
        customerId: "cus_ana",
        subscriptionId: "ana",
        name: "Locker",
        amountCents: 5000,
      },
      ...{ discountCents: 0, currency: "MXN", tax: null, createdAt: DUE, createdBy: "eva", removedAt: null },
      ...{ invoiceId: null, lastInvoiceId: null },
    });
  });
  await bring();
  const [invoice] = invoicesOf("ana");
  expect(invoice).toMatchObject({ amountCents: 25015, cycle: 1 });
  expect(tables.items.get("itm_1")?.invoiceId).toBe(invoice?.id);
  expect(told()).toMatchObject([{ type: "invoice.opened", invoiceId: invoice?.id }]);
});

test("one that is not there is not found, and neither is one whose plan is gone", async () => {
  const { store, needs, tables } = await worldOf(DUE);
  const ask = (id: string) =>
    thrownBy(store.write(DUE, async (records) => void (await upToDateSubscription(records, id, DUE, needs.random))));
  expect(await ask("x")).toMatchObject({
    ...{ name: "NotFound", said: said("no_subscription", { id: "x" }), mend: { do: "list", what: "subscriptions" } },
  });
  tables.plans.remove("oro");
  expect(await ask("ana")).toMatchObject({
    name: "NotFound",
    said: said("plan_gone", { subscriptionId: "ana", planId: "oro" }),
  });
});

test("what would be done is answered, and taken back; what fails, fails", async () => {
  const { store, subscription } = await worldOf(DUE);
  const answer = await foresee(store, DUE, async (records) => {
    const ana = await records.subscription("ana");
    Object.assign(ana!, { quantity: 9 });
    return ana?.quantity;
  });
  expect([answer, subscription("ana")?.quantity]).toEqual([9, 1]);
  const slip = new Error("a slip");
  await expect(foresee(store, DUE, () => Promise.reject(slip))).rejects.toBe(slip);
  const lost = new Error("the connection is lost");
  const losing = {
    write: async <T>(_now: Date, work: (records: never) => Promise<T>): Promise<T> => {
      await work(null as never).catch(() => {});
      throw lost;
    },
  };
  await expect(foresee(losing, DUE, async () => 1)).rejects.toBe(lost);
});
