import { describe, expect, test } from "@jest/globals";
import type { CustomerFacts } from "./charge-decision.ts";
import type { CustomerTry } from "./daily-limit.ts";
import type { CardDecline } from "../dunning/network-budget.ts";
import { announcedAt, chargesBefore, nextCharge, nextCycleCharge, nextInvoice } from "./next-charge.ts";
import type { Invoice } from "../invoice.ts";
import type { ChargeOutlook, OutlookInvoice, OutlookRules } from "./invoice-outlook.ts";
import { billingDates, nextCycle } from "./cycles-ahead.ts";
import type { Plan } from "../plan.ts";
import type { Subscription } from "../subscription.ts";
import { NOTHING_WAITS } from "../invoice-content.ts";
import { CARD, NOW, PAYER, RULES } from "../../../test/support/outlook.ts";

const YESTERDAY = new Date("2026-11-30T15:00:00Z");
const SOON = new Date("2026-12-10T15:00:00Z");
const DUE = new Date("2026-12-31T15:00:00Z");
const LATE = new Date("2027-01-05T15:00:00Z");

/** Billed on the last day of each month: cycle 2 on 30 November, cycle 3 on 31 December. */
const GOES_ON: ChargeOutlook["subscription"] = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", source: "file" },
  ...{ startLocal: "2026-09-30T09:00", anchorLocal: "2026-09-30T09:00", timeZone: "America/Mexico_City" },
  ...{ quantity: 1, lineItems: null, discount: null, billPast: false },
  ...{
    firstCycle: 0,
    nextCycle: 3,
    nextBillingAt: DUE,
    cancelAt: null,
    pauseFrom: null,
    pauseUntil: null,
    lastMissedAt: null,
    voidCycles: 0,
    waiting: NOTHING_WAITS,
  },
  plan: {
    ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0 },
    ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "oldest_first", source: "file" },
    lineItems: [{ name: "Oro", unitPriceCents: 200_15, quantity: 1 }],
  },
};
const OPEN: OutlookInvoice = {
  ...{ id: "inv_2", cycle: 2, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
  ...{ dunningDueAt: null, reopenedFrom: null, firstDeclinedAt: null, declines: 0, periodEnd: DUE },
  ...{ missed: false, retryRequestedAt: null, nextAttemptAt: SOON, amountCents: 100_00, currency: "MXN" },
};
const HELD: OutlookInvoice = { ...OPEN, status: "held", statusReason: "refused", nextAttemptAt: null };

const OWES_NOTHING = { customer: PAYER, unsettled: [], missed: [], disputes: [], paidAt: null };

type Case = {
  readonly is?: Partial<ChargeOutlook["subscription"]>;
  readonly owes?: readonly Partial<OutlookInvoice>[];
  readonly payer?: Partial<CustomerFacts>;
  readonly missed?: ChargeOutlook["missed"];
  readonly beside?: ChargeOutlook["beside"];
  readonly paidAt?: Date;
  readonly disputes?: ChargeOutlook["disputes"];
  readonly rules?: Partial<OutlookRules>;
  readonly cycleCents?: number;
  readonly plan?: Partial<Plan>;
};

function shown({
  is,
  owes = [],
  payer,
  missed = [],
  beside: others = [],
  paidAt,
  disputes,
  rules,
  cycleCents = 200_15,
  plan,
}: Case): string {
  const lineItems = [{ name: "Oro", unitPriceCents: cycleCents, quantity: 1 }];
  const next = nextCharge(
    {
      subscription: { ...GOES_ON, ...is, plan: { ...GOES_ON.plan, lineItems, ...plan } },
      unsettled: owes.map((each) => ({ ...OPEN, ...each })),
      customer: { ...PAYER, ...payer },
      ...{ missed, beside: others, disputes: disputes ?? [], paidAt: paidAt ?? null },
    },
    { ...RULES, ...rules },
    NOW,
  );
  if (next.at === null) return next.because;
  return `${next.at.toISOString().slice(0, 10)} cycle ${next.cycle}, ${next.amountCents} ${next.currency}`;
}

const CREDIT = { ...NOTHING_WAITS, balance: { number: 1, balanceCents: 250_00 } };
const EVENT = {
  id: "itm_1",
  key: "evento",
  subscriptionId: null,
  name: "Evento",
  amountCents: 50_00,
  discountCents: 0,
};
const ITEM = {
  ...NOTHING_WAITS,
  items: [{ ...EVENT, currency: "MXN", tax: null, claveProdServ: null, claveUnidad: null }],
};
const beside = (id: string, is: Partial<ChargeOutlook["subscription"]> = {}) => [
  { ...GOES_ON, id, waiting: CREDIT, ...is },
];

// prettier-ignore
describe("the next charge of one of a customer's subscriptions that share what waits", () => {
  test.each<[Case, string, string]>([
    [{ is: { waiting: CREDIT } }, "nothing_to_collect", "it is alone"],
    [{ is: { waiting: CREDIT }, beside: beside("zoe") }, "nothing_to_collect", "of two on one day, the first by its id"],
    [{ is: { waiting: CREDIT }, beside: beside("alba") }, "2026-12-31 cycle 3, 15030 MXN", "the other took its 200.15 before"],
    [{ is: { waiting: CREDIT }, beside: beside("zoe", { nextBillingAt: SOON }) }, "2026-12-31 cycle 3, 15030 MXN", "the other is due before"],
    [{ is: { waiting: CREDIT }, beside: beside("zoe", { nextCycle: 2, nextBillingAt: YESTERDAY }) }, "2026-12-31 cycle 3, 20015 MXN", "the other is opened by the next run, and again on 30 December"],
    [{ is: { waiting: CREDIT }, beside: beside("alba", { status: "paused" }) }, "nothing_to_collect", "a void cycle uses nothing"],
    [{ is: { waiting: CREDIT }, beside: beside("alba", { nextBillingAt: LATE }) }, "nothing_to_collect", "the other is due after"],
    [{ is: { waiting: CREDIT }, beside: beside("alba", { quantity: -1 }) }, "nothing_to_collect", "the other cannot be understood, and is set aside"],
    [{ is: { waiting: ITEM } }, "2026-12-31 cycle 3, 25015 MXN", "an item of the customer's rides on it"],
    [{ is: { waiting: ITEM }, beside: beside("alba", { waiting: ITEM }) }, "2026-12-31 cycle 3, 20015 MXN", "it rides on the other"],
  ])("%j: %s (%s)", (facts, expected) => {
    expect(shown(facts)).toBe(expected);
  });

  test("before a day: each invoice has what those before it left, in turn", () => {
    const waiting = { ...CREDIT, balance: { number: 1, balanceCents: 700_00 } };
    const books = { ...{ subscription: { ...GOES_ON, waiting }, beside: beside("alba", { waiting }) }, ...OWES_NOTHING };
    const charges = chargesBefore(books, RULES, NOW, new Date("2027-03-15T15:00:00Z"));
    expect(charges.map(({ cycle, amountCents }) => [cycle, amountCents])).toEqual([[4, 100_60], [5, 200_15]]);
  });
});

// prettier-ignore
describe("the next charge", () => {
  test.each<[Case, string, string]>([
    // facts, next charge or why none, because
    [{}, "2026-12-31 cycle 3, 20015 MXN", "the calendar says when, the plan how much"],
    [{ is: { status: "trialing" } }, "2026-12-31 cycle 3, 20015 MXN", "a trial ends with the first charge"],
    [{ is: { nextCycle: 2, nextBillingAt: YESTERDAY } }, "2026-11-30 cycle 2, 20015 MXN", "it is due, and opened at the next run"],
    [{ cycleCents: 0 }, "nothing_to_collect", "an invoice of nothing is paid without an attempt"],

    [{ is: { status: "canceled", nextBillingAt: null } }, "canceled", "nothing leads out of it"],
    [{ is: { status: "completed", nextBillingAt: null } }, "completed", "all was charged"],
    [{ is: { nextBillingAt: null } }, "last_cycle_opened", "expiry_count is reached"],
    [{ is: { cancelAt: DUE } }, "ends_first", "a cycle that begins at the end is not opened"],
    [{ is: { cancelAt: SOON } }, "ends_first", "nor one after it"],
    [{ is: { cancelAt: NOW } }, "canceled", "it has ended, at the next run"],
    [{ is: { cancelAt: LATE } }, "2026-12-31 cycle 3, 20015 MXN", "one that begins before the end is"],
    [{ is: { status: "paused" } }, "paused", "it falls due, and is void"],
    [{ is: { status: "unpaid" } }, "unpaid", "the same after a final action"],
    [{ is: { pauseFrom: NOW, pauseUntil: LATE } }, "2027-01-30 cycle 4, 20015 MXN", "the first one after a planned pause"],
    [{ is: { pauseFrom: NOW, pauseUntil: LATE, cancelAt: LATE } }, "paused", "it ends before that"],
    [{ is: { status: "paused", cancelAt: DUE } }, "ends_first", "to resume it would bring no charge"],

    [{ owes: [{}] }, "2026-12-10 cycle 2, 10000 MXN", "a retry comes before the next cycle"],
    [{ owes: [{ nextAttemptAt: NOW }] }, "2026-12-01 cycle 2, 10000 MXN", "it is due"],
    [{ owes: [{ nextAttemptAt: LATE }] }, "2026-12-31 cycle 3, 20015 MXN", "not failed yet, it keeps nobody waiting"],
    [{ owes: [{ nextAttemptAt: LATE, dunningStep: "retry" }] }, "2027-01-05 cycle 2, 10000 MXN", "the new cycle waits for the one in dunning"],
    [{ is: { status: "paused" }, owes: [{}] }, "2026-12-10 cycle 2, 10000 MXN", "what was owed before a pause is collected"],
    [{ is: { cancelAt: DUE }, owes: [{}] }, "2026-12-10 cycle 2, 10000 MXN", "and what is owed until the end"],
    [{ owes: [{ cycle: 1, dunningStep: "grace", nextAttemptAt: null }, {}] }, "grace", "both wait for the oldest"],
    [{ owes: [{ cycle: 1, dunningStep: "grace", nextAttemptAt: null }, { retryRequestedAt: NOW }] }, "2026-12-10 cycle 2, 10000 MXN", "unless a person asked"],
    [{ owes: [{ ...HELD }] }, "person", "a person decides first"],
    [{ owes: [{ ...HELD, statusReason: "catch_up_ask" }] }, "2026-12-31 cycle 3, 20015 MXN", "the past keeps nobody waiting"],
    [{ owes: [{ nextAttemptAt: null, openAttempt: "unknown" }] }, "outcome", "it might be charged twice"],
    [{ owes: [{ nextAttemptAt: null, openAttempt: "sending" }] }, "2026-12-31 cycle 3, 20015 MXN", "it is paid in a moment, or in dunning"],
    [{ owes: [{ nextAttemptAt: null, dunningStep: "wait_for_card" }] }, "new_card", "the card there is, is not tried"],
    [{ owes: [{ nextAttemptAt: null, dunningStep: "payment_link" }] }, "payment_link", "the customer pays by it"],
    [{ owes: [{ nextAttemptAt: null }], is: { status: "paused" } }, "person", "open without a date is no state to hide"],
    [{ owes: [{ status: "uncollectible", nextAttemptAt: null }] }, "2026-12-31 cycle 3, 20015 MXN", "written off, it keeps nobody waiting"],

    [{ payer: { card: { ...CARD, paymentSourceId: null } } }, "no_default_card", "there is nothing to charge"],
    [{ payer: { isDeleted: true } }, "customer_deleted", "Conekta knows nobody to charge"],
    [{ payer: { card: { ...CARD, cardExpMonth: 12, cardExpYear: 2026 } } }, "2026-12-31 cycle 3, 20015 MXN", "good until the month ends"],
    [{ payer: { card: { ...CARD, cardExpMonth: 12, cardExpYear: 2026 } }, is: { nextBillingAt: LATE } }, "card_expired", "by then it has expired"],
    [{ payer: { neverAgain: [CARD] }, owes: [{}] }, "card_forbidden", "the bank forbade it"],
  ])("%j: %s (%s)", (facts, expected) => {
    expect(shown(facts)).toBe(expected);
  });
});

const ago = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const DISPUTE = { id: "dis_1", cycle: 1, outcome: "open" } as ChargeOutlook["disputes"][number];
const TRY: CustomerTry = { invoiceId: "inv_2", state: "declined", flow: "single", sentAt: ago(1) };
const RETRY: Partial<OutlookInvoice> = {
  dunningStep: "retry",
  declines: 1,
  firstDeclinedAt: YESTERDAY,
  nextAttemptAt: NOW,
};
/** Sixteen declines of one invoice: fifteen reattempts, which is all that Visa allows within 30 days. */
const SPENT: readonly CardDecline[] = Array.from({ length: 16 }, (_, n) => ({
  invoiceId: "inv_1",
  number: n + 1,
  sentAt: ago(24 * (20 - n)),
}));

// prettier-ignore
describe("what the next run would put off, hold or fail is announced by nobody", () => {
  test.each<[Case, string, string]>([
    // facts, next charge or why none, because
    [{ owes: [RETRY], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [TRY] } }, "2026-12-02 cycle 2, 10000 MXN", "the day's limit puts a retry off until the try is a day old"],
    [{ owes: [RETRY], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [{ ...TRY, sentAt: ago(25) }] } }, "2026-12-01 cycle 2, 10000 MXN", "a try of 25 hours ago no longer counts"],
    [{ owes: [{ nextAttemptAt: NOW }], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [TRY] } }, "person", "what was never declined, and was charged as often as that, is held"],
    [{ owes: [{ nextAttemptAt: SOON }], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [TRY] } }, "2026-12-10 cycle 2, 10000 MXN", "in nine days the try is long past"],
    [{ owes: [{ ...RETRY, retryRequestedAt: NOW }], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [TRY] } }, "2026-12-01 cycle 2, 10000 MXN", "a person asked for it"],
    [{ owes: [{ nextAttemptAt: NOW }], rules: { maxChargesPerCustomerPerDay: 1 }, payer: { tries: [{ ...TRY, invoiceId: "inv_9" }] } }, "2026-12-01 cycle 2, 10000 MXN", "tries of another invoice do not count"],
    [{ owes: [RETRY], payer: { declines: SPENT } }, "2026-12-12 cycle 2, 10000 MXN", "the network allows the next try when the oldest reattempt is 30 days old"],
    [{ owes: [RETRY], payer: { declines: SPENT }, rules: { policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 5, onChargeback: "charge" }) } }, "network_budget", "and by then the policy does not try any more"],
    [{ owes: [{ nextAttemptAt: NOW }], payer: { declines: SPENT } }, "2026-12-01 cycle 2, 10000 MXN", "a first try is no reattempt"],
    [{ owes: [RETRY, { cycle: 3, id: "inv_3", nextAttemptAt: NOW }], is: { nextCycle: 4, nextBillingAt: LATE }, payer: { declines: SPENT }, rules: { policyOf: () => ({ laterCycles: "hold", windowDays: 5, onChargeback: "charge" }) } }, "network_budget", "later_cycles: hold holds the newer one"],
    [{ owes: [{ missed: true, nextAttemptAt: YESTERDAY }], missed: [{ cycle: 1, nextAttemptAt: null, firstDeclinedAt: null, tries: [{ state: "paid", flow: "single", sentAt: ago(2), claimedAt: ago(2) }] }, { cycle: 2, nextAttemptAt: YESTERDAY, firstDeclinedAt: null, tries: [] }] }, "2026-12-02 cycle 2, 10000 MXN", "of what was missed one went today"],
    [{ owes: [{ nextAttemptAt: YESTERDAY, periodEnd: YESTERDAY }], paidAt: ago(2) }, "2026-12-02 cycle 2, 10000 MXN", "of what waited one went today"],
    [{ owes: [{ nextAttemptAt: NOW }], payer: { nextChargeAt: SOON } }, "2026-12-10 cycle 2, 10000 MXN", "charges of this customer were refused, and are put aside until then"],
    [{ owes: [{ nextAttemptAt: NOW }], payer: { tries: [{ ...TRY, invoiceId: "inv_9", state: "sending" }] } }, "2026-12-01 cycle 2, 10000 MXN", "it follows another charge of the customer in the same run"],
    [{ owes: [{ cycle: 1, id: "inv_1", nextAttemptAt: YESTERDAY }, { nextAttemptAt: NOW }] }, "2026-11-30 cycle 1, 10000 MXN", "the older of two that are due"],
    [{ owes: [{ nextAttemptAt: NOW, amountCents: 600_00 }], rules: { limits: { maxCharges: null, maxAmountCents: 500_00 } }, is: { cancelAt: DUE } }, "run_limit", "no run charges so much"],
    [{ owes: [{ nextAttemptAt: NOW }], rules: { limits: { maxCharges: 2, maxAmountCents: null }, spent: { charges: 2, amountCents: 1 } }, is: { cancelAt: DUE } }, "run_limit", "the hour's charges are used up"],
    [{ owes: [{ nextAttemptAt: NOW }], rules: { limits: { maxCharges: 2, maxAmountCents: null }, spent: { charges: 2, amountCents: 1 } } }, "run_limit", "the next hour's run charges it, long before cycle 3"],
    [{ owes: [{ nextAttemptAt: SOON }], rules: { limits: { maxCharges: 2, maxAmountCents: null }, spent: { charges: 2, amountCents: 1 } } }, "2026-12-10 cycle 2, 10000 MXN", "that hour is over by then"],
    [{ owes: [{ nextAttemptAt: NOW }], disputes: [DISPUTE], rules: { policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 45, onChargeback: "hold" }) } }, "person", "the payment of an earlier cycle is disputed"],
    [{ owes: [{ nextAttemptAt: NOW }, { id: "one", cycle: null, nextAttemptAt: NOW, amountCents: 30_00 }], rules: { limits: { maxCharges: null, maxAmountCents: 500_00 }, spent: { charges: 1, amountCents: 450_00 } } }, "2026-12-01 cycle null, 3000 MXN", "the hour has room for this one"],
    [{ owes: [{ nextAttemptAt: NOW }], rules: { isHalted: true } }, "halted", "nobody is charged"],
    [{ is: { status: "canceled", nextBillingAt: null }, rules: { isHalted: true } }, "canceled", "nor will it be after the halt"],
    [{ owes: [{ cycle: 1, id: "inv_1", status: "uncollectible", reopenedFrom: "attempts_used_up", nextAttemptAt: null }, { nextAttemptAt: NOW }] }, "2026-12-01 cycle 2, 10000 MXN", "an old debt keeps nobody waiting"],
  ])("%j: %s (%s)", (facts, expected) => {
    expect(shown(facts)).toBe(expected);
  });
});

// prettier-ignore
describe("what the next run makes of what is due keeps those after it waiting, or not", () => {
  const TOO_MUCH: Partial<OutlookInvoice> = { id: "inv_1", cycle: 1, nextAttemptAt: NOW, amountCents: 600_00 };
  const ONCE: Partial<OutlookInvoice> = { ...TOO_MUCH, id: "inv_0", cycle: null };
  const AT_MOST_500 = { limits: { maxCharges: null, maxAmountCents: 500_00 } };
  const NONE_LEFT = { limits: { maxCharges: 2, maxAmountCents: null }, spent: { charges: 2, amountCents: 1 } };
  const NOBODY = { card: { ...CARD, paymentSourceId: null } };

  test.each<[facts: Pick<Case, "owes" | "payer" | "rules">, before: readonly (readonly [cycle: number | null, cents: number])[], next: string, because: string]>([
    [{ owes: [{ nextAttemptAt: NOW }] }, [[2, 100_00], [3, 200_15]], "2026-12-31", "it is charged, as far as anybody knows"],
    [{ owes: [TOO_MUCH, {}], rules: AT_MOST_500 }, [], "earlier_invoice", "it is held for a person, since no run charges so much"],
    [{ owes: [{}, TOO_MUCH], rules: AT_MOST_500 }, [], "earlier_invoice", "in whatever order they are read"],
    [{ owes: [ONCE, {}], rules: AT_MOST_500 }, [[2, 100_00], [3, 200_15]], "2026-12-31", "what is charged once, and held, keeps nobody waiting"],
    [{ owes: [{ ...TOO_MUCH, nextAttemptAt: NOW }, {}], rules: NONE_LEFT }, [[2, 100_00], [3, 200_15]], "2026-12-31", "the next hour's run charges it"],
    [{ owes: [{ nextAttemptAt: NOW }], payer: NOBODY }, [], "earlier_invoice", "without a card dunning waits for one"],
    [{ owes: [{ nextAttemptAt: SOON }], payer: NOBODY }, [], "no_default_card", "it is not due yet: so would the next cycle"],
  ])("%j: %j before January, the next cycle %s (%s)", ({ owes = [], payer, rules }, before, next) => {
    const unsettled = owes.map((each) => ({ ...OPEN, ...each }));
    const books = { ...OWES_NOTHING, subscription: GOES_ON, beside: [], unsettled, customer: { ...PAYER, ...payer } };
    const all = { ...RULES, ...rules };
    expect(chargesBefore(books, all, NOW, LATE).map(({ cycle, amountCents }) => [cycle, amountCents])).toEqual(before);
    const foreseen = nextCycleCharge(books, all, NOW);
    expect(foreseen.at === null ? foreseen.because : foreseen.at.toISOString().slice(0, 10)).toBe(next);
  });
});

// prettier-ignore
describe("after a downtime: cycles 0 and 1 are over, cycle 2 is due, none was opened", () => {
  const LATE_BY_TWO = { nextCycle: 0, nextBillingAt: new Date("2026-09-30T15:00:00Z") };
  test.each<[Case, string, string]>([
    // facts, next charge or why none, because
    [{ plan: { catchUp: "oldest_first" } }, "2026-09-30 cycle 0, 20015 MXN", "the oldest goes first"],
    [{ plan: { catchUp: "all" } }, "2026-09-30 cycle 0, 20015 MXN", "all go at once, the oldest first"],
    [{ plan: { catchUp: "latest_only" } }, "2026-11-30 cycle 2, 20015 MXN", "what was missed is void"],
    [{ plan: { catchUp: "ask" } }, "2026-11-30 cycle 2, 20015 MXN", "what was missed is held, and keeps nobody waiting"],
    [{ is: { status: "paused" } }, "paused", "all three are void"],
    [{ plan: { expiryCount: 2, expiryCounts: "cycles", catchUp: "ask" } }, "person", "both are held, and none comes after them"],
    [{ plan: { expiryCount: 2, expiryCounts: "cycles", catchUp: "latest_only" } }, "2026-10-30 cycle 1, 20015 MXN", "the last of them is collected"],
    [{ is: { cancelAt: DUE }, plan: { catchUp: "latest_only" } }, "2026-11-30 cycle 2, 20015 MXN", "it ends after that one"],
    [{ cycleCents: 0 }, "nothing_to_collect", "they are paid at once"],
  ])("%j: %s (%s)", (facts, expected) => {
    expect(shown({ ...facts, is: { ...LATE_BY_TWO, ...facts.is } })).toBe(expected);
  });
});

describe("the dates to come", () => {
  const schedule = { anchorLocal: "2026-10-31T09:00", timeZone: "America/Mexico_City" };
  const monthly = { interval: "month", frequency: 1, expiryCount: null, expiryCounts: "charges" } as const;
  const is = (change: Partial<Subscription>) => ({ ...GOES_ON, ...schedule, nextCycle: 2, ...change });

  test.each<[Partial<Subscription>, number | null, string[], string]>([
    [{}, null, ["2026-12-31", "2027-01-31", "2027-02-28"], "from the anchor, never from the date before"],
    [{}, 4, ["2026-12-31", "2027-01-31"], "expiry_count ends them"],
    [{ cancelAt: new Date("2027-01-31T15:00:00Z") }, null, ["2026-12-31"], "so does a cancellation"],
    [{ cancelAt: DUE }, null, [], "none is left"],
    [{ status: "paused" }, null, [], "void cycles are no charges"],
    [
      { pauseFrom: NOW, pauseUntil: new Date("2027-02-01T06:00:00Z") },
      4,
      ["2027-02-28", "2027-03-31"],
      "a pause moves the last ones",
    ],
  ])("%j with %p charges: %j (%s)", (change, expiryCount, expected) => {
    const dates = billingDates(is(change), { ...monthly, expiryCount }, 3);
    expect(dates.map((at) => at.toISOString().slice(0, 10))).toEqual(expected);
  });
});

test("a suspended cycle still falls due, so that `resume` before it brings it back", () => {
  expect(nextCycle({ ...GOES_ON, status: "unpaid" })).toEqual({ do: "void", cycle: 3, at: DUE, because: "unpaid" });
});

describe("every charge before a time", () => {
  const GRACE = { nextAttemptAt: null, dunningStep: "grace" } as const;
  const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

  // prettier-ignore
  test.each<[is: Partial<ChargeOutlook["subscription"]>, owes: readonly Partial<OutlookInvoice>[], before: Date, charges: readonly (readonly [cycle: number, cents: number])[], because: string]>([
    [{}, [{}], LATE, [[2, 100_00], [3, 200_15]], "what is owed, and the cycle to come"],
    [{}, [{}], SOON, [], "the time itself is not before it"],
    [{}, [{}], after(SOON, 1), [[2, 100_00]], "a moment later is"],
    [{}, [], DUE, [], "nor is the day of a cycle"],
    [{}, [], after(DUE, 1), [[3, 200_15]], "a moment later is"],
    [{}, [GRACE], LATE, [], "the next cycle waits for the customer, and so do those after it"],
    [{}, [{ ...GRACE, cycle: 1 }, { retryRequestedAt: NOW }], LATE, [[2, 100_00]], "what a person asked for goes all the same"],
    [{ waiting: CREDIT }, [], after(LATE, 30 * 86_400_000), [[4, 150_30]], "a cycle that the balance pays is no charge, and ends nothing"],
    [{ status: "canceled", nextBillingAt: null }, [{}], LATE, [[2, 100_00]], "what is owed after the end"],
  ])("of %j that owes %j before %p: %j (%s)", (is, owes, before, expected) => {
    const books = { ...OWES_NOTHING, subscription: { ...GOES_ON, ...is }, beside: [], unsettled: owes.map((each) => ({ ...OPEN, ...each })) };
    const charges = chargesBefore(books, RULES, NOW, before);
    expect(charges.map(({ cycle, amountCents }) => [cycle, amountCents])).toEqual(expected);
  });
});

// prettier-ignore
test.each<[is: Partial<ChargeOutlook["subscription"]>, next: string | null, because: string]>([
  [{}, "3 from 2026-12-30 to 2027-01-30", "the one to come"],
  [{ nextCycle: 2, nextBillingAt: YESTERDAY }, "2 from 2026-11-30 to 2026-12-30", "the one that fell due, which the next run opens"],
  [{ nextCycle: 1, nextBillingAt: new Date("2026-10-30T15:00:00Z") }, "1 from 2026-10-30 to 2026-11-30", "the first of two that fell due"],
  [{ nextCycle: 2, nextBillingAt: YESTERDAY, pauseFrom: YESTERDAY, pauseUntil: NOW }, "3 from 2026-12-30 to 2027-01-30", "not one that is void"],
  [{ nextCycle: 2, nextBillingAt: YESTERDAY, status: "paused" }, null, "nobody knows when a pause is lifted"],
  [{ cancelAt: DUE }, null, "it ends before"],
  [{ status: "canceled", nextBillingAt: null }, null, "it has ended"],
])("of %j the next invoice is %p (%s)", (is, expected) => {
  const next = nextInvoice({ subscription: { ...GOES_ON, ...is }, beside: [] }, NOW);
  const day = (at: Date): string => at.toISOString().slice(0, 10);
  expect(next && `${next.cycle} from ${day(next.periodStart)} to ${day(next.periodEnd)}`).toBe(expected);
  expect(next?.amountCents ?? 200_15).toBe(200_15);
});

test.each<[nextAttemptAt: Date | null, announced: Date | null, because: string]>([
  [null, null, "nothing is planned"],
  [NOW, YESTERDAY, "collected at once: for the day on which it fell due"],
  [YESTERDAY, YESTERDAY, "the same"],
  [SOON, SOON, "planned for later"],
])("an invoice that is tried at %p is announced for %p (%s)", (nextAttemptAt, announced) => {
  expect(announcedAt({ nextAttemptAt, periodStart: YESTERDAY } as Invoice, NOW)).toEqual(announced);
});
