import { describe, expect, test } from "@jest/globals";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { applyPlans, type PlansApplied } from "../../src/application/plans/apply-plans.ts";
import { addCoupon, giveCoupon, takeCoupon } from "../../src/application/coupons/coupons.ts";
import { addItem } from "../../src/application/items/add-item.ts";
import { changeSubscription } from "../../src/application/subscriptions/change-subscription.ts";
import { recordConsent } from "../../src/application/subscriptions/consents.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { pauseSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import type { PlansInput } from "../../src/application/plans/plans-input.ts";
import type { Coupon } from "../../src/domain/coupon.ts";
import { ConfigurationInvalid, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { SubscriptionOrder } from "../../src/domain/subscription.ts";
import { digestOf } from "../../src/entrypoints/digest.ts";
import { customerOf, planOf } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";

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

/** A app whose gateway knows the named customers. */
async function appKnowing(ids: readonly string[] = ["a", "b", "c"]): Promise<AppFixture> {
  const app = await openApp();
  for (const id of ids) app.gateway.customers.set(`cus_${id}`, { ...customerOf(`cus_${id}`), livemode: false });
  return app;
}

async function apply(
  app: AppFixture,
  input: PlansInput,
  options: { dryRun?: boolean; prune?: boolean; offline?: boolean; confirmed?: boolean } = {},
): Promise<PlansApplied> {
  const needs = { ...app.needs, gateway: options.offline === true ? null : app.gateway };
  const { dryRun = false, prune = false, confirmed = false } = options;
  return await applyPlans(needs, input, { fileName: "plans.yaml", dryRun, prune, confirmed });
}

/** "add plan oro, add customer cus_a": what was changed, in a word or three each. */
function words({ changes }: PlansApplied): string {
  return changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`).join(", ");
}

/** Everything but the record of reads: what must not change when nothing is applied. */
async function booksOf(app: AppFixture): Promise<unknown> {
  const { store } = app;
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
    await using app = await appKnowing();
    const first = await apply(app, FILE);
    expect(words(first)).toBe("add plan oro, add customer cus_a, add subscription a");
    expect(first.changes.flatMap(({ details }) => details)).toEqual([
      "Plan Oro: $200.15 MXN every month",
      "Señora cus_a, visa ending in 4242",
      "Plan Oro for Señora cus_a (cus_a), is charged with the next run, $200.15 MXN: due since 2026-01-31 09:00 America/Mexico_City",
    ]);
    const before = await booksOf(app);
    expect(await apply(app, FILE)).toEqual({ changes: [], unchanged: 2, doubts: [] });
    expect(await booksOf(app)).toEqual(before);
    expect(await app.subscription("a")).toMatchObject({ status: "active", nextBillingAt: "2026-01-31T15:00:00.000Z" });
    expect((await app.store.list("customers", {}))[0]).toMatchObject({ cardLast4: "4242" });
  });

  test("a dry run tells the same, and changes nothing", async () => {
    await using app = await appKnowing();
    const before = await booksOf(app);
    const told = await apply(app, FILE, { dryRun: true });
    expect(await booksOf(app)).toEqual(before);
    expect(await apply(app, FILE)).toEqual(told);
  });

  test("a new price is told from what to what, and holds from the next invoice on", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    await app.run();
    const dearer = filePlan({ lineItems: [{ name: "Plan Oro", unitPriceCents: 30000, quantity: 1 }] });
    const { changes } = await apply(app, { ...FILE, plans: [dearer] });
    expect(changes).toMatchObject([{ action: "change", kind: "plan", id: "oro" }]);
    expect(changes[0]?.details.join("; ")).toBe("price: $200.15 MXN -> $300.00 MXN, from the next invoice on");
    app.clock.set(new Date("2026-02-28T15:00:00Z"));
    await app.run();
    expect((await app.invoices("a")).map((row) => row["amountCents"])).toEqual([20015, 30000]);
  });

  test("a price with a date holds for the cycles that begin on that local day, or later", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    const lineItems = [{ name: "Plan Oro", unitPriceCents: 25_000, quantity: 1 }];
    const dated = { ...FILE, plans: [filePlan({ prices: [{ from: "2026-03-31", lineItems }] })] };
    expect((await apply(app, dated)).changes).toMatchObject([
      { action: "change", details: ["later prices: none -> $250.00 MXN from 2026-03-31"] },
    ]);
    expect((await apply(app, dated)).changes).toEqual([]);
    for (const at of ["2026-01-31T15:00:00Z", "2026-02-28T15:00:00Z", "2026-03-31T15:00:00Z"]) {
      app.clock.set(new Date(at));
      await app.run();
    }
    expect((await app.invoices("a")).map(({ amountCents }) => amountCents)).toEqual([20_015, 20_015, 25_000]);
    expect((await apply(app, FILE)).changes).toMatchObject([
      { details: ["later prices: $250.00 MXN from 2026-03-31 -> none"] },
    ]);
  });

  test("a quantity, a discount, lines of its own: changed on the subscription", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    const wanted = fileSubscription("a", { quantity: 2, discount: { percent: 10 } });
    const { changes } = await apply(app, { ...FILE, subscriptions: [wanted] });
    expect(changes).toMatchObject([{ action: "change", kind: "subscription", id: "a" }]);
    expect(changes[0]?.details.at(-1)).toBe("amount: $200.15 MXN -> $360.27 MXN");
    await app.run();
    expect((await app.invoices("a"))[0]).toMatchObject({ amountCents: 36027, discountCents: 4003 });
  });

  test("one that was never billed may still begin differently", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    const wanted = fileSubscription("a", { startLocal: "2026-03-01T10:00" });
    expect(words(await apply(app, { ...FILE, subscriptions: [wanted] }))).toBe("change subscription a");
    expect(await app.subscription("a")).toMatchObject({ nextBillingAt: "2026-03-01T16:00:00.000Z" });
  });

  const TO_COME = fileSubscription("a", { startLocal: "2026-02-20T09:00" });
  const WISH = { version: "1", text: "Acepto.", channel: "web", addressHash: null, consentedAt: null } as const;
  const NEXT = { planId: null, quantity: 3, apply: null, on: null };
  const COUPON: Coupon = {
    ...{ code: "P10", percentHundredths: 1000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
    ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
  };
  const LOCKER = {
    ...{ key: "locker", customerId: null, subscriptionId: "a", name: "Locker", amountCents: 15000, currency: null },
    ...{ tax: null, now: false, by: "ana" },
  };

  test.each<[what: string, act: (app: AppFixture) => Promise<unknown>]>([
    [
      "to which its customer agreed",
      (app) => recordConsent(app.needs, "a", { id: "cns_1", amountCents: null, ...WISH }, "ana"),
    ],
    [
      "that was given a coupon, and lost it again",
      async (app) => {
        await addCoupon(app.needs, COUPON);
        await giveCoupon(app.needs, "a", { code: "P10", by: "ana" });
        await takeCoupon(app.needs, "a", "P10");
      },
    ],
    ["for which an item waits", (app) => addItem(app.needs, LOCKER)],
    [
      "that a person put on other terms",
      (app) => changeSubscription({ ...app.needs, digest: digestOf }, "a", NEXT, { token: null, by: "ana" }),
    ],
  ])("one that was never billed, and %s, is not forgotten for another start", async (_what, act) => {
    await using app = await appKnowing();
    await apply(app, { ...FILE, subscriptions: [TO_COME] });
    await act(app);
    expect(await app.invoices("a")).toEqual([]);
    const wanted = fileSubscription("a", { startLocal: "2026-03-01T10:00" });
    await expect(apply(app, { ...FILE, subscriptions: [wanted] })).rejects.toThrow(/start is fixed.*a consent/);
  });

  test("the quantity of one that was never billed is free, whatever names it and however a change is to begin", async () => {
    await using app = await appKnowing();
    await apply(app, { ...FILE, subscriptions: [TO_COME] });
    await recordConsent(app.needs, "a", { id: "cns_1", amountCents: null, ...WISH }, "ana");
    await apply(app, { ...FILE, subscriptions: [{ ...TO_COME, quantity: 2, change: "next_invoice" }] });
    expect(await app.subscription("a")).toMatchObject({ quantity: 2 });
  });

  test("another plan in the file does not forget the coupon of one that was never billed; it is said how", async () => {
    await using app = await appKnowing();
    const plans = [filePlan(), filePlan({ id: "plata" })];
    await apply(app, { plans, subscriptions: [TO_COME] });
    await addCoupon(app.needs, COUPON);
    await giveCoupon(app.needs, "a", { code: "P10", by: "ana" });
    const edited = { ...TO_COME, planId: "plata" };
    await expect(apply(app, { plans, subscriptions: [edited] })).rejects.toThrow(/plan is fixed.*change: next_invoice/);
    await apply(app, { plans, subscriptions: [{ ...edited, change: "period_end" }] });
    expect(await app.subscription("a")).toMatchObject({ planId: "plata" });
    expect(await app.needs.store.list("couponGrants", { where: { subscriptionId: "a" } })).toHaveLength(1);
  });

  test.each([
    [
      "canceled",
      (app: AppFixture) => cancelSubscription(app.needs, "a", { atOnce: false }),
      /start is fixed while.*canceled/,
    ],
    ["paused", (app: AppFixture) => pauseSubscription(app.needs, "a"), /start is fixed while.*paused/],
  ])("%s in its trial, it does not begin anew with another start: nobody is charged", async (_what, act, message) => {
    await using app = await appKnowing();
    const plans = [filePlan({ trialPeriodDays: 14 })];
    await apply(app, { plans, subscriptions: [fileSubscription("a")] });
    await act(app);
    const before = await booksOf(app);
    const edited = { plans, subscriptions: [fileSubscription("a", { startLocal: "2026-01-30T09:00" })] };
    await expect(apply(app, edited)).rejects.toThrow(message);
    expect(await booksOf(app)).toEqual(before);
    app.clock.set(new Date("2026-06-01T15:00:00Z"));
    await app.run();
    expect(app.gateway.charges).toHaveLength(0);
  });

  test("what is gone from the file is told, and goes on", async () => {
    await using app = await appKnowing();
    await apply(app, { ...FILE, subscriptions: [fileSubscription("a"), fileSubscription("b")] });
    expect(words(await apply(app, FILE))).toBe("gone subscription b");
    expect(await app.subscription("b")).toMatchObject({ status: "active", cancelAt: null });
  });

  test("so is a plan that nobody is on: only --prune removes it", async () => {
    await using app = await appKnowing();
    await apply(app, { ...FILE, plans: [filePlan(), filePlan({ id: "plata" })] });
    expect(words(await apply(app, FILE))).toBe("gone plan plata");
    expect((await app.list("plans")).map(({ planId }) => planId)).toContain("plata");
  });

  test("with --prune it is canceled at the end of its period, and a plan nobody names removed", async () => {
    await using app = await appKnowing();
    const file = { plans: [filePlan(), filePlan({ id: "plata" })], subscriptions: [fileSubscription("a")] };
    await apply(app, file);
    await app.run();
    const pruned = await apply(app, { plans: [filePlan()], subscriptions: [] }, { prune: true });
    expect(words(pruned)).toBe("cancel subscription a, remove plan plata");
    expect(await app.subscription("a")).toMatchObject({ status: "active", cancelAt: "2026-02-28T15:00:00.000Z" });
    expect(words(await apply(app, { plans: [filePlan()], subscriptions: [] }, { prune: true }))).toBe("");
  });

  test("what did not come from a file is left alone", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    await addSubscription(app.needs, { ...fileSubscription("cli"), customerId: "cus_a" }, "cli", { confirmed: true });
    expect(words(await apply(app, FILE, { prune: true }))).toBe("");
    expect(await app.subscription("cli")).toMatchObject({ status: "active", cancelAt: null });
  });

  test("offline, customers are taken as they are named, and nobody is asked", async () => {
    await using app = await appKnowing([]);
    expect(words(await apply(app, FILE, { offline: true }))).toBe(
      "add plan oro, add customer cus_a, add subscription a",
    );
    expect((await app.store.list("customers", {}))[0]).toMatchObject({ name: "cus_a", cardLast4: null });
    // Nothing is known of the card yet: it is read before the first charge, and no invoice fails for it unread.
    app.gateway.customers.set("cus_a", { ...customerOf("cus_a"), livemode: false });
    expect(await app.run()).toMatchObject({ outcomes: { paid: 1 } });
  });

  test("one that has ended does not begin again: its id is used up", async () => {
    await using app = await appKnowing();
    await apply(app, { ...FILE, plans: [filePlan({ expiryCount: 1 })] });
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
    expect(words(await apply(app, { ...FILE, plans: [filePlan({ expiryCount: 1 })] }))).toBe("ended subscription a");
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
    await using app = await appKnowing();
    await apply(app, FILE);
    await app.run();
    const before = await booksOf(app);
    // What is right in the same file is not done either.
    const mixed = { plans: [...file.plans, filePlan({ id: "fine" })], subscriptions: file.subscriptions };
    const refusal = apply(app, mixed);
    await expect(refusal).rejects.toMatchObject({ name: "ConfigurationInvalid" });
    await expect(refusal).rejects.toThrow(message);
    expect(await booksOf(app)).toEqual(before);
  });

  test.each([
    ["no default card", { paymentSourceId: null, cardLast4: null }, "has no default card"],
    ["a card that has expired", { cardExpMonth: 12, cardExpYear: 2025 }, "expired"],
  ])("a new customer with %s", async (_what, card, message) => {
    await using app = await appKnowing([]);
    app.gateway.customers.set("cus_a", { ...customerOf("cus_a", card), livemode: false });
    await expect(apply(app, FILE)).rejects.toThrow(message);
    expect(await app.store.list("plans", {})).toEqual([]);
  });

  test("a card is good until the last moment of its month", async () => {
    await using app = await appKnowing([]);
    const card = { cardExpMonth: 1, cardExpYear: 2026 };
    app.gateway.customers.set("cus_a", { ...customerOf("cus_a", card), livemode: false });
    expect(words(await apply(app, FILE))).toContain("add subscription a");
  });

  test("every fault of a file is told at once", async () => {
    await using app = await appKnowing();
    const subscriptions = [fileSubscription("a", { planId: "x" }), fileSubscription("b", { planId: "y" })];
    const refusal = apply(app, { ...FILE, subscriptions }).catch((error: unknown) => error);
    expect(((await refusal) as ConfigurationInvalid).faults).toHaveLength(2);
  });

  test("all periods over at the start, and no word that the past is to be billed", async () => {
    await using app = await appKnowing();
    const file = {
      plans: [filePlan({ expiryCount: 3 })],
      subscriptions: [fileSubscription("a", { startLocal: "2020-01-31T09:00" })],
    };
    await expect(apply(app, file)).rejects.toThrow("all 3 periods are over already");
  });

  test("the gateway cannot be asked about a customer: nothing is done", async () => {
    await using app = await appKnowing();
    app.gateway.failingReads.push(new GatewayUnavailable("connection refused"));
    await expect(apply(app, FILE)).rejects.toMatchObject({ name: "GatewayUnavailable" });
    expect(await app.store.list("plans", {})).toEqual([]);
  });

  test("customers of the other mode", async () => {
    await using app = await appKnowing();
    await app.store.confirmMode(true);
    await expect(apply(app, FILE)).rejects.toMatchObject({ name: "WrongMode" });
    expect(await app.store.list("customers", {})).toEqual([]);
  });
});

function withSubscription(change: Partial<SubscriptionOrder>): PlansInput {
  const subscription = fileSubscription("a", change);
  return {
    plans: [filePlan()],
    subscriptions: change.id === undefined ? [subscription] : [fileSubscription("a"), subscription],
  };
}

describe("a new subscription that looks like one its customer has already: only on a person's word", () => {
  const PLATA = filePlan({ id: "plata", name: "Plan Plata" });
  const again = (change: Partial<SubscriptionOrder>) => fileSubscription("new", { customerId: "cus_a", ...change });

  test.each<[what: string, subscriptions: readonly FileSubscription[], message: RegExp, mend: object]>([
    [
      "the same customer and plan twice",
      [fileSubscription("a"), again({})],
      /subscription new\): cus_a is on plan oro already, as a; both would be charged/,
      { do: "keep_subscription", subscriptionId: "a", startLocal: "2026-02-28T09:00" },
    ],
    [
      "an id that was renamed",
      [again({})],
      /as a, which is no longer in the file and goes on; both/,
      { do: "keep_subscription", subscriptionId: "a", startLocal: "2026-02-28T09:00" },
    ],
    [
      "another plan in its place, with the old start",
      [again({ planId: "plata" })],
      /billed for this period already, by a \(plan oro\)/,
      { do: "start_at", startLocal: "2026-02-28T09:00" },
    ],
    [
      "another plan beside it, with the old start",
      [fileSubscription("a"), again({ planId: "plata" })],
      /billed for this period already, by a \(plan oro\)/,
      { do: "start_at", startLocal: "2026-02-28T09:00" },
    ],
  ])("%s", async (_what, subscriptions, message, mend) => {
    await using app = await appKnowing();
    await apply(app, { plans: [filePlan(), PLATA], subscriptions: [fileSubscription("a")] });
    await app.run();
    app.clock.set(new Date("2026-02-10T15:00:00Z"));
    const before = await booksOf(app);
    const file = { plans: [filePlan(), PLATA], subscriptions };
    const refusal = apply(app, file);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toMatchObject({ name: "NeedsConfirmation", faults: [{ mend }] });
    expect((await apply(app, file, { dryRun: true })).doubts).toMatchObject([{ mend }]);
    expect(await booksOf(app)).toEqual(before);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);

    expect(words(await apply(app, file, { confirmed: true }))).toContain("add subscription new");
    expect((await apply(app, file)).doubts).toEqual([]);
  });

  test("twice in one new file, too", async () => {
    await using app = await appKnowing();
    const file = { ...FILE, subscriptions: [fileSubscription("a"), again({})] };
    await expect(apply(app, file)).rejects.toThrow(/plan oro already, as new|plan oro already, as a/);
  });

  test.each<[what: string, subscriptions: readonly FileSubscription[], prune: boolean]>([
    [
      "another plan that begins where the paid period ends",
      [again({ planId: "plata", startLocal: "2026-02-28T09:00" })],
      false,
    ],
    [
      "another plan beside it, with a start of its own",
      [fileSubscription("a"), again({ planId: "plata", startLocal: "2026-02-01T09:00" })],
      false,
    ],
    ["the same plan anew, where the pruned one ends", [again({ startLocal: "2026-02-28T09:00" })], true],
    ["another customer", [fileSubscription("a"), fileSubscription("b")], false],
  ])("nobody is asked about %s", async (_what, subscriptions, prune) => {
    await using app = await appKnowing();
    await apply(app, { plans: [filePlan(), PLATA], subscriptions: [fileSubscription("a")] });
    await app.run();
    app.clock.set(new Date("2026-02-10T15:00:00Z"));
    expect((await apply(app, { plans: [filePlan(), PLATA], subscriptions }, { prune })).doubts).toEqual([]);
  });

  test("one that was canceled, and is added again under a new id with the old start", async () => {
    await using app = await appKnowing();
    await apply(app, FILE);
    await app.run();
    app.clock.set(new Date("2026-02-10T15:00:00Z"));
    await cancelSubscription(app.needs, "a", { atOnce: true });
    await expect(apply(app, { ...FILE, subscriptions: [again({})] })).rejects.toMatchObject({
      faults: [{ mend: { do: "start_at", startLocal: "2026-02-28T09:00" } }],
    });
  });
});

describe("what is announced of a new subscription's first charge", () => {
  test.each<[change: Partial<SubscriptionOrder>, card: object, says: string, because: string]>([
    [
      { startLocal: "2027-01-15T09:00" },
      {},
      "first charge 2027-01-15 09:00 America/Mexico_City, $200.15 MXN",
      "it lies ahead",
    ],
    [{}, {}, "charged with the next run, $200.15 MXN: due since 2026-01-31 09:00", "it is due already"],
    [
      { startLocal: "2031-02-01T09:00" },
      { cardExpMonth: 1, cardExpYear: 2031 },
      "no charge as things are: card expired",
      "the card ends before that day",
    ],
    [{ discount: { amountCents: 20_015 } }, {}, "no charge as things are: nothing to collect", "it costs nothing"],
  ])("%j, %j: %s (%s)", async (change, card, says) => {
    await using app = await openApp({ now: "2026-02-01T18:00:00Z" });
    app.gateway.customers.set("cus_a", { ...customerOf("cus_a"), ...card, livemode: false });
    const { changes } = await apply(app, { ...FILE, subscriptions: [fileSubscription("a", change)] });
    expect(changes.find(({ kind }) => kind === "subscription")?.details[0]).toContain(says);
  });
});
