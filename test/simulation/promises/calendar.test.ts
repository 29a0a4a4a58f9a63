/** The oracle's calendar, against dates written by hand from DESIGN §5. */
import { expect, test } from "@jest/globals";
import { dueAtMs, firstCycleOf, periodEndMs } from "./calendar.ts";
import type { PromisedPlan, PromisedSubscription } from "./promised.ts";

type Row = readonly [interval: PromisedPlan["interval"], every: number, start: string, zone: string, cycle: number];

const MEXICO = "America/Mexico_City";

test.each<readonly [...Row, due: string, because: string]>([
  ["month", 1, "2026-01-31T09:00", MEXICO, 1, "2026-02-28T15:00:00.000Z", "February has no 31st"],
  ["month", 1, "2026-01-31T09:00", MEXICO, 2, "2026-03-31T15:00:00.000Z", "the anchor's day comes back"],
  ["year", 1, "2028-02-29T09:00", MEXICO, 1, "2029-02-28T15:00:00.000Z", "a leap day in a plain year"],
  ["year", 1, "2028-02-29T09:00", MEXICO, 4, "2032-02-29T15:00:00.000Z", "and in the next leap year"],
  ["half_month", 1, "2026-01-15T09:00", MEXICO, 1, "2026-01-31T15:00:00.000Z", "the 15th goes with the last day"],
  ["half_month", 1, "2026-01-30T09:00", MEXICO, 0, "2026-01-31T15:00:00.000Z", "so does an anchor on the 30th"],
  ["half_month", 1, "2026-01-20T09:00", MEXICO, 1, "2026-02-05T15:00:00.000Z", "a 20th goes with the 5th"],
  ["half_month", 5, "2026-01-01T09:00", MEXICO, 1, "2026-03-16T15:00:00.000Z", "every five halves"],
  ["day", 1, "2026-03-08T02:30", "America/Tijuana", 0, "2026-03-08T10:30:00.000Z", "02:30 does not exist: 03:30"],
  ["day", 1, "2026-11-01T01:30", "America/Tijuana", 0, "2026-11-01T08:30:00.000Z", "01:30 happens twice: the earlier"],
  ["week", 1, "2026-03-05T09:00", "America/Tijuana", 1, "2026-03-12T16:00:00.000Z", "09:00 stays 09:00"],
])("%s × %i from %s in %s, cycle %i: %s (%s)", (interval, frequency, startLocal, timeZone, cycle, due) => {
  const { plan, order } = asOrdered({ interval, frequency, startLocal, timeZone });

  expect(new Date(dueAtMs(plan, order, cycle)).toISOString()).toBe(due);
});

test("the first cycle is the one whose period is not over, and the past is billed only on purpose", () => {
  const { plan, order } = asOrdered({ interval: "month", frequency: 1, startLocal: "2026-01-10T09:00" });
  const nowMs = Date.UTC(2026, 3, 20);

  expect(firstCycleOf(plan, order, nowMs)).toBe(3);
  expect(firstCycleOf(plan, { ...order, billPast: true }, nowMs)).toBe(0);
  expect(new Date(periodEndMs(plan, order, 0, nowMs)).toISOString()).toBe("2026-05-10T15:00:00.000Z");
});

function asOrdered(change: Partial<PromisedPlan & PromisedSubscription>) {
  const plan: PromisedPlan = {
    ...{ id: "oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0, expiryCount: null },
    ...{ lineItems: [], dunning: "standard", catchUp: "oldest_first" },
    ...change,
  };
  const order: PromisedSubscription = {
    ...{ id: "ana", planId: "oro", customerId: "cus_1", startLocal: "2026-01-01T09:00", timeZone: MEXICO },
    ...{ quantity: 1, lineItems: null, discount: null, billPast: false },
    ...change,
  };
  return { plan, order };
}
