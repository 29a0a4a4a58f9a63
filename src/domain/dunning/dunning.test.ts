/** What dunning decides after a decline, class by class. Whole lives of an invoice: dunning-course.test.ts. */
import { describe, expect, test } from "@jest/globals";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { DECLINE_CLASSES, type DeclineClass } from "../decline.ts";
import { afterStep, type DeclineFacts, type DunningPolicy, horizonDays, nextStep, type NextStep } from "./dunning.ts";

const POLICY = policyOf({ retryAfterDays: [1, 3, 5], tryAgainAfterMinutes: [60, 360], finalAction: "pause" });
const LINK = { methods: ["cash"], expiresAfterDays: 5 } as const;
const TIJUANA = "America/Tijuana";

function factsOf(decline: DeclineClass, declines: number, at: string, more: Partial<DeclineFacts> = {}): DeclineFacts {
  const declinedAt = new Date(at);
  return {
    ...{ decline, declines, declinedAt, firstDeclinedAt: declinedAt, lacksFunds: false, isOtherCardNow: false },
    isLastTry: false,
    ...{ timeZone: TIJUANA, calendar: NO_HOLIDAYS, ...more },
  };
}

describe("nextStep", () => {
  test.each<[decline: DeclineClass, declines: number, declinedAt: string, step: string, because: string]>([
    // decline, nth, declined at, next step, because
    ["retry_later", 1, "2026-01-30T15:00Z", "retry 2026-01-31T15:00Z by retry_days", "a day after the first"],
    ["retry_later", 2, "2026-01-30T15:00Z", "retry 2026-02-02T15:00Z by retry_days", "waits cross the end of a month"],
    ["retry_later", 3, "2026-01-30T15:00Z", "retry 2026-02-04T15:00Z by retry_days", "5 days after the third"],
    [
      "retry_later",
      4,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by retries_used_up",
      "three waits were allowed; another card may come",
    ],
    [
      "retry_later",
      40,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by retries_used_up",
      "a person had it tried again",
    ],
    // 8 March 2026: the clocks of Tijuana go forward.
    ["retry_later", 1, "2026-03-07T17:00Z", "retry 2026-03-08T16:00Z by retry_days", "09:00 stays 09:00"],
    ["try_again_soon", 1, "2026-01-30T15:00Z", "retry 2026-01-30T16:00Z by retry_minutes", "a bank's fault passes"],
    ["try_again_soon", 2, "2026-01-30T15:00Z", "retry 2026-01-30T21:00Z by retry_minutes", "or takes longer"],
    [
      "try_again_soon",
      3,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by retries_used_up",
      "declines are counted together, of whatever class",
    ],
    ["unrecognized", 1, "2026-01-30T15:00Z", "retry 2026-01-31T15:00Z by unrecognized_once", "it may pass by itself"],
    [
      "unrecognized",
      2,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by card_never_pays",
      "once; then it counts as a bad card",
    ],
    [
      "new_card",
      1,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by card_never_pays",
      "an expired card never pays",
    ],
    [
      "customer_action",
      1,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by card_never_pays",
      "only the customer can call the bank",
    ],
    [
      "never_again",
      1,
      "2026-01-30T15:00Z",
      "wait_for_card until 2026-02-13T15:00Z by card_never_pays",
      "a stolen card is never tried again",
    ],
    [
      "our_fault",
      1,
      "2026-01-30T15:00Z",
      "hold our_fault by our_fault",
      "the customer is not to blame: a person looks",
    ],
    ["our_fault", 9, "2026-01-30T15:00Z", "hold our_fault by our_fault", "and is not written off for it"],
  ])("%s, decline %i at %s: %s (%s)", (decline, declines, at, step, _because) => {
    expect(textOf(nextStep(POLICY, factsOf(decline, declines, at)))).toBe(step);
  });

  test.each<[policy: Partial<DunningPolicy>, decline: DeclineClass, declinedAt: string, at: string, because: string]>([
    [{ retryAt: "09:00" }, "retry_later", "2026-01-31T07:59Z", "2026-01-31T17:00Z", "23:59 there: the next local day"],
    [{ retryAt: "09:00" }, "retry_later", "2026-01-31T08:00Z", "2026-02-01T17:00Z", "00:00 there: a day more"],
    [
      { retryAt: "06:30" },
      "unrecognized",
      "2026-01-30T20:00Z",
      "2026-01-31T14:30Z",
      "counted in days, hence at the hour",
    ],
    [
      { retryAt: "09:00" },
      "try_again_soon",
      "2026-01-30T20:00Z",
      "2026-01-30T21:00Z",
      "minutes know no hour of the day",
    ],
  ])("with %j, %s at %s is tried again at %s (%s)", (change, decline, declinedAt, at, _because) => {
    expect(textOf(nextStep(policyOf(change), factsOf(decline, 1, declinedAt)))).toContain(`retry ${at} by`);
  });

  test.each<[change: Partial<DunningPolicy>, step: string, because: string]>([
    [{}, "wait_for_card until 2026-02-13T15:00Z", "the customer may bring another card"],
    [{ paymentLink: LINK }, "payment_link", "the customer may pay in another way"],
    [{ paymentLink: LINK, waitForCardDays: 0 }, "payment_link", "which is a wait of its own"],
    [{ waitForCardDays: 0, graceDays: 3 }, "grace until 2026-02-02T15:00Z", "no wait is wanted, but grace"],
    [{ waitForCardDays: 0 }, "write_off no_new_card, cancel", "nothing at all is wanted"],
    [{ waitForCardDays: 1 }, "wait_for_card until 2026-01-31T15:00Z", "a single day is a wait"],
    [{ waitForCardDays: 0, graceDays: 1 }, "grace until 2026-01-31T15:00Z", "and a grace"],
  ])("with %j a card that never pays is followed by %s (%s)", (change, step, _because) => {
    const policy = policyOf({ finalAction: "cancel", ...change });
    expect(textOf(nextStep(policy, factsOf("new_card", 1, "2026-01-30T15:00Z")))).toBe(`${step} by card_never_pays`);
  });

  test("a policy without any wait writes off at once, and says what was lacking", () => {
    const policy = policyOf({ retryAfterDays: [], tryAgainAfterMinutes: [], waitForCardDays: 0 });
    const steps = DECLINE_CLASSES.map((each) => textOf(nextStep(policy, factsOf(each, 2, "2026-01-30T15:00Z"))));
    expect(steps).toEqual([
      "write_off attempts_used_up, unpaid by retries_used_up",
      "write_off attempts_used_up, unpaid by retries_used_up",
      "write_off no_new_card, unpaid by card_never_pays",
      "write_off no_new_card, unpaid by card_never_pays",
      "write_off no_new_card, unpaid by card_never_pays",
      "hold our_fault by our_fault",
      "write_off no_new_card, unpaid by card_never_pays",
    ]);
  });

  test.each([0, -1, 1.5])("a count of %d declines is a bug", (declines) => {
    expect(() => nextStep(POLICY, factsOf("retry_later", declines, "2026-01-30T15:00Z"))).toThrow("a count from 1");
  });
});

describe("a payday", () => {
  const PATIENT = policyOf({ retryAfterDays: [1, 3, 5], payday: true, windowDays: 30 });
  const MEXICO = { timeZone: "America/Mexico_City", lacksFunds: true };

  test.each<[declinedAt: string, declines: number, more: Partial<DeclineFacts>, step: string, because: string]>([
    ["2026-12-03T15:00Z", 1, {}, "retry 2026-12-15T15:00Z by payday", "the morning of the quincena, not tomorrow"],
    ["2026-12-15T15:00Z", 2, {}, "retry 2026-12-18T15:00Z by payday", "the aguinaldo: the 20th is a Sunday"],
    ["2026-12-18T15:00Z", 3, {}, "retry 2026-12-31T15:00Z by payday", "the last day of the month"],
    ["2026-12-31T15:00Z", 4, {}, "wait_for_card until 2027-01-14T15:00Z by retries_used_up", "a payday is no try more"],
    ["2026-12-15T05:30Z", 1, {}, "retry 2026-12-15T15:00Z by payday", "23:30 of the 14th there: tomorrow is payday"],
    [
      "2026-12-15T06:30Z",
      1,
      {},
      "retry 2026-12-15T15:00Z by payday",
      "00:30 of the 15th there: the salary comes this morning",
    ],
    ["2026-12-15T13:00Z", 1, {}, "retry 2026-12-15T15:00Z by payday", "two hours before the morning it is night"],
    ["2026-12-15T13:01Z", 1, {}, "retry 2026-12-18T15:00Z by payday", "after that the salary is there already"],
    ["2026-12-15T14:30Z", 1, {}, "retry 2026-12-18T15:00Z by payday", "08:30 of the 15th: the salary is there already"],
    [
      "2026-12-03T15:00Z",
      1,
      { lacksFunds: false },
      "retry 2026-12-04T15:00Z by retry_days",
      "a limit is no lack of funds",
    ],
    [
      "2026-12-16T06:30Z",
      1,
      { calendar: { isBankHoliday: (date) => date === "2026-12-17" || date === "2026-12-18" } },
      "retry 2026-12-16T15:00Z by payday",
      "yesterday was a payday as well: its morning is over",
    ],
    [
      "2026-12-03T15:00Z",
      1,
      { firstDeclinedAt: new Date("2026-11-15T15:00Z") },
      "retry 2026-12-15T15:00Z by payday",
      "the last day of the window",
    ],
    [
      "2026-12-03T15:00Z",
      1,
      { firstDeclinedAt: new Date("2026-11-14T15:00Z") },
      "retry 2026-12-04T15:00Z by retry_days",
      "payday is a day too late: the plain wait",
    ],
    [
      "2026-12-13T15:00Z",
      2,
      { firstDeclinedAt: new Date("2026-11-14T15:00Z") },
      "wait_for_card until 2026-12-27T15:00Z by window_over",
      "and the plain wait may be too late as well",
    ],
    [
      "2026-12-03T15:00Z",
      1,
      { calendar: { isBankHoliday: (date) => date === "2026-12-15" } },
      "retry 2026-12-14T15:00Z by payday",
      "banks are closed on the 15th",
    ],
  ])("declined at %s, for the %i. time, %j: %s (%s)", (declinedAt, declines, more, step, _because) => {
    const facts = factsOf("retry_later", declines, declinedAt, { ...MEXICO, ...more });
    expect(textOf(nextStep(PATIENT, facts))).toBe(step);
  });

  test("says from which day to which the retry was moved, and which retry it is", () => {
    const { rule } = nextStep(PATIENT, factsOf("retry_later", 2, "2026-12-01T15:00Z", MEXICO));
    expect(rule).toEqual({ name: "payday", payday: "2026-12-15", insteadOf: "2026-12-04", retry: 2, of: 3 });
  });

  test("is nothing to a policy that does not wait for it", () => {
    const step = nextStep({ ...PATIENT, payday: false }, factsOf("retry_later", 1, "2026-12-03T15:00Z", MEXICO));
    expect(textOf(step)).toBe("retry 2026-12-04T15:00Z by retry_days");
  });

  test("comes at the policy's hour, where it names one", () => {
    const step = nextStep({ ...PATIENT, retryAt: "06:30" }, factsOf("retry_later", 1, "2026-12-03T15:00Z", MEXICO));
    expect(textOf(step)).toBe("retry 2026-12-15T12:30Z by payday");
  });
});

describe("the window", () => {
  const LATE = { firstDeclinedAt: new Date("2026-01-01T15:00Z") };
  const policy = policyOf({ windowDays: 10, retryAfterDays: [1, 1], tryAgainAfterMinutes: [60, 60] });

  test.each<[decline: DeclineClass, declinedAt: string, step: string, because: string]>([
    ["retry_later", "2026-01-10T20:00Z", "retry 2026-01-11T20:00Z by retry_days", "its last day counts whole"],
    ["retry_later", "2026-01-11T15:00Z", "wait_for_card until 2026-01-25T15:00Z by window_over", "the 11th day"],
    ["unrecognized", "2026-01-11T15:00Z", "wait_for_card until 2026-01-25T15:00Z by window_over", "of whatever class"],
    ["try_again_soon", "2026-01-12T06:00Z", "retry 2026-01-12T07:00Z by retry_minutes", "23:00 of the last day there"],
    ["try_again_soon", "2026-01-12T07:00Z", "wait_for_card until 2026-01-26T07:00Z by window_over", "midnight"],
  ])("%s at %s: %s (%s)", (decline, declinedAt, step, _because) => {
    expect(textOf(nextStep(policy, factsOf(decline, 1, declinedAt, LATE)))).toBe(step);
  });

  test("says when the retry would have been", () => {
    const { rule } = nextStep(policy, factsOf("retry_later", 1, "2026-01-11T15:00Z", LATE));
    expect(rule).toEqual({ name: "window_over", windowDays: 10, wouldBeAt: "2026-01-12T15:00:00.000Z" });
  });
});

describe("another card by now", () => {
  const NOW = "retry 2026-01-30T15:00Z by new_card";

  test.each<[decline: DeclineClass, declines: number, step: string, because: string]>([
    ["new_card", 1, NOW, "that is what was waited for"],
    ["retry_later", 1, NOW, "the customer has money on another"],
    ["retry_later", 4, NOW, "a new card, a new chance, though the retries are used up"],
    ["unrecognized", 2, NOW, "as a bad card"],
    ["try_again_soon", 1, "retry 2026-01-30T16:00Z by retry_minutes", "the bank's fault is none of the card"],
    ["customer_action", 1, "retry 2026-01-30T15:00Z by new_card", "another bank need not be called"],
    ["never_again", 1, "retry 2026-01-30T15:00Z by new_card", "another card is not the stolen one"],
    ["our_fault", 1, "hold our_fault by our_fault", "nor is our fault"],
  ])("after %s, decline %i: %s (%s)", (decline, declines, step, _because) => {
    const facts = factsOf(decline, declines, "2026-01-30T15:00Z", { isOtherCardNow: true });
    expect(textOf(nextStep(POLICY, facts))).toBe(step);
  });

  test("is tried after the window, too: that was the other card's", () => {
    const facts = { isOtherCardNow: true, firstDeclinedAt: new Date("2025-01-30T15:00Z") };
    expect(textOf(nextStep(POLICY, factsOf("new_card", 1, "2026-01-30T15:00Z", facts)))).toBe(NOW);
  });
});

describe("afterStep", () => {
  const GRACE = "grace until 2026-02-02T15:00Z";
  type Over = Parameters<typeof afterStep>[1];

  test.each<[over: Over, change: Partial<DunningPolicy>, decline: DeclineClass, step: string, because: string]>([
    ["wait_for_card", { graceDays: 3 }, "new_card", `${GRACE} by wait_over`, "grace comes after every wait"],
    ["payment_link", { graceDays: 3, paymentLink: LINK }, "new_card", `${GRACE} by link_not_paid`, "and after a link"],
    ["wait_for_card", { graceDays: 1 }, "new_card", "grace until 2026-01-31T15:00Z by wait_over", "one day is a grace"],
    ["wait_for_card", {}, "new_card", "write_off no_new_card, unpaid by wait_over", "nobody brought a card"],
    ["wait_for_card", {}, "unrecognized", "write_off no_new_card, unpaid by wait_over", "a bad card, as it turned out"],
    ["wait_for_card", {}, "retry_later", "write_off attempts_used_up, unpaid by wait_over", "the card never had money"],
    [
      "payment_link",
      { paymentLink: LINK },
      "retry_later",
      "write_off link_not_paid, unpaid by link_not_paid",
      "the last chance",
    ],
    ["grace", {}, "never_again", "write_off no_new_card, unpaid by grace_over", "why grace had begun"],
    ["grace", {}, "try_again_soon", "write_off attempts_used_up, unpaid by grace_over", "why grace had begun"],
    [
      "grace",
      { paymentLink: LINK, graceDays: 3 },
      "new_card",
      "write_off link_not_paid, unpaid by grace_over",
      "why grace had begun",
    ],
    [
      "grace",
      { paymentLink: LINK },
      "new_card",
      "write_off link_not_paid, unpaid by link_not_paid",
      "it lasted no day: the customer was read",
    ],
  ])("when %s is over, with %j, after %s: %s (%s)", (over, change, decline, step, _because) => {
    const at = new Date("2026-01-30T15:00Z");
    expect(textOf(afterStep(policyOf(change), over, decline, at, TIJUANA))).toBe(step);
  });
});

test.each<[over: Parameters<typeof afterStep>[1], change: Partial<DunningPolicy>, rule: object, because: string]>([
  ["payment_link", {}, { name: "link_not_paid", days: 5 }, "the days of the page"],
  [
    "payment_link",
    { paymentLink: null },
    { name: "link_not_paid", days: null },
    "of a page from before pages were given up",
  ],
  ["wait_for_card", {}, { name: "wait_over", days: 14 }, "those of the wait"],
  ["grace", {}, { name: "grace_over", days: 3 }, "those of the grace"],
])("the end of %s, with %j, tells how long it was: %j (%s)", (over, change, rule, _because) => {
  const policy = policyOf({ paymentLink: LINK, waitForCardDays: 14, graceDays: 3, ...change });
  expect(afterStep(policy, over, "new_card", new Date("2026-01-30T15:00Z"), TIJUANA).rule).toEqual(rule);
});

test.each<[change: Partial<DunningPolicy>, days: number, because: string]>([
  [
    { windowDays: 10, waitForCardDays: 14, graceDays: 3 },
    28,
    "the window, the wait, the grace, and the day they began on",
  ],
  [
    { windowDays: 10, waitForCardDays: 14, graceDays: 3, paymentLink: LINK },
    20,
    "a page is instead of the wait, and made a day late at most",
  ],
  [{ windowDays: 0, waitForCardDays: 0, graceDays: 0 }, 1, "the day itself"],
])("with %j dunning ends within %i days (%s)", (change, days, _because) => {
  expect(horizonDays(policyOf(change))).toBe(days);
});

function textOf(step: NextStep): string {
  return `${decisionOf(step)} by ${step.rule.name}`;
}

function decisionOf(step: NextStep): string {
  const short = (at: Date): string => at.toISOString().replace(":00.000Z", "Z");
  switch (step.do) {
    case "retry":
      return `retry ${short(step.at)}`;
    case "wait_for_card":
    case "grace":
      return `${step.do} until ${short(step.until)}`;
    case "write_off":
      return `write_off ${step.because}, ${step.finalAction}`;
    case "hold":
      return `hold ${step.because}`;
    case "payment_link":
      return step.do;
    default:
      return step satisfies never;
  }
}

describe("a question of the bank that nobody answered (3DS)", () => {
  test.each<[declines: number, paymentLink: typeof LINK | null, becomes: string, because: string]>([
    [1, null, "retry", "the card paid every month: it is tried once more"],
    [2, null, "wait_for_card", "and only once"],
    [1, LINK, "payment_link", "the page lets the customer answer"],
  ])("decline %i, link %j: %s (%s)", (declines, paymentLink, becomes, _because) => {
    const facts = factsOf("customer_action", declines, "2026-01-30T15:00Z", { isUnanswered: true });
    expect(nextStep({ ...POLICY, paymentLink }, facts).do).toBe(becomes);
  });
});
