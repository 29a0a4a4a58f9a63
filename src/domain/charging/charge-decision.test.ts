import { describe, expect, test } from "@jest/globals";
import {
  chargeDecisions,
  type ChargeDecision,
  type ChargeFacts,
  type ChargeRules,
  NEVER_CHARGED,
} from "./charge-decision.ts";
import { HOUR_MS } from "../duration.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const CARD = { paymentSourceId: "src_1", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 };
const INVOICE = {
  ...{ id: "inv_1", cycle: 1, missed: false, declines: 0, firstDeclinedAt: null, nextAttemptAt: NOW },
  ...{ retryRequestedAt: null, dunningStep: null, dunningDueAt: null, timeZone: "America/Mexico_City" },
  periodEnd: new Date("2027-01-15T15:00:00Z"),
};
const CUSTOMER = { ...NEVER_CHARGED, card: CARD, readAt: new Date("2026-12-01T15:00:00Z") };
const EARLIER = new Date(NOW.getTime() - 1);
const LATER = new Date(NOW.getTime() + HOUR_MS);
const NOBODY = { ...CARD, paymentSourceId: null };
const FAILING = {
  cycle: 0,
  status: "open",
  statusReason: null,
  dunningStep: "retry",
  openAttempt: null,
  ...{ reopenedFrom: null, missed: false, nextAttemptAt: null, firstDeclinedAt: NOW },
} as const;
/** An earlier invoice that is due as well, and was never tried. */
const HELD_BEFORE = { ...FAILING, status: "held", dunningStep: null } as const;
const DUE_BEFORE = { ...FAILING, dunningStep: null, firstDeclinedAt: null, nextAttemptAt: NOW } as const;
const SENT = { invoiceId: "inv_1", state: "paid", flow: "single", sentAt: new Date(NOW.getTime() - HOUR_MS) } as const;
const DECLINED = { declines: 1, firstDeclinedAt: NOW };

type Change = Partial<Omit<ChargeFacts, "invoice" | "customer">> & {
  readonly invoice?: Partial<ChargeFacts["invoice"]>;
  readonly customer?: Partial<ChargeFacts["customer"]>;
};

function factsOf({ invoice, customer, ...change }: Change): ChargeFacts {
  return {
    ...{ customerId: "cus_1", dunning: "standard", catchUp: "oldest_first", attempt: null, unsettled: [], missed: [] },
    ...{ paidAt: null, disputes: [] },
    ...change,
    invoice: { ...INVOICE, ...invoice },
    customer: { ...CUSTOMER, ...customer },
  };
}

function rulesOf(change: Partial<ChargeRules> = {}, laterCycles: "collect_in_order" | "hold" = "collect_in_order") {
  return {
    ...{ now: NOW, limit: 10, maxChargesPerCustomerPerDay: 3, budgets: { visaReattemptsIn30Days: 15 } },
    ...{ policyOf: () => ({ laterCycles, windowDays: 45, onChargeback: "hold" }), readingOf: () => undefined },
    ...change,
  } satisfies ChargeRules;
}

/** So many reattempts of one invoice, an hour apart, the last an hour ago. */
function hourly(count: number) {
  return Array.from({ length: count + 1 }, (_, index) => ({
    ...{ invoiceId: "inv_1", number: index + 1, sentAt: new Date(NOW.getTime() - (count + 1 - index) * HOUR_MS) },
  }));
}

function words(decision: ChargeDecision | undefined): string {
  if (decision === undefined) return "nothing";
  if (decision.do === "fail") return `fail ${decision.failure.declineClass} ${decision.failure.failureCode}`;
  if (decision.do === "put_off") return `until ${decision.until.toISOString().slice(0, 16)} ${decision.rule.name}`;
  if ("heldCycle" in decision && decision.heldCycle !== null)
    return `leave ${decision.because} behind ${decision.heldCycle}`;
  return "because" in decision ? `${decision.do} ${decision.because}` : decision.do;
}

function decided(change: Change, rules: ChargeRules = rulesOf()): string {
  return words(chargeDecisions([factsOf(change)], rules)[0]);
}

describe("a due invoice", () => {
  const many = [SENT, SENT, SENT];
  const missedDue = {
    invoice: { missed: true },
    missed: [{ cycle: 0, nextAttemptAt: NOW, firstDeclinedAt: null, tries: [] }],
  };

  // prettier-ignore
  test.each<[facts: Change, becomes: string, because: string]>([
    [{}, "charge", "nothing speaks against it"],
    [{ attempt: "unknown" }, "leave open_attempt", "money may have moved"],
    [{ attempt: "paid" }, "leave open_attempt", "money moved"],
    [{ attempt: "declined" }, "charge", "a try that has ended is in nobody's way"],
    [{ unsettled: [FAILING] }, "leave earlier_unpaid", "in order"],
    [{ unsettled: [DUE_BEFORE], customer: { tries: many } }, "leave earlier_unpaid", "while it waits, no limit holds it"],
    [{ invoice: { missed: true }, unsettled: [DUE_BEFORE], customer: { tries: many } }, "hold daily_limit", "what was missed is judged on its own day"],
    [{ customer: { toReplace: [CARD], readAt: NOW }, invoice: { retryRequestedAt: NOW } }, "charge", "a person asked for this very card"],
    [{ customer: { toReplace: [CARD], readAt: NOW }, invoice: { ...DECLINED, dunningStep: "retry", dunningDueAt: NOW } }, "charge", "it would be given up without it"],
    [{ customer: { card: NOBODY, readAt: new Date(NOW.getTime() - 24 * HOUR_MS) } }, "fail new_card no_default_card", "read a day ago, to the moment: that is within the day"],
    [{ customer: { card: NOBODY, readAt: new Date(NOW.getTime() - 24 * HOUR_MS - 1) } }, "read_customer", "and a moment more is not"],
    [{ unsettled: [FAILING, { ...FAILING, status: "held", dunningStep: null }] }, "leave earlier_unpaid behind 0", "a person must decide"],
    [{ unsettled: [DUE_BEFORE] }, "leave earlier_unpaid", "the earlier one goes first"],
    [{ invoice: { missed: true }, unsettled: [DUE_BEFORE] }, "leave earlier_unpaid", "missed or not"],
    [{ invoice: { missed: true }, unsettled: [HELD_BEFORE] }, "charge", "what was missed waits for no person"],
    [{ invoice: { missed: true, cycle: 2 }, unsettled: [HELD_BEFORE, { ...DUE_BEFORE, cycle: 1 }] }, "leave earlier_unpaid behind 0", "but the one before it does, so a person must decide"],
    [{ unsettled: [DUE_BEFORE], invoice: DECLINED }, "charge", "dunning has this one, and the earlier one waits for it"],
    [{ unsettled: [{ ...FAILING, cycle: 9 }] }, "leave earlier_unpaid", "a later one fails already: one at a time"],
    [{ unsettled: [FAILING], customer: { tries: many } }, "leave earlier_unpaid", "while it waits, no limit holds it"],
    [{ customer: { tries: many } }, "hold daily_limit", "something may be wrong"],
    [{ customer: { tries: many.map((each) => ({ ...each, invoiceId: "inv_9" })) } }, "charge", "another subscription's, or another cycle's"],
    [{ customer: { tries: many }, invoice: DECLINED }, "until 2026-12-16T14:00 daily_limit", "a retry has time"],
    [{ customer: { tries: many, card: NOBODY } }, "hold daily_limit", "whatever the card"],
    [{ customer: { tries: many }, invoice: { retryRequestedAt: NOW } }, "charge", "a person asked"],
    [missedDue, "until 2026-12-16T15:00 catch_up_spacing", "one missed invoice a day, the oldest first"],
    [{ customer: { isDeleted: true } }, "read_customer", "Conekta may know the customer again"],
    [{ customer: { card: NOBODY } }, "read_customer", "there may be a card by now"],
    [{ customer: { card: { ...CARD, cardExpYear: 2025 } } }, "read_customer", "it may have been replaced"],
    [{ customer: { readAt: null } }, "read_customer", "the card we know may be an old one"],
    [{ customer: { card: NOBODY, readAt: new Date("2026-12-15T15:01:00Z") } }, "fail new_card no_default_card", "it was read within the day"],
    [{ customer: { neverAgain: [CARD] } }, "read_customer", "there may be another one by now"],
    [{ customer: { declines: hourly(15) }, invoice: DECLINED }, "until 2027-01-14T00:00 network_budget", "Visa: 15 in 30 days; the first leaves the window"],
    [{ customer: { declines: hourly(14) }, invoice: DECLINED }, "charge", "the fifteenth is allowed"],
    [{ customer: { declines: hourly(15) } }, "charge", "a first try is no reattempt"],
    [{ customer: { declines: hourly(10), card: { ...CARD, cardBrand: "mastercard" } }, invoice: DECLINED }, "until 2026-12-16T05:00 network_budget", "Mastercard: 10 in 24 hours"],
    [{ customer: { declines: hourly(9), card: { ...CARD, cardBrand: "mastercard" } }, invoice: DECLINED }, "charge", "the tenth is allowed"],
    [{ customer: { declines: hourly(10), card: { ...CARD, cardBrand: null } }, invoice: DECLINED }, "until 2026-12-16T05:00 network_budget", "an unknown brand takes the strictest"],
    [{ customer: { declines: hourly(15) }, invoice: { declines: 1, firstDeclinedAt: new Date("2026-11-30T05:59:00Z") } }, "until 2027-01-14T00:00 network_budget", "its last local day is in the policy's window"],
    [{ customer: { declines: hourly(15) }, invoice: { declines: 1, firstDeclinedAt: null } }, "until 2027-01-14T00:00 network_budget", "a window that has not begun begins now"],
    [{ customer: { tries: [{ ...SENT, state: "sending" }] } }, "leave in_flight", "one charge of a customer at a time"],
  ])("%j: %s (%s)", (facts, becomes) => {
    expect(decided(facts)).toBe(becomes);
  });

  test.each<[Change, "read" | "unread", string, string]>([
    [{ customer: { isDeleted: true } }, "read", "fail new_card customer_deleted", "there is nobody to charge"],
    [{ customer: { card: NOBODY } }, "read", "fail new_card no_default_card", "there is nothing to charge"],
    [
      { customer: { card: { ...CARD, cardExpYear: 2025 } } },
      "read",
      "fail new_card card_expired",
      "it would be declined",
    ],
    [{ customer: { card: NOBODY } }, "unread", "leave unread", "nobody fails for a card that nobody looked for"],
    [{ customer: { neverAgain: [CARD] } }, "unread", "leave unread", "nor for one that may have been replaced"],
    [
      {
        customer: { declines: hourly(15) },
        invoice: { declines: 1, firstDeclinedAt: new Date("2026-11-15T15:00:00Z") },
      },
      "read",
      "fail new_card network_budget",
      "beyond the policy's window there is no later",
    ],
    [
      {
        customer: { declines: hourly(15) },
        invoice: { declines: 1, firstDeclinedAt: new Date("2026-11-29T05:59:00Z") },
      },
      "read",
      "fail new_card network_budget",
      "the day after is not",
    ],
    [
      { customer: { neverAgain: [CARD] } },
      "read",
      "fail never_again card_forbidden",
      "the network forbids it, for every invoice",
    ],
    [{ customer: { readAt: null } }, "unread", "charge", "the card we know is a card"],
    [
      { customer: { card: NOBODY, nextReadAt: LATER } },
      "read",
      "fail new_card no_default_card",
      "this run has read it",
    ],
  ])("whose customer is %j, and %s: %s (%s)", (facts, reading, becomes) => {
    expect(decided(facts, rulesOf({ readingOf: () => reading }))).toBe(becomes);
  });

  test.each<[Change, string, string]>([
    [
      { customer: { card: NOBODY, nextReadAt: LATER, readFailedAt: NOW } },
      "leave unread",
      "put aside: its next read has its time",
    ],
    [
      { customer: { card: NOBODY, nextReadAt: LATER, readFailedAt: EARLIER } },
      "read_customer",
      "it fell due since, and nothing tells of it yet",
    ],
    [{ customer: { card: NOBODY, nextReadAt: NOW } }, "read_customer", "the time has come"],
    [{ customer: { readAt: null, nextReadAt: LATER } }, "charge", "the card we know is a card"],
    [{ customer: { nextReadAt: LATER } }, "charge", "nobody needs to read it"],
  ])("whose customer could not be read before, %j: %s (%s)", (facts, becomes, _because) => {
    expect(decided(facts)).toBe(becomes);
  });

  test.each<[Change, string, string]>([
    [{ customer: { nextChargeAt: LATER } }, "leave put_aside", "each of the customer's invoices would be refused, too"],
    [{ customer: { nextChargeAt: NOW } }, "charge", "the time has come"],
    [{ customer: { nextChargeAt: LATER }, invoice: { retryRequestedAt: NOW } }, "charge", "a person asked for it"],
    [{ customer: { nextChargeAt: LATER, isDeleted: true } }, "read_customer", "no charge is to be tried"],
  ])("whose customer's last charge was refused, %j: %s (%s)", (facts, becomes, _because) => {
    expect(decided(facts)).toBe(becomes);
  });

  test.each<[Change, string, string]>([
    [{}, "leave put_aside", "another of the customer's was refused just now"],
    [{ invoice: { retryRequestedAt: NOW } }, "leave put_aside", "not even a person's retry is tried again in this run"],
    [{ customer: { card: NOBODY, readAt: NOW } }, "fail new_card no_default_card", "no charge is to be tried"],
  ])("whose customer's charges were refused in this run, %j: %s (%s)", (facts, becomes, _because) => {
    expect(decided(facts, rulesOf({ isRefusedNow: () => true }))).toBe(becomes);
  });

  // prettier-ignore
  test.each<[outcome: "open" | "lost", cycle: number | null, why: string]>([
    ["open", 1, "the payment of cycle 1 is disputed (dsp_1)"],
    ["open", null, "the payment of a one-off invoice is disputed (dsp_1)"],
    ["lost", 0, "the payment of cycle 0 was disputed, and the dispute lost (dsp_1)"],
  ])("of a subscription with a dispute that is %s, of cycle %p: it is held, since %s", (outcome, cycle, why) => {
    const disputes = [{ id: "dsp_1", outcome, cycle, closedAt: null, lastPaidAt: null }];
    expect(chargeDecisions([factsOf({ disputes })], rulesOf())).toEqual([{ do: "hold", because: "earlier_unpaid", why }]);
    expect(decided({ disputes, invoice: { retryRequestedAt: NOW } })).toBe("charge");
    const policyOf = () => ({ laterCycles: "collect_in_order", windowDays: 45, onChargeback: "charge" }) as const;
    expect(decided({ disputes }, rulesOf({ policyOf }))).toBe("charge");
  });

  // prettier-ignore
  test.each<[laterCycles: "collect_in_order" | "collect_at_once", becomes: string, because: string]>([
    ["collect_in_order", "until 2026-12-16T15:00 catch_up_spacing", "one a day: another was paid today"],
    ["collect_at_once", "charge", "the merchant wants all of it at once"],
  ])("that waited until its period was over, where the policy says %s: %s (%s)", (laterCycles, becomes, _because) => {
    const waited = { invoice: { periodEnd: new Date(NOW.getTime() - HOUR_MS) }, paidAt: NOW };
    const policyOf = () => ({ laterCycles, windowDays: 45, onChargeback: "hold" } as const);
    expect(decided(waited, rulesOf({ policyOf }))).toBe(becomes);
  });

  test("where the policy holds later cycles, an earlier unpaid one comes before every other reason", () => {
    const facts = { unsettled: [FAILING], customer: { isDeleted: true, tries: many } };
    expect(decided(facts, rulesOf({}, "hold"))).toBe("hold earlier_unpaid");
  });

  test("what was missed is not held for an earlier one, whatever the policy: it comes on a day of its own", () => {
    const facts = { invoice: { missed: true }, unsettled: [{ ...FAILING, dunningStep: "wait_for_card" } as const] };
    expect(decided(facts, rulesOf({}, "hold"))).toBe("leave earlier_unpaid");
  });
});

describe("a page of due invoices", () => {
  test("one of each customer, the first that may be charged, and no more than the limit", () => {
    const page = [
      factsOf({ customerId: "a", unsettled: [FAILING] }),
      factsOf({ customerId: "a" }),
      factsOf({ customerId: "a" }),
      factsOf({ customerId: "b" }),
      factsOf({ customerId: "c" }),
    ];
    expect(chargeDecisions(page, rulesOf({ limit: 2 })).map(words)).toEqual([
      ...["leave earlier_unpaid", "charge", "leave in_flight", "charge", "leave limit"],
    ]);
  });
});
