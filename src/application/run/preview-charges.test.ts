import { expect, test } from "@jest/globals";
import type { CustomerTry } from "../../domain/charging/daily-limit.ts";
import { type ChargeRules, NEVER_CHARGED } from "../../domain/charging/charge-decision.ts";
import type { RunLimits, Spent } from "../../domain/charging/run-limits.ts";
import type { DueInvoice } from "../ports/charging.ts";
import { previewCharges } from "./preview-charges.ts";

const NOW = new Date("2026-03-01T15:00:00.000Z");
const EARLIER: CustomerTry = {
  invoiceId: "1",
  state: "paid",
  flow: "single",
  sentAt: new Date("2026-03-01T03:00:00.000Z"),
};
const NOTHING: Spent = { charges: 0, amountCents: 0 };
const FLYING: CustomerTry = { ...EARLIER, state: "sending" };

/** "a1:500": customer a, invoice 1, 500 cents. A "+" marks one that a person asked for, a "*" one that was declined. */
// prettier-ignore
test.each<[string, Partial<RunLimits & { perDay: number; spent: Spent }>, Record<string, CustomerTry[]>, string, string | null, string]>([
  // due, limits, tries of today, becomes, stopped at, because
  ["a1:500 b2:500", {}, {}, "1 2", null, "nothing is limited"],
  ["a1:500 b2:500 c3:500", { maxCharges: 2 }, {}, "1 2 3=MAX_CHARGES_PER_RUN", "MAX_CHARGES_PER_RUN", "so many in a run"],
  ["a1:500 b2:500", { maxCharges: 2 }, {}, "1 2", null, "the limit is reached by the last"],
  ["a1:500 b2:500", { maxCharges: 2, spent: { charges: 1, amountCents: 500 } }, {}, "1 2=MAX_CHARGES_PER_RUN", "MAX_CHARGES_PER_RUN", "what was sent within the hour counts"],
  ["a1:500 b2:500", { askedCharges: 1, spent: { charges: 1, amountCents: 500 } }, {}, "1 2=asked_charges", "asked_charges", "what a person asks for is of this run alone"],
  ["a1:500 b2:600 c3:10", { maxAmountCents: 1000 }, {}, "1 2=MAX_AMOUNT_CENTS_PER_RUN 3=MAX_AMOUNT_CENTS_PER_RUN", "MAX_AMOUNT_CENTS_PER_RUN", "the run stops at the first that is too much"],
  ["a1:5000 b2:500", { maxAmountCents: 1000 }, {}, "1=amount_beyond_limit 2", null, "it would stop every run: a person looks at it"],
  ["a1:500 a2:500 a3:500 b4:500", { perDay: 2 }, {}, "1 2 3 4", null, "each of a customer's invoices once"],
  ["a1:500 b2:500", { perDay: 2 }, { a: [EARLIER, EARLIER] }, "1=daily_limit 2", null, "charged twice today already"],
  ["a1:500*", { perDay: 2 }, { a: [EARLIER, EARLIER] }, "1=daily_limit until 2026-03-02T03:00", null, "put off, not held"],
  ["a1:500", { perDay: 2 }, { a: [EARLIER, FLYING] }, "1=daily_limit", null, "what is in flight counts"],
  ["a1:500", { perDay: 2 }, { a: [EARLIER, { ...EARLIER, state: "claimed" }] }, "1", null, "what is claimed was not sent"],
  ["a1:500", { perDay: 3 }, { a: [EARLIER, FLYING] }, "1", null, "and keeps nobody waiting for ever"],
  ["a1:500+ a2:500", { perDay: 2 }, { a: [EARLIER, EARLIER] }, "1 2", null, "a person asked for it"],
  ["a1:500 a2:500", { perDay: 1 }, { a: [EARLIER] }, "1=daily_limit 2", null, "the other was not charged today"],
  ["a1:500 a2:500 b3:500", { maxCharges: 1 }, {}, "1 2=MAX_CHARGES_PER_RUN 3=MAX_CHARGES_PER_RUN", "MAX_CHARGES_PER_RUN", "the customer's next is not charged either"],
])("%s with %j and %j: %s, stopped at %s", (words, { perDay = 3, spent = NOTHING, ...change }, tries, becomes, stoppedAt) => {
  const limits = { askedCharges: null, maxCharges: null, maxAmountCents: null, ...change };
  const due = words.split(" ").map((word) => dueOf(word, tries));
  const preview = previewCharges(due, rulesOf(perDay), limits, spent);
  const lines = preview.previewed.map(({ due: { invoice }, decision }) => {
    if (decision.do === "charge") return invoice.id;
    const until = decision.until === null ? "" : ` until ${decision.until.toISOString().slice(0, 16)}`;
    return `${invoice.id}=${decision.because}${until}`;
  });
  expect(lines.toSorted().join(" ")).toBe(becomes);
  expect(preview.stoppedAt).toBe(stoppedAt);
});

test("what waits behind one that is put off is charged, as the run charges it", () => {
  const DAY_MS = 86_400_000;
  const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
  /** Its period of a week is over: it waited for an earlier cycle, which was paid today. */
  const late = cycleOf(dueOf("a1:500", {}), 0, { nextAttemptAt: daysAgo(9), periodEnd: daysAgo(2) });
  const newest = cycleOf(dueOf("a2:500", {}), 1, { nextAttemptAt: daysAgo(2), periodEnd: daysAgo(-5) });
  const unsettled = [late, newest].map(({ invoice }) => ({ ...invoice, openAttempt: null }));
  const due = [late, newest].map((each) => ({ ...each, subscriptionId: "a", unsettled, paidAt: NOW }));
  const none = { askedCharges: null, maxCharges: null, maxAmountCents: null };
  const { previewed } = previewCharges(due, rulesOf(3), none, NOTHING);
  expect(previewed.map(({ due: { invoice }, decision }) => [invoice.id, decision])).toEqual([
    ["1", { do: "not_charged", because: "catch_up_spacing", until: expect.any(Date) }],
    ["2", { do: "charge" }],
  ]);
});

test("what waits behind one that waits for another charge of the customer is charged after both", () => {
  const weekAgo = new Date(NOW.getTime() - 7 * 86_400_000);
  const soon = { periodEnd: new Date(NOW.getTime() + 86_400_000) };
  /** It was declined, and its retry is due later than the cycle behind it. */
  const retried = cycleOf(dueOf("a1:500*", {}), 0, { ...soon, nextAttemptAt: NOW });
  const newest = cycleOf(dueOf("a2:500", {}), 1, { ...soon, nextAttemptAt: weekAgo });
  const unsettled = [retried, newest].map(({ invoice }) => ({ ...invoice, openAttempt: null }));
  const ofOne = (each: DueInvoice): DueInvoice => ({ ...each, subscriptionId: "gym", unsettled });
  const due = [ofOne(newest), dueOf("a3:500", {}), ofOne(retried)];
  const none = { askedCharges: null, maxCharges: null, maxAmountCents: null };
  const { previewed } = previewCharges(due, rulesOf(3), none, NOTHING);
  expect(previewed.map(({ due: { invoice }, decision }) => [invoice.id, decision.do])).toEqual([
    ["3", "charge"],
    ["1", "charge"],
    ["2", "charge"],
  ]);
});

test("what waits behind those that a paid retry puts off is charged, in whatever order they are due", () => {
  const DAY_MS = 86_400_000;
  const daysFrom = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
  /** Their periods are over: they waited for the one that is tried again, which is paid now. */
  const late = [0, 1].map((cycle) =>
    cycleOf(dueOf(`a${cycle}:500`, {}), cycle, { nextAttemptAt: daysFrom(-cycle - 3), periodEnd: daysFrom(-2) }),
  );
  const retried = cycleOf(dueOf("a2:500*", {}), 2, { nextAttemptAt: NOW, periodEnd: daysFrom(-1) });
  const newest = cycleOf(dueOf("a3:500", {}), 3, { nextAttemptAt: daysFrom(-3.5), periodEnd: daysFrom(5) });
  const unsettled = [...late, retried, newest].map(({ invoice }) => ({ ...invoice, openAttempt: null }));
  const due = [late[1]!, newest, late[0]!, retried].map((each) => ({ ...each, subscriptionId: "gym", unsettled }));
  const none = { askedCharges: null, maxCharges: null, maxAmountCents: null };
  const { previewed } = previewCharges(due, rulesOf(3), none, NOTHING);
  expect(previewed.map(({ due: { invoice }, decision }) => `${invoice.id} ${decision.do}`)).toEqual([
    ...["2 charge", "0 not_charged", "1 not_charged", "3 charge"],
  ]);
});

test("three cycles that are due at once are charged one after the other, as if each were paid", () => {
  const soon = { nextAttemptAt: NOW, periodEnd: new Date(NOW.getTime() + 86_400_000) };
  const cycles = [0, 1, 2].map((cycle) => cycleOf(dueOf(`a${cycle}:500`, {}), cycle, soon));
  const unsettled = cycles.map(({ invoice }) => ({ ...invoice, openAttempt: null }));
  const due = cycles.map((each) => ({ ...each, subscriptionId: "gym", unsettled })).toReversed();
  const none = { askedCharges: null, maxCharges: null, maxAmountCents: null };
  const { previewed } = previewCharges(due, rulesOf(3), none, NOTHING);
  expect(previewed.map(({ due: { invoice }, decision }) => [invoice.id, decision.do])).toEqual([
    ["0", "charge"],
    ["1", "charge"],
    ["2", "charge"],
  ]);
});

test("a missed cycle that is charged takes the day of the next, also where it has failed a check before", () => {
  const week = { nextAttemptAt: NOW, periodEnd: new Date(NOW.getTime() - 86_400_000) };
  const failed = cycleOf(dueOf("a0:500*", {}), 0, week);
  const next = cycleOf(dueOf("a1:500", {}), 1, week);
  const those = [failed, next].map(({ invoice }) => ({ ...invoice, missed: true, openAttempt: null, tries: [] }));
  const due = [failed, next].map((each): DueInvoice => ({
    ...{ ...each, subscriptionId: "gym", catchUp: "oldest_first", unsettled: those, missed: those },
    invoice: { ...each.invoice, missed: true },
  }));
  const none = { askedCharges: null, maxCharges: null, maxAmountCents: null };
  const { previewed } = previewCharges(due, rulesOf(3), none, NOTHING);
  expect(previewed.map(({ due: { invoice }, decision }) => [invoice.id, decision])).toEqual([
    ["0", { do: "charge" }],
    ["1", { do: "not_charged", because: "catch_up_spacing", until: new Date(NOW.getTime() + 86_400_000) }],
  ]);
});

function cycleOf(due: DueInvoice, cycle: number, dates: Pick<DueInvoice["invoice"], "nextAttemptAt" | "periodEnd">) {
  return { ...due, invoice: { ...due.invoice, cycle, ...dates } };
}

function rulesOf(maxChargesPerCustomerPerDay: number): Omit<ChargeRules, "limit"> {
  return {
    ...{ now: NOW, maxChargesPerCustomerPerDay, budgets: { visaReattemptsIn30Days: 15 } },
    policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 45, onChargeback: "hold" }),
    readingOf: () => "read",
  };
}

function dueOf(word: string, tries: Readonly<Record<string, CustomerTry[]>>): DueInvoice {
  const [, customerId = "", id = "", cents = "", mark = ""] = /^([a-z])(\d):(\d+)([+*]?)$/.exec(word) ?? [];
  return {
    invoice: {
      ...{
        id,
        cycle: 0,
        missed: false,
        status: "open",
        statusReason: null,
        amountCents: Number(cents),
        currency: "MXN",
      },
      ...{ nextAttemptAt: NOW, retryRequestedAt: mark === "+" ? NOW : null, declines: mark === "*" ? 1 : 0, faults: 0 },
      ...{ firstDeclinedAt: mark === "*" ? NOW : null, voidWhenSettled: null, timeZone: "America/Mexico_City" },
      ...{ dunningStep: null, dunningClass: null, dunningDueAt: null, paidByAnother: false, openElsewhere: false },
      ...{
        isOtherCardNow: false,
        cardLast4Now: null,
        hasUntriedCard: false,
        reopenedFrom: null,
        periodEnd: new Date(NOW.getTime() + 1),
      },
    },
    disputes: [],
    isWaitTold: false,
    ...{
      subscriptionId: id,
      customerId,
      dunning: "standard",
      catchUp: "all",
      attempt: null,
      unsettled: [],
      paidAt: null,
      missed: [],
    },
    customer: {
      card: { paymentSourceId: "src", cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
      ...NEVER_CHARGED,
      readAt: new Date(0),
      tries: tries[customerId] ?? [],
    },
  };
}
