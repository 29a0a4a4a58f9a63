/** What cycles that fell due become, at the edges: the moment itself, the end, fifty at once, nothing to pay. */
import { describe, expect, test } from "@jest/globals";
import { openCycles, type DueSubscription } from "./opening.ts";
import { openDueCycles } from "./opening-turns.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { NOTHING_WAITS } from "./invoice-content.ts";

/** Billed at 09:00 in Mexico City: cycle 0 on 1 September, cycle 3 on 1 December. */
const PLAN: Plan = {
  ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0 },
  ...{ expiryCount: null, dunning: "standard", catchUp: "oldest_first", source: "file" },
  lineItems: [{ name: "Oro", unitPriceCents: 200_15, quantity: 1 }],
};
const ANA: DueSubscription = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", source: "file" },
  ...{ startLocal: "2026-09-01T09:00", anchorLocal: "2026-09-01T09:00", timeZone: "America/Mexico_City" },
  ...{ quantity: 1, lineItems: null, discount: null, billPast: false },
  ...{
    firstCycle: 0,
    nextCycle: 3,
    nextBillingAt: new Date("2026-12-01T15:00:00Z"),
    cancelAt: null,
    ...{ pauseFrom: null, pauseUntil: null },
    lastMissedAt: null,
    voidCycles: 0,
    waiting: NOTHING_WAITS,
  },
  plan: PLAN,
};

type Change = Partial<Subscription> & { readonly lastMissedAt?: Date | null; readonly plan?: Partial<Plan> };

const at = (instant: string): Date => new Date(`2026-${instant}:00Z`);

/** "3 open 12-01T15:00, next 4, active": each invoice with its reason and its next try. */
function opened(change: Change, now: Date): string {
  const subscription = { ...ANA, ...change, plan: { ...PLAN, ...change.plan } };
  const { invoices, nextCycle, nextBillingAt, status } = openCycles(subscription, now, () => "inv");
  const words = invoices.map(({ cycle, status: is, statusReason, missed, nextAttemptAt }) =>
    [cycle, is, missed ? "missed" : null, statusReason, nextAttemptAt?.toISOString().slice(5, 16)]
      .filter((word) => word !== null && word !== undefined)
      .join(" "),
  );
  return [...words, `next ${nextBillingAt === null ? "none" : nextCycle}`, status].join(", ");
}

// prettier-ignore
describe("a subscription at the edge of its dates", () => {
  test.each<[change: Change, now: string, becomes: string, because: string]>([
    [{}, "12-01T14:59", "next 3, active", "a minute before"],
    [{}, "12-01T15:00", "3 open 12-01T15:00, next 4, active", "the moment in which it falls due"],
    [{ nextCycle: 2 }, "12-01T14:59", "2 open 12-01T14:59, next 3, active", "its period is not over: not missed"],
    [{ nextCycle: 2 }, "12-01T15:00", "2 open missed 12-01T15:00, 3 open 12-01T15:00, next 4, active", "over at this very moment"],
    [{ cancelAt: at("12-01T15:00") }, "12-01T14:59", "next 3, active", "its end has not come"],
    [{ cancelAt: at("12-01T15:00") }, "12-01T15:00", "next none, canceled", "a cycle that begins at the end is not opened"],
    [{ cancelAt: at("12-01T15:01") }, "12-01T15:00", "3 open 12-01T15:00, next 4, active", "one that begins before the end is, and the end comes later"],
    [{ cancelAt: at("12-20T15:00"), nextCycle: 4 }, "12-19T15:00", "next 4, active", "it ends within its last period, not before"],
    [{ cancelAt: at("12-20T15:00"), nextCycle: 4 }, "12-20T15:00", "next none, canceled", "and then at the moment itself"],
    [{ status: "trialing" }, "12-01T15:00", "3 open 12-01T15:00, next 4, active", "the first charge ends a trial"],
    [{ status: "trialing" }, "12-01T14:59", "next 3, trialing", "nothing else does"],
    [{ status: "paused" }, "12-01T15:00", "3 void paused, next 4, paused", "a pause keeps the calendar, and owes nothing"],
    [{ pauseFrom: at("12-01T06:00"), pauseUntil: at("12-31T06:00") }, "12-01T15:00", "3 void paused, next 4, active", "a planned pause passes over what falls due in it"],
    [{ pauseFrom: at("12-01T15:00"), pauseUntil: at("12-01T15:01") }, "12-01T15:00", "3 void paused, next 4, active", "from its first moment on"],
    [{ pauseFrom: at("11-15T06:00"), pauseUntil: at("12-01T15:00") }, "12-01T15:00", "3 open 12-01T15:00, next 4, active", "not in its last: it is over by itself"],
    [{ nextCycle: 2, pauseFrom: at("11-01T06:00"), pauseUntil: at("11-30T06:00") }, "12-01T15:00", "2 void paused, 3 open 12-01T15:00, next 4, active", "also where nobody ran meanwhile"],
    [{ nextCycle: 1, pauseFrom: at("12-01T06:00"), pauseUntil: at("12-31T06:00"), plan: { catchUp: "latest_only" } }, "12-01T15:00", "1 void missed catch_up_latest_only, 2 open missed 12-01T15:00, 3 void paused, next 4, active", "what is passed over makes no older one obsolete"],
    [{ status: "trialing", pauseFrom: at("12-01T06:00"), pauseUntil: at("12-31T06:00") }, "12-01T15:00", "3 void paused, next 4, active", "its trial is over all the same"],
    [{ pauseFrom: at("12-01T06:00"), pauseUntil: at("12-31T06:00"), plan: { expiryCount: 4 } }, "12-01T15:00", "3 void paused, next 4, active", "it uses no charge up"],
    [{ status: "unpaid" }, "12-01T15:00", "3 void unpaid, next 4, unpaid", "so does a final action"],
    [{ plan: { expiryCount: 4 } }, "12-01T15:00", "3 open 12-01T15:00, next none, active", "the last of four"],
    [{ plan: { expiryCount: 3 } }, "12-01T15:00", "next none, active", "all three were before"],
    [{ plan: { lineItems: [] } }, "12-01T15:00", "3 paid, next 4, active", "what costs nothing is paid"],
    [{ nextCycle: 1, plan: { lineItems: [], catchUp: "latest_only" } }, "12-01T15:00", "1 void missed catch_up_latest_only, 2 void missed catch_up_latest_only, 3 paid, next 4, active", "what is void is not paid, though it costs nothing"],
    [{ nextCycle: 1, cancelAt: at("12-01T15:00"), plan: { catchUp: "latest_only" } }, "12-03T15:00", "1 void missed catch_up_latest_only, 2 open missed 12-03T15:00, next none, canceled", "the last one owed is that before the end"],
    [{ nextCycle: 2, lastMissedAt: at("12-03T15:00") }, "12-01T15:00", "2 open missed 12-04T15:00, 3 open 12-01T15:00, next 4, active", "a day after the last one that waits"],
    [{ nextCycle: 2, lastMissedAt: at("11-03T15:00") }, "12-01T15:00", "2 open missed 12-02T15:00, 3 open 12-01T15:00, next 4, active", "one that is overdue goes now, so this one a day later"],
  ])("%j at %s: %s (%s)", (change, now, becomes, _because) => {
    expect(opened(change, at(now))).toBe(becomes);
  });
});

test("a daily plan that was forgotten is opened fifty cycles a pass, and all of it as one", () => {
  const daily = { ...ANA, nextCycle: 0, plan: { ...PLAN, interval: "day" } } as const;
  const now = at("12-01T15:00");
  const pass = openCycles(daily, now, () => "inv");
  expect(pass.invoices).toHaveLength(50);
  expect(pass).toMatchObject({ nextCycle: 50, nextBillingAt: at("10-21T15:00") });
  const all = openDueCycles({ ...daily, nextBillingAt: at("09-01T15:00") }, now, () => "inv");
  expect(all.invoices.map(({ cycle }) => cycle)).toEqual(Array.from({ length: 92 }, (_, cycle) => cycle));
  expect(all.nextCycle).toBe(92);
});

test.each<[discount: { amountCents: number } | null, balanceCents: number, amountCents: number, because: string]>([
  [
    { amountCents: 197_90 },
    0,
    2_25,
    "too little to charge: no debt of a cycle that nobody owes, which its voiding would give back",
  ],
  [null, 100_00, 200_15, "what the customer has to the good stays whole"],
  [null, -1_50, 200_15, "what was too little to charge before waits for a cycle that is billed"],
])(
  "a cycle that is void from the start uses nothing of the balance: discount %j, balance %i",
  (discount, balanceCents, amountCents, _because) => {
    const waiting = { ...NOTHING_WAITS, balance: { number: 1, balanceCents } };
    const due = { ...ANA, status: "paused", discount, waiting } as const;
    const { invoices, uses } = openDueCycles(due, at("12-01T15:00"), () => "inv");
    expect(invoices).toMatchObject([{ status: "void", balanceCents: 0, amountCents }]);
    expect(uses.entries).toEqual([]);
  },
);
