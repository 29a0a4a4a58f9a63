import { describe, expect, test } from "@jest/globals";
import { planOf } from "../../test/support/records.ts";
import {
  expiresAt,
  isArchived,
  isDamaged,
  isExpired,
  isTakenOnTrust,
  linesAt,
  rhythmOf,
  trustedCustomer,
  type Plan,
} from "./plan.ts";

describe("a card of 12/2026", () => {
  // prettier-ignore
  test.each<[at: string, expired: boolean, because: string]>([
    ["2026-12-01T00:00:00-06:00", false, "its last month begins"],
    ["2026-12-31T18:00:00-06:00", false, "in UTC it is January, at its bank it is not"],
    ["2026-12-31T23:59:59-06:00", false, "good until its last moment"],
    ["2027-01-01T00:00:00-06:00", true, "its month is over"],
    ["2027-01-01T06:00:00-06:00", true, "wherever anybody looks"],
    ["2027-01-01T00:30:00-05:00", false, "in Cancún the new year began, at the bank it did not"],
  ])("at %s is expired: %p (%s)", (at, expired) => {
    expect(isExpired({ cardExpMonth: 12, cardExpYear: 2026 }, new Date(at))).toBe(expired);
  });

  test("expires with its month, in summer as in winter, and in the years when clocks were changed", () => {
    expect(expiresAt({ expMonth: 12, expYear: 2026 }).toISOString()).toBe("2027-01-01T06:00:00.000Z");
    expect(expiresAt({ expMonth: 6, expYear: 2027 }).toISOString()).toBe("2027-07-01T06:00:00.000Z");
    expect(expiresAt({ expMonth: 6, expYear: 2020 }).toISOString()).toBe("2020-07-01T05:00:00.000Z");
  });
});

test.each([
  [null, null],
  [null, 2020],
  [12, null],
])("a card of %p/%p, whose expiry nobody knows whole, is not taken for expired", (cardExpMonth, cardExpYear) => {
  expect(isExpired({ cardExpMonth, cardExpYear }, new Date("2026-12-01T15:00:00Z"))).toBe(false);
});

// prettier-ignore
test.each<[at: string, cents: number, because: string]>([
  ["2026-12-31T23:59:59-06:00", 200, "the last moment before the new price"],
  ["2027-01-01T00:00:00-06:00", 250, "its first day, in the subscription's zone"],
  ["2027-05-31T09:00:00-06:00", 250, "until the next one"],
  ["2027-06-01T09:00:00-06:00", 300, "the last that holds, whatever their order"],
])("a cycle that begins at %s costs %i (%s)", (at, cents, _because) => {
  const lines = (unitPriceCents: number) => [{ name: "Oro", unitPriceCents, quantity: 1 }];
  const prices = [{ from: "2027-06-01", lineItems: lines(300) }, { from: "2027-01-01", lineItems: lines(250) }];
  const plan = { lineItems: lines(200), prices };
  expect(linesAt(plan, new Date(at), "America/Mexico_City")).toEqual(lines(cents));
  expect(linesAt({ ...plan, prices: prices.toReversed() }, new Date(at), "America/Mexico_City")).toEqual(lines(cents));
});

// prettier-ignore
test.each<[of: Partial<Record<"lineItems" | "prices" | "tax", unknown>>, damaged: boolean, because: string]>([
  [{}, false, "as it was written"],
  [{ tax: null }, false, "without a tax"],
  [{ lineItems: "[{" }, true, "its lines are no JSON"],
  [{ prices: "[{" }, true, "nor are its prices"],
  [{ tax: "{" }, true, "nor is its tax"],
])("a plan with %j is damaged: %p (%s)", (of, damaged) => {
  expect(isDamaged({ ...planOf(), ...of } as Plan)).toBe(damaged);
});

test("a plan is archived since a moment, or is not", () => {
  expect([new Date(0), null, undefined].map((archivedAt) => isArchived({ archivedAt }))).toEqual([true, false, false]);
});

test("a customer who is taken on trust has no card and no name, until a read", () => {
  const taken = trustedCustomer("cus_1");
  expect(taken).toEqual({
    ...{ id: "cus_1", name: "cus_1", email: null, phone: null, paymentSourceId: null },
    ...{ cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
  });
  expect([isTakenOnTrust(taken), isTakenOnTrust({ ...taken, name: "Ana" })]).toEqual([true, false]);
});

test.each([
  ["month", 1, "every month"],
  ["week", 3, "every 3 weeks"],
  ["half_month", 1, "every half month"],
  ["half_month", 2, "every 2 half months"],
] as const)("%s × %i is told as %p", (interval, frequency, rhythm) => {
  expect(rhythmOf({ interval, frequency })).toBe(rhythm);
});
