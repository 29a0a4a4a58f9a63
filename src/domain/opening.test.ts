/** What cycles that fell due become, at the edges: the moment itself, the end, fifty at once, nothing to pay. */
import { describe, expect, test } from "@jest/globals";
import { lastMissedAt, openCycles, openOnce, voidsIn, type DueSubscription } from "./opening.ts";
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
    [{ nextCycle: 1, plan: { catchUp: "latest_only", expiryCount: 4 } }, "12-01T15:00", "1 void missed catch_up_latest_only, 2 void missed catch_up_latest_only, 3 open 12-01T15:00, next 4, active", "what is void is no charge: two more are to come"],
    [{ nextCycle: 1, plan: { catchUp: "latest_only", expiryCounts: "cycles" } }, "12-01T15:00", "1 void missed catch_up_latest_only, 2 void missed catch_up_latest_only, 3 open 12-01T15:00, next 4, active", "without an end nothing is counted, by whatever word"],
    [{ nextCycle: 1, plan: { catchUp: "latest_only", expiryCount: 2 } }, "12-01T15:00", "1 void missed catch_up_latest_only, next 2, active", "where charges count, the last one owed lies behind the count of cycles"],
    [{ nextCycle: 1, plan: { catchUp: "latest_only", expiryCount: 2, expiryCounts: "cycles" } }, "12-01T15:00", "1 open missed 12-01T15:00, next none, active", "where cycles count, it does not"],
    [{ pauseFrom: at("10-15T06:00"), pauseUntil: at("10-31T06:00"), nextCycle: 1, plan: { expiryCount: 2 } }, "12-01T15:00", "1 open missed 12-01T15:00, next none, active", "a pause in which nothing fell due moves nothing"],
    [{ pauseFrom: at("10-01T06:00"), pauseUntil: at("10-31T06:00"), nextCycle: 1, plan: { expiryCount: 2 } }, "12-01T15:00", "1 void paused, 2 open missed 12-01T15:00, next none, active", "one that is passed over makes one more, in the same pass, and no two"],
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

// prettier-ignore
test.each<[change: Change & { readonly waiting?: DueSubscription["waiting"] }, now: string, events: readonly string[], because: string]>([
  [{}, "12-01T14:59", [], "nothing fell due"],
  [{}, "12-01T15:00", ["invoice.opened open null"], "it is to be charged"],
  [{ plan: { lineItems: [] } }, "12-01T15:00", ["invoice.opened paid null", "invoice.paid paid null"], "what costs nothing is paid"],
  [{ status: "paused" }, "12-01T15:00", ["invoice.voided void paused"], "nobody owes it"],
  [{ nextCycle: 2, plan: { catchUp: "ask" } }, "12-01T15:00", ["invoice.held held catch_up_ask", "invoice.opened open null"], "a person is asked about what was missed"],
  [{ status: "trialing" }, "12-01T15:00", ["invoice.opened open null", "subscription.activated was trialing"], "the trial is over"],
  [{ cancelAt: at("12-01T15:00") }, "12-01T15:00", ["subscription.canceled was active"], "it ends"],
])("of %j at %s the events are %j (%s)", (change, now, events) => {
  const { events: told } = openCycles({ ...ANA, ...change, plan: { ...PLAN, ...change.plan } }, at(now), () => "inv");
  const words = told.map(({ type, data = {} }) => ("was" in data ? `${type} was ${String(data["was"])}` : `${type} ${String(data["status"])} ${String(data["reason"])}`));
  expect(words).toEqual(events);
});

test("an invoice's event tells what the balance paid of it, where it did", () => {
  const told = { cycle: 3, amountCents: 200_15, currency: "MXN", status: "open", reason: null };
  const dataOf = (balanceCents: number) => {
    const waiting = { ...NOTHING_WAITS, balance: { number: 1, balanceCents } };
    return openCycles({ ...ANA, waiting }, at("12-01T15:00"), () => "inv").events[0]?.data;
  };
  expect(dataOf(0)).toStrictEqual(told);
  expect(dataOf(50_00)).toStrictEqual({ ...told, amountCents: 150_15, balanceCents: 50_00 });
});

test("of two cycles at once the second has what the first left of the balance", () => {
  const waiting = { ...NOTHING_WAITS, balance: { number: 1, balanceCents: 250_00 } };
  const { invoices } = openCycles({ ...ANA, waiting, nextCycle: 2 }, at("12-01T15:00"), () => "inv");
  expect(invoices.map(({ balanceCents, amountCents }) => [balanceCents, amountCents])).toEqual([
    [200_15, 0],
    [49_85, 150_30],
  ]);
});

test("one that was to end long ago ends with the pass that opens its last cycle, not before", () => {
  const daily = { ...ANA, nextCycle: 0, cancelAt: at("11-01T15:00"), plan: { ...PLAN, interval: "day" } } as const;
  const pass = openCycles(daily, at("12-01T15:00"), () => "inv");
  expect(pass).toMatchObject({ status: "active", nextBillingAt: at("10-21T15:00") });
  const all = openDueCycles({ ...daily, nextBillingAt: at("09-01T15:00") }, at("12-01T15:00"), () => "inv");
  expect([all.status, all.nextBillingAt, all.invoices.length]).toEqual(["canceled", null, 61]);
});

// prettier-ignore
test.each<[invoices: readonly (readonly [status: "open" | "held" | "paid", missed: boolean, at: Date | null])[], before: Date | null, last: Date | null, because: string]>([
  [[], null, null, "there are none"],
  [[], at("12-01T15:00"), at("12-01T15:00"), "of before"],
  [[["open", true, at("12-02T15:00")]], null, at("12-02T15:00"), "the only one"],
  [[["open", true, at("12-02T15:00")], ["open", true, at("12-01T15:00")]], null, at("12-02T15:00"), "the later of two"],
  [[["open", true, at("12-01T15:00")], ["open", true, at("12-02T15:00")]], null, at("12-02T15:00"), "whichever comes first"],
  [[["open", true, at("12-02T15:00")]], at("12-03T15:00"), at("12-03T15:00"), "one of before is later"],
  [[["open", false, at("12-02T15:00")]], null, null, "it was not missed"],
  [[["held", true, at("12-02T15:00")]], null, null, "it is not collected"],
  [[["open", true, null]], at("12-01T15:00"), at("12-01T15:00"), "it is under way"],
])("of the missed %j, with %p before, the last one waits until %p (%s)", (invoices, before, last) => {
  const all = invoices.map(([status, missed, nextAttemptAt]) => ({ status, missed, nextAttemptAt }));
  expect(lastMissedAt(all, before)).toEqual(last);
});

test.each<[balanceCents: number, becomes: object, events: readonly string[], because: string]>([
  [
    0,
    { status: "open", amountCents: 50_00, nextAttemptAt: at("12-05T15:00"), paidAt: null },
    ["invoice.opened"],
    "charged",
  ],
  [
    50_00,
    { status: "paid", amountCents: 0, nextAttemptAt: null, paidAt: at("12-05T15:00") },
    ["invoice.opened", "invoice.paid"],
    "the balance pays it",
  ],
])("what is charged once, beside a balance of %i: %j (%s)", (balanceCents, becomes, events) => {
  const waiting = { ...NOTHING_WAITS, balance: { number: 1, balanceCents } };
  const item = {
    id: "itm_1",
    key: "evento",
    subscriptionId: null,
    name: "Evento",
    amountCents: 50_00,
    discountCents: 0,
  };
  const items = [{ ...item, currency: "MXN", tax: null }];
  const now = at("12-05T15:00");
  const { invoice, events: told } = openOnce({ ...ANA, waiting }, { key: "evento", items, now }, () => "inv_9");
  expect(invoice).toMatchObject({
    ...{ id: "inv_9", cycle: null, oneOffKey: "evento", periodStart: now, periodEnd: now, missed: false },
    ...{ declines: 0, faults: 0, ...becomes },
  });
  expect(told.map(({ type }) => type)).toEqual(events);
});

test("a void cycle is counted, and what is charged once is none", () => {
  const invoices = [
    { status: "void", cycle: 0 },
    { status: "void", cycle: null },
    { status: "paid", cycle: 1 },
  ] as const;
  expect(voidsIn(invoices)).toBe(1);
});

test("what waits rides on the one that is collected, not on those that catching up leaves out", () => {
  const item = {
    id: "itm_1",
    key: "evento",
    subscriptionId: null,
    name: "Evento",
    amountCents: 50_00,
    discountCents: 0,
  };
  const waiting = { ...NOTHING_WAITS, items: [{ ...item, currency: "MXN", tax: null }] };
  const due = { ...ANA, nextCycle: 1, waiting, plan: { ...PLAN, catchUp: "latest_only" } } as const;
  const { invoices, uses } = openCycles(due, at("12-01T15:00"), (start) => `inv ${start.toISOString().slice(0, 7)}`);
  expect(invoices.map(({ status, amountCents }) => [status, amountCents])).toEqual([
    ["void", 200_15],
    ["void", 200_15],
    ["open", 250_15],
  ]);
  expect(uses.items).toEqual([{ itemId: "itm_1", invoiceId: "inv 2026-12" }]);
});
