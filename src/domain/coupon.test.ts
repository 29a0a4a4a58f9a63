/** Which coupons lower a cycle, which may be given, and for how long: at each edge. */
import { describe, expect, test } from "@jest/globals";
import {
  couponsIn,
  couponText,
  cyclesOf,
  discountOfCoupon,
  whyNotGiven,
  type Coupon,
  type GivenCoupon,
} from "./coupon.ts";

const COUPON: Coupon = {
  ...{ code: "BIENVENIDA", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
  ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
};
const GIVEN: GivenCoupon = {
  ...{ couponCode: "BIENVENIDA", number: 1, fromCycle: 3, untilCycle: 5 },
  ...{ percentHundredths: 5000, amountCents: null, currency: null },
};

describe("the cycles that a coupon lowers", () => {
  test.each<[given: Partial<GivenCoupon>, cycle: number, isIn: boolean, because: string]>([
    [{}, 2, false, "before its first"],
    [{}, 3, true, "its first"],
    [{}, 4, true, "its last"],
    [{}, 5, false, "the first after it"],
    [{ untilCycle: null }, 900, true, "for ever"],
    [{ untilCycle: null }, 2, false, "for ever, from its first on"],
    [{ currency: "MXN" }, 3, true, "an amount of the plan's currency"],
    [{ currency: "USD" }, 3, false, "an amount of another one"],
  ])("%j lowers cycle %i: %p (%s)", (given, cycle, isIn) => {
    expect(couponsIn([{ ...GIVEN, ...given }], cycle, "MXN")).toHaveLength(isIn ? 1 : 0);
  });

  test("are lowered in the order in which the coupons were given", () => {
    const given = [3, 1, 2].map((number) => ({ ...GIVEN, number }));
    expect(couponsIn(given, 3, "MXN").map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test("an amount of nothing takes nothing off", () => {
    const odd = { ...COUPON, percentHundredths: null, amountCents: null };
    expect(discountOfCoupon(odd)).toEqual({ amountCents: 0 });
    expect(couponText(odd)).toBe("$0.00 MXN off for 2 cycles");
  });

  test.each<[cycles: number | null, untilCycle: number | null]>([
    [1, 8],
    [2, 9],
    [null, null],
  ])("for %p of them from cycle 7 on it ends before %p", (cycles, untilCycle) => {
    expect(cyclesOf({ cycles }, 7)).toEqual({ fromCycle: 7, untilCycle });
  });
});

test.each<[worth: Partial<Coupon>, discount: object, words: string]>([
  [{}, { percent: 50 }, "50 % off for 2 cycles"],
  [{ percentHundredths: 1250, cycles: 1 }, { percent: 12.5 }, "12.5 % off once"],
  [
    { percentHundredths: null, amountCents: 10000, currency: "MXN", cycles: null },
    { amountCents: 10000 },
    "$100.00 MXN off for ever",
  ],
  [
    { percentHundredths: null, amountCents: 500, currency: "USD", cycles: 12 },
    { amountCents: 500 },
    "$5.00 USD off for 12 cycles",
  ],
])("%j takes off %j, in words: %s", (worth, discount, words) => {
  expect(discountOfCoupon({ ...COUPON, ...worth })).toEqual(discount);
  expect(couponText({ ...COUPON, ...worth })).toBe(words);
});

describe("a coupon", () => {
  const TO = { planId: "oro", currency: "MXN", today: "2026-12-15", redemptions: 9, hadIt: false };
  const GONE = new Date("2026-12-01T00:00:00Z");

  test.each<[coupon: Partial<Coupon>, to: Partial<typeof TO>, why: object | null, because: string]>([
    [{}, {}, null, "it has no condition"],
    [{}, { hadIt: true }, { is: "given_before" }, "once a subscription"],
    [{ archivedAt: GONE }, {}, { is: "archived" }, "nobody is given it any more"],
    [{ archivedAt: GONE }, { hadIt: true }, { is: "given_before" }, "what concerns this subscription is told first"],
    [{ redeemBy: "2026-12-15" }, {}, null, "on its last day"],
    [{ redeemBy: "2026-12-14" }, {}, { is: "too_late", redeemBy: "2026-12-14" }, "a day after"],
    [{ redeemBy: "2027-01-01" }, {}, null, "long before"],
    [{ planIds: ["plata", "oro"] }, {}, null, "the plan is one of its own"],
    [{ planIds: ["plata"] }, {}, { is: "other_plan", planIds: ["plata"] }, "another plan's"],
    [{ currency: "MXN" }, {}, null, "an amount of the plan's currency"],
    [{ currency: "USD" }, {}, { is: "other_currency", currency: "USD" }, "an amount of another one"],
    [{ maxRedemptions: 10 }, {}, null, "the tenth"],
    [{ maxRedemptions: 9 }, {}, { is: "used_up", maxRedemptions: 9 }, "nine were given"],
    [{ maxRedemptions: 8 }, {}, { is: "used_up", maxRedemptions: 8 }, "more than that were given"],
  ])("%j, to %j, may be given: %j (%s)", (coupon, to, why) => {
    expect(whyNotGiven({ ...COUPON, ...coupon }, { ...TO, ...to })).toEqual(why);
  });
});
