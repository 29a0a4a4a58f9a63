/**
 * A plans file beside the books: what each kind of entry is told as, and what is written of it. Each claim is made twice: of a
 * small file, which is one transaction row by row, and of a large one, which is compared and written in parts.
 */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { customerOf, invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { type Thrown, thrownBy } from "../../../test/support/thrown.ts";
import type { Item } from "../../domain/item.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import { type Customer, type Plan, trustedCustomer } from "../../domain/plan.ts";
import { inEnglish } from "../../domain/refusals.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { applyPlans, type PlansApplied } from "./apply-plans.ts";
import type { PlansInput } from "./plans-input.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
const ZONE = "America/Mexico_City";
type Entry = PlansInput["subscriptions"][number];

function entry(id: string, change: Partial<Entry> = {}): Entry {
  return {
    ...{ id, planId: "oro", customerId: `cus_${id}`, startLocal: "2026-01-31T09:00", timeZone: ZONE, quantity: 1 },
    ...{ lineItems: null, discount: null, billPast: false, where: `line of ${id}` },
    ...change,
  };
}

const ORO = planOf({ source: "file" });
const PLATINO = planOf({
  ...{ id: "platino", name: "Plan Platino", source: "file" },
  lineItems: [{ name: "Plan Platino", unitPriceCents: 29900, quantity: 1 }],
});
const OLD = planOf({ id: "old", name: "Plan Viejo", archivedAt: NOW });
const HAND = planOf({ id: "hand", name: "Plan a mano" });

const booked = (id: string, change: Partial<Subscription> = {}) => subscriptionOf(id, { source: "file", ...change });

type World = {
  readonly books?: readonly Subscription[];
  readonly customers?: readonly Customer[];
  readonly plans?: readonly Plan[];
  /** Of which cycle 0 is paid. */
  readonly paid?: readonly string[];
  readonly items?: readonly Partial<Item>[];
  /** At Conekta, beside those of the books. */
  readonly atConekta?: readonly Customer[];
  readonly balanceCents?: number;
};

const PADDING = Array.from({ length: 51 }, (_, n) => `p${n}`);

async function worldOf(isLarge: boolean, world: World = {}) {
  const { books = [], customers = [], plans = [ORO, PLATINO, OLD, HAND], paid = [], items = [] } = world;
  const padding = isLarge ? PADDING : [];
  const subscriptions = [...books, ...padding.map((id) => booked(id))];
  const paidOnes = subscriptions.filter(({ id }) => paid.includes(id) || padding.includes(id));
  const settled = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
  const invoices = paidOnes.map((each) => invoiceOf(each, 0, settled));
  const app = await memoryApp({ subscriptions, customers, plans, invoices }, { now: NOW });
  for (const each of world.atConekta ?? []) app.gateway.customers.set(each.id, { ...each, livemode: false });
  await app.inBooks(async (records) => {
    for (const item of items)
      records.addItem({
        ...{ id: `itm_${item.key}`, key: "locker", customerId: "cus_a", subscriptionId: "a", name: "Locker" },
        ...{ amountCents: 5000, discountCents: 0, currency: "MXN", tax: null, createdAt: NOW, createdBy: "eva" },
        ...{ removedAt: null, invoiceId: null, lastInvoiceId: null, ...item },
      });
    const balance = { customerId: "cus_a", currency: "MXN", kind: "grant", amountCents: world.balanceCents };
    if (world.balanceCents !== undefined)
      await records.addBalanceEntry({
        ...{ ...balance, balanceCents: world.balanceCents, number: 1, invoiceId: null, reason: "x", actor: "eva" },
      } as never);
  });
  app.told();
  const inFile = (entries: readonly Entry[], named: readonly Plan[] = [ORO, PLATINO]): PlansInput => ({
    plans: named.map(({ source: _source, ...plan }) => plan),
    subscriptions: [...entries, ...padding.map((id) => entry(id))],
  });
  type Change = { dryRun?: boolean; prune?: boolean; confirmed?: boolean; offline?: boolean; plans?: readonly Plan[] };
  const apply = async (entries: readonly Entry[], { offline = false, plans: named, ...change }: Change = {}) => {
    const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false, ...change };
    const needs = { ...app.needs, ...(offline && { gateway: null }) };
    return await applyPlans(needs, inFile(entries, named), options);
  };
  const everything = () =>
    structuredClone([...app.tables.subscriptions.rows, ...app.tables.plans.rows, ...app.tables.customers.rows]);
  return { ...app, apply, inFile, everything, unchanged: 2 + padding.length };
}

/** "add subscription b: …": what is told, a line for each thing. */
function lines({ changes }: PlansApplied): string[] {
  return changes.map(({ action, kind, id, details }) => [`${action} ${kind} ${id}`, ...details].join("; "));
}

function faults({ faults: found = [], name }: Thrown): string[] {
  return [name, ...found.map(({ where, what }) => `${where}: ${inEnglish(what)}`)];
}

const DUE = `is charged with the next run, $200.15 MXN: due since 2026-01-31 09:00 ${ZONE}`;
const inFileWithId = (id: string) => `plans.yaml, line of ${id} (subscription ${id})`;

describe.each([false, true])("in a file that is large: %p", (isLarge) => {
  test.each<
    [world: World, entries: readonly Entry[], told: readonly string[], types: readonly string[], because: string]
  >([
    [{ books: [booked("a")] }, [entry("a")], [], [], "it stands there as it is in the books"],
    [
      { customers: [customerOf("cus_b")] },
      [entry("b")],
      [`add subscription b; Plan Oro for Señora cus_b (cus_b), ${DUE}`],
      ["subscription.created"],
      "it is new, for somebody who is known",
    ],
    [
      { atConekta: [customerOf("cus_b")] },
      [entry("b")],
      [
        "add customer cus_b; Señora cus_b, visa ending in 4242",
        `add subscription b; Plan Oro for Señora cus_b (cus_b), ${DUE}`,
      ],
      ["customer.created", "subscription.created"],
      "for somebody who is not",
    ],
    [
      { atConekta: [customerOf("cus_b")] },
      [entry("b", { startLocal: "2026-02-10T09:00" })],
      [
        "add customer cus_b; Señora cus_b, visa ending in 4242",
        `add subscription b; Plan Oro for Señora cus_b (cus_b), ${DUE.replace("2026-01-31", "2026-02-10")}`,
      ],
      ["customer.created", "subscription.created"],
      "it falls due at this very moment",
    ],
    [
      { atConekta: [customerOf("cus_b", { cardBrand: null })] },
      [entry("b", { startLocal: "2026-03-01T09:00" })],
      [
        "add customer cus_b; Señora cus_b, card ending in 4242",
        `add subscription b; Plan Oro for Señora cus_b (cus_b), first charge 2026-03-01 09:00 ${ZONE}, $200.15 MXN`,
      ],
      ["customer.created", "subscription.created"],
      "it lies ahead",
    ],
    [
      { customers: [customerOf("cus_b")] },
      [entry("b", { startLocal: "2025-11-30T09:00" })],
      [
        `add subscription b; Plan Oro for Señora cus_b (cus_b), is charged with the next run, $200.15 MXN: due since ` +
          `2026-01-30 09:00 ${ZONE}; 2 past period(s) are not billed (bill_past: true would)`,
      ],
      ["subscription.created"],
      "the past is not billed by accident",
    ],
    [
      { customers: [customerOf("cus_b")] },
      [entry("b", { startLocal: "2025-12-30T09:00" })],
      [
        `add subscription b; Plan Oro for Señora cus_b (cus_b), is charged with the next run, $200.15 MXN: due since ` +
          `2026-01-30 09:00 ${ZONE}; 1 past period(s) are not billed (bill_past: true would)`,
      ],
      ["subscription.created"],
      "not even one period of it",
    ],
    [
      { customers: [customerOf("cus_b", { paymentSourceId: null, cardLast4: null })] },
      [entry("b")],
      ["add subscription b; Plan Oro for Señora cus_b (cus_b), no charge as things are: no default card"],
      ["subscription.created"],
      "nobody could be charged",
    ],
    [
      { customers: [customerOf("cus_b")] },
      [entry("b", { planId: "hand" })],
      [`add subscription b; Plan a mano for Señora cus_b (cus_b), ${DUE}`],
      ["subscription.created"],
      "its plan stands in the books alone",
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { quantity: 2, discount: { percent: 10 } })],
      [
        "change subscription a; quantity: 1 -> 2, from the next invoice on; " +
          'discount: null -> {"percent":10}, from the next invoice on; amount: $200.15 MXN -> $360.27 MXN',
      ],
      ["subscription.changed"],
      "other terms hold from the next invoice on",
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { quantity: 2, discount: { percent: 50 } })],
      [
        "change subscription a; quantity: 1 -> 2, from the next invoice on; " +
          'discount: null -> {"percent":50}, from the next invoice on; amount: $200.15 MXN, as before',
      ],
      ["subscription.changed"],
      "whether the amount changes is told",
    ],
    [
      { books: [booked("a", { lineItems: [{ name: "Suyo", unitPriceCents: 500, quantity: 1 }] })] },
      [entry("a")],
      [
        'change subscription a; line_items: [{"name":"Suyo","unitPriceCents":500,"quantity":1}] -> null, from the next invoice on; ' +
          "amount: $5.00 MXN -> $200.15 MXN",
      ],
      ["subscription.changed"],
      "lines of its own are taken away",
    ],
    [
      { books: [booked("a", { status: "canceled", nextBillingAt: null, cancelAt: NOW })] },
      [entry("a", { quantity: 9 })],
      ["ended subscription a; is canceled; use a new id to start again"],
      [],
      "it has ended, and its id is used up",
    ],
    [
      { books: [booked("a")] },
      [entry("a", { startLocal: "2026-03-01T09:00" })],
      [
        `change subscription a; start: 2026-01-31T09:00 -> 2026-03-01T09:00; Plan Oro for Señora cus_a (cus_a), ` +
          `first charge 2026-03-01 09:00 ${ZONE}, $200.15 MXN`,
      ],
      ["subscription.created"],
      "nothing was billed of it: it begins anew",
    ],
    [
      { books: [booked("a")] },
      [entry("a", { planId: "platino", change: "next_invoice" })],
      [
        `change subscription a; plan: oro -> platino; Plan Platino for Señora cus_a (cus_a), ` +
          `is charged with the next run, $299.00 MXN: due since 2026-01-31 09:00 ${ZONE}`,
      ],
      ["subscription.created"],
      "also where it says how a plan is to change",
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { planId: "platino", change: "next_invoice" })],
      [
        "change subscription a; plan: oro × 1 -> platino × 1, next_invoice, from 2026-02-10 on, " +
          "$63.54 MXN for the rest of the period",
      ],
      ["subscription.plan_changed"],
      "another plan, as the file says",
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { planId: "platino", change: "period_end", discount: { percent: 10 } })],
      [
        "change subscription a; plan: oro × 1 -> platino × 1, period_end, from 2026-02-28 on; " +
          'discount: null -> {"percent":10}, from the next invoice on; amount: $299.00 MXN -> $269.10 MXN',
      ],
      ["subscription.plan_changed", "subscription.changed"],
      "another plan, and other terms beside it",
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { change: "next_invoice" })],
      [],
      [],
      "on that plan it is already",
    ],
    [
      { books: [booked("a", { status: "canceled", nextBillingAt: null })], paid: ["a"] },
      [entry("a", { planId: "platino", change: "now" })],
      ["ended subscription a; is canceled; use a new id to start again"],
      [],
      "what has ended is not changed, however it is asked for",
    ],
    [
      { books: [booked("a")], items: [{}] },
      [entry("a", { planId: "platino", change: "period_end" })],
      ["change subscription a; plan: oro × 1 -> platino × 1, period_end, from 2026-02-28 on"],
      ["subscription.plan_changed"],
      "before the first bill a plan is changed where something waits for it",
    ],
    [
      { books: [booked("a")], items: [{}] },
      [entry("a", { quantity: 2, change: "period_end" })],
      ["change subscription a; quantity: 1 -> 2, from the next invoice on; amount: $200.15 MXN -> $400.30 MXN"],
      ["subscription.changed"],
      "and a quantity is free",
    ],
    [
      { books: [booked("a"), booked("b")] },
      [entry("a")],
      ["gone subscription b; is no longer in the file and goes on"],
      [],
      "what is gone is told, and goes on",
    ],
    [
      {
        books: [booked("a"), booked("b", { status: "completed", nextBillingAt: null }), booked("d", { source: "cli" })],
      },
      [entry("a")],
      [],
      [],
      "what has ended, or came from elsewhere, is not missed",
    ],
  ])("%j, %j: %j, %j (%s)", async (world, entries, told, types) => {
    const { apply, told: events, everything, unchanged } = await worldOf(isLarge, world);
    const before = everything();
    const seen = await apply(entries, { dryRun: true });
    expect([everything(), events()]).toEqual([before, []]);
    expect(lines(seen)).toEqual(told);
    const done = await apply(entries);
    expect(done).toEqual(seen);
    expect(events().map(({ type }) => type)).toEqual(types);
    const isAsItWas = told.every((line) => line.startsWith("gone"));
    expect(done.unchanged).toBe(unchanged + (isAsItWas ? entries.length : 0));
    // What was done stays done: a second time nothing is new.
    const again = lines(await apply(entries));
    expect(again).toEqual(told.filter((line) => /^(gone|ended)/.test(line)));
    expect(events()).toEqual([]);
  });

  test("what is written is what the file says", async () => {
    const { apply, subscription, tables, told } = await worldOf(isLarge, {
      ...{ books: [booked("a")], paid: ["a"], atConekta: [customerOf("cus_b")] },
    });
    const lineItems = [{ name: "Suyo", unitPriceCents: 900, quantity: 1 }];
    const discount = { percent: 10 };
    await apply([entry("a", { quantity: 3, discount }), entry("b", { lineItems, quantity: 2, billPast: true })]);
    expect(subscription("a")).toEqual({ ...booked("a"), quantity: 3, discount });
    expect(subscription("b")).toEqual({
      ...booked("b", { nextCycle: 0 }),
      ...{ lineItems, quantity: 2, billPast: true },
    });
    expect(tables.customers.get("cus_b")).toMatchObject(customerOf("cus_b"));
    const card = { paymentSourceId: "src_cus_b", cardBrand: "visa", cardLast4: "4242" };
    const changes = [
      "quantity: 1 -> 3, from the next invoice on",
      'discount: null -> {"percent":10}, from the next invoice on',
      "amount: $200.15 MXN -> $540.40 MXN",
    ];
    const events = told();
    expect(events).toHaveLength(3);
    expect(events).toContainEqual({ type: "customer.created", customerId: "cus_b", data: card });
    expect(events).toContainEqual({
      type: "subscription.changed",
      subscriptionId: "a",
      customerId: "cus_a",
      data: { changes },
    });
    const data = { planId: "oro", firstCycle: 0 };
    expect(events).toContainEqual({ type: "subscription.created", subscriptionId: "b", customerId: "cus_b", data });
  });

  const fixed = "is fixed once the subscription has invoices, a consent, a coupon, an item or a change of plan: it is";
  const back = "; put it back, or use a new id";
  test.each<[world: World, entries: readonly Entry[], told: readonly string[]]>([
    [
      { customers: [customerOf("cus_b")] },
      [entry("b", { planId: "cobre" })],
      [`${inFileWithId("b")}: names plan cobre, which does not exist`],
    ],
    [
      { customers: [customerOf("cus_b")] },
      [entry("b", { planId: "old" })],
      [`${inFileWithId("b")}: plan old is archived, and takes no new subscription`],
    ],
    [
      { books: [booked("a", { source: "cli" })] },
      [entry("a")],
      [`${inFileWithId("a")}: a subscription of this id was added by cli already; use a new id`],
    ],
    [
      { books: [booked("a", { source: "cli", cancelAt: new Date("2026-02-28T15:00:00Z") })], paid: ["a"] },
      [entry("a", { planId: "platino", change: "now" })],
      [`${inFileWithId("a")}: a subscription of this id was added by cli already; use a new id`],
    ],
    [
      { books: [booked("a")], paid: ["a"], customers: [customerOf("cus_c")] },
      [entry("a", { customerId: "cus_c", startLocal: "2026-02-01T09:00", timeZone: "UTC" })],
      [
        `${inFileWithId("a")}: customer ${fixed} cus_a, the file says cus_c${back}`,
        `${inFileWithId("a")}: start ${fixed} 2026-01-31T09:00, the file says 2026-02-01T09:00${back}`,
        `${inFileWithId("a")}: time_zone ${fixed} ${ZONE}, the file says UTC${back}`,
      ],
    ],
    [
      { books: [booked("a")], paid: ["a"] },
      [entry("a", { planId: "platino" })],
      [
        `${inFileWithId("a")}: plan ${fixed} oro, the file says platino${back}; or say how it is to change: change: next_invoice`,
      ],
    ],
    [
      { books: [booked("a", { cancelAt: new Date("2026-02-28T15:00:00Z") })] },
      [entry("a", { startLocal: "2026-03-01T09:00" })],
      [
        `${inFileWithId("a")}: start is fixed while the subscription is canceled at the end of its period: ` +
          `it is 2026-01-31T09:00, the file says 2026-03-01T09:00${back}`,
      ],
    ],
    [
      { books: [booked("a", { status: "paused" })] },
      [entry("a", { startLocal: "2026-03-01T09:00" })],
      [
        `${inFileWithId("a")}: start is fixed while the subscription is paused: ` +
          `it is 2026-01-31T09:00, the file says 2026-03-01T09:00${back}`,
      ],
    ],
    [
      { books: [booked("a", { status: "past_due" })], paid: ["a"] },
      [entry("a", { planId: "platino", change: "now" })],
      [
        expect.stringMatching(
          /^plans.yaml, line of a \(subscription a\): subscription a: it owes an invoice that failed/,
        ) as unknown as string,
      ],
    ],
    [
      { customers: [customerOf("cus_b")], books: [booked("a")], paid: ["a"] },
      [entry("a", { startLocal: "2026-02-01T09:00" }), entry("b", { planId: "cobre" })],
      [
        `${inFileWithId("a")}: start ${fixed} 2026-01-31T09:00, the file says 2026-02-01T09:00${back}`,
        `${inFileWithId("b")}: names plan cobre, which does not exist`,
      ],
    ],
    [
      { customers: [customerOf("cus_b")], books: [booked("a")] },
      [entry("b", { planId: "cobre" }), entry("a"), entry("x", { planId: "hierro", customerId: "cus_a" })],
      [
        `${inFileWithId("b")}: names plan cobre, which does not exist`,
        `${inFileWithId("x")}: names plan hierro, which does not exist`,
      ],
    ],
  ])("%j, %j is refused, and nothing is done: %j", async (world, entries, told) => {
    const { apply, everything, told: events } = await worldOf(isLarge, world);
    const before = everything();
    expect(faults(await thrownBy(apply(entries)))).toEqual(["ConfigurationInvalid", ...told]);
    expect(faults(await thrownBy(apply(entries, { dryRun: true })))).toEqual(["ConfigurationInvalid", ...told]);
    expect([everything(), events()]).toEqual([before, []]);
  });

  test.each<[expiryCount: number, startLocal: string]>([[3, "2020-01-31T09:00"]])(
    "of %i periods that began on %s none is left",
    async (expiryCount, startLocal) => {
      const short = planOf({ id: "short", expiryCount, source: "file" });
      const over = `${inFileWithId("b")}: all 3 periods are over already; choose a later start, or set bill_past: true`;
      const { apply } = await worldOf(isLarge, { customers: [customerOf("cus_b")] });
      const named = { plans: [ORO, PLATINO, short] };
      const refused = thrownBy(apply([entry("b", { planId: "short", startLocal })], named));
      expect(faults(await refused)).toEqual(["ConfigurationInvalid", over]);
      // Nor where one that was never billed would begin anew.
      const anew = await worldOf(isLarge, { books: [booked("b")], plans: [ORO, PLATINO, short] });
      const again = thrownBy(anew.apply([entry("b", { planId: "short", startLocal })], named));
      expect(faults(await again)).toEqual(["ConfigurationInvalid", over]);
      expect(anew.subscription("b")).toEqual(booked("b"));
    },
  );

  describe("pruned", () => {
    const books = [booked("a"), booked("b")];
    test("what is gone ends with its period, and is charged for what waits", async () => {
      const { apply, subscription, told } = await worldOf(isLarge, {
        ...{ books, paid: ["a", "b"], items: [{ key: "locker", customerId: "cus_b", subscriptionId: "b" }] },
      });
      const details = `ends 2026-02-28 09:00 ${ZONE}; charged by the next run for what waits: $50.00 MXN`;
      expect(lines(await apply([entry("a")], { prune: true, dryRun: true }))).toEqual([
        `cancel subscription b; ${details}`,
      ]);
      expect(subscription("b")?.cancelAt).toBeNull();
      expect(lines(await apply([entry("a")], { prune: true }))).toEqual([`cancel subscription b; ${details}`]);
      expect(subscription("b")).toMatchObject({ status: "active", cancelAt: new Date("2026-02-28T15:00:00Z") });
      expect(told().map(({ type }) => type)).toEqual(["subscription.cancel_scheduled", "invoice.opened"]);
      expect(lines(await apply([entry("a")], { prune: true }))).toEqual([]);
    });

    test("one that ends by itself by now is left", async () => {
      const short = planOf({ source: "file", expiryCount: 1 });
      const { apply, clock } = await worldOf(isLarge, {
        ...{ books: [booked("a"), booked("b", { cancelAt: new Date("2026-02-28T15:00:00Z") })] },
        ...{ plans: [short, PLATINO, OLD, HAND] },
      });
      clock.set(new Date("2026-03-10T15:00:00Z"));
      expect(lines(await apply([entry("a")], { prune: true, plans: [short, PLATINO] }))).toEqual([]);
    });

    test("a subscription that goes on is marked as one that --prune would end", async () => {
      const { apply } = await worldOf(isLarge, { books: [booked("a"), booked("b")] });
      const { changes } = await apply([entry("a")]);
      expect(changes.map(({ id, isPrunable }) => [id, isPrunable])).toEqual([["b", true]]);
    });

    test("a plan that is gone is told once, whatever is changed beside it", async () => {
      const { apply } = await worldOf(isLarge, { books: [booked("a"), booked("b")], paid: ["a", "b"] });
      const changed = ["a", "b"].map((id) => entry(id, { quantity: 2, change: "period_end" }));
      const told = lines(await apply(changed, { plans: [ORO] }));
      expect(told.filter((line) => line.includes("plan platino"))).toEqual([
        "gone plan platino; is no longer in the file",
      ]);
    });

    test.each<[prune: boolean, told: readonly string[]]>([
      [
        false,
        [
          "gone plan plata; is no longer in the file; kept, since subscriptions name it",
          "gone plan platino; is no longer in the file",
        ],
      ],
      [true, ["gone plan plata; is no longer in the file; kept, since subscriptions name it", "remove plan platino"]],
    ])("plans that are gone, with prune: %p: %j", async (prune, told) => {
      const plata = planOf({ id: "plata", source: "file" });
      const { apply, tables } = await worldOf(isLarge, {
        ...{ books: [booked("c", { planId: "plata", source: "cli" })], plans: [ORO, PLATINO, plata, HAND] },
      });
      const { changes } = await apply([], { prune, plans: [ORO] });
      expect(lines({ changes, unchanged: 0, doubts: [] })).toEqual(told);
      expect(changes.map(({ isPrunable = false }) => isPrunable)).toEqual([false, !prune]);
      expect(tables.plans.get("platino") === undefined).toBe(prune);
      expect(tables.plans.get("hand")).toBeDefined();
    });
  });

  test("plans and coupons of the file are told before its subscriptions, which are announced by them", async () => {
    const dearer = { ...ORO, lineItems: [{ name: "Plan Oro", unitPriceCents: 30_000, quantity: 1 }] };
    const { apply, inFile, needs, tables } = await worldOf(isLarge, { customers: [customerOf("cus_b")] });
    const { coupons } = {
      coupons: [{ code: "MAYO", percentHundredths: 5000, amountCents: null, currency: null, cycles: 1 }],
    };
    const terms = { redeemBy: null, maxRedemptions: null, planIds: null, where: "line 2" };
    const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false };
    const file = {
      ...inFile([entry("b")], [dearer, PLATINO]),
      coupons: coupons.map((each) => ({ ...each, ...terms })),
    };
    const told = [
      "change plan oro; price: $200.15 MXN -> $300.00 MXN, from the next invoice on",
      "add coupon MAYO; 50 % off once",
      `add subscription b; Plan Oro for Señora cus_b (cus_b), ${DUE.replace("$200.15", "$300.00")}`,
    ];
    expect(lines(await applyPlans(needs, file, { ...options, dryRun: true }))).toEqual(told);
    expect(lines(await applyPlans(needs, file, options))).toEqual(told);
    expect([...tables.coupons.rows.keys()]).toEqual(["MAYO"]);
    const again = await applyPlans(needs, file, options);
    expect([again.changes, again.unchanged]).toEqual([[], file.subscriptions.length + 3]);
    // A file that says nothing of coupons leaves them as they are.
    expect(lines(await apply([entry("b")], { prune: true, plans: [dearer, PLATINO] }))).toEqual([]);
  });

  test("one that is changed row by row is on the file's plan as the file has it", async () => {
    const dearer = { ...PLATINO, lineItems: [{ name: "Plan Platino", unitPriceCents: 40_000, quantity: 1 }] };
    const { apply } = await worldOf(isLarge, { books: [booked("a")] });
    const file = [entry("a", { planId: "platino", startLocal: "2026-03-01T09:00" })];
    expect(lines(await apply(file, { plans: [ORO, dearer] })).at(-1)).toContain("$400.00 MXN");
  });

  test("a gateway that does not answer keeps all from being done", async () => {
    const { apply, gateway, everything } = await worldOf(isLarge);
    const before = everything();
    const down = new GatewayUnavailable("no answer");
    gateway.failingReads.push(down);
    await expect(apply([entry("b"), entry("c"), entry("d")])).rejects.toBe(down);
    expect(everything()).toEqual(before);
  });

  test("what is no fault of the file is thrown as it is", async () => {
    const { apply, needs } = await worldOf(isLarge);
    const broken = new Error("the disk is full");
    Object.assign(needs.store, { write: () => Promise.reject(broken) });
    await expect(apply([entry("a")], { dryRun: true, offline: true })).rejects.toBe(broken);
  });

  describe("what looks like a second one of the same", () => {
    const second = entry("new", { customerId: "cus_a", startLocal: "2026-01-31T09:00" });
    const doubt = {
      where: inFileWithId("new"),
      what: "cus_a is on plan oro already, as a; both would be charged",
      mend: { do: "keep_subscription", subscriptionId: "a", startLocal: "2026-02-28T09:00" },
    };
    const world = { books: [booked("a")], paid: ["a"] };

    test("waits for a person's word", async () => {
      const { apply, subscription, told } = await worldOf(isLarge, world);
      const entries = [entry("a"), second];
      expect((await apply(entries, { dryRun: true })).doubts).toEqual([doubt]);
      expect(await thrownBy(apply(entries))).toMatchObject({ name: "NeedsConfirmation", faults: [doubt] });
      expect([subscription("new"), told()]).toEqual([undefined, []]);
      expect((await apply(entries, { confirmed: true })).doubts).toEqual([doubt]);
      expect(subscription("new")).toBeDefined();
      expect((await apply(entries)).doubts).toEqual([]);
    });

    test("is let through by a person's word, also where one of the same customer is changed beside it", async () => {
      const { apply, subscription } = await worldOf(isLarge, world);
      await apply([entry("a", { quantity: 2 }), second], { confirmed: true });
      expect([subscription("a")?.quantity, subscription("new")?.planId]).toEqual([2, "oro"]);
    });

    test("is one, too, where the other is no longer in the file", async () => {
      const { apply } = await worldOf(isLarge, world);
      const { doubts } = await apply([second], { dryRun: true });
      const what =
        "cus_a is on plan oro already, as a, which is no longer in the file and goes on; both would be charged";
      expect(doubts).toEqual([{ ...doubt, what }]);
    });

    test("is doubted once: one that is there is changed without a word", async () => {
      const { apply } = await worldOf(isLarge, {
        books: [booked("a"), booked("a2", { customerId: "cus_a" })],
        paid: ["a"],
      });
      const { changes, doubts } = await apply([entry("a", { quantity: 2 }), entry("a2", { customerId: "cus_a" })]);
      expect([changes.map(({ action }) => action), doubts]).toEqual([["change"], []]);
    });

    test("is none where the other ends, or is somebody else's", async () => {
      const { apply } = await worldOf(isLarge, { ...world, customers: [customerOf("cus_b")] });
      const after = { ...second, startLocal: "2026-02-28T09:00" };
      expect((await apply([after], { dryRun: true, prune: true })).doubts).toEqual([]);
      expect((await apply([entry("a"), entry("b")], { dryRun: true })).doubts).toEqual([]);
    });

    test("two new ones of one customer are each told of, in the order of the file", async () => {
      const { apply } = await worldOf(isLarge, { customers: [customerOf("cus_b")] });
      const two = [entry("b"), entry("c", { customerId: "cus_b" })];
      const { doubts } = await apply(two, { dryRun: true });
      const twice = (id: string) => `cus_b is on plan oro already, as ${id}; both would be charged`;
      expect(doubts.map(({ what }) => what)).toEqual([twice("c"), twice("b")]);
      expect(doubts.map(({ where, mend }) => [where, mend])).toEqual([
        [inFileWithId("b"), { do: "keep_subscription", subscriptionId: "c", startLocal: null }],
        [inFileWithId("c"), { do: "keep_subscription", subscriptionId: "b", startLocal: null }],
      ]);
    });
  });

  test("what is told of subscriptions is in the order of the file", async () => {
    const { apply } = await worldOf(isLarge, {
      ...{ books: [booked("z"), booked("m")], paid: ["z", "m"], customers: [customerOf("cus_b"), customerOf("cus_a")] },
    });
    const file = [
      entry("z", { quantity: 2 }),
      entry("b"),
      entry("m", { planId: "platino", change: "now" }),
      entry("a"),
    ];
    const told = (await apply(file)).changes.map(({ action, id }) => `${action} ${id}`);
    expect(told).toEqual(["change z", "add b", "change m", "add a"]);
  });

  describe("of customers", () => {
    test("who was taken on trust is read as soon as there is somebody to ask, and nobody else", async () => {
      const { apply, gateway, tables } = await worldOf(isLarge, {
        ...{ books: [booked("a"), booked("b")], customers: [trustedCustomer("cus_a"), customerOf("cus_b")] },
        atConekta: [customerOf("cus_a")],
      });
      expect(lines(await apply([entry("a"), entry("b")], { offline: true }))).toEqual([]);
      expect(lines(await apply([entry("a"), entry("b")]))).toEqual([
        "add customer cus_a; Señora cus_a, visa ending in 4242",
      ]);
      expect(gateway.readCustomers).toEqual(["cus_a"]);
      expect(tables.customers.get("cus_a")).toMatchObject({ cardLast4: "4242" });
    });

    test("offline, nobody is read: they are taken as they are named", async () => {
      const { apply, tables, gateway, store } = await worldOf(isLarge);
      const told = lines(await apply([entry("b")], { offline: true }));
      expect(told).toEqual([
        "add customer cus_b; cus_b, no card known",
        "add subscription b; Plan Oro for cus_b (cus_b), no charge as things are: no default card",
      ]);
      expect(tables.customers.get("cus_b")).toMatchObject({ name: "cus_b", readAt: null });
      expect([gateway.readCustomers, (await store.installation()).livemode]).toEqual([[], null]);
    });

    test("the books learn their mode from who is read, and keep it", async () => {
      const { apply, store, everything } = await worldOf(isLarge, {
        atConekta: [customerOf("cus_b"), customerOf("cus_c")],
      });
      await apply([entry("b")], { dryRun: true });
      expect((await store.installation()).livemode).toBeNull();
      await apply([entry("b")]);
      expect((await store.installation()).livemode).toBe(false);
      const other = await worldOf(isLarge, { atConekta: [customerOf("cus_b")] });
      await other.store.confirmMode(true);
      const before = other.everything();
      expect(await thrownBy(other.apply([entry("b")], { dryRun: true }))).toMatchObject({ name: "WrongMode" });
      expect(await thrownBy(other.apply([entry("b")]))).toMatchObject({ name: "WrongMode" });
      expect(other.everything()).toEqual(before);
      expect(everything()).not.toEqual(before);
    });

    test("one who cannot be charged is a fault of the file, at the first place that names her", async () => {
      const { apply } = await worldOf(isLarge, {
        atConekta: [
          customerOf("cus_b", { cardExpMonth: 1, cardExpYear: 2026 }),
          customerOf("cus_c", { paymentSourceId: null }),
        ],
      });
      const file = [entry("b"), entry("b2", { customerId: "cus_b" }), entry("c"), entry("d")];
      expect(await thrownBy(apply(file))).toMatchObject({
        name: "ConfigurationInvalid",
        faults: [
          {
            where: "plans.yaml, line of b (customer cus_b)",
            what: "the default card (visa ending in 4242) expired 1/2026",
            mend: { do: "add_card", customerId: "cus_b" },
          },
          {
            where: "plans.yaml, line of c (customer cus_c)",
            what: "has no default card at Conekta, so nothing could be charged",
            mend: { do: "add_card", customerId: "cus_c" },
          },
          {
            where: "plans.yaml, line of d (customer cus_d)",
            what: expect.stringContaining("does not know this customer"),
          },
        ],
      });
    });

    test("one alone keeps the file out, and who can be charged is not named", async () => {
      const atConekta = [customerOf("cus_b"), customerOf("cus_c", { paymentSourceId: null })];
      const { apply } = await worldOf(isLarge, { atConekta });
      const { faults: found } = await thrownBy(apply([entry("b"), entry("c")]));
      expect(found?.map(({ where }) => where)).toEqual(["plans.yaml, line of c (customer cus_c)"]);
    });
  });

  describe("what two new ones share", () => {
    const two = [
      entry("x", { customerId: "cus_a", startLocal: "2026-03-01T09:00" }),
      entry("y", { customerId: "cus_a", planId: "platino", startLocal: "2026-03-02T09:00" }),
    ];
    const amounts = (applied: PlansApplied) => lines(applied).map((line) => /\$[\d.]+|no charge.*/.exec(line)?.[0]);

    test("is used up by the first of them", async () => {
      const { apply } = await worldOf(isLarge, { customers: [customerOf("cus_a")], balanceCents: 30_000 });
      expect(amounts(await apply(two))).toEqual(["no charge as things are: nothing to collect", "$199.15"]);
    });

    test("is used by one that is there at the price that the file gives its plan", async () => {
      const { apply } = await worldOf(isLarge, { books: [booked("a")], paid: ["a"], balanceCents: 15_000 });
      const cheaper = { ...ORO, lineItems: [{ name: "Plan Oro", unitPriceCents: 10_000, quantity: 1 }] };
      const told = amounts(await apply([entry("a"), ...two], { confirmed: true, plans: [cheaper, PLATINO] }));
      expect(told.slice(-2)).toEqual(["$50.00", "$299.00"]);
    });

    test("pays the one charge that a plan makes, and nothing comes after it", async () => {
      const once = { ...PLATINO, expiryCount: 1, expiryCounts: "charges" } as const;
      const { apply } = await worldOf(isLarge, { customers: [customerOf("cus_a")], balanceCents: 30_000 });
      const today = entry("x", { customerId: "cus_a", planId: "platino", startLocal: "2026-02-10T09:00" });
      const told = amounts(await apply([today], { plans: [ORO, once] }));
      expect(told.at(-1)).toBe("no charge as things are: last cycle opened");
    });

    test("is used up by one that is there and comes first", async () => {
      const { apply } = await worldOf(isLarge, { books: [booked("a")], paid: ["a"], balanceCents: 15_000 });
      expect(amounts(await apply([entry("a"), ...two], { confirmed: true }))).toEqual(["$200.15", "$299.00"]);
    });
  });
});

test("the mode of who is read is told to the log with what was done", async () => {
  const { apply, logged } = await worldOf(false, { books: [booked("a")], atConekta: [customerOf("cus_b")] });
  await apply([entry("a"), entry("b")], { dryRun: true });
  expect(logged).toEqual([]);
  await apply([entry("a"), entry("b")]);
  expect(logged).toEqual([["info", "plans.applied", { changes: 2, unchanged: 3 }]]);
});

describe("somebody changes the books while a large file is written", () => {
  async function disturbed(world: World, meanwhile: (app: Awaited<ReturnType<typeof worldOf>>) => Promise<unknown>) {
    const made = await worldOf(true, world);
    const { enrolment } = made.needs.store;
    const enrol = enrolment.enrol.bind(enrolment);
    enrolment.enrol = async (...asked) => {
      await meanwhile(made);
      await enrol(...asked);
    };
    return made;
  }

  test.each<[what: string, change: Partial<Subscription>]>([
    ["by hand", { source: "cli" }],
    ["with another start", { startLocal: "2026-02-01T09:00" }],
  ])("one is added %s: it stops, and says so", async (_what, change) => {
    const { apply, subscription } = await disturbed({ customers: [customerOf("cus_b")] }, ({ inBooks }) =>
      inBooks(async (records) => records.addSubscription(booked("b", change))),
    );
    const stopped = await thrownBy(apply([entry("b")]));
    expect([stopped.name, stopped.message]).toEqual([
      "Refused",
      "plans.yaml, line of b: somebody changed subscription b while the file was applied; " +
        "what was applied before it stays. Apply the file again",
    ]);
    expect(subscription("b")).toMatchObject(change);
  });

  test("a customer is met: she is as they wrote her", async () => {
    const { apply, tables, told } = await disturbed({ atConekta: [customerOf("cus_b")] }, ({ inBooks }) =>
      inBooks(async (records) => await records.putCustomer(customerOf("cus_b", { name: "Theirs" }))),
    );
    await apply([entry("b")]);
    expect(tables.customers.get("cus_b")?.name).toBe("Theirs");
    expect(told().map(({ type }) => type)).toEqual(["subscription.created"]);
  });
});

test("whoever changes rows one by one leaves the books free for as long as it held them", async () => {
  const { needs, inFile } = await worldOf(true, { books: [booked("a")] });
  const heldMs = 25;
  let monotonicMs = 0;
  Object.assign(needs.clock, { monotonicMs: () => (monotonicMs += heldMs) });
  const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false };
  const begun = performance.now();
  await applyPlans(needs, inFile([entry("a", { startLocal: "2026-03-01T09:00" })]), options);
  // Tried, and then written. Timers may fire a moment early.
  expect(performance.now() - begun).toBeGreaterThan(2 * heldMs - 5);
});

describe("how far a large file has come", () => {
  async function told(entries: readonly Entry[], world: World) {
    const seen: [string, number][] = [];
    const { needs, inFile } = await worldOf(true, world);
    const options = { fileName: "plans.yaml", dryRun: false, prune: false, confirmed: false };
    await applyPlans(needs, inFile(entries), {
      ...options,
      progress: (phase, count) => void seen.push([phase, count]),
    });
    return seen;
  }

  test("is told as it is compared, and as it is written", async () => {
    const many = Array.from({ length: 210 }, (_, n) => entry(`n${n}`));
    const customers = many.map(({ customerId }) => customerOf(customerId));
    expect(await told(many, { customers })).toEqual([
      ["compared", 200],
      ["compared", 261],
      ["applied", 100],
      ["applied", 200],
      ["applied", 210],
    ]);
  });

  test("with those that are changed row by row, fifteen at a time", async () => {
    const anew = Array.from({ length: 16 }, (_, n) => `r${n}`);
    const entries = anew.map((id) => entry(id, { startLocal: "2026-03-01T09:00" }));
    expect(await told(entries, { books: anew.map((id) => booked(id)) })).toEqual([
      ["compared", 51],
      ["compared", 66],
      ["compared", 67],
      ["applied", 15],
      ["applied", 16],
    ]);
  });
});
