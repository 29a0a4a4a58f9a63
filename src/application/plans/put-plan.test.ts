/** Plans that programs add, change and archive: what is written and told, and what is refused. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Plan } from "../../domain/plan.ts";
import { said } from "../../domain/refusals.ts";
import { taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import { addPlan } from "./add-plan.ts";
import { archivePlan, unarchivePlan } from "./archive-plan.ts";
import { putPlan } from "./put-plan.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
const TODAY = "2026-02-10";
const line = (unitPriceCents: number, more: object = {}) => [
  { name: "Plan Oro", unitPriceCents, quantity: 1, ...more },
];

async function worldOf(plan: Partial<Plan> | null = {}, isUsed = true) {
  const plans = plan === null ? [] : [planOf({ lineItems: line(20015), prices: null, tax: null, ...plan })];
  const app = await memoryApp(
    { plans, subscriptions: isUsed && plan !== null ? [subscriptionOf("ana")] : [] },
    { now: NOW },
  );
  const put = (change: Partial<Plan> = {}) => putPlan(app.needs, planOf({ lineItems: line(20015), ...change }), TODAY);
  return { ...app, put, plan: () => app.tables.plans.get("oro") };
}

describe("put", () => {
  test("a new one is added, and told with its source", async () => {
    const { put, plan, told } = await worldOf(null);
    await put({ source: "cli" });
    expect(plan()).toEqual(planOf({ lineItems: line(20015), source: "cli" }));
    expect(told()).toEqual([{ type: "plan.created", data: { planId: "oro", source: "cli" } }]);
  });

  test("as it is, whoever's it is: nothing is refused, and nothing told", async () => {
    for (const source of ["code", "file"] as const) {
      const { put, told, plan } = await worldOf({ source });
      await put();
      expect([told(), plan()?.source]).toEqual([[], source]);
    }
    // Also where it could not be put anew.
    const gone = await worldOf({ dunning: "gone", lineItems: line(1) });
    await gone.put({ dunning: "gone", lineItems: line(1) });
    expect(gone.told()).toEqual([]);
  });

  test.each<[is: Partial<Plan>, change: Partial<Plan>, isUsed: boolean, fields: readonly string[]]>([
    [{}, { name: "Otro", lineItems: line(500) }, true, ["name", "lineItems"]],
    [{}, { prices: [{ from: "2027-01-01", lineItems: line(900) }] }, true, ["prices"]],
    [{}, { tax: { rate: 16, included: true } }, true, ["tax"]],
    [{ tax: { rate: 16, included: true }, prices: [] }, {}, true, ["prices", "tax"]],
    [{}, { catchUp: "latest_only" }, true, ["catchUp"]],
    [
      {},
      { interval: "week", frequency: 2, trialPeriodDays: 3, expiryCount: 4, currency: "USD", expiryCounts: "cycles" },
      false,
      ["currency", "interval", "frequency", "trialPeriodDays", "expiryCount", "expiryCounts"],
    ],
  ])("%j as %j, in use: %p, is changed in %j", async (is, change, isUsed, fields) => {
    const { put, told, plan } = await worldOf(is, isUsed);
    await put(change);
    expect(told()).toEqual([{ type: "plan.changed", data: { planId: "oro", changes: fields } }]);
    expect(plan()).toEqual({ ...planOf({ lineItems: line(20015) }), prices: null, tax: null, ...change });
  });

  const cheap = (amountCents: number) => said("plan_too_cheap", { id: "oro", amountCents, leastCents: 300 });
  const taxOf = (lineItems: Plan["lineItems"]) => taxFaultOf(lineItems, null, TODAY)!;
  const twoRates = [...line(500), ...line(500, { tax: { rate: 8 } })];
  test.each<[is: Partial<Plan>, change: Partial<Plan>, name: string, says: ReturnType<typeof said>]>([
    [{ source: "file" }, { name: "Otro" }, "Refused", said("plan_of_another", { id: "oro", source: "file" })],
    [
      {},
      { interval: "week", frequency: 2 },
      "Refused",
      said("plan_fixed", { fields: "interval, frequency", id: "oro" }),
    ],
    [{}, { dunning: "none" }, "UsageInvalid", said("no_policy", { name: "none", known: "standard" })],
    [{}, { lineItems: line(299) }, "UsageInvalid", cheap(299)],
    [{}, { lineItems: line(1) }, "UsageInvalid", cheap(1)],
    [
      {},
      {
        prices: [
          { from: "2027-01-01", lineItems: line(900) },
          { from: "2028-01-01", lineItems: line(200) },
        ],
      },
      "UsageInvalid",
      cheap(200),
    ],
    [
      {},
      { lineItems: twoRates },
      "UsageInvalid",
      said("line_tax", { line: taxOf(twoRates).line + 1, why: taxFaultSaid(taxOf(twoRates)) }),
    ],
  ])("%j as %j is refused: %s %j", async (is, change, name, says) => {
    const { put, told, plan } = await worldOf(is);
    const before = plan();
    expect(await thrownBy(put(change))).toMatchObject({ name, said: says });
    expect([told(), plan()]).toEqual([[], before]);
  });

  test.each([0, 300])("one of %i cents may be", async (cents) => {
    const { put, plan } = await worldOf();
    await put({ lineItems: line(cents) });
    expect(plan()?.lineItems).toEqual(line(cents));
  });
});

describe("added", () => {
  test("it is told with its source", async () => {
    const { needs, plan, told } = await worldOf(null);
    await addPlan(needs, planOf());
    expect(plan()).toEqual(planOf());
    expect(told()).toEqual([{ type: "plan.created", data: { planId: "oro", source: "code" } }]);
  });

  test.each([0, 300])("one of %i cents may be", async (cents) => {
    const { needs, plan } = await worldOf(null);
    await addPlan(needs, planOf({ lineItems: line(cents) }));
    expect(plan()).toBeDefined();
  });

  test.each([1, 299])("one of %i cents could never be charged", async (amountCents) => {
    const { needs, told } = await worldOf(null);
    expect(await thrownBy(addPlan(needs, planOf({ lineItems: line(amountCents) })))).toMatchObject({
      ...{ name: "UsageInvalid", said: said("plan_too_cheap", { id: "oro", amountCents, leastCents: 300 }) },
    });
    expect(told()).toEqual([]);
  });

  test("its id is taken", async () => {
    const { needs, told } = await worldOf();
    const refused = { name: "Refused", said: said("plan_exists", { id: "oro" }) };
    expect(await thrownBy(addPlan(needs, planOf()))).toMatchObject(refused);
    expect(told()).toEqual([]);
  });
});

describe("archived", () => {
  test("once, and taken back once", async () => {
    const { needs, plan, told, clock } = await worldOf();
    await archivePlan(needs, "oro");
    clock.advance(1000);
    await archivePlan(needs, "oro");
    expect(plan()?.archivedAt).toEqual(NOW);
    expect(told()).toEqual([{ type: "plan.archived", data: { planId: "oro" } }]);
    await unarchivePlan(needs, "oro");
    await unarchivePlan(needs, "oro");
    expect(plan()?.archivedAt).toBeNull();
    expect(told()).toEqual([{ type: "plan.unarchived", data: { planId: "oro" } }]);
  });

  test("one that was never archived is not taken back", async () => {
    const { needs, told } = await worldOf();
    await unarchivePlan(needs, "oro");
    expect(told()).toEqual([]);
  });

  test("one that is not there is not found", async () => {
    const { needs } = await worldOf();
    const none = { name: "NotFound", said: said("no_plan", { id: "cobre" }), mend: { do: "list", what: "plans" } };
    expect(await thrownBy(archivePlan(needs, "cobre"))).toMatchObject(none);
  });
});
