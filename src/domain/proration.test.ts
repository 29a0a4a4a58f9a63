import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { instantOfLocal } from "./calendar/calendar.ts";
import {
  anchorFor,
  type ChangeFacts,
  type ChangeFault,
  changeFaultOf,
  chargedValueCents,
  defaultApply,
  isInPeriod,
  prorationOf,
} from "./proration.ts";
import { heldTerms, type SubscriptionChange } from "./subscription-change.ts";

const timeZone = "America/Mexico_City";
const period = (from: string, to: string) => ({
  start: instantOfLocal(`${from}T09:00`, timeZone),
  end: instantOfLocal(`${to}T09:00`, timeZone),
});

// prettier-ignore
test.each<[vector: string, from: string, to: string, on: string, is: number, will: number, days: number, left: number, credit: number, debit: number, net: number]>([
  // vector, period, on, old, new, D, R, credit, debit, net
  ["V1 a month, from its middle on", "2026-11-01", "2026-12-01", "2026-11-16", 20015, 29900, 30, 15, 10008, 14950, 4942],
  ["V2 to the end of February", "2026-01-31", "2026-02-28", "2026-02-10", 20015, 29900, 28, 18, 12867, 19221, 6354],
  ["V3 what costs less", "2026-11-01", "2026-12-01", "2026-11-21", 29900, 9900, 30, 10, 9967, 3300, -6667],
  ["V4 a quincena", "2026-11-15", "2026-11-30", "2026-11-20", 20015, 29900, 15, 10, 13343, 19933, 6590],
  ["V5 a year", "2026-03-01", "2027-03-01", "2026-07-01", 149900, 299900, 365, 243, 99796, 199659, 99863],
  ["V6 the last day", "2026-11-01", "2026-12-01", "2026-11-30", 20015, 29900, 30, 1, 667, 997, 330],
  ["V7 three pieces are five", "2026-11-01", "2026-12-01", "2026-11-16", 60045, 100075, 30, 15, 30023, 50038, 20015],
  ["V8 a discount on both", "2026-11-01", "2026-12-01", "2026-11-16", 18013, 26910, 30, 15, 9007, 13455, 4448],
  ["the first day", "2026-11-01", "2026-12-01", "2026-11-01", 20015, 29900, 30, 30, 20015, 29900, 9885],
])("%s", (_vector, from, to, on, oldCents, newCents, days, daysLeft, creditCents, debitCents, netCents) => {
  const prorated = prorationOf(period(from, to), { on, timeZone }, { held: [{ from: null, valueCents: oldCents }], newCents, paidCents: oldCents });
  expect(prorated).toMatchObject({ days, daysLeft, creditCents, debitCents, netCents });
});

// prettier-ignore
test.each<[held: readonly [from: string | null, cents: number][], on: string, credits: readonly [from: string, cents: number][], because: string]>([
  [[[null, 10000], ["2026-11-30", 20000]], "2026-11-16", [["2026-11-16", 4667], ["2026-11-30", 666]], "two pieces on the last day only"],
  [[[null, 10000], ["2026-11-10", 20000]], "2026-11-16", [["2026-11-16", 10000]], "two pieces on all days that are left"],
  [[[null, 10000], ["2026-11-16", 20000]], "2026-11-16", [["2026-11-16", 10000]], "from the very day on"],
  [[[null, 100], ["2026-11-17", 200]], "2026-11-16", [["2026-11-16", 3], ["2026-11-17", 94]], "rounded once, over all parts"],
])("of %j, from %s on, %j go back (%s)", (held, on, credits, _because) => {
  const parts = held.map(([from, valueCents]) => ({ from, valueCents }));
  const prorated = prorationOf(period("2026-11-01", "2026-12-01"), { on, timeZone }, { held: parts, newCents: 0, paidCents: 30000 });
  expect(prorated.credits.map(({ from, amountCents }) => [from, amountCents])).toEqual(credits);
});

// prettier-ignore
test.each([
  // charged for the rest, from, priced by now, the whole period is worth, because
  [14950, "2026-11-16", 29900, 29900, "priced as it was charged"],
  [1334, "2026-11-30", 40030, 40030, "to the cent, though one day of thirty rounds it"],
  [14950, "2026-11-16", 45000, 29900, "the price was raised since"],
  [14950, "2026-11-16", 0, 29900, "it costs nothing any more"],
] as const)("%i cents charged from %s on, at a price of %i by now, are %i for the whole period (%s)", (chargedCents, from, pricedCents, valueCents, _because) => {
  expect(chargedValueCents(period("2026-11-01", "2026-12-01"), { from, timeZone }, { chargedCents, pricedCents })).toBe(valueCents);
});

test("in any order of days, no more is given back than was paid, and no period costs more than its dearest terms", () => {
  const cents = fc.integer({ min: 0, max: 500_000 });
  const all = fc.record({ newCents: cents, day: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(cents, fc.array(all, { maxLength: 8 }), (first, changes) => {
      const value = new Map([["first", first]]);
      const made: SubscriptionChange[] = [];
      let [paidCents, credited, charged] = [first, 0, first];
      for (const { newCents, day } of changes) {
        const on = `2026-11-${String(day).padStart(2, "0")}`;
        const held = heldTerms({ planId: "first", quantity: 1 }, made).map(({ from, planId }) => ({
          ...{ from, valueCents: value.get(planId) ?? 0 },
        }));
        const november = period("2026-11-01", "2026-12-01");
        const { creditCents, debitCents } = prorationOf(november, { on, timeZone }, { held, newCents, paidCents });
        credited += creditCents;
        expect(credited).toBeLessThanOrEqual(charged);
        charged += debitCents;
        paidCents += debitCents - creditCents;
        made.push(changeTo(`plan ${made.length}`, on));
        value.set(`plan ${made.length - 1}`, newCents);
        expect(paidCents).toBeGreaterThanOrEqual(0);
        // Each change rounds twice.
        expect(paidCents).toBeLessThanOrEqual(Math.max(...value.values()) + made.length);
      }
    }),
    { numRuns: 200, seed: 12 },
  );
});

function changeTo(toPlanId: string, onDate: string): SubscriptionChange {
  return {
    ...{ id: "a/1", subscriptionId: "a", number: 1, fromPlanId: "first", toPlanId, fromQuantity: 1, toQuantity: 1 },
    ...{ apply: "now", onDate, creditCents: 0, debitCents: 0, grantedCents: 0, nextCycle: 1, fromAnchorLocal: "" },
    ...{ fromNextBillingAt: null, itemKey: null, invoiceId: null, madeAt: new Date(0), madeBy: "eva" },
    ...{ undoneAt: null, undoneBy: null },
  };
}

test("a day is of the period from its first local day to the day before its end", () => {
  const november = period("2026-11-01", "2026-12-01");
  const days = ["2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"];
  expect(days.map((on) => isInPeriod(november, on, timeZone))).toEqual([false, true, true, false]);
});

test.each([
  [20015, 29900, true, "next_invoice"],
  [29900, 20015, true, "period_end"],
  [20015, 20015, true, "period_end"],
  [20015, 29900, false, "period_end"],
] as const)("from %i to %i cents, the period paid: %s, it is applied at %s", (is, will, isPaid, apply) => {
  expect(defaultApply(is, will, isPaid)).toBe(apply);
});

const MONTHLY = { id: "oro", currency: "MXN", interval: "month", frequency: 1, expiryCount: null } as const;
const PLATINUM = { ...MONTHLY, id: "platino" } as const;
const YEARLY = { ...MONTHLY, id: "anual", interval: "year" } as const;
const FACTS: ChangeFacts = {
  ...{ status: "active", cancelAt: null, hasNextCycle: true, hasOwnLines: false, from: MONTHLY, to: PLATINUM },
  ...{
    quantity: { from: 1, to: 1 },
    apply: "next_invoice",
    isPeriodPaid: true,
    waits: false,
    owes: false,
    isTaxedAlike: true,
  },
};

describe("whether it may be changed", () => {
  test.each<[string, Partial<ChangeFacts>, ChangeFault | null]>([
    ["in a paid period", {}, null],
    ["at its end, unpaid", { isPeriodPaid: false, apply: "period_end" }, null],
    ["in dunning, at its end", { status: "past_due", apply: "period_end" }, null],
    ["another interval, now", { to: YEARLY, apply: "now" }, null],
    ["another interval, at its end", { to: YEARLY, apply: "period_end" }, null],
    ["more pieces of its own lines", { to: MONTHLY, quantity: { from: 1, to: 2 }, hasOwnLines: true }, null],
    ["nothing", { to: MONTHLY }, "nothing_changes"],
    ["after its end", { status: "canceled" }, "ended"],
    ["after all was charged", { status: "completed" }, "ended"],
    ["into an end that counts otherwise", { to: { ...PLATINUM, expiryCounts: "cycles" } }, "other_expiry"],
    ["from one", { from: { ...MONTHLY, expiryCounts: "cycles" } }, "other_expiry"],
    ["into one that says what is meant anyway", { to: { ...PLATINUM, expiryCounts: "charges" } }, null],
    ["every second month, with the next invoice", { to: { ...PLATINUM, frequency: 2 } }, "other_interval"],
    ["before its end", { cancelAt: new Date(0) }, "ending"],
    ["after its last cycle", { hasNextCycle: false, apply: "period_end" }, "no_next_cycle"],
    ["a plan beside its own lines", { hasOwnLines: true }, "own_lines"],
    ["into dollars", { to: { ...PLATINUM, currency: "USD" } }, "other_currency"],
    ["into twelve charges", { to: { ...PLATINUM, expiryCount: 12 } }, "other_expiry"],
    ["another interval, with the next invoice", { to: YEARLY }, "other_interval"],
    ["another interval, for nothing", { to: YEARLY, apply: "none" }, "other_interval"],
    ["in dunning", { status: "past_due" }, "in_dunning"],
    [
      "in dunning, for nothing: who owes a period is given none of a dearer plan",
      { status: "past_due", apply: "none" },
      "in_dunning",
    ],
    ["unpaid after dunning, for nothing", { status: "unpaid", apply: "none" }, "in_dunning"],
    ["for nothing, in an unpaid period that nobody declined", { isPeriodPaid: false, apply: "none" }, null],
    ["in its trial, for nothing", { isPeriodPaid: null, status: "trialing", apply: "none" }, null],
    ["in its trial", { isPeriodPaid: null, status: "trialing" }, "no_period"],
    ["in an unpaid period", { isPeriodPaid: false, apply: "now" }, "unpaid_period"],
    ["a second time before the next invoice", { waits: true }, "earlier_change_waits"],
    ["before the last one is paid", { owes: true }, "earlier_change_unpaid"],
    ["with food in it", { isTaxedAlike: false }, "taxed_otherwise"],
  ])("%s", (_case, change, fault) => {
    expect(changeFaultOf({ ...FACTS, ...change })).toBe(fault);
  });
});

// prettier-ignore
test.each([
  // due at, cycle, interval, frequency, anchor, because
  ["2027-01-15T09:00", 3, "month", 1, "2026-10-15T09:00", "so many months before"],
  ["2027-01-15T09:00", 3, "year", 1, "2024-01-15T09:00", "so many years before"],
  ["2027-01-15T09:00", 3, "week", 2, "2026-12-04T09:00", "six weeks before"],
  ["2027-01-15T09:00", 3, "day", 1, "2027-01-12T09:00", "three days before"],
  ["2027-01-10T09:00", 4, "half_month", 1, "2026-11-10T09:00", "two months before"],
  ["2027-01-10T09:00", 3, "half_month", 1, "2026-11-25T09:00", "the second half, and two before it"],
  ["2027-01-15T09:00", 1, "half_month", 1, "2026-12-30T09:00", "fifteen days after the other half, whose pair is the last day of the month"],
  ["2027-01-25T09:00", 1, "half_month", 1, "2027-01-10T09:00", "a second half: the first of the same month"],
  ["2027-01-16T09:00", 1, "half_month", 1, "2027-01-01T09:00", "the earliest second half"],
  ["2027-01-25T09:00", 3, "half_month", 1, "2026-12-10T09:00", "and two halves before it"],
  ["2027-01-31T09:00", 3, "month", 1, "2026-10-31T09:00", "a 31st that there is"],
  ["2027-01-31T09:00", 2, "month", 1, null, "there is no 31st of November"],
] as const)("a cycle of %s, the %ith, every %s × %i, has the anchor %s (%s)", (at, cycle, interval, frequency, anchor, _because) => {
  expect(anchorFor(at, cycle, { interval, frequency, timeZone })).toBe(anchor);
});
