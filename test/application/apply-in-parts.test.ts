/** A plans file of many customers goes through in parts: what it does is the same, and no part is done by halves. */
import { expect, test } from "@jest/globals";
import { applyPlans, type PlansApplied } from "../../src/application/plans/apply-plans.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import type { PlansInput } from "../../src/application/plans/plans-input.ts";
import { ConfigurationInvalid, NeedsConfirmation } from "../../src/domain/errors.ts";
import { type AppFixture, openApp } from "../support/app-fixture.ts";
import { customerOf, planOf } from "../support/records.ts";

const MANY = 250;
type Entry = PlansInput["subscriptions"][number];

function entry(n: number, change: Partial<Entry> = {}): Entry {
  return {
    ...{ id: `s${n}`, planId: "oro", customerId: `cus_${n}`, startLocal: "2026-02-28T09:00" },
    ...{ timeZone: "America/Mexico_City", quantity: 1, lineItems: null, discount: null, billPast: false },
    where: `line ${n}`,
    ...change,
  };
}

function fileOf(subscriptions: readonly Entry[]): PlansInput {
  const { source: _source, ...plan } = planOf();
  return { plans: [plan], subscriptions };
}

const all = (change: (n: number) => Partial<Entry> = () => ({})) =>
  fileOf(Array.from({ length: MANY }, (_, n) => entry(n, change(n))));

type Change = { readonly dryRun?: boolean; readonly prune?: boolean; readonly confirmed?: boolean };
async function apply(
  app: AppFixture,
  input: PlansInput,
  change: Change = {},
  store = app.store,
): Promise<PlansApplied> {
  const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false, ...change };
  return await applyPlans({ ...app.needs, store }, input, options);
}

/** Its gateway knows every customer of the file. */
async function appKnowingAll(): Promise<AppFixture> {
  const app = await openApp();
  for (let n = 0; n < MANY; n++) {
    const id = `cus_${n}`;
    app.gateway.customers.set(id, { ...customerOf(id), livemode: false });
  }
  return app;
}

const count = async (app: AppFixture) => (await app.list("subscriptions")).length;
const told = ({ changes, unchanged }: PlansApplied) => {
  const counts = Map.groupBy(changes, ({ action, kind }) => `${action} ${kind}`);
  return { ...Object.fromEntries([...counts].map(([what, those]) => [what, those.length])), unchanged };
};

test("everything is added once, and a second time nothing is changed; a dry run writes nothing", async () => {
  await using app = await appKnowingAll();
  const first = { "add plan": 1, "add customer": MANY, "add subscription": MANY, unchanged: 0 };
  expect(told(await apply(app, all(), { dryRun: true }))).toEqual(first);
  expect([await count(app), await app.eventTypes()]).toEqual([0, []]);
  expect(told(await apply(app, all()))).toEqual(first);
  expect(await count(app)).toBe(MANY);
  expect(told(await apply(app, all()))).toEqual({ unchanged: MANY + 1 });
  const types = await app.eventTypes();
  expect(types.filter((type) => type === "subscription.created")).toHaveLength(MANY);
});

test("one fault anywhere keeps everything out, and all faults are told", async () => {
  await using app = await appKnowingAll();
  const applying = apply(
    app,
    all((n) => (n === 7 || n === 240 ? { planId: "plata" } : {})),
  );
  await expect(applying).rejects.toThrow(ConfigurationInvalid);
  await expect(applying).rejects.toThrow(/line 7 .*\n.*line 240 /);
  expect([await count(app), await app.list("plans")]).toEqual([0, []]);
});

test("cut off in the middle, the first parts are whole, and the same file does the rest", async () => {
  await using app = await appKnowingAll();
  let writes = 0;
  const dying = {
    ...app.store,
    // Seventeen parts are tried, and then written.
    write: ((now, work) => {
      if ((writes += 1) > 20) throw new Error("the process is gone");
      return app.store.write(now, work);
    }) as AppFixture["store"]["write"],
  };
  await expect(apply(app, all(), {}, dying)).rejects.toThrow("gone");
  const left = await count(app);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(MANY);
  expect(await app.list("customers")).toHaveLength(left);
  expect(told(await apply(app, all()))).toMatchObject({ "add subscription": MANY - left });
  expect(await count(app)).toBe(MANY);
});

test("a customer's subscriptions are judged together, wherever they stand in the file", async () => {
  await using app = await appKnowingAll();
  const input = fileOf([...all().subscriptions, entry(999, { customerId: "cus_3" })]);
  await expect(apply(app, input)).rejects.toThrow(NeedsConfirmation);
  expect(await count(app)).toBe(0);
  const { doubts } = await apply(app, input, { dryRun: true });
  expect(doubts.map(({ what }) => what)).toEqual(
    ["s999", "s3"].map((id) => `cus_3 is on plan oro already, as ${id}; both would be charged`),
  );
  await apply(app, input, { confirmed: true });
  expect(await count(app)).toBe(MANY + 1);
});

test("what is gone from the file is told, and ends with prune alone", async () => {
  await using app = await appKnowingAll();
  await apply(app, all());
  await cancelSubscription(app.needs, "s5", { atOnce: true, stopCollecting: false });
  const without = fileOf(all().subscriptions.slice(20));
  expect(told(await apply(app, without))).toEqual({ "gone subscription": 19, unchanged: MANY - 20 + 1 });
  expect(told(await apply(app, without, { prune: true }))).toMatchObject({ "cancel subscription": 19 });
});
