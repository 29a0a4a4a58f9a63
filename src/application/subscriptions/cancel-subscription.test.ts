/** A cancellation: when it ends, what is void and what is still collected, and what becomes of what waits. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { AttemptFlow } from "../../domain/ways-to-pay.ts";
import type { Item } from "../../domain/item.ts";
import { said, unchanged } from "../../domain/refusals.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { cancelInRecords, cancelSubscription, previewCancel, type HowToCancel } from "./cancel-subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
const END = new Date("2026-02-28T15:00:00Z");
const ANA = { subscriptionId: "ana", customerId: "cus_ana" };

type World = {
  readonly ana?: Partial<Subscription>;
  readonly plan?: Partial<Plan>;
  readonly others?: readonly Subscription[];
  readonly items?: readonly Partial<Item>[];
  readonly now?: Date;
};

function itemOf(change: Partial<Item>): Item {
  return {
    ...{ id: `itm_${change.key ?? "locker"}`, key: "locker", customerId: "cus_ana", subscriptionId: "ana" },
    ...{ name: "Locker", amountCents: 5000, discountCents: 0, currency: "MXN", tax: null },
    ...{ claveProdServ: null, claveUnidad: null, createdAt: NOW, createdBy: "eva" },
    ...{ removedAt: null, invoiceId: null, lastInvoiceId: null },
    ...change,
  };
}

async function worldOf({ ana = {}, plan = {}, others = [], items = [], now = NOW }: World = {}) {
  const oro = planOf(plan);
  const subscription = subscriptionOf("ana", ana, oro);
  const app = await memoryApp({ plans: [oro], subscriptions: [subscription, ...others] }, { now });
  await app.inBooks(async (records) => items.forEach((item) => records.addItem(itemOf(item))));
  const invoice = (id: string, change: Partial<ReturnType<typeof invoiceOf>>) =>
    app.inBooks(async (records) =>
      records.addInvoice(invoiceOf(subscription, 0, { id, cycle: null, oneOffKey: id, ...change })),
    );
  const attempt = (invoiceId: string, flow: AttemptFlow, id = "att_1") =>
    app.tables.attempts.put({
      ...{ id, invoiceId, ...ANA, number: 1, state: "pending", reference: id, flow, amountCents: 20015 },
      ...{ sentAt: NOW, settledAt: null, nextInquiryAt: NOW, inquiries: 0, movedCents: null, paymentMethod: null },
      ...{
        claimedBy: "own",
        claimEpoch: 0,
        claimedAt: NOW,
        claimedUntil: NOW,
        declineClass: null,
        orderId: null,
        chargeId: null,
      },
    } as never);
  const cancel = (how: Partial<HowToCancel> = {}) => cancelSubscription(app.needs, "ana", { atOnce: false, ...how });
  return { ...app, invoice, attempt, cancel };
}

const NOTHING = {
  ...{ voidedInvoices: [], waitingInvoices: [], collectedInvoices: [], lastInvoice: null, droppedItems: [] },
};
const open = { status: "open", nextAttemptAt: NOW } as const;
const held = { status: "held", statusReason: "refused", nextAttemptAt: null } as const;
const paid = { status: "paid", paidAt: NOW, nextAttemptAt: null } as const;
const voided = (invoiceId: string) => ({ type: "invoice.voided", ...ANA, invoiceId, data: { reason: "canceled" } });

describe("at the end of the period", () => {
  test("what is owed until then is still collected, and the end is told", async () => {
    const { cancel, invoice, subscription, told, invoicesOf } = await worldOf();
    await invoice("inv_1", open);
    await invoice("inv_2", held);
    await invoice("inv_3", paid);
    expect(await cancel()).toEqual({ ...NOTHING, endsAt: END, collectedInvoices: ["inv_1", "inv_2"] });
    expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: END, nextBillingAt: END });
    const data = { was: "active", endsAt: END.toISOString(), because: "person" };
    expect(told()).toEqual([{ type: "subscription.cancel_scheduled", ...ANA, data }]);
    expect(invoicesOf("ana").map(({ status }) => status)).toEqual(["open", "held", "paid"]);
  });

  test("where collecting stops, open invoices are void at once, and nothing is owed any more", async () => {
    const { cancel, invoice, subscription, told, invoicesOf } = await worldOf({ ana: { status: "past_due" } });
    await invoice("inv_1", {
      ...open,
      firstDeclinedAt: NOW,
      dunningStep: "retry",
      dunningClass: "retry_later",
      declines: 1,
    });
    await invoice("inv_2", held);
    await invoice("inv_3", paid);
    const canceled = { ...NOTHING, endsAt: END, voidedInvoices: ["inv_1", "inv_2"] };
    expect(await cancel({ stopCollecting: true })).toEqual(canceled);
    expect(invoicesOf("ana")).toMatchObject([
      { status: "void", statusReason: "canceled", nextAttemptAt: null },
      { status: "void", statusReason: "canceled" },
      { status: "paid" },
    ]);
    const [scheduled, ...others] = told();
    expect(scheduled).toMatchObject({ type: "subscription.cancel_scheduled" });
    expect(others.slice(0, 2)).toEqual([voided("inv_1"), voided("inv_2")]);
    expect(others[2]).toMatchObject({ type: "subscription.recovered" });
    expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: END });
  });

  test.each<[what: string, world: World, endsAt: string, status: string]>([
    [
      "before its first charge: on that day",
      { ana: { nextCycle: 0, status: "trialing", anchorLocal: "2026-03-15T09:00" } },
      "2026-03-15T15:00:00.000Z",
      "trialing",
    ],
    [
      "at the very moment of its first charge: at the end of that period",
      { ana: { nextCycle: 0, anchorLocal: "2026-02-10T09:00" } },
      "2026-03-10T15:00:00.000Z",
      "active",
    ],
    [
      "of one that began late: by the calendar of its cycles",
      { ana: { firstCycle: 1, nextCycle: 1 } },
      "2026-02-28T15:00:00.000Z",
      "active",
    ],
    [
      "after a cycle that fell due and is not opened yet: that one is owed",
      { now: new Date("2026-03-01T15:00:00Z") },
      "2026-03-31T15:00:00.000Z",
      "active",
    ],
  ])("%s", async (_what, world, endsAt, status) => {
    const { cancel, subscription } = await worldOf(world);
    expect((await cancel()).endsAt.toISOString()).toBe(endsAt);
    expect(subscription("ana")).toMatchObject({ status, cancelAt: new Date(endsAt) });
  });

  test("one whose last cycle is opened has nothing to wait for: it ends", async () => {
    const { cancel, subscription, told } = await worldOf({ ana: { nextBillingAt: null } });
    expect((await cancel()).endsAt).toEqual(END);
    expect(subscription("ana")).toMatchObject({ status: "canceled", cancelAt: END, nextBillingAt: null });
    const data = { was: "active", endsAt: END.toISOString(), because: "person" };
    expect(told()).toEqual([{ type: "subscription.canceled", ...ANA, data }]);
  });
});

describe("at once", () => {
  test("it has ended, and nothing is collected any more", async () => {
    const { cancel, invoice, subscription, told } = await worldOf({ ana: { status: "past_due" } });
    await invoice("inv_1", open);
    expect(await cancel({ atOnce: true })).toEqual({ ...NOTHING, endsAt: NOW, voidedInvoices: ["inv_1"] });
    expect(subscription("ana")).toMatchObject({ status: "canceled", cancelAt: NOW, nextBillingAt: null });
    const data = { was: "past_due", because: "person" };
    expect(told()).toEqual([{ type: "subscription.canceled", ...ANA, data }, voided("inv_1")]);
  });

  test("an invoice whose attempt may still move money is void when that ends; the others are void now", async () => {
    const { cancel, invoice, attempt, invoicesOf, told, tables } = await worldOf();
    await invoice("inv_1", { ...open, nextAttemptAt: null });
    await invoice("inv_2", { ...open, nextAttemptAt: null });
    await invoice("inv_3", open);
    attempt("inv_1", "single");
    attempt("inv_2", "link", "att_2");
    tables.links.put({
      ...{ id: "lnk_2", attemptId: "att_2", invoiceId: "inv_2", methods: ["cash"], requestedBy: "dunning" },
      ...{
        url: null,
        createdAt: NOW,
        expiresAt: END,
        cancelRequestedAt: null,
        cancelBecause: null,
        recheckAt: null,
        rechecks: 0,
        keepCardAt: null,
      },
    } as never);
    const canceled = { ...NOTHING, endsAt: NOW, voidedInvoices: ["inv_3"], waitingInvoices: ["inv_1", "inv_2"] };
    expect(await cancel({ atOnce: true })).toEqual(canceled);
    expect(invoicesOf("ana").map(({ status, voidWhenSettled }) => [status, voidWhenSettled])).toEqual([
      ["open", "canceled"],
      ["open", "canceled"],
      ["void", null],
    ]);
    expect(told().filter(({ type }) => type === "invoice.payment_link_closing")).toMatchObject([
      { invoiceId: "inv_2", data: { because: "voided" } },
    ]);
  });
});

test("one that has ended cannot be canceled again", async () => {
  const { cancel, told } = await worldOf({ ana: { status: "completed", nextBillingAt: null } });
  const refused = { name: "Refused", said: said("subscription_is", { id: "ana", status: "completed" }) };
  expect(await thrownBy(cancel())).toMatchObject(refused);
  expect(told()).toEqual([]);
});

describe("what waits for its next invoice", () => {
  const ITEMS = [{}, { key: "towel", name: "Towel", amountCents: 900, discountCents: 100 }];

  test.each<[how: Partial<HowToCancel>]>([
    [{}],
    [{ atOnce: true, rest: "charge" }],
    [{ stopCollecting: true, rest: "charge" }],
  ])("is charged by a last one, as %j has it", async (how) => {
    const { cancel, invoicesOf, told, tables } = await worldOf({ items: ITEMS });
    const { lastInvoice, droppedItems, voidedInvoices } = await cancel(how);
    const [last] = invoicesOf("ana");
    expect(lastInvoice).toEqual({ id: last?.id, amountCents: 5800, balanceCents: 0, currency: "MXN" });
    expect([droppedItems, voidedInvoices]).toEqual([[], []]);
    expect(last).toMatchObject({ oneOffKey: "last:itm_locker", cycle: null, status: "open", discountCents: 100 });
    expect(last?.lineItems.map(({ name }) => name)).toEqual(["Locker", "Towel"]);
    expect([...tables.items.rows.values()].map(({ invoiceId }) => invoiceId)).toEqual([last?.id, last?.id]);
    expect(told().map(({ type }) => type)).toContain("invoice.opened");
  });

  test.each<[how: Partial<HowToCancel>]>([[{ atOnce: true, rest: "drop" }], [{ rest: "drop" }]])(
    "is dropped where a person says so: %j",
    async (how) => {
      const { cancel, invoicesOf, told, tables } = await worldOf({ items: ITEMS });
      expect(await cancel(how)).toMatchObject({ lastInvoice: null, droppedItems: ["locker", "towel"] });
      expect(invoicesOf("ana")).toEqual([]);
      expect([...tables.items.rows.values()].map(({ removedAt }) => removedAt)).toEqual([NOW, NOW]);
      const removed = { type: "item.removed", ...ANA };
      expect(told().slice(1)).toEqual([
        { ...removed, data: { key: "locker", name: "Locker", amountCents: 5000, currency: "MXN" } },
        { ...removed, data: { key: "towel", name: "Towel", amountCents: 800, currency: "MXN" } },
      ]);
    },
  );

  test.each<[how: Partial<HowToCancel>]>([[{ atOnce: true }], [{ stopCollecting: true }]])(
    "keeps it from being canceled where collecting stops and nobody says: %j",
    async (how) => {
      const { cancel, subscription, told, tables } = await worldOf({ items: ITEMS });
      const rest = "Locker, $50.00 MXN; Towel, $8.00 MXN";
      expect(await thrownBy(cancel(how))).toMatchObject({
        ...{ name: "Refused", said: unchanged(said("rest_undecided", { id: "ana", rest })) },
      });
      expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: null });
      expect([told(), tables.items.get("itm_locker")?.removedAt]).toEqual([[], null]);
    },
  );

  test("is dropped with a dispute, whoever would be asked", async () => {
    const { inBooks, needs, tables, told } = await worldOf({ items: [{}] });
    await inBooks(async (records) => {
      const { subscription, plan } = await upToDateSubscription(records, "ana", NOW, needs.random);
      const within = { records, random: needs.random };
      await cancelInRecords(within, subscription, plan, NOW, { atOnce: false, because: "dispute" });
    });
    expect(tables.items.get("itm_locker")?.removedAt).toEqual(NOW);
    expect(told()[0]).toMatchObject({ data: { because: "dispute" } });
  });

  const shared = [{ subscriptionId: null }];
  const other = (change: Partial<Subscription>) => [subscriptionOf("berta", { customerId: "cus_ana", ...change })];
  test.each<[others: readonly Subscription[], isCharged: boolean, because: string]>([
    [[], true, "no other subscription could take it"],
    [other({}), false, "another one takes it"],
    [other({ cancelAt: END }), true, "the other one ends, too"],
    [other({ status: "canceled", nextBillingAt: null }), true, "the other one has ended"],
    [other({ customerId: "cus_berta" }), true, "the other one is somebody else's"],
  ])("for any subscription of the customer, beside %j, is charged: %p (%s)", async (others, isCharged) => {
    const { cancel, tables } = await worldOf({ items: shared, others });
    expect((await cancel()).lastInvoice?.amountCents ?? null).toBe(isCharged ? 5000 : null);
    expect(tables.items.get("itm_locker")?.invoiceId === null).toBe(!isCharged);
  });

  test("its own is charged, though another subscription of the customer goes on", async () => {
    const { cancel } = await worldOf({ items: [{}], others: other({}) });
    expect((await cancel()).lastInvoice).toMatchObject({ amountCents: 5000 });
  });

  const tax = { rate: 16, included: true } as const;
  const taxed = [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1, tax }];
  test.each<[world: World, isCharged: boolean, because: string]>([
    [{ items: [{ currency: "USD" }] }, false, "of another currency it waits on"],
    [{ items: [{ tax }] }, false, "with a tax beside lines that tell none, too"],
    [{ items: [{ tax }], plan: { tax } }, true, "the plan's lines tell theirs"],
    [{ items: [{ tax }], plan: { lineItems: taxed } }, true, "each line of the plan tells its own"],
    [{ items: [{ tax }], ana: { lineItems: taxed } }, true, "the subscription's own lines tell theirs"],
    [
      { items: [{ tax }], plan: { prices: [{ from: "2026-02-01", lineItems: taxed }] } },
      true,
      "the lines that hold by now tell theirs",
    ],
    [
      { items: [{ tax }], plan: { prices: [{ from: "2026-03-01", lineItems: taxed }] } },
      false,
      "those that hold later do not count",
    ],
  ])("%j is charged: %p (%s)", async (world, isCharged) => {
    const { cancel } = await worldOf(world);
    expect((await cancel()).lastInvoice !== null).toBe(isCharged);
  });

  test("is paid by the customer's balance as far as that goes", async () => {
    const { cancel, inBooks } = await worldOf({ items: [{}] });
    await inBooks(async (records) => {
      const grant = {
        customerId: "cus_ana",
        currency: "MXN",
        kind: "grant",
        amountCents: 4000,
        reason: "x",
        actor: "eva",
      };
      await records.addBalanceEntry({ ...grant, invoiceId: null, number: 1, balanceCents: 4000 } as never);
    });
    expect((await cancel()).lastInvoice).toMatchObject({ amountCents: 1000, balanceCents: 4000 });
  });
});

test("a preview says the same, and changes nothing", async () => {
  const { cancel, needs, subscription, told, tables } = await worldOf({ items: [{}] });
  const seen = await previewCancel(needs, "ana", { atOnce: true, rest: "drop" });
  expect(seen).toEqual({ ...NOTHING, endsAt: NOW, droppedItems: ["locker"] });
  expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: null });
  expect([told(), tables.items.get("itm_locker")?.removedAt]).toEqual([[], null]);
  expect(await cancel({ atOnce: true, rest: "drop" })).toEqual(seen);
});
