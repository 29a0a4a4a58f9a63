import { describe, expect, test } from "@jest/globals";
import type { Plan } from "./plan.ts";
import type { Schedule } from "./calendar/calendar.ts";
import {
  beginSubscription,
  cyclesIn,
  dueAt,
  endsAt,
  hasPauseAhead,
  isEnded,
  isSuspended,
  nextAfterVoid,
  scheduleOf,
  statusAfter,
  statusEvent,
  SUBSCRIPTION_STATUSES,
  suspension,
  turnsAt,
  type StatusInvoice,
  type SubscriptionOrder,
  type SubscriptionStatus,
} from "./subscription.ts";

const ORDER: SubscriptionOrder = {
  id: "jorge-oro",
  planId: "oro",
  customerId: "cus_1",
  startLocal: "2026-01-31T09:00",
  timeZone: "America/Mexico_City",
  quantity: 1,
  lineItems: null,
  discount: null,
  billPast: false,
};
type Terms = Pick<Plan, "interval" | "frequency" | "trialPeriodDays" | "expiryCount">;
const MONTHLY: Terms = { interval: "month", frequency: 1, trialPeriodDays: 0, expiryCount: null };

describe("how a subscription begins", () => {
  test.each<[string, Partial<SubscriptionOrder>, Partial<Terms>, string, string]>([
    // added at, order, plan, "status first→next billing", because
    ["2026-01-01T12:00Z", {}, {}, "active 0 2026-01-31T15:00Z", "its first period is still to come"],
    ["2026-01-31T15:00Z", {}, {}, "active 0 2026-01-31T15:00Z", "due this instant"],
    ["2026-02-28T14:59Z", {}, {}, "active 0 2026-01-31T15:00Z", "the period it is in is billed"],
    ["2026-02-28T15:00Z", {}, {}, "active 1 2026-02-28T15:00Z", "a period's end belongs to the next"],
    ["2026-06-10T12:00Z", {}, {}, "active 4 2026-05-31T15:00Z", "the past is not billed by accident"],
    ["2026-06-10T12:00Z", { billPast: true }, {}, "active 0 2026-01-31T15:00Z", "but it is on purpose"],
    ["2026-01-31T15:00Z", {}, { trialPeriodDays: 14 }, "trialing 0 2026-02-14T15:00Z", "nothing is due in a trial"],
    ["2026-01-31T15:00Z", {}, { trialPeriodDays: 1 }, "trialing 0 2026-02-01T15:00Z", "and be it a day"],
    ["2026-02-01T15:00Z", {}, { trialPeriodDays: 1 }, "active 0 2026-02-01T15:00Z", "over at this very moment"],
    ["2026-02-20T15:00Z", {}, { trialPeriodDays: 14 }, "active 0 2026-02-14T15:00Z", "its trial is over already"],
    ["2026-03-31T15:00Z", {}, { expiryCount: 3 }, "active 2 2026-03-31T15:00Z", "the last of three"],
    ["2026-04-30T15:00Z", {}, { expiryCount: 3 }, "null", "all three periods are over"],
    ["2026-04-30T15:00Z", { billPast: true }, { expiryCount: 3 }, "active 0 2026-01-31T15:00Z", "on purpose"],
    [
      "2026-01-01T00:00Z",
      { startLocal: "2026-01-31T09:00:00" },
      {},
      "active 0 2026-01-31T15:00Z",
      "one spelling for one time",
    ],
  ])("added %s with %j %j: %s (%s)", (addedAt, order, terms, expected) => {
    const begun = beginSubscription({ ...ORDER, ...order }, { ...MONTHLY, ...terms }, "cli", new Date(addedAt));
    const shown =
      begun && `${begun.status} ${begun.firstCycle} ${begun.nextBillingAt?.toISOString().replace(":00.000Z", "Z")}`;
    expect(String(shown)).toBe(expected);
    expect(begun?.nextCycle).toBe(begun?.firstCycle);
    expect(begun?.startLocal ?? "2026-01-31T09:00").toBe("2026-01-31T09:00");
  });

  test("the anchor is the start after the trial, in local days", () => {
    const begun = beginSubscription(ORDER, { ...MONTHLY, trialPeriodDays: 30 }, "file", new Date("2026-01-01T00:00Z"));
    expect(begun).toMatchObject({ startLocal: "2026-01-31T09:00", anchorLocal: "2026-03-02T09:00", source: "file" });
  });

  test("expiry_count charges are the cycles from 0 to count − 1", () => {
    const schedule = scheduleOf({ anchorLocal: "2026-01-31T09:00", timeZone: "UTC" }, MONTHLY);
    expect(dueAt(schedule, 2, 3)).toEqual(new Date("2026-03-31T09:00Z"));
    expect(dueAt(schedule, 3, 3)).toBeNull();
    expect(dueAt(schedule, 3, null)).toEqual(new Date("2026-04-30T09:00Z"));
  });
});

describe("what its invoices make of its status", () => {
  const open: StatusInvoice = { status: "open", dunningStep: null, firstDeclinedAt: null, reopenedFrom: null };
  const invoices = {
    open,
    retried: { ...open, dunningStep: "retry", firstDeclinedAt: new Date(1) },
    without_card: { ...open, dunningStep: "wait_for_card" },
    held: { ...open, status: "held" },
    held_in_dunning: { ...open, status: "held", firstDeclinedAt: new Date(1) },
    collected_again: {
      ...open,
      dunningStep: "payment_link",
      firstDeclinedAt: new Date(1),
      reopenedFrom: "no_new_card",
    },
    written_off: { ...open, status: "uncollectible", firstDeclinedAt: new Date(1) },
  } as const satisfies Record<string, StatusInvoice>;
  type Names = readonly (keyof typeof invoices)[];

  test.each<[SubscriptionStatus, string, Names, SubscriptionStatus, string]>([
    ["active", "goes on", [], "active", "nothing is owed"],
    ["active", "goes on", ["open"], "active", "owed, but not declined"],
    ["active", "goes on", ["retried"], "past_due", "a decline is being dunned"],
    ["active", "goes on", ["held"], "active", "a person must look, but no card was declined"],
    ["active", "goes on", ["held_in_dunning"], "past_due", "it was declined before a person had to look"],
    ["active", "goes on", ["without_card"], "past_due", "there was no card to be declined"],
    ["active", "last opened", ["held"], "active", "a person may still collect it"],
    ["past_due", "goes on", ["open"], "active", "what was declined is settled"],
    ["past_due", "goes on", ["written_off"], "active", "written off without becoming unpaid"],
    ["trialing", "not begun", [], "trialing", "nothing has fallen due"],
    ["trialing", "goes on", [], "active", "its first cycle was opened"],
    ["unpaid", "goes on", ["written_off"], "unpaid", "still owed"],
    ["unpaid", "goes on", ["retried"], "unpaid", "still owed, another way"],
    ["unpaid", "goes on", [], "active", "nothing is owed any more"],
    ["paused", "goes on", ["retried"], "paused", "only a person lifts a pause"],
    ["active", "last opened", ["open"], "active", "the last invoice is not final yet"],
    ["past_due", "last opened", ["retried"], "past_due", "the last invoice is not final yet"],
    ["active", "last opened", [], "completed", "the last invoice is final"],
    ["unpaid", "last opened", ["written_off"], "unpaid", "completed is for who paid"],
    ["active", "goes on", ["collected_again"], "active", "an old debt takes hold of nothing else"],
    ["unpaid", "goes on", ["collected_again"], "unpaid", "it is owed still"],
    ["unpaid", "last opened", ["collected_again"], "unpaid", "it is owed still"],
    ["paused", "last opened", [], "completed", "nothing is left to pause"],
    ["canceled", "last opened", ["retried"], "canceled", "ended statuses absorb"],
    ["completed", "last opened", ["open"], "completed", "ended statuses absorb"],
  ])("%s, %s, %j: %s (%s)", (status, calendar, names, expected) => {
    const cursor = { firstCycle: 0, nextCycle: calendar === "not begun" ? 0 : 1 };
    const nextBillingAt = calendar === "last opened" ? null : new Date("2026-03-31T15:00Z");
    expect(
      statusAfter(
        { status, nextBillingAt, ...cursor },
        names.map((name) => invoices[name]),
      ),
    ).toBe(expected);
  });

  test("whatever the invoices: an ended subscription stays as it is, and no status is made up", () => {
    for (const status of SUBSCRIPTION_STATUSES)
      for (const some of [[], ...Object.values(invoices).map((each) => [each])])
        for (const nextBillingAt of [null, new Date(1)]) {
          const now = { status, nextBillingAt, firstCycle: 0, nextCycle: 1 };
          const after = statusAfter(now, some);
          expect(SUBSCRIPTION_STATUSES).toContain(after);
          expect(isEnded(status) ? after : "free").toBe(isEnded(status) ? status : "free");
        }
  });
});

test.each<
  [SubscriptionStatus, cancelAt: string | null, givenUpAt: string | null, ends: string | null, because: string]
>([
  ["active", null, null, null, "nobody ended it"],
  ["active", "2026-12-31", null, "2026-12-31", "it ends with its period"],
  ["canceled", "2026-12-31", null, "2026-12-31", "a person canceled it"],
  ["canceled", null, "2026-12-05", "2026-12-05", "its policy's final action canceled it"],
  ["active", null, "2026-12-05", null, "it was given up once, and goes on"],
])("%s, cancel at %p, given up at %p: ends at %p (%s)", (status, cancelAt, givenUpAt, ends) => {
  const day = (text: string | null): Date | null => (text === null ? null : new Date(text));
  expect(endsAt({ status, cancelAt: day(cancelAt), givenUpAt: day(givenUpAt) })).toEqual(day(ends));
});

const MONTH: Schedule = { interval: "month", frequency: 1, anchorLocal: "2026-01-31T09:00", timeZone: "UTC" };
const day = (text: string): Date => new Date(`${text}T09:00:00Z`);

test.each<[expiryCount: number | null, expiryCounts: "charges" | "cycles", voids: number, cycles: number | null]>([
  [null, "charges", 2, null],
  [null, "cycles", 2, null],
  [12, "cycles", 2, 12],
  [12, "charges", 2, 14],
  [12, "charges", 0, 12],
])("of %p %s with %i void ones there are %p cycles", (expiryCount, expiryCounts, voids, cycles) => {
  expect(cyclesIn({ expiryCount, expiryCounts }, voids)).toBe(cycles);
});

// prettier-ignore
test.each<[change: object, plan: object, voids: number, next: string | null, because: string]>([
  [{}, {}, 1, "2026-04-30", "where charges count, a void one makes room for another"],
  [{}, {}, 0, null, "none is void"],
  [{}, { expiryCounts: "cycles" }, 1, null, "where cycles count, it makes none"],
  [{}, { expiryCount: null }, 1, null, "a plan without an end: nothing was to come, and nothing is"],
  [{ nextBillingAt: day("2026-02-28") }, {}, 1, "2026-02-28", "one is to come anyway"],
  [{ status: "canceled" }, {}, 1, null, "it has ended"],
  [{ status: "completed" }, {}, 1, null, "it is over"],
  [{ status: "paused" }, {}, 1, "2026-04-30", "a pause keeps the calendar"],
  [{ cancelAt: day("2026-04-30") }, {}, 1, null, "it ends as that cycle would begin"],
  [{ cancelAt: day("2026-05-01") }, {}, 1, "2026-04-30", "it ends after that"],
])("%j on a plan of three charges, %j, once %i of its cycles are void: next %p (%s)", (change, plan, voids, next) => {
  const three = { interval: "month", frequency: 1, expiryCount: 3, expiryCounts: "charges", ...plan } as const;
  const last = { ...MONTH, status: "active", nextCycle: 3, nextBillingAt: null, cancelAt: null, ...change } as const;
  expect(nextAfterVoid(last, three, voids)).toEqual(next === null ? null : day(next));
});

test.each<[SubscriptionStatus, from: string | null, until: string | null, "paused" | "unpaid" | null, because: string]>(
  [
    ["active", null, null, null, "no pause is planned"],
    ["active", "2026-03-31", "2026-04-30", "paused", "from its first moment on"],
    ["active", "2026-03-30", "2026-03-31", null, "not in its last"],
    ["active", "2026-04-01", "2026-04-30", null, "it begins later"],
    ["active", "2026-03-01", null, null, "half a pause is none"],
    ["active", null, "2026-04-30", null, "nor is the other half"],
    ["trialing", "2026-03-01", "2026-04-30", "paused", "in a trial as well"],
    ["paused", null, null, "paused", "until a person resumes it"],
    ["unpaid", "2026-03-01", "2026-04-30", "unpaid", "the status comes first"],
  ],
)(
  "%s with a pause from %p until %p: what falls due on 31 March is void since %p (%s)",
  (status, from, until, because) => {
    const at = (text: string | null) => text && day(text);
    const facts = { status, pauseFrom: at(from) || null, pauseUntil: at(until) || null };
    expect(suspension(facts, day("2026-03-31"))).toBe(because);
  },
);

test("which statuses bill no cycle at all", () => {
  expect(SUBSCRIPTION_STATUSES.filter(isSuspended)).toEqual(["unpaid", "paused"]);
  expect(SUBSCRIPTION_STATUSES.filter(isEnded)).toEqual(["canceled", "completed"]);
});

test.each<[until: string | null, is: boolean]>([
  [null, false],
  ["2026-03-30", false],
  ["2026-03-31", false],
  ["2026-04-01", true],
])("a pause until %p is ahead on 31 March: %p", (until, is) => {
  expect(hasPauseAhead({ pauseUntil: until === null ? null : day(until) }, day("2026-03-31"))).toBe(is);
});

test.each<[next: string | null, cancelAt: string | null, turns: string | null, because: string]>([
  [null, null, null, "nothing is to come"],
  [null, "2026-03-31", null, "its last cycle is opened: nothing more happens of itself"],
  ["2026-03-31", null, "2026-03-31", "its next cycle"],
  ["2026-03-31", "2026-03-15", "2026-03-15", "it ends before that"],
  ["2026-03-31", "2026-04-15", "2026-03-31", "it ends after that"],
])("next billing %p, ending %p: its calendar moves on %p (%s)", (next, cancelAt, turns) => {
  const at = (text: string | null) => (text === null ? null : day(text));
  expect(turnsAt({ nextBillingAt: at(next), cancelAt: at(cancelAt) })).toEqual(at(turns));
});

test.each<[was: SubscriptionStatus, is: SubscriptionStatus, event: string]>([
  ["past_due", "active", "subscription.recovered"],
  ["unpaid", "active", "subscription.recovered"],
  ["trialing", "active", "subscription.activated"],
  ["paused", "active", "subscription.activated"],
  ["active", "past_due", "subscription.past_due"],
  ["active", "completed", "subscription.completed"],
])("from %s to %s: %s", (was, is, event) => {
  expect(statusEvent(was, is)).toBe(event);
});

test("nothing leads back into a trial", () => {
  expect(() => statusEvent("active", "trialing")).toThrow("back to trialing");
});

test("what is begun has no end, and no pause, and keeps what was asked for", () => {
  const order = { ...ORDER, quantity: 3, lineItems: [], discount: { percent: 10 }, startLocal: "2026-01-31T09:00:00" };
  expect(beginSubscription(order, MONTHLY, "file", new Date("2026-01-01T00:00Z"))).toEqual({
    ...{ ...order, startLocal: "2026-01-31T09:00", anchorLocal: "2026-01-31T09:00", status: "active", source: "file" },
    ...{ firstCycle: 0, nextCycle: 0, nextBillingAt: new Date("2026-01-31T15:00Z") },
    ...{ cancelAt: null, pauseFrom: null, pauseUntil: null },
  });
});
