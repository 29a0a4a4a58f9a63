/** The cycles to come, at the edges of a pause, an end and a plan's last charge. */
import { expect, test } from "@jest/globals";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import type { DueSubscription } from "../opening.ts";
import { NOTHING_WAITS } from "../invoice-content.ts";
import type { Subscription } from "../subscription.ts";
import type { Plan } from "../plan.ts";
import { billingDates, invoicesAhead, nextCycle } from "./cycles-ahead.ts";

/** Due at 09:00 in Mexico City: cycle 1 on 28 February, then on 31 March, 30 April … */
const FEBRUARY = new Date("2026-02-28T15:00:00Z");
const AFTER = new Date("2026-02-28T15:00:01Z");
const MARCH = new Date("2026-03-31T15:00:00Z");

test.each<[change: Partial<Subscription>, next: string, because: string]>([
  [{}, "bill 1", "it is billed"],
  [{ status: "past_due" }, "bill 1", "whatever another owes"],
  [{ status: "canceled" }, "none canceled", "it has ended"],
  [{ status: "completed" }, "none completed", "it has ended"],
  [{ nextBillingAt: null }, "none last_cycle_opened", "the last one is opened"],
  [{ cancelAt: FEBRUARY }, "none ends_first", "a cycle that begins at its end is none"],
  [{ cancelAt: AFTER }, "bill 1", "one that begins before it is"],
  [{ status: "paused" }, "void paused", "nobody is charged for it"],
  [{ status: "unpaid" }, "void unpaid", "nor for this"],
  [{ pauseFrom: FEBRUARY, pauseUntil: AFTER }, "void paused", "in a planned pause"],
  [{ pauseFrom: AFTER, pauseUntil: MARCH }, "bill 1", "before it"],
])("of a subscription %j, what comes next: %s (%s)", (change, next) => {
  const cycle = nextCycle(subscriptionOf("ana", change));
  const words = [
    cycle.do,
    ...(cycle.do === "bill" ? [cycle.cycle] : []),
    ...(cycle.do === "none" || cycle.do === "void" ? [cycle.because] : []),
  ];
  expect(words.join(" ")).toBe(next);
  expect(cycle).toMatchObject(cycle.do === "none" ? {} : { cycle: 1, at: FEBRUARY });
});

// prettier-ignore
test.each<[change: Partial<Subscription> & { readonly voidCycles?: number }, plan: Partial<Plan>, dates: readonly string[], because: string]>([
  [{}, {}, ["02-28", "03-31", "04-30"], "month after month"],
  [{}, { expiryCount: 3 }, ["02-28", "03-31"], "the first of three was before"],
  [{}, { expiryCount: 1 }, ["02-28"], "what is planned already comes all the same"],
  [{ voidCycles: 1 }, { expiryCount: 2 }, ["02-28", "03-31"], "a void one makes one more"],
  [{ voidCycles: 1 }, { expiryCount: 2, expiryCounts: "cycles" }, ["02-28"], "not where cycles count"],
  [{ cancelAt: MARCH }, {}, ["02-28"], "it ends before the second"],
  [{ pauseFrom: FEBRUARY, pauseUntil: MARCH }, {}, ["03-31", "04-30", "05-31"], "a planned pause is passed over"],
  [{ pauseFrom: FEBRUARY, pauseUntil: MARCH }, { expiryCount: 3 }, ["03-31", "04-30"], "and uses no charge up"],
  [{ status: "paused" }, {}, [], "nobody knows when a pause is lifted"],
  [{ status: "unpaid" }, {}, [], "nor when it is collected again"],
  [{ status: "canceled" }, {}, [], "nothing comes"],
  [{ nextBillingAt: null }, {}, [], "nothing comes"],
])("with %j on a plan %j the next dates are %j (%s)", (change, plan, dates) => {
  const subscription = { voidCycles: 0, ...subscriptionOf("ana", change), ...change };
  const next = billingDates(subscription, planOf(plan), 3).map((date) => date.toISOString().slice(5, 10));
  expect(next).toEqual(dates);
});

test("no dates are asked for, and none are told", () => {
  expect(billingDates({ ...subscriptionOf("ana"), voidCycles: 0 }, planOf(), 0)).toEqual([]);
});

function dueOf(id: string, change: Partial<DueSubscription> = {}): DueSubscription {
  const plan = planOf({ lineItems: [{ name: "Oro", unitPriceCents: 1000, quantity: 1 }] });
  return {
    ...subscriptionOf(id, { customerId: "cus_1" }),
    plan,
    voidCycles: 0,
    lastMissedAt: null,
    waiting: NOTHING_WAITS,
    ...change,
  };
}
const WITH_BALANCE = { ...NOTHING_WAITS, balance: { number: 1, balanceCents: 1500 } };

function balances(own: DueSubscription, beside: readonly DueSubscription[], most: number): number[] {
  const told: number[] = [];
  for (const { frozen } of invoicesAhead(own, beside)) if (told.push(frozen.balanceCents) === most) break;
  return told;
}

test.each<[own: string, beside: readonly string[], paid: readonly number[], because: string]>([
  ["ana", [], [1000, 500, 0], "alone, its own cycles use it up"],
  ["ana", ["eva"], [1000, 0, 0], "the first by its id has it first, then the other the rest"],
  ["eva", ["ana"], [500, 0, 0], "whoever is asked about"],
])("of a balance of 1500, %s beside %j is paid %j (%s)", (own, beside, paid) => {
  const due = (id: string): DueSubscription => dueOf(id, { waiting: WITH_BALANCE });
  expect(balances(due(own), beside.map(due), 3)).toEqual(paid);
});

test("another one that is due earlier uses the balance before", () => {
  const early = dueOf("zoe", { waiting: WITH_BALANCE, nextBillingAt: new Date("2026-02-28T14:59:59Z") });
  expect(balances(dueOf("ana", { waiting: WITH_BALANCE }), [early], 1)).toEqual([500]);
});

test("another one that cannot be understood is passed over; its own is an error", () => {
  const broken = dueOf("aaa", { waiting: WITH_BALANCE, quantity: Number.NaN });
  expect(balances(dueOf("ana", { waiting: WITH_BALANCE }), [broken], 2)).toEqual([1000, 500]);
  expect(() => balances(broken, [], 1)).toThrow("NaN");
});

test("an end of its own is the end, whatever comes beside", () => {
  expect(balances(dueOf("ana", { cancelAt: MARCH }), [dueOf("eva")], 9)).toEqual([0]);
});
