/** A change of plan or quantity: all that is written and told of it, what it is refused for, and how it is taken back. */
import { describe, expect, test } from "@jest/globals";
import { type MemoryApp, memoryApp } from "../../../test/support/memory-app.ts";
import { invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Coupon } from "../../domain/coupon.ts";
import type { Invoice } from "../../domain/invoice.ts";
import type { Plan } from "../../domain/plan.ts";
import { said, type Said, unchanged } from "../../domain/refusals.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { addCoupon, giveCoupon } from "../coupons/coupons.ts";
import { voidInvoice } from "../invoices/change-invoice.ts";
import { changeSubscription, previewChange, type WantedChange } from "./change-subscription.ts";
import { skipCycle } from "./skip-cycle.ts";
import { unskipCycle } from "./take-back.ts";
import { previewUndo, undoChange } from "./undo-change.ts";

/** Fifteen of thirty days are left. */
const NOW = new Date("2026-11-16T15:00:00Z");
const NEXT = "2026-12-01T15:00:00.000Z";
const at = (text: string) => new Date(text);
const line = (name: string, unitPriceCents: number, more: object = {}) => [
  { name, unitPriceCents, quantity: 1, ...more },
];
const KEYS = { claveProdServ: "86121700", claveUnidad: "E48" };

const ORO = planOf({ lineItems: line("Plan Oro", 20015) });
const PLATINO = planOf({ id: "platino", name: "Plan Platino", lineItems: line("Plan Platino", 29900, KEYS) });
const PLATA = planOf({ id: "plata", name: "Plan Plata", lineItems: line("Plan Plata", 9900) });
const ANUAL = planOf({ id: "anual", name: "Plan Anual", interval: "year", lineItems: line("Plan Anual", 199900) });
const SEMANAL = planOf({
  id: "semanal",
  name: "Plan Semanal",
  interval: "week",
  lineItems: line("Plan Semanal", 5000),
});
const HALF: Coupon = {
  ...{ code: "MITAD", percentHundredths: 5000, amountCents: null, currency: null, cycles: 1, redeemBy: null },
  ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
};
const PLANS = [ORO, PLATINO, PLATA, ANUAL, SEMANAL];

type World = {
  readonly ana?: Partial<Subscription>;
  readonly running?: Partial<Invoice> | null;
  readonly plans?: readonly Plan[];
  readonly now?: Date;
};

const PAID = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;

async function worldOf({ ana = {}, running = {}, plans = [], now = NOW }: World = {}) {
  const subscription = subscriptionOf("ana", { anchorLocal: "2026-11-01T09:00", ...ana }, ORO);
  const own = new Set(plans.map(({ id }) => id));
  const app = await memoryApp(
    {
      plans: [...PLANS.filter(({ id }) => !own.has(id)), ...plans],
      subscriptions: [subscription],
      invoices: running === null ? [] : [invoiceOf(subscription, 0, { ...PAID, lineItems: ORO.lineItems, ...running })],
    },
    { now },
  );
  const needs = { ...app.needs, digest: (text: string) => `digest of ${text}` };
  const wants = (wanted: Partial<WantedChange>) => ({ planId: null, quantity: null, apply: null, on: null, ...wanted });
  return {
    ...app,
    needs,
    preview: (wanted: Partial<WantedChange>) => previewChange(needs, "ana", wants(wanted)),
    change: (wanted: Partial<WantedChange>, token: string | null = null) =>
      changeSubscription(needs, "ana", wants(wanted), { token, by: "eva" }),
    undo: () => undoChange(needs, "ana", "leo"),
    changes: () => [...app.tables.changes.rows.values()],
    items: () => [...app.tables.items.rows.values()],
    entries: () => [...app.tables.balanceEntries.rows.values()],
  };
}

const ANA = { subscriptionId: "ana", customerId: "cus_ana" };
/** Of a change from one of oro to one of platino, from the first day on that is left. */
const CHANGE = {
  ...{ id: "ana/1", subscriptionId: "ana", number: 1, fromPlanId: "oro", fromQuantity: 1, toQuantity: 1 },
  ...{ grantedCents: 0, nextCycle: 1, fromAnchorLocal: "2026-11-01T09:00", fromNextBillingAt: at(NEXT) },
  ...{ itemKey: null, invoiceId: null, madeAt: NOW, madeBy: "eva", undoneAt: null, undoneBy: null },
};
const rest = { from: "2026-11-16", to: "2026-12-01" };
const credit = { kind: "credit", name: "Plan Oro", ...rest, amountCents: 10008 };
const toPlatino = { kind: "debit", name: "Plan Platino", ...rest, amountCents: 14950 };
const planChanged = (data: object) => ({
  ...{ type: "subscription.plan_changed", ...ANA },
  data: { fromPlanId: "oro", fromQuantity: 1, toQuantity: 1, currency: "MXN", by: "eva", grantedCents: 0, ...data },
});
const SEEN = {
  subscriptionId: "ana",
  grantedCents: 0,
  chargedNowCents: 0,
  nextBillingAt: NEXT,
  token: expect.any(String),
};

describe("what costs more", () => {
  test("joins the next invoice as one line, with what is given back taken off", async () => {
    const { change, changes, items, told, subscription, invoicesOf, entries } = await worldOf();
    expect(await change({ planId: "platino" })).toEqual({
      ...SEEN,
      ...{
        apply: "next_invoice",
        on: "2026-11-16",
        lines: [credit, toPlatino],
        netCents: 4942,
        nextAmountCents: 34842,
      },
    });
    const money = { creditCents: 10008, debitCents: 14950 };
    const itemKey = "change:ana/1";
    expect(changes()).toEqual([
      { ...CHANGE, apply: "next_invoice", onDate: "2026-11-16", toPlanId: "platino", ...money, itemKey },
    ]);
    expect(items()).toEqual([
      {
        ...{ id: expect.stringMatching(/^itm_/), key: itemKey, ...ANA, name: "Plan Platino (2026-11-16 – 2026-12-01)" },
        ...{ amountCents: 14950, discountCents: 10008, currency: "MXN", tax: null, ...KEYS },
        ...{ createdAt: NOW, createdBy: "eva", removedAt: null, invoiceId: null, lastInvoiceId: null },
      },
    ]);
    const data = { apply: "next_invoice", on: "2026-11-16", toPlanId: "platino", planName: "Plan Platino", ...money };
    expect(told()).toEqual([planChanged(data)]);
    expect(subscription("ana")).toMatchObject({ planId: "platino", quantity: 1, nextBillingAt: at(NEXT) });
    expect([invoicesOf("ana").length, entries()]).toEqual([1, []]);
  });

  test("now: is charged by an invoice of its own", async () => {
    const { change, changes, items, told, invoicesOf } = await worldOf();
    expect(await change({ planId: "platino", apply: "now" })).toMatchObject({
      ...{
        netCents: 4942,
        chargedNowCents: 4942,
        nextAmountCents: 29900,
        nextBillingAt: NEXT,
        lines: [credit, toPlatino],
      },
    });
    const [, own] = invoicesOf("ana");
    expect(own).toMatchObject({
      ...{ cycle: null, oneOffKey: "change:ana/1", status: "open", amountCents: 4942, discountCents: 10008 },
      nextAttemptAt: NOW,
    });
    expect(changes()).toMatchObject([{ itemKey: "change:ana/1", invoiceId: own?.id, apply: "now" }]);
    expect(items()).toMatchObject([{ invoiceId: own?.id }]);
    expect(told().map(({ type }) => type)).toEqual(["invoice.opened", "subscription.plan_changed"]);
  });

  test("of two pieces, on a day that is named", async () => {
    const { change, changes, told } = await worldOf();
    // Of 30 days 10 are left.
    expect(await change({ quantity: 2, on: "2026-11-21" })).toMatchObject({
      ...{ apply: "next_invoice", on: "2026-11-21", netCents: 13343 - 6672, nextAmountCents: 40030 + 13343 - 6672 },
      lines: [
        { kind: "credit", name: "Plan Oro", from: "2026-11-21", to: "2026-12-01", amountCents: 6672 },
        { kind: "debit", name: "Plan Oro × 2", from: "2026-11-21", to: "2026-12-01", amountCents: 13343 },
      ],
    });
    expect(changes()).toMatchObject([{ fromPlanId: "oro", toPlanId: "oro", fromQuantity: 1, toQuantity: 2 }]);
    expect(told()).toMatchObject([{ data: { fromQuantity: 1, toQuantity: 2, planName: "Plan Oro" } }]);
  });

  test("is told without keys of the SAT where the lines have different ones", async () => {
    const lineItems = [...line("A", 20000, KEYS), ...line("B", 9900, { ...KEYS, claveUnidad: "E49" })];
    const { change, items } = await worldOf({ plans: [planOf({ id: "mixto", name: "Mixto", lineItems })] });
    await change({ planId: "mixto" });
    expect(items()).toMatchObject([{ claveProdServ: "86121700", claveUnidad: null }]);
  });

  test("from now on, and nobody pays for the rest", async () => {
    const { change, changes, items } = await worldOf();
    expect(await change({ planId: "platino", apply: "none" })).toMatchObject({
      ...{ on: "2026-11-16", lines: [], netCents: 0, nextAmountCents: 29900 },
    });
    expect(changes()).toMatchObject([{ creditCents: 0, debitCents: 0, apply: "none" }]);
    expect(items()).toEqual([]);
  });
});

describe("what costs less", () => {
  test("waits for the end of what is paid", async () => {
    const { change, changes, told } = await worldOf();
    expect(await change({ planId: "plata" })).toEqual({
      ...{ ...SEEN, apply: "period_end", on: "2026-12-01", lines: [], netCents: 0, nextAmountCents: 9900 },
    });
    expect(changes()).toMatchObject([{ onDate: "2026-12-01", creditCents: 0, debitCents: 0, grantedCents: 0 }]);
    expect(told()).toMatchObject([{ data: { apply: "period_end", on: "2026-12-01", creditCents: 0, debitCents: 0 } }]);
  });

  test("is given back to the balance, which pays of the next invoice", async () => {
    const { change, changes, entries, items, told } = await worldOf();
    expect(await change({ planId: "plata", apply: "next_invoice" })).toMatchObject({
      ...{ netCents: 4950 - 10008, grantedCents: 5058, nextAmountCents: 9900 - 5058, chargedNowCents: 0 },
    });
    expect(changes()).toMatchObject([{ creditCents: 10008, debitCents: 4950, grantedCents: 5058, itemKey: null }]);
    expect(entries()).toMatchObject([
      {
        ...{ customerId: "cus_ana", currency: "MXN", kind: "grant", amountCents: 5058, balanceCents: 5058 },
        ...{ reason: "change:ana/1", actor: "eva", invoiceId: null, number: 1 },
      },
    ]);
    expect(items()).toEqual([]);
    expect(told()).toMatchObject([{ data: { grantedCents: 5058 } }]);
  });

  test("is given back with the tax that was added", async () => {
    const tax = { rate: 16, included: false } as const;
    const { change, entries } = await worldOf({
      plans: [
        { ...ORO, tax },
        { ...PLATA, tax },
      ],
      running: {
        lineItems: line("Plan Oro", 20015, { tax }),
        amountCents: 23217,
        taxes: [{ rate: 16, baseCents: 20015, taxCents: 3202, addedCents: 3202 }],
        baseCents: 20015,
        taxCents: 3202,
      },
    });
    expect(await change({ planId: "plata", apply: "now" })).toMatchObject({ netCents: -5058, grantedCents: 5867 });
    expect(entries()).toMatchObject([{ amountCents: 5867 }]);
  });

  test("is given back with the tax of the subscription's own lines", async () => {
    const tax = { rate: 16, included: false };
    const lineItems = line("Su plan", 20000, { tax });
    const { change } = await worldOf({
      ana: { lineItems, quantity: 2 },
      running: {
        lineItems: line("Su plan", 40000, { tax }),
        amountCents: 46400,
        taxes: [{ rate: 16, baseCents: 40000, taxCents: 6400, addedCents: 6400 }],
        baseCents: 40000,
        taxCents: 6400,
      },
    });
    expect(await change({ quantity: 1, apply: "now" })).toMatchObject({ netCents: -10000, grantedCents: 11600 });
  });
});

describe("of the same worth", () => {
  test("nothing is charged, and nothing given back", async () => {
    const { change, changes, items, entries } = await worldOf({ plans: [planOf({ id: "oro2", name: "Oro 2" })] });
    expect(await change({ planId: "oro2", apply: "now" })).toMatchObject({ netCents: 0, chargedNowCents: 0 });
    expect(changes()).toMatchObject([{ creditCents: 10008, debitCents: 10008, grantedCents: 0, itemKey: null }]);
    expect([items(), entries()]).toEqual([[], []]);
  });
});

describe("another interval", () => {
  test("begins where the period ends", async () => {
    const { change, changes, subscription } = await worldOf();
    expect(await change({ planId: "anual" })).toMatchObject({
      ...{ apply: "period_end", on: "2026-12-01", netCents: 0, nextAmountCents: 199900, nextBillingAt: NEXT },
    });
    expect(subscription("ana")).toMatchObject({
      ...{ planId: "anual", anchorLocal: "2025-12-01T09:00", nextCycle: 1, nextBillingAt: at(NEXT) },
    });
    expect(changes()).toMatchObject([{ fromAnchorLocal: "2026-11-01T09:00", fromNextBillingAt: at(NEXT) }]);
  });

  test("begins there at the hour at which it is billed, whenever it is asked for", async () => {
    const { change, subscription } = await worldOf({ now: at("2026-11-16T13:00:00Z") });
    await change({ planId: "anual" });
    expect(subscription("ana")?.nextBillingAt).toEqual(at(NEXT));
  });

  test("now: its first period is charged by the next run, less what is left of the old one", async () => {
    const { change, changes, subscription, told } = await worldOf();
    const done = await change({ planId: "anual", apply: "now" });
    expect(done).toMatchObject({
      ...{ apply: "now", on: "2026-11-16", netCents: 199900 - 10008, grantedCents: 10008 },
      ...{ chargedNowCents: 199900 - 10008, nextAmountCents: 199900, nextBillingAt: "2027-11-16T15:00:00.000Z" },
    });
    expect(done.lines.map(({ kind, amountCents }) => [kind, amountCents])).toEqual([
      ["credit", 10008],
      ["debit", 199900],
    ]);
    expect(subscription("ana")).toMatchObject({ anchorLocal: "2025-11-16T09:00", nextBillingAt: NOW });
    expect(changes()).toMatchObject([{ creditCents: 10008, debitCents: 0, grantedCents: 10008 }]);
    expect(told()).toMatchObject([{ data: { creditCents: 10008, debitCents: 0 } }]);
  });

  test.each<[now: string, nextBillingAt: string, because: string]>([
    ["2026-11-16T13:00:00Z", "2026-11-16T13:00:00.000Z", "before the hour at which it is billed: at once"],
    ["2026-11-16T18:00:00Z", "2026-11-16T15:00:00.000Z", "after it: at that hour, which is over"],
  ])("now, at %s, its first period begins at %s (%s)", async (now, nextBillingAt) => {
    const { change, subscription } = await worldOf({ now: at(now) });
    await change({ planId: "anual", apply: "now", on: "2026-11-16" });
    expect(subscription("ana")?.nextBillingAt).toEqual(at(nextBillingAt));
  });

  test("now: of a plan of three charges it tells the third, for which a skipped month made room", async () => {
    const { change, needs } = await worldOf({ plans: [ORO, SEMANAL].map((plan) => ({ ...plan, expiryCount: 3 })) });
    await skipCycle(needs, "ana");
    expect(await change({ planId: "semanal", apply: "now" })).toMatchObject({
      // Like the second, it is paid with what is left of the old one.
      ...{ nextBillingAt: "2026-11-23T15:00:00.000Z", nextAmountCents: 0 },
    });
  });

  test("of one that is paused begins, and nobody is charged", async () => {
    const { change } = await worldOf({ ana: { status: "paused" } });
    expect(await change({ planId: "anual", apply: "now" })).toMatchObject({
      ...{ chargedNowCents: 0, nextAmountCents: null, nextBillingAt: null },
    });
  });
});

describe("beside what is there", () => {
  test("a second change of a period gives back what the first has made of it", async () => {
    const { change, changes } = await worldOf();
    await change({ planId: "plata", apply: "next_invoice" });
    expect(await change({ planId: "oro", apply: "now" })).toMatchObject({ netCents: 10008 - 4950 });
    expect(changes().map(({ id, number, fromPlanId, toPlanId }) => [id, number, fromPlanId, toPlanId])).toEqual([
      ["ana/1", 1, "oro", "plata"],
      ["ana/2", 2, "plata", "oro"],
    ]);
  });

  test("the period that runs is the one that was paid, also after the next is skipped", async () => {
    const { change, needs } = await worldOf();
    await skipCycle(needs, "ana");
    expect(await change({ planId: "plata", apply: "next_invoice" })).toMatchObject({ netCents: 4950 - 10008 });
  });

  test("each part of it is given back by the terms that hold on it, also after the next is skipped", async () => {
    const { change, needs } = await worldOf();
    // From the 21st on: of 30 days 10 are left.
    await change({ planId: "plata", apply: "next_invoice", on: "2026-11-21" });
    await skipCycle(needs, "ana");
    expect((await change({ planId: "platino", apply: "now" })).lines).toMatchObject([
      { kind: "credit", name: "Plan Oro", from: "2026-11-16", to: "2026-11-21", amountCents: 3336 },
      { kind: "credit", name: "Plan Plata", from: "2026-11-21", to: "2026-12-01", amountCents: 3300 },
      { kind: "debit", name: "Plan Platino", amountCents: 14950 },
    ]);
  });

  test("what was taken back is not counted as given back", async () => {
    const { change, undo } = await worldOf();
    const whole = { planId: "plata", apply: "next_invoice", on: "2026-11-01" } as const;
    expect(await change(whole)).toMatchObject({ netCents: 9900 - 20015 });
    await undo();
    expect(await change(whole)).toMatchObject({ netCents: 9900 - 20015 });
  });

  test("it is priced as of its beginning, and without coupons of the next", async () => {
    const prices = [{ from: "2026-11-10", lineItems: line("Plan Platino", 60000) }];
    const { change, needs } = await worldOf({ plans: [{ ...PLATINO, prices }] });
    await addCoupon(needs, HALF);
    await giveCoupon(needs, "ana", { code: "MITAD", by: "eva" });
    expect(await change({ planId: "platino", apply: "next_invoice" })).toMatchObject({
      ...{ lines: [credit, toPlatino], nextAmountCents: 30000 + 14950 - 10008 },
    });
  });

  test("the first period of another interval has the coupons of its own cycle, and the price of today", async () => {
    const prices = [{ from: "2026-11-10", lineItems: line("Plan Anual", 300000) }];
    const { change, needs } = await worldOf({ plans: [{ ...ANUAL, prices }] });
    await addCoupon(needs, HALF);
    await giveCoupon(needs, "ana", { code: "MITAD", by: "eva" });
    expect((await change({ planId: "anual", apply: "now" })).lines).toMatchObject([credit, { amountCents: 150000 }]);
  });

  test("of one that is paused nothing comes next", async () => {
    const { change } = await worldOf({ ana: { status: "paused" } });
    expect(await change({ planId: "plata" })).toMatchObject({ nextAmountCents: null, nextBillingAt: null });
  });

  test.each<[wanted: Partial<WantedChange>, because: string]>([
    [{ planId: "plata", apply: "period_end" }, "its next cycle falls into the pause"],
    [{ planId: "anual", apply: "now" }, "so does the first of another interval"],
  ])("of one with a planned pause nothing comes next by %j (%s)", async (wanted) => {
    const paused = { pauseFrom: at("2026-11-10T15:00:00Z"), pauseUntil: at("2026-12-10T15:00:00Z") };
    const { change } = await worldOf({ ana: paused });
    expect(await change(wanted)).toMatchObject({ chargedNowCents: 0, nextAmountCents: null, nextBillingAt: null });
  });

  test("a line of its own has the keys of its own lines", async () => {
    const { change, items } = await worldOf({ ana: { lineItems: line("Su plan", 20015, KEYS) } });
    await change({ quantity: 2 });
    expect(items()).toMatchObject([{ ...KEYS, name: expect.stringContaining("Plan Oro × 2") }]);
  });

  test("before its first period there is nothing to divide", async () => {
    const { change } = await worldOf({ running: null, ana: { nextCycle: 0, anchorLocal: "2026-12-01T09:00" } });
    expect(await change({ planId: "platino" })).toMatchObject({ apply: "period_end", nextAmountCents: 29900 });
  });

  test("of one whose next cycle falls due already that one is opened by the old terms", async () => {
    const { change, invoicesOf } = await worldOf({ now: at("2026-12-02T15:00:00Z") });
    expect(await change({ planId: "plata" })).toMatchObject({ on: "2027-01-01" });
    expect(invoicesOf("ana")).toMatchObject([{ cycle: 0 }, { cycle: 1, amountCents: 20015 }]);
  });
});

describe("the preview", () => {
  test("says what is done, and changes nothing", async () => {
    const { preview, change, changes, subscription, told, items } = await worldOf();
    const seen = await preview({ planId: "platino" });
    expect([changes(), items(), told(), subscription("ana")?.planId]).toEqual([[], [], [], "oro"]);
    expect(await change({ planId: "platino" }, seen.token)).toEqual(seen);
  });

  test.each<[what: string, meanwhile: (app: MemoryApp) => Promise<unknown>]>([
    [
      "another quantity",
      (app) => app.inBooks(async (records) => void ((await records.subscription("ana"))!.quantity = 3)),
    ],
    [
      "another discount",
      (app) => app.inBooks(async (records) => void ((await records.subscription("ana"))!.discount = { percent: 10 })),
    ],
    [
      "another price",
      (app) =>
        app.inBooks(
          async (records) =>
            void ((await records.plan("platino"))!.lineItems = line("Plan Platino", 29900, { sku: "P" })),
        ),
    ],
    ["a skipped cycle", (app) => skipCycle(app.needs, "ana")],
  ])("holds no more after %s", async (_what, meanwhile) => {
    const world = await worldOf();
    const wanted = { planId: "platino", quantity: 2, apply: "none" } as const;
    const { token } = await world.preview(wanted);
    await meanwhile(world);
    expect(await thrownBy(world.change(wanted, token))).toMatchObject({
      ...{ name: "Refused", said: said("preview_stale") },
      mend: { do: "preview_change", subscriptionId: "ana", ...wanted, on: null },
    });
    expect(world.changes()).toEqual([]);
  });
});

describe("what is refused", () => {
  const why = (code: Parameters<typeof said>[0]) =>
    unchanged(said("change_refused", { id: "ana", why: { code, datum: {} } }));
  test.each<[world: World, wanted: Partial<WantedChange>, name: string, says: Said]>([
    [{}, { planId: "cobre" }, "NotFound", unchanged(said("no_plan", { id: "cobre" }))],
    [
      { plans: [{ ...PLATINO, archivedAt: NOW }] },
      { planId: "platino" },
      "Refused",
      unchanged(said("plan_archived", { id: "platino" })),
    ],
    [
      { plans: [{ ...PLATINO, tax: "damaged" as never }] },
      { planId: "platino" },
      "Refused",
      unchanged(said("row_damaged", { id: "platino" })),
    ],
    [{}, {}, "Refused", why("change_nothing_changes")],
    [{}, { quantity: 1 }, "Refused", why("change_nothing_changes")],
    [{ ana: { lineItems: line("Su plan", 500) } }, { planId: "platino" }, "Refused", why("change_own_lines")],
    [{ ana: { cancelAt: at(NEXT) } }, { quantity: 2 }, "Refused", why("change_ending")],
    [{ ana: { nextBillingAt: null } }, { quantity: 2 }, "Refused", why("change_no_next_cycle")],
    [{ ana: { status: "past_due" } }, { quantity: 2, apply: "now" }, "Refused", why("change_in_dunning")],
    [
      { running: { status: "open", paidAt: null, nextAttemptAt: NOW } },
      { quantity: 2, apply: "now" },
      "Refused",
      why("change_unpaid_period"),
    ],
    [{ running: null }, { quantity: 2, apply: "now" }, "Refused", why("change_no_period")],
    [
      { plans: [{ ...PLATINO, tax: { rate: 16, included: true } }] },
      { planId: "platino", apply: "now" },
      "Refused",
      why("change_taxed_otherwise"),
    ],
    [
      { ana: { planId: "anual", anchorLocal: "2025-12-31T09:00", nextBillingAt: at("2026-12-31T15:00:00Z") } },
      { planId: "oro" },
      "Refused",
      said("no_such_day", { day: 31, planId: "oro" }),
    ],
    [
      {},
      { quantity: 2, apply: "period_end", on: "2026-11-20" },
      "UsageInvalid",
      unchanged(said("change_has_its_day", { apply: "period_end" })),
    ],
    [
      {},
      { planId: "anual", apply: "now", on: "2026-11-20" },
      "UsageInvalid",
      unchanged(said("change_begins_today", { given: "2026-11-20", today: "2026-11-16" })),
    ],
    [
      {},
      { quantity: 2, apply: "now", on: "2026-12-01" },
      "UsageInvalid",
      unchanged(said("change_outside_period", { given: "2026-12-01", from: "2026-11-01", to: "2026-12-01" })),
    ],
  ])("%j, %j: %s %j", async (world, wanted, name, says) => {
    const { change, changes, told, subscription } = await worldOf(world);
    const before = subscription("ana");
    expect(await thrownBy(change(wanted))).toMatchObject({ name, said: says });
    expect([changes(), told(), subscription("ana")]).toEqual([[], [], before]);
  });

  test("a plan that is archived goes on for whoever is on it", async () => {
    const { change } = await worldOf({ plans: [{ ...ORO, archivedAt: NOW }] });
    await expect(change({ quantity: 2 })).resolves.toMatchObject({ apply: "next_invoice" });
  });

  test.each([
    ["waits for the next invoice", "next_invoice", "change_earlier_change_waits"],
    ["has an invoice of its own that is not paid", "now", "change_earlier_change_unpaid"],
  ] as const)("while an earlier one %s no other is divided", async (_what, apply, code) => {
    const { change } = await worldOf();
    await change({ planId: "platino", apply });
    expect(await thrownBy(change({ quantity: 2, apply: "now" }))).toMatchObject({ said: why(code) });
    await expect(change({ quantity: 2, apply: "period_end" })).resolves.toBeDefined();
  });
});

describe("taken back", () => {
  const undone = (data: object) => ({
    ...{ type: "subscription.change_undone", ...ANA, data: { toPlanId: "oro", toQuantity: 1, by: "leo", ...data } },
  });

  test("a line that waits is gone, and the terms are those of before", async () => {
    const { change, undo, changes, items, told, subscription } = await worldOf();
    await change({ planId: "platino", quantity: 2 });
    told();
    expect(await undo()).toMatchObject({ id: "ana/1", undoneAt: NOW, undoneBy: "leo", toPlanId: "platino" });
    expect(changes()).toMatchObject([{ undoneAt: NOW, undoneBy: "leo" }]);
    expect(items()).toMatchObject([{ removedAt: NOW }]);
    expect(subscription("ana")).toMatchObject({ planId: "oro", quantity: 1, nextBillingAt: at(NEXT) });
    expect(told()).toEqual([undone({})]);
  });

  test("a grant is taken again, to the cent", async () => {
    const { change, undo, entries } = await worldOf();
    await change({ planId: "plata", apply: "next_invoice" });
    await undo();
    expect(entries()).toMatchObject([
      { kind: "grant", amountCents: 5058 },
      {
        ...{ kind: "take", amountCents: -5058, balanceCents: 0, customerId: "cus_ana", currency: "MXN" },
        ...{ reason: "change:ana/1 undone", actor: "leo", invoiceId: null },
      },
    ]);
  });

  test("another interval is taken back with its calendar", async () => {
    const { change, undo, subscription } = await worldOf();
    await change({ planId: "semanal" });
    expect(subscription("ana")?.anchorLocal).toBe("2026-11-24T09:00");
    await undo();
    expect(subscription("ana")).toMatchObject({
      planId: "oro",
      anchorLocal: "2026-11-01T09:00",
      nextBillingAt: at(NEXT),
    });
  });

  test("a preview says which, and changes nothing", async () => {
    const { change, needs, changes, told, subscription } = await worldOf();
    await change({ quantity: 2 });
    told();
    expect(await previewUndo(needs, "ana")).toMatchObject({ id: "ana/1", undoneBy: "preview" });
    expect(changes()).toMatchObject([{ undoneAt: null }]);
    expect([told(), subscription("ana")?.quantity]).toEqual([[], 2]);
  });

  const why = (code: Parameters<typeof said>[0]) => said("change_refused", { id: "ana", why: { code, datum: {} } });
  test("what is spent by now is refused", async () => {
    const { change, undo, store, entries, subscription } = await worldOf();
    await change({ planId: "plata", apply: "next_invoice" });
    await store.write(NOW, async (records) => {
      const taken = { customerId: "cus_ana", currency: "MXN", kind: "take", amountCents: -1, balanceCents: 5057 };
      await records.addBalanceEntry({ ...taken, number: 2, reason: "x", actor: "eva", invoiceId: null } as never);
    });
    expect(await thrownBy(undo())).toMatchObject({ name: "Refused", said: unchanged(why("undo_spent")) });
    expect([entries().length, subscription("ana")?.planId]).toEqual([2, "plata"]);
  });

  test("so is what a line of an invoice is by now", async () => {
    const { change, undo, store, items } = await worldOf();
    await change({ planId: "platino" });
    await store.write(NOW, async (records) => void ((await records.item("change:ana/1"))!.invoiceId = "inv_ana_0"));
    expect(await thrownBy(undo())).toMatchObject({ said: unchanged(why("undo_spent")) });
    expect(items()).toMatchObject([{ removedAt: null }]);
  });

  test.each<
    [
      what: string,
      set: (world: Awaited<ReturnType<typeof worldOf>>) => Promise<unknown>,
      code: "undo_none" | "undo_charged" | "undo_took_effect",
    ]
  >([
    ["nothing was changed", async () => {}, "undo_none"],
    ["it is charged at once", ({ change }) => change({ quantity: 2, apply: "now" }), "undo_charged"],
    [
      "it took effect",
      async ({ change, clock }) => {
        await change({ quantity: 2, apply: "period_end" });
        clock.set(at("2026-12-02T15:00:00Z"));
      },
      "undo_took_effect",
    ],
  ])("is refused where %s", async (_what, set, code) => {
    const world = await worldOf();
    await set(world);
    expect(await thrownBy(world.undo())).toMatchObject({ name: "Refused", said: why(code) });
  });
});

describe("after the next cycle was skipped", () => {
  test("a change that waits for its end keeps the skip from being taken back, until it is taken back itself", async () => {
    const { change, undo, needs } = await worldOf();
    await skipCycle(needs, "ana");
    await change({ quantity: 2, apply: "none" });
    await change({ planId: "plata", apply: "period_end" });
    expect(await thrownBy(unskipCycle(needs, "ana"))).toMatchObject({
      ...{ name: "Refused", said: said("skipped_before_change", { id: "ana", cycle: 1, on: "2027-01-01" }) },
      mend: { do: "undo_change", subscriptionId: "ana" },
    });
    await undo();
    expect(await unskipCycle(needs, "ana")).toMatchObject({ cycle: 1 });
  });

  test("so does one to another calendar, whatever was changed after it; one that another replaced does not", async () => {
    const { change, needs } = await worldOf();
    await skipCycle(needs, "ana");
    await change({ planId: "anual", apply: "period_end" });
    await change({ quantity: 2, apply: "none" });
    expect(await thrownBy(unskipCycle(needs, "ana"))).toMatchObject({ said: { code: "skipped_before_change" } });
    const replaced = await worldOf();
    await skipCycle(replaced.needs, "ana");
    await replaced.change({ planId: "plata", apply: "period_end" });
    await replaced.change({ quantity: 2, apply: "none" });
    expect(await unskipCycle(replaced.needs, "ana")).toMatchObject({ cycle: 1 });
  });

  test("a change since belongs to the running period once the skip is taken back; one before does already", async () => {
    const { change, changes, needs } = await worldOf();
    await change({ quantity: 2, apply: "none" });
    await skipCycle(needs, "ana");
    await skipCycle(needs, "ana");
    await change({ quantity: 3, apply: "none" });
    expect(changes().map(({ nextCycle }) => nextCycle)).toEqual([1, 3]);
    await unskipCycle(needs, "ana");
    expect(changes().map(({ nextCycle }) => nextCycle)).toEqual([1, 2]);
  });
});

test("taken back after the skip was, a change leaves the day on which the cycle falls due again", async () => {
  const { change, undo, needs, subscription } = await worldOf();
  await skipCycle(needs, "ana");
  await change({ quantity: 2, apply: "none" });
  await unskipCycle(needs, "ana");
  await undo();
  expect(subscription("ana")).toMatchObject({ quantity: 1, nextCycle: 1, nextBillingAt: at(NEXT) });
});

describe("an invoice of its own that a person voids", () => {
  async function charged(wanted: Partial<WantedChange> = { planId: "platino" }) {
    const world = await worldOf();
    await world.change({ apply: "now", ...wanted });
    const own = world.invoicesOf("ana").find(({ cycle }) => cycle === null);
    world.told();
    return { ...world, own, voidOwn: () => voidInvoice(world.needs, own?.id ?? "", "a mistake") };
  }
  const by = (id: string | undefined) => `void ${id}`;

  test("takes the change back with it", async () => {
    const { voidOwn, own, told, subscription, changes } = await charged();
    await voidOwn();
    expect(subscription("ana")).toMatchObject({ planId: "oro", quantity: 1 });
    expect(changes()).toMatchObject([{ undoneAt: NOW, undoneBy: by(own?.id) }]);
    const data = { toPlanId: "oro", toQuantity: 1, by: by(own?.id) };
    expect(told().slice(0, 2)).toEqual([
      { type: "invoice.voided", ...ANA, invoiceId: own?.id, data: { was: "open", why: "a mistake" } },
      { type: "subscription.change_undone", ...ANA, data },
    ]);
  });

  test("leaves the terms where a later change stands, and notes that nobody paid for the first", async () => {
    const { voidOwn, change, own, subscription, changes, told } = await charged();
    await change({ quantity: 2, apply: "period_end" });
    told();
    await voidOwn();
    expect(subscription("ana")).toMatchObject({ planId: "platino", quantity: 2 });
    expect(changes()).toMatchObject([{ undoneBy: by(own?.id) }, { undoneAt: null }]);
    expect(told()).toContainEqual({
      ...{ type: "subscription.change_undone", ...ANA, data: { toPlanId: "platino", toQuantity: 2, by: by(own?.id) } },
    });
  });

  test("does so, too, where the later one was taken back", async () => {
    const { voidOwn, change, undo, subscription } = await charged();
    await change({ quantity: 2, apply: "period_end" });
    await undo();
    await voidOwn();
    expect(subscription("ana")).toMatchObject({ planId: "oro", quantity: 1 });
  });

  test("leaves all as it is once the next cycle has begun", async () => {
    const { voidOwn, needs, subscription, changes } = await charged();
    await skipCycle(needs, "ana");
    await voidOwn();
    expect(subscription("ana")).toMatchObject({ planId: "platino" });
    expect(changes()).toMatchObject([{ undoneAt: null }]);
  });

  test("another invoice that is void takes no change back", async () => {
    const { needs, store, changes } = await charged();
    const subscription = subscriptionOf("ana", { anchorLocal: "2026-11-01T09:00" });
    const other = { id: "inv_x", cycle: null, oneOffKey: "change:ana/9" };
    await store.write(NOW, async (records) => records.addInvoice(invoiceOf(subscription, 0, other)));
    await voidInvoice(needs, "inv_x", "a mistake");
    expect(changes()).toMatchObject([{ undoneAt: null }]);
  });
});
