import { describe, expect, test } from "@jest/globals";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { applyPlans, type PlansApplied } from "../../src/application/subscriptions/apply-plans.ts";
import type { PlansInput } from "../../src/application/subscriptions/plans-input.ts";
import { ConfigurationInvalid, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { SubscriptionOrder } from "../../src/domain/subscription.ts";
import { customerOf, planOf } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";

type FilePlan = PlansInput["plans"][number];
type FileSubscription = PlansInput["subscriptions"][number];

function filePlan(change: Partial<Plan> = {}): FilePlan {
  const { source: _source, ...plan } = planOf(change);
  return plan;
}

function fileSubscription(id: string, change: Partial<SubscriptionOrder> = {}): FileSubscription {
  return {
    id,
    planId: "oro",
    customerId: `cus_${id}`,
    startLocal: "2026-01-31T09:00",
    timeZone: "America/Mexico_City",
    quantity: 1,
    lineItems: null,
    discount: null,
    billPast: false,
    where: `line ${id.length}`,
    ...change,
  };
}

const FILE: PlansInput = { plans: [filePlan()], subscriptions: [fileSubscription("a")] };

/** A desk whose gateway knows the named customers. */
async function fileDesk(ids: readonly string[] = ["a", "b", "c"]): Promise<Desk> {
  const desk = await openDesk();
  for (const id of ids) desk.gateway.customers.set(`cus_${id}`, { ...customerOf(`cus_${id}`), livemode: false });
  return desk;
}

async function apply(
  desk: Desk,
  input: PlansInput,
  options: { dryRun?: boolean; prune?: boolean; offline?: boolean } = {},
): Promise<PlansApplied> {
  const needs = { ...desk.needs, gateway: options.offline === true ? null : desk.gateway };
  const { dryRun = false, prune = false } = options;
  return await applyPlans(needs, input, { fileName: "plans.yaml", dryRun, prune });
}

/** "add plan oro, add customer cus_a": what was changed, in a word or three each. */
function words({ changes }: PlansApplied): string {
  return changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`).join(", ");
}

/** Everything but the record of reads: what must not change when nothing is applied. */
async function booksOf(desk: Desk): Promise<unknown> {
  const { store } = desk.app;
  return {
    plans: await store.list("plans", {}),
    subscriptions: await store.list("subscriptions", {}),
    customers: await store.list("customers", {}),
    invoices: await store.list("invoices", {}),
    events: await store.list("events", {}),
    installation: await store.installation(),
  };
}

describe("what a file does to the books", () => {
  test("a first time, everything is added; a second time, nothing is changed", async () => {
    await using desk = await fileDesk();
    expect(words(await apply(desk, FILE))).toBe("add plan oro, add customer cus_a, add subscription a");
    const before = await booksOf(desk);
    expect(await apply(desk, FILE)).toEqual({ changes: [], unchanged: 2 });
    expect(await booksOf(desk)).toEqual(before);
    expect(await desk.subscription("a")).toMatchObject({ status: "active", nextBillingAt: "2026-01-31T15:00:00.000Z" });
    expect((await desk.app.store.list("customers", {}))[0]).toMatchObject({ cardLast4: "4242" });
  });

  test("a dry run tells the same, and changes nothing", async () => {
    await using desk = await fileDesk();
    const before = await booksOf(desk);
    const told = await apply(desk, FILE, { dryRun: true });
    expect(await booksOf(desk)).toEqual(before);
    expect(await apply(desk, FILE)).toEqual(told);
  });

  test("a new price is told from what to what, and holds from the next invoice on", async () => {
    await using desk = await fileDesk();
    await apply(desk, FILE);
    await desk.run();
    const dearer = filePlan({ lineItems: [{ name: "Plan Oro", unitPriceCents: 30000, quantity: 1 }] });
    const { changes } = await apply(desk, { ...FILE, plans: [dearer] });
    expect(changes).toMatchObject([{ action: "change", kind: "plan", id: "oro" }]);
    expect(changes[0]?.details.join("; ")).toMatch(/20015.*->.*30000/);
    desk.clock.set(new Date("2026-02-28T15:00:00Z"));
    await desk.run();
    expect((await desk.invoices("a")).map((row) => row["amountCents"])).toEqual([20015, 30000]);
  });

  test("a quantity, a discount, lines of its own: changed on the subscription", async () => {
    await using desk = await fileDesk();
    await apply(desk, FILE);
    const wanted = fileSubscription("a", { quantity: 2, discount: { percent: 10 } });
    expect((await apply(desk, { ...FILE, subscriptions: [wanted] })).changes).toMatchObject([
      { action: "change", kind: "subscription", id: "a" },
    ]);
    await desk.run();
    expect((await desk.invoices("a"))[0]).toMatchObject({ amountCents: 36027, discountCents: 4003 });
  });

  test("one that was never billed may still begin differently", async () => {
    await using desk = await fileDesk();
    await apply(desk, FILE);
    const wanted = fileSubscription("a", { startLocal: "2026-03-01T10:00" });
    expect(words(await apply(desk, { ...FILE, subscriptions: [wanted] }))).toBe("change subscription a");
    expect(await desk.subscription("a")).toMatchObject({ nextBillingAt: "2026-03-01T16:00:00.000Z" });
  });

  test("what is gone from the file is told, and goes on", async () => {
    await using desk = await fileDesk();
    await apply(desk, { ...FILE, subscriptions: [fileSubscription("a"), fileSubscription("b")] });
    expect(words(await apply(desk, FILE))).toBe("gone subscription b");
    expect(await desk.subscription("b")).toMatchObject({ status: "active", cancelAt: null });
  });

  test("with --prune it is canceled at the end of its period, and a plan nobody names removed", async () => {
    await using desk = await fileDesk();
    const file = { plans: [filePlan(), filePlan({ id: "plata" })], subscriptions: [fileSubscription("a")] };
    await apply(desk, file);
    await desk.run();
    const pruned = await apply(desk, { plans: [filePlan()], subscriptions: [] }, { prune: true });
    expect(words(pruned)).toBe("cancel subscription a, remove plan plata");
    expect(await desk.subscription("a")).toMatchObject({ status: "active", cancelAt: "2026-02-28T15:00:00.000Z" });
    expect(words(await apply(desk, { plans: [filePlan()], subscriptions: [] }, { prune: true }))).toBe("");
  });

  test("what did not come from a file is left alone", async () => {
    await using desk = await fileDesk();
    await apply(desk, FILE);
    await addSubscription(desk.needs, { ...fileSubscription("cli"), customerId: "cus_a" }, "cli");
    expect(words(await apply(desk, FILE, { prune: true }))).toBe("");
    expect(await desk.subscription("cli")).toMatchObject({ status: "active", cancelAt: null });
  });

  test("offline, customers are taken as they are named, and nobody is asked", async () => {
    await using desk = await fileDesk([]);
    expect(words(await apply(desk, FILE, { offline: true }))).toBe(
      "add plan oro, add customer cus_a, add subscription a",
    );
    expect((await desk.app.store.list("customers", {}))[0]).toMatchObject({ name: "cus_a", cardLast4: null });
  });

  test("one that has ended does not begin again: its id is used up", async () => {
    await using desk = await fileDesk();
    await apply(desk, { ...FILE, plans: [filePlan({ expiryCount: 1 })] });
    await desk.run();
    expect(await desk.subscription("a")).toMatchObject({ status: "completed" });
    expect(words(await apply(desk, { ...FILE, plans: [filePlan({ expiryCount: 1 })] }))).toBe("ended subscription a");
  });
});

describe("what a file is refused for: all of it, told at once, and nothing is done", () => {
  test.each<[string, PlansInput, RegExp]>([
    ["the currency of a plan in use", { ...FILE, plans: [filePlan({ currency: "USD" })] }, /currency.*new id/s],
    ["the interval of a plan in use", { ...FILE, plans: [filePlan({ interval: "week" })] }, /interval.*new id/s],
    ["the frequency of a plan in use", { ...FILE, plans: [filePlan({ frequency: 2 })] }, /frequency.*new id/s],
    [
      "the trial of a plan in use",
      { ...FILE, plans: [filePlan({ trialPeriodDays: 7 })] },
      /trial_period_days.*new id/s,
    ],
    ["the expiry of a plan in use", { ...FILE, plans: [filePlan({ expiryCount: 7 })] }, /expiry_count.*new id/s],
    ["another customer", withSubscription({ customerId: "cus_b" }), /customer is fixed.*use a new id/s],
    ["another start", withSubscription({ startLocal: "2026-02-01T09:00" }), /start is fixed.*use a new id/s],
    ["another zone", withSubscription({ timeZone: "America/Tijuana" }), /time_zone is fixed.*use a new id/s],
    [
      "a plan that does not exist",
      withSubscription({ id: "b", customerId: "cus_b", planId: "none" }),
      /names plan none/,
    ],
    [
      "a customer Conekta does not know",
      withSubscription({ id: "x", customerId: "cus_x" }),
      /plans\.yaml, line 1 .*cus_x.*does not know this customer/s,
    ],
  ])("%s", async (_what, file, message) => {
    await using desk = await fileDesk();
    await apply(desk, FILE);
    await desk.run();
    const before = await booksOf(desk);
    // What is right in the same file is not done either.
    const mixed = { plans: [...file.plans, filePlan({ id: "fine" })], subscriptions: file.subscriptions };
    const refusal = apply(desk, mixed);
    await expect(refusal).rejects.toMatchObject({ name: "ConfigurationInvalid" });
    await expect(refusal).rejects.toThrow(message);
    expect(await booksOf(desk)).toEqual(before);
  });

  test.each([
    ["no default card", { paymentSourceId: null, cardLast4: null }, "has no default card"],
    ["a card that has expired", { cardExpMonth: 12, cardExpYear: 2025 }, "expired"],
  ])("a new customer with %s", async (_what, card, message) => {
    await using desk = await fileDesk([]);
    desk.gateway.customers.set("cus_a", { ...customerOf("cus_a", card), livemode: false });
    await expect(apply(desk, FILE)).rejects.toThrow(message);
    expect(await desk.app.store.list("plans", {})).toEqual([]);
  });

  test("a card is good until the last moment of its month", async () => {
    await using desk = await fileDesk([]);
    const card = { cardExpMonth: 1, cardExpYear: 2026 };
    desk.gateway.customers.set("cus_a", { ...customerOf("cus_a", card), livemode: false });
    expect(words(await apply(desk, FILE))).toContain("add subscription a");
  });

  test("every fault of a file is told at once", async () => {
    await using desk = await fileDesk();
    const subscriptions = [fileSubscription("a", { planId: "x" }), fileSubscription("b", { planId: "y" })];
    const refusal = apply(desk, { ...FILE, subscriptions }).catch((error: unknown) => error);
    expect(((await refusal) as ConfigurationInvalid).faults).toHaveLength(2);
  });

  test("all periods over at the start, and no word that the past is to be billed", async () => {
    await using desk = await fileDesk();
    const file = {
      plans: [filePlan({ expiryCount: 3 })],
      subscriptions: [fileSubscription("a", { startLocal: "2020-01-31T09:00" })],
    };
    await expect(apply(desk, file)).rejects.toThrow("all 3 periods are over already");
  });

  test("the gateway cannot be asked about a customer: nothing is done", async () => {
    await using desk = await fileDesk();
    desk.gateway.failingReads.push(new GatewayUnavailable("connection refused"));
    await expect(apply(desk, FILE)).rejects.toMatchObject({ name: "GatewayUnavailable" });
    expect(await desk.app.store.list("plans", {})).toEqual([]);
  });

  test("customers of the other mode", async () => {
    await using desk = await fileDesk();
    await desk.app.store.confirmMode(true);
    await expect(apply(desk, FILE)).rejects.toMatchObject({ name: "WrongMode" });
    expect(await desk.app.store.list("customers", {})).toEqual([]);
  });
});

function withSubscription(change: Partial<SubscriptionOrder>): PlansInput {
  const subscription = fileSubscription("a", change);
  return {
    plans: [filePlan()],
    subscriptions: change.id === undefined ? [subscription] : [fileSubscription("a"), subscription],
  };
}
