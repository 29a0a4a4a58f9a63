/** The rows of a file that is imported: how each is judged, what is written of them, and what keeps all from being added. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { customerOf, invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import { type Customer, type Plan, trustedCustomer } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { importSubscriptions } from "./import-subscriptions.ts";
import type { ImportOrder, ImportRow } from "./judged-rows.ts";

const NOW = new Date("2026-02-10T15:00:00Z");

function row(line: number, change: Partial<ImportOrder> = {}): ImportRow {
  const order: ImportOrder = {
    ...{ id: `s${line}`, planId: "oro", customerId: `cus_${line}`, email: null, startLocal: "2026-01-31T09:00" },
    ...{ timeZone: "America/Mexico_City", quantity: 1, lineItems: null, discount: null, billPast: false },
    ...change,
  };
  return { line, order, faults: [] };
}

const bad = (line: number, ...faults: readonly string[]): ImportRow => ({ line, order: null, faults });

type World = {
  readonly books?: readonly Subscription[];
  readonly paid?: readonly string[];
  readonly customers?: readonly Customer[];
  readonly plans?: readonly Plan[];
  readonly atConekta?: readonly Customer[];
};

async function worldOf({ books = [], paid = [], customers = [], plans, atConekta = [] }: World = {}) {
  const settled = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
  const invoices = books.filter(({ id }) => paid.includes(id)).map((each) => invoiceOf(each, 0, settled));
  const app = await memoryApp({ subscriptions: books, customers, invoices, ...(plans && { plans }) }, { now: NOW });
  for (const each of atConekta) app.gateway.customers.set(each.id, { ...each, livemode: false });
  app.told();
  const [progress, rejected] = [[], []] as [unknown[], unknown[]];
  type Change = { dryRun?: boolean; skipInvalid?: boolean; confirmed?: boolean; offline?: boolean };
  async function* given(rows: readonly ImportRow[]) {
    yield* rows;
  }
  const load = (rows: readonly ImportRow[], { offline = false, ...change }: Change = {}) =>
    importSubscriptions({ ...app.needs, gateway: async () => (offline ? null : app.gateway) }, given(rows), {
      ...{ fileName: "f.csv", dryRun: false, skipInvalid: false, confirmed: false, ...change },
      progress: (...told) => void progress.push(told),
      reject: ({ line }, because) => void rejected.push([line, because]),
    });
  return { ...app, load, progress, rejected, count: () => app.tables.subscriptions.rows.size };
}

const ONE = { atConekta: [customerOf("cus_1")] };
const counts = (change: object = {}) => ({
  ...{ rows: 1, added: 0, unchanged: 0, rejected: 0, customers: 0, doubts: 0, faults: [] },
  ...change,
});

describe("a row", () => {
  test("is added with its customer, told, and counted; a second time it is unchanged", async () => {
    const { load, told, subscription, tables, progress, logged, store } = await worldOf(ONE);
    expect(await load([row(1)])).toEqual(counts({ added: 1, customers: 1 }));
    expect(subscription("s1")).toEqual({
      ...subscriptionOf("s1", { customerId: "cus_1", source: "cli", nextCycle: 0 }),
    });
    expect(tables.customers.get("cus_1")).toMatchObject(customerOf("cus_1"));
    const card = { paymentSourceId: "src_cus_1", cardBrand: "visa", cardLast4: "4242" };
    expect(told()).toMatchObject([
      { type: "customer.created", customerId: "cus_1", data: card },
      { type: "subscription.created", subscriptionId: "s1", customerId: "cus_1" },
    ]);
    expect(progress).toEqual([
      ["checked", 1],
      ["added", 1],
    ]);
    expect(logged).toEqual([["info", "subscriptions.imported", { rows: 1, added: 1, rejected: 0 }]]);
    expect((await store.installation()).livemode).toBe(false);
    expect(await load([row(1)])).toEqual(counts({ unchanged: 1 }));
    expect(told()).toEqual([]);
  });

  test("that names no id is called by its customer and plan", async () => {
    const { load, subscription } = await worldOf(ONE);
    await load([row(1, { id: null })]);
    expect(subscription("cus_1:oro")).toBeDefined();
  });

  test("is tried without a word to the books", async () => {
    const { load, told, count, store, progress, logged } = await worldOf(ONE);
    expect(await load([row(1)], { dryRun: true })).toEqual(counts({ added: 1, customers: 1 }));
    expect([told(), count(), (await store.installation()).livemode, logged]).toEqual([[], 0, null, []]);
    expect(progress).toEqual([["checked", 1]]);
  });

  test("offline its customer is taken on trust", async () => {
    const { load, tables, store, gateway } = await worldOf();
    expect(await load([row(1)], { offline: true })).toEqual(counts({ added: 1, customers: 1 }));
    expect(tables.customers.get("cus_1")).toMatchObject({ ...trustedCustomer("cus_1"), readAt: null });
    expect([(await store.installation()).livemode, gateway.readCustomers]).toEqual([null, []]);
  });

  test("of a customer who is known asks for no key", async () => {
    const { needs } = await worldOf({ customers: [customerOf("cus_1")] });
    async function* rows() {
      yield row(1);
    }
    const gateway = async (): Promise<never> => {
      throw new Error("there is no key");
    };
    const options = { fileName: "f.csv", dryRun: true, skipInvalid: false, confirmed: false, reject: () => {} };
    const done = await importSubscriptions({ ...needs, gateway }, rows(), { ...options, progress: () => {} });
    expect(done).toMatchObject({ added: 1 });
  });

  test("names its customer by e-mail, whatever its capitals", async () => {
    const known = [customerOf("cus_a", { email: "Ana@example.mx" })];
    const { load, subscription, gateway } = await worldOf({ customers: known });
    await load([row(1, { customerId: null, email: "aNA@example.mx" })]);
    expect(subscription("s1")?.customerId).toBe("cus_a");
    expect(gateway.readCustomers).toEqual([]);
  });

  test("by its id, though it has an e-mail, too", async () => {
    const { load, subscription } = await worldOf({
      ...ONE,
      customers: [customerOf("cus_a", { email: "ana@example.mx" })],
    });
    await load([row(1, { email: "ana@example.mx" })]);
    expect(subscription("s1")?.customerId).toBe("cus_1");
  });

  const damaged = planOf({ id: "damaged", tax: "x" as never });
  const old = planOf({ id: "old", archivedAt: NOW });
  const short = planOf({ id: "short", expiryCount: 2 });
  const four = ["a", "b", "c", "d"].map((id) => customerOf(`cus_${id}`, { email: "same@example.mx" }));
  test.each<[world: World, rows: readonly ImportRow[], faults: readonly object[]]>([
    [
      ONE,
      [bad(7, "no plan", "no start")],
      [
        { where: "f.csv:7", what: "no plan" },
        { where: "f.csv:7", what: "no start" },
      ],
    ],
    [
      ONE,
      [row(1), { ...row(1), line: 2 }],
      [
        {
          where: "f.csv:2",
          what: "there is a subscription s1 on line 1 already; give this one another id, or take it out",
        },
      ],
    ],
    [
      { customers: four },
      [row(1, { customerId: null, email: "same@example.mx" })],
      [{ where: "f.csv:1", what: "4 customers have this e-mail (cus_a, cus_b, cus_c); write the id of one" }],
    ],
    [
      { customers: four.slice(2) },
      [row(1, { customerId: null, email: "same@example.mx" })],
      [{ where: "f.csv:1", what: "2 customers have this e-mail (cus_c, cus_d); write the id of one" }],
    ],
    [
      {},
      [row(1, { customerId: null, email: "who@example.mx" })],
      [
        {
          where: "f.csv:1",
          what: "no customer that is known here has this e-mail; write Conekta's id of the customer (cus_…)",
        },
      ],
    ],
    [
      { atConekta: [customerOf("cus_1", { paymentSourceId: null })] },
      [row(1)],
      [
        {
          where: "f.csv:1",
          what: "customer cus_1: has no default card at Conekta, so nothing could be charged",
          mend: { do: "add_card", customerId: "cus_1" },
        },
      ],
    ],
    [
      ONE,
      [row(1, { planId: "cobre" })],
      [{ where: "f.csv:1", what: "there is no plan cobre", mend: { do: "list", what: "plans" } }],
    ],
    [
      { ...ONE, plans: [planOf(), old] },
      [row(1, { planId: "old" })],
      [{ where: "f.csv:1", what: expect.stringContaining("archived") }],
    ],
    [
      { ...ONE, plans: [planOf(), damaged] },
      [row(1, { planId: "damaged" })],
      [{ where: "f.csv:1", what: expect.stringContaining("cannot be read") }],
    ],
    [
      { ...ONE, plans: [planOf(), short] },
      [row(1, { planId: "short", startLocal: "2020-01-31T09:00" })],
      [{ where: "f.csv:1", what: expect.stringMatching(/2 periods/) }],
    ],
    [
      ONE,
      [row(1, { lineItems: [{ name: "x", unitPriceCents: 299, quantity: 1 }] })],
      [{ where: "f.csv:1", what: expect.stringContaining("299 cents") }],
    ],
    [
      ONE,
      [
        row(1, {
          lineItems: [
            { name: "x", unitPriceCents: 999, quantity: 1 },
            { name: "y", unitPriceCents: 999, quantity: 1, tax: { rate: 7 } },
          ],
        }),
      ],
      [{ where: "f.csv:1", what: expect.stringMatching(/line 1|line 2/) }],
    ],
    [
      { ...ONE, books: [subscriptionOf("s1", { customerId: "cus_1" })] },
      [row(1, { quantity: 2 })],
      [{ where: "f.csv:1", what: expect.stringContaining("s1") }],
    ],
  ])("%j, %j is rejected: %j", async (world, rows, faults) => {
    const { load, told, count } = await worldOf(world);
    const before = count();
    const refused = await thrownBy(load(rows));
    expect(refused).toMatchObject({ name: "InputInvalid", faults });
    expect(refused.message).toContain("nothing was imported: 1 row:");
    expect(refused.faults).toHaveLength(faults.length);
    expect([told(), count()]).toEqual([[], before]);
  });

  test("with no mend is told with none", async () => {
    const { load } = await worldOf({ ...ONE, plans: [planOf(), old] });
    const { faults } = await thrownBy(load([row(1, { planId: "old" })]));
    expect(faults?.map((fault) => Object.keys(fault))).toEqual([["where", "what"]]);
  });

  test.each([
    [0, true],
    [299, false],
    [300, true],
  ])("of %i cents is added: %p", async (unitPriceCents, isAdded) => {
    const { load } = await worldOf(ONE);
    const done = await load([row(1, { lineItems: [{ name: "x", unitPriceCents, quantity: 1 }] })], { dryRun: true });
    expect(done.added).toBe(isAdded ? 1 : 0);
  });

  test.each<[change: Partial<ImportOrder>]>([
    [{ planId: "plata" }],
    [{ startLocal: "2026-02-01T09:00" }],
    [{ timeZone: "UTC" }],
    [{ quantity: 2 }],
    [{ lineItems: [{ name: "x", unitPriceCents: 900, quantity: 1 }] }],
    [{ discount: { percent: 10 } }],
    [{ customerId: "cus_2" }],
  ])("that is in the books, but for %j, is another one of its id", async (change) => {
    const { load } = await worldOf({
      ...{ plans: [planOf(), planOf({ id: "plata" })], customers: [customerOf("cus_2")] },
      books: [subscriptionOf("s1", { customerId: "cus_1" })],
    });
    expect(await load([row(1, change)], { dryRun: true })).toMatchObject({ rejected: 1, unchanged: 0 });
  });
});

describe("where rows with faults are skipped", () => {
  test("they are handed back with why, and the others are added", async () => {
    const { load, rejected, subscription } = await worldOf({ atConekta: [customerOf("cus_1"), customerOf("cus_3")] });
    const rows = [row(1), bad(2, "no plan"), row(3), row(4)];
    const done = await load(rows, { skipInvalid: true });
    expect(done).toMatchObject({ rows: 4, added: 2, rejected: 2, customers: 2 });
    expect(rejected).toEqual([
      [2, ["no plan"]],
      [4, [expect.stringContaining("does not know this customer")]],
    ]);
    expect([subscription("s1"), subscription("s3")].every(Boolean)).toBe(true);
  });

  test("where they are not, nobody is handed any", async () => {
    const { load, rejected } = await worldOf(ONE);
    await thrownBy(load([row(1), bad(2, "no plan")]));
    expect(rejected).toEqual([]);
  });

  test("a doubt is one of them, unless it is confirmed", async () => {
    const world = { books: [subscriptionOf("a")], paid: ["a"] };
    const { load, rejected, count } = await worldOf(world);
    const second = row(1, { customerId: "cus_a" });
    expect(await load([second], { skipInvalid: true })).toMatchObject({ added: 0, rejected: 1, doubts: 0 });
    expect([rejected, count()]).toEqual([[[1, ["cus_a is on plan oro already, as a; both would be charged"]]], 1]);
    expect(await load([second], { skipInvalid: true, confirmed: true })).toMatchObject({ added: 1, rejected: 0 });
  });
});

describe("what looks like a second one of the same", () => {
  const doubt = (line: number, other: string, startLocal: string | null) => ({
    ...{ where: `f.csv:${line}`, what: `cus_a is on plan oro already, as ${other}; both would be charged` },
    mend: { do: "keep_subscription", subscriptionId: other, startLocal },
  });

  test("in the books waits for a person's word", async () => {
    const { load, count } = await worldOf({ books: [subscriptionOf("a")], paid: ["a"] });
    const rows = [row(1, { customerId: "cus_a" })];
    const faults = [doubt(1, "a", "2026-02-28T09:00")];
    expect(await thrownBy(load(rows))).toMatchObject({ name: "NeedsConfirmation", faults });
    expect(await load(rows, { dryRun: true })).toEqual(counts({ doubts: 1, faults }));
    expect(count()).toBe(1);
    expect(await load(rows, { confirmed: true })).toMatchObject({ added: 1, doubts: 0 });
  });

  test("in the same file, too, be it in another batch", async () => {
    const { load } = await worldOf({ customers: [customerOf("cus_a")] });
    const others = Array.from({ length: 210 }, (_, n) => row(n + 10));
    const rows = [
      row(1, { customerId: "cus_a" }),
      ...others,
      row(2, { customerId: "cus_a" }),
      row(3, { customerId: "cus_a" }),
    ];
    const { doubts, faults } = await load(rows, { dryRun: true, offline: true });
    expect([doubts, faults]).toEqual([2, [doubt(2, "s1", null), doubt(3, "s1", null)]]);
  });

  test("beside two of other plans, the one of the same is found", async () => {
    const plans = [planOf(), planOf({ id: "plata" })];
    const { load } = await worldOf({ plans, customers: [customerOf("cus_a")] });
    const rows = [
      row(1, { customerId: "cus_a", startLocal: "2026-03-01T09:00" }),
      row(2, { customerId: "cus_a", planId: "plata", startLocal: "2026-03-05T09:00" }),
      row(3, { customerId: "cus_a", startLocal: "2026-03-02T09:00" }),
    ];
    expect((await load(rows, { dryRun: true })).faults).toEqual([doubt(3, "s1", null)]);
  });

  test("a fault beside a doubt counts first", async () => {
    const { load } = await worldOf({ books: [subscriptionOf("a")], paid: ["a"] });
    const refused = await thrownBy(load([row(1, { customerId: "cus_a" }), bad(2, "no plan")]));
    expect([refused.name, refused.message.split("\n")[0]]).toEqual(["InputInvalid", "nothing was imported: 2 rows:"]);
  });
});

describe("many rows", () => {
  test("are checked two hundred at a time, written a hundred at a time, and each customer is read once", async () => {
    const rows = Array.from({ length: 401 }, (_, n) =>
      row(n + 1, { customerId: `cus_${n % 400}`, planId: n === 400 ? "plata" : "oro", startLocal: "2026-03-01T09:00" }),
    );
    const { load, progress, gateway, count } = await worldOf({
      ...{ plans: [planOf(), planOf({ id: "plata" })] },
      atConekta: Array.from({ length: 400 }, (_, n) => customerOf(`cus_${n}`)),
    });
    expect(await load(rows)).toMatchObject({ rows: 401, added: 401, customers: 400 });
    expect(progress).toEqual([
      ["checked", 200],
      ["checked", 400],
      ["checked", 401],
      ...[100, 200, 300, 400, 401].map((each) => ["added", each]),
    ]);
    expect([gateway.readCustomers.length, count()]).toEqual([400, 401]);
  });

  test("a customer who cannot be charged is read once, and rejected at each row", async () => {
    const rows = [
      row(1, { customerId: "cus_x" }),
      ...Array.from({ length: 200 }, (_, n) => row(n + 10)),
      row(2, { customerId: "cus_x" }),
    ];
    const { load, gateway } = await worldOf({
      customers: Array.from({ length: 200 }, (_, n) => customerOf(`cus_${n + 10}`)),
      atConekta: [customerOf("cus_x", { paymentSourceId: null })],
    });
    expect(await load(rows, { dryRun: true })).toMatchObject({ rejected: 2, added: 200, customers: 0 });
    expect(gateway.readCustomers).toEqual(["cus_x"]);
  });

  test("with more than a hundred faults the first hundred are told", async () => {
    const rows = Array.from({ length: 101 }, (_, n) => bad(n + 1, "no plan"));
    const { load } = await worldOf();
    const refused = await thrownBy(load(rows));
    expect(refused.message.split("\n")[0]).toBe("nothing was imported: 101 rows, of which these are the first 100:");
    expect(refused.faults).toHaveLength(100);
  });

  test("none is fine", async () => {
    const { load, progress } = await worldOf();
    expect(await load([])).toEqual(counts({ rows: 0 }));
    expect(progress).toEqual([]);
  });
});

describe("what comes between", () => {
  test("a gateway that does not answer: nothing is added, and it is asked no more than by four at once", async () => {
    const { load, gateway, count } = await worldOf();
    const down = new GatewayUnavailable("no answer");
    gateway.failingReads.push(down, down, down, down);
    await expect(load([1, 2, 3, 4, 5, 6].map((line) => row(line)))).rejects.toBe(down);
    expect([gateway.readCustomers, count()]).toEqual([["cus_1", "cus_2", "cus_3", "cus_4"], 0]);
  });

  test("customers of the other mode: nothing is added", async () => {
    const { load, store, count } = await worldOf(ONE);
    await store.confirmMode(true);
    expect(await thrownBy(load([row(1)]))).toMatchObject({ name: "WrongMode" });
    expect(count()).toBe(0);
  });

  test("somebody adds one of them meanwhile, just so: it is unchanged, and the others are added", async () => {
    const { load, inBooks, needs, subscription } = await worldOf({
      customers: [customerOf("cus_1"), customerOf("cus_2")],
    });
    const { enrolment } = needs.store;
    const enrol = enrolment.enrol.bind(enrolment);
    enrolment.enrol = async (...asked) => {
      await inBooks(async (records) => records.addSubscription(subscriptionOf("s1", { customerId: "cus_1" })));
      await enrol(...asked);
    };
    await load([row(1), row(2)]);
    expect([subscription("s1")?.source, subscription("s2")?.source]).toEqual(["code", "cli"]);
  });

  test("somebody takes its id meanwhile: it is told, and what was before it is added", async () => {
    const many = Array.from({ length: 101 }, (_, n) => row(n + 1));
    const { load, inBooks, needs, subscription, progress } = await worldOf();
    const { enrolment } = needs.store;
    const enrol = enrolment.enrol.bind(enrolment);
    enrolment.enrol = async (asked, ...others) => {
      if (asked.subscriptionIds.includes("s101"))
        await inBooks(async (records) => {
          await records.putCustomer(customerOf("cus_101"));
          records.addSubscription(subscriptionOf("s101", { customerId: "cus_101", quantity: 3 }));
        });
      await enrol(asked, ...others);
    };
    const refused = await thrownBy(load(many, { offline: true }));
    expect(refused.name).toBe("Refused");
    expect(refused.message).toMatch(
      /^f\.csv:101: .*since a moment ago\. 100 rows before it are added; import the file again$/,
    );
    expect([subscription("s100")?.source, subscription("s101")?.quantity]).toEqual(["cli", 3]);
    expect(progress.at(-1)).toEqual(["added", 100]);
  });

  test("somebody meets a customer meanwhile: she is as they wrote her", async () => {
    const { load, inBooks, needs, tables, told } = await worldOf(ONE);
    const { enrolment } = needs.store;
    const enrol = enrolment.enrol.bind(enrolment);
    enrolment.enrol = async (...asked) => {
      await inBooks(async (records) => await records.putCustomer(customerOf("cus_1", { name: "Theirs" })));
      await enrol(...asked);
    };
    await load([row(1)]);
    expect(tables.customers.get("cus_1")?.name).toBe("Theirs");
    expect(told().map(({ type }) => type)).toEqual(["subscription.created"]);
  });
});
