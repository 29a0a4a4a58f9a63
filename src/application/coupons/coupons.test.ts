/** What a person does with coupons: what is written, what is told, and what is refused. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Coupon } from "../../domain/coupon.ts";
import { said, type Said, unchanged } from "../../domain/refusals.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { addCoupon, archiveCoupon, giveCoupon, takeCoupon } from "./coupons.ts";

const NOW = new Date("2026-02-10T15:00:00Z");

function couponOf(change: Partial<Coupon> = {}): Coupon {
  return {
    ...{ code: "MAYO", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
    ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
    ...change,
  };
}

async function appWith(coupons: readonly Partial<Coupon>[] = [], ana: Partial<Subscription> = {}, now = NOW) {
  const subscriptions = [subscriptionOf("ana", ana), subscriptionOf("berta")];
  const app = await memoryApp({ subscriptions, plans: [planOf(), planOf({ id: "plata" })] }, { now });
  for (const change of coupons) await addCoupon(app.needs, couponOf(change));
  app.told();
  const give = (id: string, code = "MAYO") => giveCoupon(app.needs, id, { code, by: "Ana" });
  return { ...app, give, grants: () => [...app.tables.couponGrants.rows.values()] };
}

const ANA = { subscriptionId: "ana", customerId: "cus_ana" };
const NO_COUPON = {
  name: "NotFound",
  said: unchanged(said("no_coupon", { id: "JULIO" })),
  mend: { do: "list", what: "coupons" },
};

describe("a coupon", () => {
  test("is added, and told with its worth", async () => {
    const app = await appWith();
    await addCoupon(app.needs, couponOf({ planIds: ["oro", "plata"] }));
    expect(app.tables.coupons.get("MAYO")).toMatchObject(couponOf({ planIds: ["oro", "plata"] }));
    expect(app.told()).toEqual([{ type: "coupon.created", data: { code: "MAYO", worth: "50 % off for 2 cycles" } }]);
  });

  test.each<[change: Partial<Coupon>, thrown: object, because: string]>([
    [
      { cycles: 9 },
      { name: "Refused", said: unchanged(said("coupon_exists", { code: "MAYO", worth: "50 % off for 2 cycles" })) },
      "its code is taken: told with what the other is worth",
    ],
    [
      { code: "JUNIO", planIds: ["oro", "cobre"] },
      {
        ...{ name: "NotFound", said: unchanged(said("no_plan", { id: "cobre" })) },
        mend: { do: "list", what: "plans" },
      },
      "a plan that it names is not there",
    ],
  ])("%j is not added: %j (%s)", async (change, thrown) => {
    const app = await appWith([{}]);
    expect(await thrownBy(addCoupon(app.needs, couponOf(change)))).toMatchObject(thrown);
    expect(app.tables.coupons.rows.size).toBe(1);
    expect(app.told()).toEqual([]);
  });

  test("is archived once, and is given to nobody any more", async () => {
    const app = await appWith([{}]);
    await archiveCoupon(app.needs, "MAYO");
    expect(app.told()).toEqual([{ type: "coupon.archived", data: { code: "MAYO" } }]);
    app.clock.advance(1000);
    await archiveCoupon(app.needs, "MAYO");
    expect(app.told()).toEqual([]);
    expect(app.tables.coupons.get("MAYO")?.archivedAt).toEqual(NOW);
    expect(await thrownBy(archiveCoupon(app.needs, "JULIO"))).toMatchObject(NO_COUPON);
  });
});

describe("giving one", () => {
  test("lowers the cycles from the next one on, and says so", async () => {
    const app = await appWith([{}, { code: "SIEMPRE", cycles: null, percentHundredths: 1000 }]);
    const first = await app.give("ana");
    expect(first).toEqual({
      ...{ id: first.id, subscriptionId: "ana", couponCode: "MAYO", number: 1, fromCycle: 1, untilCycle: 3 },
      ...{ grantedAt: NOW, grantedBy: "Ana", takenAt: null },
    });
    expect(first.id).toMatch(/^cpn_/);
    expect(await app.give("ana", "SIEMPRE")).toMatchObject({ number: 2, fromCycle: 1, untilCycle: null });
    expect(app.grants()).toHaveLength(2);
    const worths = ["50 % off for 2 cycles", "10 % off for ever"];
    expect(app.told()).toEqual([
      { type: "coupon.given", ...ANA, data: { code: "MAYO", worth: worths[0], fromCycle: 1, untilCycle: 3 } },
      { type: "coupon.given", ...ANA, data: { code: "SIEMPRE", worth: worths[1], fromCycle: 1, untilCycle: null } },
    ]);
  });

  test("a cycle that fell due, and is not opened yet, is lowered, too", async () => {
    const app = await appWith([{}], {}, new Date("2026-03-01T15:00:00Z"));
    expect(await app.give("ana")).toMatchObject({ fromCycle: 1 });
    expect(app.invoicesOf("ana")).toEqual([]);
  });

  const why = (of: Said) => unchanged(said("coupon_not_given", { code: "MAYO", why: of }));
  const noCycle = unchanged(said("no_cycle_to_come_of", { id: "ana" }));
  test.each<[coupon: Partial<Coupon>, ana: Partial<Subscription>, says: Said, because: string]>([
    [{}, { status: "canceled", nextBillingAt: null, cancelAt: NOW }, noCycle, "it has ended"],
    [{}, { nextBillingAt: null }, noCycle, "its last cycle is open"],
    [{ archivedAt: NOW }, {}, why(said("coupon_archived")), "nobody is given it any more"],
    [{ redeemBy: "2026-02-09" }, {}, why(said("coupon_too_late", { day: "2026-02-09" })), "its last day is over"],
    [{ planIds: ["plata", "x"] }, {}, why(said("coupon_other_plan", { plans: "plata, x" })), "it is for other plans"],
    [
      { percentHundredths: null, amountCents: 500, currency: "USD" },
      {},
      why(said("coupon_other_currency", { currency: "USD" })),
      "its amount is in dollars",
    ],
    [{ maxRedemptions: 1 }, {}, why(said("coupon_used_up", { count: 1 })), "another one had the last"],
  ])("%j to %j is refused: %j (%s)", async (coupon, ana, says) => {
    const app = await appWith([], ana);
    await app.inBooks(async (records) => records.addCoupon(couponOf(coupon)));
    if (coupon.maxRedemptions === 1) await app.give("berta");
    const before = app.grants().length;
    app.told();
    expect(await thrownBy(app.give("ana"))).toMatchObject({ name: "Refused", said: says });
    expect([app.grants().length, app.told()]).toEqual([before, []]);
  });

  test("nobody is given the same twice, also not once it was taken away; another one is", async () => {
    const app = await appWith([{}, { code: "DOS" }]);
    await app.give("ana", "DOS");
    await app.give("ana");
    await takeCoupon(app.needs, "ana", "MAYO");
    const refused = unchanged(
      said("coupon_not_given", { code: "MAYO", why: said("coupon_given_before", { subscriptionId: "ana" }) }),
    );
    expect(await thrownBy(app.give("ana"))).toMatchObject({ name: "Refused", said: refused });
    expect(await app.give("berta")).toMatchObject({ number: 1 });
  });

  test("one that nobody knows is not found", async () => {
    const app = await appWith([{}]);
    expect(await thrownBy(app.give("ana", "JULIO"))).toMatchObject(NO_COUPON);
  });
});

describe("taking one away", () => {
  test.each<[at: string, fromCycle: number, untilCycle: number, because: string]>([
    ["2026-02-10T15:00:00Z", 1, 1, "it lowered nothing yet, and never will"],
    ["2026-03-01T15:00:00Z", 1, 2, "the cycle that fell due meanwhile was lowered"],
    ["2026-06-10T15:00:00Z", 1, 3, "it was over before"],
  ])("at %s leaves the cycles from %i until %i (%s)", async (at, fromCycle, untilCycle) => {
    const app = await appWith([{}, { code: "OTRO" }]);
    await app.give("ana", "OTRO");
    await app.give("ana");
    app.told();
    app.clock.set(new Date(at));
    expect(await takeCoupon(app.needs, "ana", "MAYO")).toMatchObject({ fromCycle, untilCycle, takenAt: new Date(at) });
    const taken = { type: "coupon.taken", ...ANA, data: { code: "MAYO", fromCycle, untilCycle } };
    expect(app.told().filter(({ type }) => type === "coupon.taken")).toEqual([taken]);
    // Asked again it changes nothing.
    app.clock.advance(1000);
    expect(await takeCoupon(app.needs, "ana", "MAYO")).toMatchObject({ untilCycle, takenAt: new Date(at) });
    expect(app.told()).toEqual([]);
  });

  test("one for ever ends with the next cycle, and one that begins later never begins", async () => {
    const app = await appWith([{ cycles: null }]);
    const given = await app.give("ana");
    await app.inBooks(async (records) => {
      const [grant] = await records.couponGrants("ana");
      Object.assign(grant!, { fromCycle: 5 });
    });
    expect(given.untilCycle).toBeNull();
    expect(await takeCoupon(app.needs, "ana", "MAYO")).toMatchObject({ fromCycle: 5, untilCycle: 5 });
  });

  test("that it never had is not found", async () => {
    const app = await appWith([{}]);
    await app.give("berta");
    const none = unchanged(said("no_coupon_of", { subscriptionId: "ana", code: "MAYO" }));
    expect(await thrownBy(takeCoupon(app.needs, "ana", "MAYO"))).toMatchObject({ name: "NotFound", said: none });
  });
});
