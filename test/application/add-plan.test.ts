/** A plan from code: between nothing and the least that Conekta charges there is no price. */
import { expect, test } from "@jest/globals";
import { addPlan } from "../../src/application/plans/add-plan.ts";
import { openApp } from "../support/app-fixture.ts";
import { planOf } from "../support/records.ts";

test.each<[cents: number, answer: string, because: string]>([
  [0, "added", "nothing is charged"],
  [1, "UsageInvalid", "it would be refused, cycle after cycle"],
  [299, "UsageInvalid", "a cent too little"],
  [300, "added", "the least"],
])("of %i cents: %s (%s)", async (unitPriceCents, answer) => {
  await using app = await openApp();
  const plan = planOf({ lineItems: [{ name: "Plan", unitPriceCents, quantity: 1 }] });
  const added = addPlan(app.needs, plan);
  expect(await added.then(() => "added").catch(({ name }: Error) => name)).toBe(answer);
  expect(await app.list("plans")).toHaveLength(answer === "added" ? 1 : 0);
});

test("whose id is taken is refused, and the one that is there stays as it was", async () => {
  await using app = await openApp();
  await addPlan(app.needs, planOf({ name: "Plan Oro" }));
  await expect(addPlan(app.needs, planOf({ name: "Plan Plata" }))).rejects.toMatchObject({ name: "Refused" });
  expect((await app.list("plans")).map(({ name }) => name)).toEqual(["Plan Oro"]);
});
