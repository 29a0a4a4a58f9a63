/** One plan of a file beside what the books hold: what is written, and how it is told. */
import { expect, test } from "@jest/globals";
import { planOf } from "../../../test/support/records.ts";
import type { InputFault } from "../../domain/errors.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Records } from "../ports/records.ts";
import { applyPlan } from "./apply-plan.ts";

const line = (unitPriceCents: number, more: object = {}) => ({
  name: "Plan Oro",
  unitPriceCents,
  quantity: 1,
  ...more,
});
const prices = [
  { from: "2027-01-01", lineItems: [line(25_000)] },
  { from: "2028-01-01", lineItems: [line(30_000)] },
];
const filePlan = (change: Partial<Plan> = {}): Plan => planOf({ source: "file", lineItems: [line(20_015)], ...change });

async function applied(current: Plan | null, wanted: Plan, isUsed = true) {
  const written: unknown[] = [];
  const faults: InputFault[] = [];
  const records = {
    plan: async () => current,
    hasSubscriptions: async () => isUsed,
    addPlan: (plan: Plan) => void written.push(["added", plan.id]),
    record: (event: unknown) => void written.push(event),
  } as unknown as Records;
  const change = await applyPlan(records, wanted, "plans.yaml", faults);
  return { change, faults, written };
}

test.each<[change: Partial<Plan>, told: string, because: string]>([
  [{}, "$200.15 MXN every month", "price and rhythm are what is sold"],
  [{ frequency: 2, interval: "week" }, "$200.15 MXN every 2 weeks", "the rhythm counts"],
  [{ trialPeriodDays: 1 }, "$200.15 MXN every month, after a trial of 1 days", "a trial delays the first charge"],
  [{ expiryCount: 12 }, "$200.15 MXN every month, 12 charges", "it ends"],
  [{ expiryCount: 12, expiryCounts: "cycles" }, "$200.15 MXN every month, 12 cycles", "void ones count, too"],
  [
    { expiryCount: 12, expiryCounts: undefined },
    "$200.15 MXN every month, 12 charges",
    "charges where nothing is said",
  ],
  [{ prices }, "$200.15 MXN every month; $250.00 MXN from 2027-01-01, $300.00 MXN from 2028-01-01", "it gets dearer"],
  [{ prices: [] }, "$200.15 MXN every month", "no later price is none to tell"],
  [{ tax: { rate: 16, included: true } }, "$200.15 MXN, IVA 16 %, included, every month", "the price has it in it"],
  [{ tax: { rate: 16, included: false } }, "$232.17 MXN, IVA 16 %, added, every month", "the amount has it in it"],
  [
    { lineItems: [line(1000, { tax: { rate: 0 } }), line(1000, { tax: { rate: "exempt" } })] },
    "$20.00 MXN, IVA 0 %, included and exempt of IVA, every month",
    "each that is told, once",
  ],
  [
    { lineItems: [line(1000, { tax: { rate: 0 } }), line(1000, { tax: { rate: 0 } })] },
    "$20.00 MXN, IVA 0 %, included, every month",
    "the same of two lines once",
  ],
])("a new one with %j is added and told: %s (%s)", async (change, told) => {
  const wanted = filePlan(change);
  const { change: done, faults, written } = await applied(null, wanted);
  expect(done).toEqual({ action: "add", kind: "plan", id: "oro", details: [`Plan Oro: ${told}`] });
  expect(written).toEqual([["added", "oro"], { type: "plan.created", data: { planId: "oro" } }]);
  expect(faults).toEqual([]);
});

test.each<[is: Partial<Plan>, wanted: Partial<Plan>, isUsed: boolean, told: string, because: string]>([
  [{}, { name: "Plan Oro Plus" }, true, "name: Plan Oro -> Plan Oro Plus", "a name is free"],
  [{}, { dunning: "gentle" }, true, "dunning: standard -> gentle", "so is the policy"],
  [{}, { catchUp: "latest_only" }, true, "catch_up: oldest_first -> latest_only", "told by its name in the file"],
  [{}, { interval: "week" }, false, "interval: month -> week", "nobody is on it"],
  [{}, { trialPeriodDays: 7 }, false, "trial_period_days: 0 -> 7", "nobody is on it"],
  [{}, { expiryCount: 6 }, false, "expiry_count: null -> 6", "nobody is on it"],
  [
    {},
    { lineItems: [line(30_000)] },
    true,
    "price: $200.15 MXN -> $300.00 MXN, from the next invoice on",
    "the price is what a person compares",
  ],
  [
    {},
    { lineItems: [line(20_015, { sku: "ORO" })] },
    true,
    'line_items: [{"name":"Plan Oro","unitPriceCents":20015,"quantity":1}] -> ' +
      '[{"name":"Plan Oro","unitPriceCents":20015,"quantity":1,"sku":"ORO"}]',
    "the lines, where the price stays",
  ],
  [{}, { prices }, true, "later prices: none -> $250.00 MXN from 2027-01-01, $300.00 MXN from 2028-01-01", "dearer"],
  [{ prices: [prices[0]!] }, {}, true, "later prices: $250.00 MXN from 2027-01-01 -> none", "taken out of the file"],
  [
    {},
    { tax: { rate: 16, included: true } },
    true,
    "tax: none told -> IVA 16 %, included, from the next invoice on; amount: $200.15 MXN, as before",
    "whether the amount changes is what the customer will ask",
  ],
  [
    { tax: { rate: 16, included: false } },
    {},
    true,
    "tax: IVA 16 %, added -> none told, from the next invoice on; amount: $232.17 MXN -> $200.15 MXN",
    "and by how much",
  ],
])("%j that the file has as %j (in use: %p) is changed: %s (%s)", async (is, change, isUsed, told) => {
  const current = filePlan({ prices: null, tax: null, ...is });
  const wanted = filePlan(change);
  const { change: done, faults, written } = await applied(current, wanted, isUsed);
  expect(done).toEqual({ action: "change", kind: "plan", id: "oro", details: [told] });
  expect(written).toEqual([{ type: "plan.changed", data: { planId: "oro", changes: [told] } }]);
  expect(faults).toEqual([]);
  // What the file does not say any more does not stay.
  expect(current).toEqual({ prices: null, tax: null, ...wanted });
});

test("one that stands in the file as in the books is left alone", async () => {
  expect(await applied(filePlan({ prices: null, tax: null }), filePlan())).toEqual({
    ...{ change: null, faults: [], written: [] },
  });
});

const FIXED = "is fixed once the plan has subscriptions";

test.each<[is: Partial<Plan>, wanted: Partial<Plan>, faults: readonly string[]]>([
  [{ source: "cli" }, {}, ["a plan of this id was added by cli already; use a new id"]],
  [{ source: "code" }, { name: "Otro" }, ["a plan of this id was added by code already; use a new id"]],
  [
    {},
    { interval: "week", trialPeriodDays: 7, name: "Otro" },
    [
      `interval ${FIXED}: it is month, the file says week; put it back, or make a plan with a new id`,
      `trial_period_days ${FIXED}: it is 0, the file says 7; put it back, or make a plan with a new id`,
    ],
  ],
])("%j that the file has as %j is refused, and stays: %j", async (is, change, told) => {
  const current = filePlan(is);
  const { change: done, faults, written } = await applied(current, filePlan(change));
  expect(faults).toEqual(told.map((what) => ({ where: "plans.yaml (plan oro)", what })));
  expect([done, written]).toEqual([null, []]);
  expect(current).toEqual(filePlan(is));
});
