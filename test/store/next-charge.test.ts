/** What the SQLite store brings to `domain/next-charge.ts`, and that the public view says the same. */
import { afterAll, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore } from "../../src/adapters/store/store.ts";
import { nextCharge, nextCycle, type OutlookRules } from "../../src/domain/next-charge.ts";
import { DAY_MS, fill, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";

const store = await openSqliteStore({
  databasePath: ":memory:",
  random: seededRandom(1),
  now: NOW,
  exclusive: false,
  access: "make",
});
afterAll(() => store.close());

const RULES: OutlookRules = {
  ...{ maxChargesPerCustomerPerDay: 3, budgets: { visaReattemptsIn30Days: 15 }, isHalted: false },
  ...{ limits: { maxCharges: null, maxAmountCents: null }, spent: { charges: 0, amountCents: 0 } },
  policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 45 }),
};

const free = planOf({ id: "free", lineItems: [{ name: "Free", unitPriceCents: 0, quantity: 1 }] });
const DUE = later(10 * DAY_MS);
const SUBSCRIPTIONS = [
  subscriptionOf("goes_on", { nextBillingAt: DUE, discount: { percent: 50 }, quantity: 2 }),
  subscriptionOf("free", { nextBillingAt: DUE }, free),
  subscriptionOf("last", { nextBillingAt: null }),
  subscriptionOf("ends", { nextBillingAt: DUE, cancelAt: DUE }),
  subscriptionOf("ends_later", { nextBillingAt: DUE, cancelAt: later(11 * DAY_MS) }),
  subscriptionOf("paused", { nextBillingAt: DUE, status: "paused" }),
  subscriptionOf("gone", { nextBillingAt: null, status: "canceled", cancelAt: NOW }),
  subscriptionOf("retried", { nextBillingAt: DUE, status: "past_due", nextCycle: 2 }),
];
const [retried] = SUBSCRIPTIONS.slice(-1);
await fill(store, {
  plans: [planOf(), free],
  subscriptions: SUBSCRIPTIONS,
  invoices: [
    invoiceOf(retried!, 1, { dunningStep: "retry", dunningClass: "retry_later", nextAttemptAt: later(DAY_MS) }),
  ],
});

test("the facts of many subscriptions at once", async () => {
  const outlooks = await store.explaining.outlooksOf([...SUBSCRIPTIONS.map(({ id }) => id), "unknown"], NOW);
  const shown = [...outlooks].map(([id, outlook]): readonly [string, string] => {
    const next = nextCharge(outlook, RULES, NOW);
    if (next.at === null) return [id, next.because];
    return [id, `${next.at.toISOString()} cycle ${next.cycle} ${next.amountCents}`];
  });
  expect(Object.fromEntries(shown)).toEqual({
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
