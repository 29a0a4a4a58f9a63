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

type Change = { readonly dryRun?: boolean; readonly prune?: boolean; readonly confirmed?: boolean; offline?: boolean };
async function apply(
  app: AppFixture,
  input: PlansInput,
  { offline = false, ...change }: Change = {},
  store = app.store,
): Promise<PlansApplied> {
  const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false, ...change };
  return await applyPlans({ ...app.needs, store, ...(offline && { gateway: null }) }, input, options);
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
  const { enrolment } = app.store;
  const dying: AppFixture["store"] = {
    ...app.store,
    enrolment: {
      ...enrolment,
      enrol: (asked, now, decide) => {
        if ((writes += 1) > 1) throw new Error("the process is gone");
        return enrolment.enrol(asked, now, decide);
      },
    },
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

test("what is as it was asks for no right to write, and who was taken on trust is not added again", async () => {
  await using app = await appKnowingAll();
  await apply(app, all(), { offline: true });
  let enrolled = 0;
  const { enrolment } = app.store;
  const counting = { ...enrolment, enrol: () => Promise.reject(new Error(`enrolled ${(enrolled += 1)}`)) };
  const again = await apply(app, all(), { offline: true }, { ...app.store, enrolment: counting });
  expect(told(again)).toEqual({ unchanged: MANY + 1 });
  const read = await apply(app, all());
  expect(told(read)).toEqual({ "add customer": MANY, unchanged: MANY + 1 });
  expect((await app.list("customers", { customerId: "cus_7" }))[0]).toMatchObject({ cardLast4: "4242" });
});

test("somebody who changes the books while they are written stops it, and is told of", async () => {
  await using app = await appKnowingAll();
  const { enrolment } = app.store;
  const disturbed: AppFixture["store"] = {
    ...app.store,
    enrolment: {
      ...enrolment,
      enrol: async (asked, now, decide) => {
        if (asked.subscriptionIds.includes("s240"))
          await app.subscribe("s240", { planId: "oro", customerId: "cus_240" });
        await enrolment.enrol(asked, now, decide);
      },
    },
  };
  await expect(apply(app, all(), {}, disturbed)).rejects.toThrow(
    /plans\.yaml, line 240: somebody changed subscription s240.*Apply the file again/,
  );
  const left = await count(app);
  expect(left).toBeGreaterThan(100);
  expect(left).toBeLessThan(MANY);
  await expect(apply(app, all())).rejects.toThrow(/s240.*added by code already/);
});

/** Of each kind of thing that a file may say of one that is there, some. */
const FIRST = 30;
function before(n: number): Partial<Entry> {
  if (n === 11) return { startLocal: "2026-12-01T09:00" };
  return { startLocal: "2026-01-31T09:00", ...(n % 3 === 0 && { discount: { percent: 10 } }) };
}
function after(n: number): Partial<Entry> | null {
  const same = before(n);
  if (n === 4) return null;
  if (n === 6) return { ...same, discount: null, quantity: 2 };
  if (n === 8) return { ...same, quantity: 3, change: "next_invoice" };
  if (n === 9) return { ...same, lineItems: [{ name: "Su plan", unitPriceCents: 50_000, quantity: 1 }] };
  if (n === 10) return { ...same, id: "renamed" };
  if (n === 11) return { startLocal: "2026-12-02T09:00" };
  return same;
}

test.each([{ prune: false }, { prune: true }])(
  "the same is told and done as in one transaction: %j",
  async ({ prune }) => {
    const first = (n: number) => entry(n, before(n));
    const second = (n: number) => {
      const change = after(n);
      return change === null ? [] : [entry(n, change)];
    };
    const numbers = Array.from({ length: FIRST }, (_, n) => n);
    // Customers of another part of the alphabet, whose lines are always the same.
    const padding = Array.from({ length: 100 }, (_, n) => entry(100 + n));
    const small = {
      before: numbers.map(first),
      after: [...numbers.flatMap(second), entry(60), entry(61, { customerId: "cus_14" })],
    };
    const found = [];
    for (const others of [[], padding]) {
      await using app = await appKnowingAll();
      await apply(app, fileOf([...small.before, ...others]), { confirmed: true });
      await app.run();
      await cancelSubscription(app.needs, "s5", { atOnce: true, stopCollecting: false });
      app.clock.set(new Date("2026-02-10T15:00:00Z"));
      app.sql(`insert into balance_entry (id, customer_id, currency, number, kind, amount_cents, balance_cents, reason, actor, at)
      values ('bal_1', 'cus_14', 'MXN', 1, 'grant', 5000, 5000, 'test', 'test', 0)`);
      const file = fileOf([...small.after, ...others]);
      const faulty = fileOf([...small.after, ...others, entry(62, { planId: "plata" })]);
      const refusal = await apply(app, faulty, { prune }).catch((error: unknown) => String(error));
      const { changes, doubts } = await apply(app, file, { prune, dryRun: true });
      const done = await apply(app, file, { prune, confirmed: true });
      const rows = await app.list("subscriptions");
      found.push({
        ...{ refusal, doubts, changes, done: done.changes },
        rows: rows.filter(({ subscriptionId: id }) => !others.some((other) => other.id === id)),
      });
    }
    expect(found[0]?.changes.length).toBeGreaterThan(10);
    expect(found[0]?.changes.find(({ id }) => id === "s8")?.details[0]).toContain("for the rest of the period");
    expect(found[0]?.refusal).toMatch(/names plan plata/);
    expect(found[1]).toEqual(found[0]);
  },
);
