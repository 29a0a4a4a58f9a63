/**
 * What every store brings to those who explain: when each subscription is charged next, what keeps it, and the history of
 * one subscription.
 */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { StoryRecords } from "../../src/application/ports/explain.ts";
import type { Store } from "../../src/application/ports/store.ts";
import { nextCharge } from "../../src/domain/charging/next-charge.ts";
import type { OutlookRules } from "../../src/domain/charging/invoice-outlook.ts";
import { nextCycle } from "../../src/domain/charging/cycles-ahead.ts";
import { DAY_MS, fill, HOUR_MS, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";
import { chargeAll, declined, paid } from "./conformance.ts";

type OpenStories = { readonly store: Store & { readonly explaining: StoryRecords }; close(): Promise<void> };

const RULES: OutlookRules = {
  ...{ maxChargesPerCustomerPerDay: 3, budgets: { visaReattemptsIn30Days: 15 }, isHalted: false },
  ...{ limits: { maxCharges: null, maxAmountCents: null }, spent: { charges: 0, amountCents: 0 } },
  policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 45, onChargeback: "charge" }),
};
const FREE = planOf({ id: "free", lineItems: [{ name: "Free", unitPriceCents: 0, quantity: 1 }] });
const DUE = later(10 * DAY_MS);
const SUBSCRIPTIONS = [
  subscriptionOf("goes_on", { nextBillingAt: DUE, discount: { percent: 50 }, quantity: 2 }),
  subscriptionOf("free", { nextBillingAt: DUE }, FREE),
  subscriptionOf("last", { nextBillingAt: null }),
  subscriptionOf("ends", { nextBillingAt: DUE, cancelAt: DUE }),
  subscriptionOf("ends_later", { nextBillingAt: DUE, cancelAt: later(11 * DAY_MS) }),
  subscriptionOf("paused", { nextBillingAt: DUE, status: "paused" }),
  subscriptionOf("gone", { nextBillingAt: null, status: "canceled", cancelAt: NOW }),
  subscriptionOf("retried", { nextBillingAt: DUE, status: "past_due", nextCycle: 2 }),
];
const RETRIED = SUBSCRIPTIONS.at(-1)!;

export function explainingConformance(name: string, open: () => Promise<OpenStories>): void {
  let opened: OpenStories;
  let store: OpenStories["store"];
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
  });
  afterEach(async () => await opened.close());

  async function shown(ids: readonly string[], now = NOW): Promise<Record<string, string>> {
    const outlooks = await store.explaining.outlooksOf(ids, now);
    return Object.fromEntries(
      [...outlooks].map(([id, outlook]): readonly [string, string] => {
        const next = nextCharge(outlook, RULES, now);
        return [
          id,
          next.at === null ? next.because : `${next.at.toISOString()} cycle ${next.cycle} ${next.amountCents}`,
        ];
      }),
    );
  }

  describe(`${name}: when each is charged next`, () => {
    const waits = { dunningStep: "retry", dunningClass: "retry_later", nextAttemptAt: later(DAY_MS) } as const;
    beforeEach(async () => {
      const invoices = [invoiceOf(RETRIED, 1, waits)];
      await fill(store, { plans: [planOf(), FREE], subscriptions: SUBSCRIPTIONS, invoices });
    });

    test("the facts of many subscriptions at once", async () => {
      expect(await shown([...SUBSCRIPTIONS.map(({ id }) => id), "unknown"])).toEqual({
        goes_on: `${DUE.toISOString()} cycle 1 20015`,
        free: "nothing_to_collect",
        last: "last_cycle_opened",
        ends: "ends_first",
        ends_later: `${DUE.toISOString()} cycle 1 20015`,
        paused: "paused",
        gone: "canceled",
        retried: `${later(DAY_MS).toISOString()} cycle 1 20015`,
      });
    });

    test("the view has no date for a cycle that never falls due, by the same rule", async () => {
      const rows = await store.list("subscriptions", {});
      const byRule = SUBSCRIPTIONS.map((each): readonly [string, string | null] => {
        const next = nextCycle(each);
        return [each.id, next.do === "none" ? null : next.at.toISOString()];
      });
      expect(Object.fromEntries(rows.map((row) => [row.subscriptionId, row.nextBillingAt]))).toEqual(
        Object.fromEntries(byRule),
      );
    });

    test("`status` goes past what is not billed, however much of it comes first", async () => {
      const { nextBillingAt, nextOpeningAt } = await store.statusCounts(NOW);
      expect([nextOpeningAt, nextBillingAt]).toEqual([DUE, DUE]);
      const paused = Array.from({ length: 1001 }, (_, n) =>
        subscriptionOf(`p${n}`, { status: "paused", nextBillingAt: later(DAY_MS), customerId: "cus_paused" }),
      );
      await fill(store, { subscriptions: paused });
      expect(await store.statusCounts(NOW)).toMatchObject({ nextOpeningAt: later(DAY_MS), nextBillingAt: DUE });
    });
  });

  describe(`${name}: what an announcement depends on`, () => {
    const subscription = subscriptionOf("a", { nextCycle: 2, nextBillingAt: DUE });
    const other = subscriptionOf("b", { nextCycle: 2, nextBillingAt: DUE });

    test("what dunning recovered: the invoices that failed, with their tries", async () => {
      await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
      const owner = await store.takeOver("own_1");
      await store.confirmMode(false);
      await chargeAll(store, owner, declined("retry_later"));
      const at = later(2 * DAY_MS);
      await chargeAll(store, owner, (claimed) => paid(claimed, { paidAt: at }), at);
      const window = { since: NOW, until: later(DAY_MS), planId: null };
      expect(await store.explaining.recovery(window)).toMatchObject([
        { currency: "MXN", declineClass: "retry_later", retry: 1, reached: 1, recovered: 1, medianDays: 2 },
      ]);
      expect(await store.explaining.recovery({ ...window, planId: "another" })).toEqual([]);
      expect(await store.explaining.recovery({ ...window, since: later(DAY_MS), until: null })).toEqual([]);
    });

    test("tries and declines of the customer's card, of the last 24 hours and of all time", async () => {
      await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
      await chargeAll(store, await store.takeOver("own_1"), declined("retry_later"));
      const facts = async (now: Date) => (await store.explaining.outlooksOf(["a"], now)).get("a")?.customer;
      const soon = await facts(later(HOUR_MS));
      expect(soon?.tries).toMatchObject([{ invoiceId: "inv_a_1", state: "declined" }]);
      expect(soon?.declines).toMatchObject([{ invoiceId: "inv_a_1", number: 1 }]);
      expect((await facts(later(25 * HOUR_MS)))?.tries).toEqual([]);
    });

    test("an old debt that is collected again keeps nobody waiting", async () => {
      const debt = {
        status: "open",
        reopenedFrom: "attempts_used_up",
        nextAttemptAt: null,
        dunningStep: "grace",
      } as const;
      const later1 = invoiceOf(subscription, 1);
      const dunning = { dunningClass: "retry_later", dunningDueAt: DUE } as const;
      await fill(store, {
        subscriptions: [subscription],
        invoices: [invoiceOf(subscription, 0, { ...debt, ...dunning }), later1],
      });
      expect(await shown(["a"])).toEqual({ a: `${NOW.toISOString()} cycle 1 20015` });
    });

    test("what was missed, and when an invoice was last paid", async () => {
      const first = invoiceOf(subscription, 0, { status: "paid", nextAttemptAt: null, paidAt: NOW });
      const free = invoiceOf(subscription, 2, {
        ...{ status: "paid", nextAttemptAt: null, amountCents: 0, paidAt: later(HOUR_MS) },
      });
      await fill(store, {
        subscriptions: [subscription],
        invoices: [first, invoiceOf(subscription, 1, { missed: true }), free],
      });
      const outlook = (await store.explaining.outlooksOf(["a"], NOW)).get("a");
      expect(outlook?.paidAt).toEqual(NOW);
      expect(outlook?.missed).toEqual([{ cycle: 1, nextAttemptAt: NOW, firstDeclinedAt: null, tries: [] }]);
    });

    test("what has a date, by that date, page by page", async () => {
      const [first, second] = [invoiceOf(other, 1), invoiceOf(subscription, 1, { nextAttemptAt: later(HOUR_MS) })];
      const held = invoiceOf(subscription, 0, { status: "held", statusReason: "refused", nextAttemptAt: null });
      await fill(store, { subscriptions: [subscription, other], invoices: [held, second, first] });
      const page = await store.explaining.planned(null, 1);
      expect(page).toEqual([{ invoiceId: "inv_b_1", subscriptionId: "b", at: NOW }]);
      const next = await store.explaining.planned(page[0]!, 10);
      expect(next).toEqual([{ invoiceId: "inv_a_1", subscriptionId: "a", at: later(HOUR_MS) }]);
    });
  });

  describe(`${name}: the history of a subscription`, () => {
    const subscription = subscriptionOf("a", { nextCycle: 2 });
    const storyOf = (id: string) => store.explaining.factsOf(id, NOW);

    test("its invoices, attempts, customer and card; nothing of one that is not there", async () => {
      await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
      await chargeAll(store, await store.takeOver("own_1"), declined("retry_later"));
      const facts = await storyOf("a");
      expect(facts?.subscription).toMatchObject({ id: "a", planName: "Plan Oro", customer: { id: "cus_a" } });
      expect(facts?.invoices).toMatchObject([{ id: "inv_a_1", cycle: 1 }]);
      expect(facts?.attempts).toMatchObject([
        { invoiceId: "inv_a_1", number: 1, state: "declined", cardLast4: "4242" },
      ]);
      expect(facts?.outlook.unsettled).toMatchObject([{ id: "inv_a_1", declines: 1 }]);
      expect(await storyOf("b")).toBeNull();
    });

    test("a halt concerns every customer: it and its end are part of the story", async () => {
      await fill(store, { subscriptions: [subscription] });
      await store.write(NOW, async (records) =>
        records.record({ type: "subscription.created", subscriptionId: "a", customerId: "cus_a", data: {} }),
      );
      await store.haltCharging({ kind: "unauthorized", because: "the key is not accepted" }, NOW);
      const halted = await storyOf("a");
      await store.resumeCharging({ kind: "unauthorized" }, NOW);
      const resumed = await storyOf("a");
      expect(halted?.halt).toMatchObject({ because: "the key is not accepted" });
      expect(resumed?.halt).toBeNull();
      expect(resumed?.events.map(({ type }) => type).slice(-2)).toEqual(["charging.halted", "charging.resumed"]);
    });
  });
}
