import { describe, expect, test } from "@jest/globals";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { DAY_MS } from "../duration.ts";
import type { PageAttempt } from "../attempt.ts";
import { OUT_OF_DUNNING } from "../invoice.ts";
import { afterDecline, afterFailedCheck, afterLapse, afterWait, forNewCard, withoutLink } from "./settle-dunning.ts";
import type { InvoiceFacts, SettleRules } from "./settlement.ts";

const NOW = new Date("2026-03-20T15:00:00Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const RULES: SettleRules = {
  ...{ now: NOW, policy: policyOf({ retryAfterDays: [1, 3, 3], windowDays: 10 }), calendar: NO_HOLIDAYS },
  ...{ inquiries: { offsetsMs: [], rechargeQuietMs: 0 }, backoffMs: 0, jitter: 0, livemode: false },
};
const INVOICE: InvoiceFacts = {
  ...{ id: "inv_1", status: "open", statusReason: null, currency: "MXN", amountCents: 20015, declines: 0, faults: 2 },
  ...{ voidWhenSettled: null, nextAttemptAt: null, firstDeclinedAt: null, retryRequestedAt: null, ...OUT_OF_DUNNING },
  ...{ timeZone: "America/Mexico_City", paidByAnother: false, openElsewhere: false, isOtherCardNow: false },
  ...{ cardLast4Now: null, hasUntriedCard: false },
};
const DECLINE = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;

describe("the window of retries", () => {
  test.each<[declines: number, firstDeclinedAt: Date | null, begins: Date, next: string, because: string]>([
    [0, null, NOW, "retry", "it begins with the first decline"],
    [1, daysAgo(1), daysAgo(1), "retry", "the second leaves it where it began"],
    [1, daysAgo(9), daysAgo(9), "wait_for_card", "three days on lie behind its tenth day"],
    [1, daysAgo(7), daysAgo(7), "retry", "its tenth day is in it"],
    [1, null, NOW, "retry", "declined before it was kept: from now on it is"],
  ])(
    "after %i declines, the first at %p, it begins at %p, and what comes is %s (%s)",
    (declines, first, begins, next) => {
      const decided = afterDecline({ ...INVOICE, declines, firstDeclinedAt: first }, DECLINE, RULES);
      expect(decided.invoice).toMatchObject({
        firstDeclinedAt: begins,
        dunningStep: next,
        declines: declines + 1,
        faults: 0,
      });
    },
  );

  test.each<[firstDeclinedAt: Date | null, begins: Date, because: string]>([
    [null, NOW, "a charge that would be in vain fails the invoice as a decline does"],
    [daysAgo(4), daysAgo(4), "and moves no beginning"],
  ])("of a check that fails, the first decline at %p: it begins at %p (%s)", (first, begins) => {
    const decided = afterFailedCheck({ ...INVOICE, firstDeclinedAt: first }, "new_card", RULES);
    expect(decided.invoice).toMatchObject({ firstDeclinedAt: begins, declines: 0, dunningStep: "wait_for_card" });
  });
});

describe("before an invoice is given up", () => {
  const WAITING = {
    dunningStep: "wait_for_card",
    dunningClass: "new_card",
    dunningDueAt: daysAgo(0),
    firstDeclinedAt: daysAgo(14),
  } as const;
  const LAST = { ...WAITING, dunningStep: "retry" } as const;
  const wordsOf = ({ invoice, step }: ReturnType<typeof afterWait>): string =>
    `${invoice.status} ${invoice.statusReason ?? invoice.dunningStep} by ${step?.rule.name}${invoice.dunningStep === "retry" && invoice.dunningDueAt !== null ? ", the last" : ""}`;

  // prettier-ignore
  test.each<[of: string, Partial<InvoiceFacts>, policy: Parameters<typeof policyOf>[0], becomes: string, because: string]>([
    ["wait", { ...WAITING, hasUntriedCard: true }, {}, "open retry by card_untried, the last", "nothing is given up beside a card that was never tried for it"],
    ["wait", WAITING, {}, "uncollectible no_new_card by wait_over", "the card was tried, or cannot pay"],
    ["wait", { ...WAITING, hasUntriedCard: true }, { graceDays: 3 }, "open grace by wait_over", "it is not given up yet"],
    ["check", { hasUntriedCard: true }, { waitForCardDays: 0 }, "open retry by card_untried, the last", "without any wait the try comes at once"],
    ["check", { ...LAST, hasUntriedCard: true }, {}, "uncollectible no_new_card by card_never_pays", "one last try, and no second"],
    ["decline", { ...LAST, declines: 3, hasUntriedCard: true }, {}, "uncollectible no_new_card by card_never_pays", "its waits are over: none begins anew"],
    ["decline", { ...LAST, declines: 3, isOtherCardNow: true }, {}, "open retry by new_card, the last", "the card that came meanwhile is tried, too"],
    ["decline", { ...LAST, declines: 3 }, { paymentLink: { methods: ["card"], expiresAfterDays: 3 } }, "uncollectible link_not_paid by card_never_pays", "it had its page"],
  ])("a %s of %j makes: %p %p (%s)", (of, change, policy, becomes, _because) => {
    const [invoice, rules] = [{ ...INVOICE, ...change }, { ...RULES, policy: policyOf({ retryAfterDays: [1, 3, 3], windowDays: 10, ...policy }) }];
    const decline = { ...DECLINE, declineClass: "new_card" } as const;
    const decided =
      of === "wait" ? afterWait(invoice, "wait_for_card", rules) : of === "check" ? afterFailedCheck(invoice, "new_card", rules) : afterDecline(invoice, decline, rules);
    expect(wordsOf(decided)).toBe(becomes);
  });

  test.each<[is: Partial<InvoiceFacts>, since: Date, because: string]>([
    [LAST, NOW, "its waits were over then"],
    [{ ...LAST, dunningDueAt: daysAgo(2) }, daysAgo(2), "another card makes no new end of them"],
  ])("the last try of %j is one since %p (%s)", (is, since) => {
    const invoice = { ...INVOICE, ...is, declines: 3, isOtherCardNow: true };
    const { dunningDueAt } = afterDecline(invoice, { ...DECLINE, declineClass: "new_card" }, RULES).invoice;
    expect(dunningDueAt).toEqual(since);
  });
});

// prettier-ignore
test.each<[change: Partial<InvoiceFacts>, becomes: string, because: string]>([
  [{}, "open retry", "dunning goes on"],
  [{ reopenedFrom: "no_new_card" }, "uncollectible no_new_card", "an old debt is what it was, and nothing follows"],
  [{ reopenedFrom: "refused" }, "open retry", "what was held is in dunning by its decline"],
  [{ voidWhenSettled: "canceled" }, "void canceled", "nothing is owed any more"],
  [{ voidWhenSettled: "canceled", reopenedFrom: "no_new_card" }, "void canceled", "nor of an old debt"],
  [{ status: "paid" }, "paid null", "paid in another way: it has no dunning"],
])("of %j a decline makes: %s (%s)", (change, becomes, _because) => {
  const { invoice, finalAction } = afterDecline({ ...INVOICE, ...change }, DECLINE, RULES);
  expect(`${invoice.status} ${invoice.statusReason ?? invoice.dunningStep}`).toBe(becomes);
  expect(finalAction).toBeNull();
});

const FAILED = { firstDeclinedAt: daysAgo(5), dunningStep: "payment_link", dunningClass: "retry_later" } as const;
const LINK = { methods: ["cash"], expiresAfterDays: 5 } as const;
const CLOSED_BY = (linkEnd: PageAttempt["linkEnd"]): PageAttempt => ({
  ...{ id: "att_1", flow: "link", state: "pending", amountCents: 20015, currency: "MXN", customerId: "cus_1" },
  ...{ orderId: "ord_1", chargeId: null, sentAt: daysAgo(5), inquiries: 0, idsOfOthers: [] },
  ...{ linkExpiresAt: NOW, linkEnd, linkEndAt: null, linkIsPublished: true },
});

// prettier-ignore
test.each<[change: Partial<InvoiceFacts>, linkEnd: PageAttempt["linkEnd"], policy: Parameters<typeof policyOf>[0], becomes: string, because: string]>([
  [FAILED, null, { paymentLink: LINK, graceDays: 2 }, "open grace until +2, invoice.payment_link_lapsed", "dunning's own page: its grace comes"],
  [FAILED, null, { paymentLink: LINK }, "open grace until +0, invoice.payment_link_lapsed", "or its end, once the customer was read"],
  [{ ...FAILED, status: "held", dunningStep: null }, null, { paymentLink: LINK }, "open grace until +0, invoice.payment_link_lapsed", "so it is with a page that never seemed to end"],
  [{ ...FAILED, hasUntriedCard: true }, null, { paymentLink: LINK }, "open retry until +0, invoice.payment_link_lapsed", "a card that is known is tried at once"],
  [FAILED, null, { waitForCardDays: 3 }, "open wait_for_card until +3, invoice.payment_link_lapsed", "the policy has no page: a person gave it, and dunning goes on"],
  [FAILED, "person", { paymentLink: LINK, waitForCardDays: 3 }, "open wait_for_card until +3, invoice.payment_link_lapsed", "a person closed it: no end of dunning"],
  [FAILED, "person", { paymentLink: LINK, waitForCardDays: 0 }, "open wait_for_card until +1, invoice.payment_link_lapsed", "without a wait: a day at least"],
  [FAILED, "new_card", { paymentLink: LINK }, "open retry, invoice.payment_link_lapsed", "it made way for another card"],
  [{}, null, { paymentLink: LINK }, "open null, invoice.payment_link_lapsed", "it never failed: due again in its order"],
  [{}, "new_card", { paymentLink: LINK }, "open null, invoice.payment_link_lapsed", "whatever the page was closed for"],
  [{ ...FAILED, reopenedFrom: "refused" }, null, {}, "held refused, invoice.payment_link_lapsed", "it is held again"],
  [{ ...FAILED, reopenedFrom: "no_new_card" }, null, {}, "uncollectible no_new_card, invoice.payment_link_lapsed", "it stays written off, and nothing follows"],
  [{ ...FAILED, voidWhenSettled: "canceled" }, null, {}, "void canceled, invoice.voided", "nothing is owed any more"],
  [{ ...FAILED, status: "paid" }, null, {}, "paid null, invoice.payment_link_lapsed", "paid in another way"],
])("nobody paid on the page of %j, closed by %p, with %j: %s (%s)", (change, linkEnd, policy, becomes, _because) => {
  const decided = afterLapse(CLOSED_BY(linkEnd), { ...INVOICE, ...change }, { ...RULES, policy: policyOf(policy) });
  expect(wordsOfEnd(decided)).toBe(becomes);
});

// prettier-ignore
test.each<[what: string, change: Partial<InvoiceFacts>, becomes: string, because: string]>([
  ["withoutLink", FAILED, "open wait_for_card until +14, invoice.payment_failed", "another card is waited for"],
  ["withoutLink", {}, "open null, attempt.refused", "it never failed"],
  ["withoutLink", { ...FAILED, reopenedFrom: "refused" }, "held refused, attempt.refused", "as it was before a person's page"],
  ["afterWait", {}, "open null, invoice.payment_link_lapsed", "no wait of dunning's was over"],
  ["afterWait", { ...FAILED, reopenedFrom: "refused" }, "held refused, invoice.payment_link_lapsed", "as it was"],
  ["forNewCard", FAILED, "open retry, invoice.payment_failed", "tried at once"],
])("%s of %j: %s (%s)", (what, change, becomes, _because) => {
  const [invoice, rules] = [{ ...INVOICE, ...change }, { ...RULES, policy: policyOf() }];
  const decided = what === "withoutLink" ? withoutLink(invoice, rules) : what === "forNewCard" ? forNewCard(invoice, rules) : afterWait(invoice, "payment_link", rules);
  expect(wordsOfEnd(decided)).toBe(becomes);
});

test.each<[dunningClass: InvoiceFacts["dunningClass"], kept: string, because: string]>([
  ["retry_later", "retry_later", "why it failed is kept"],
  [null, "new_card", "nobody said why: as if it waited for a card"],
])("an invoice that failed for %p goes on for %p (%s)", (dunningClass, kept, _because) => {
  const [invoice, rules] = [
    { ...INVOICE, ...FAILED, dunningClass },
    { ...RULES, policy: policyOf({ graceDays: 2 }) },
  ];
  const all = [withoutLink(invoice, rules), forNewCard(invoice, rules), afterWait(invoice, "payment_link", rules)];
  expect(all.map((each) => each.invoice.dunningClass)).toEqual([kept, kept, kept]);
});

function wordsOfEnd({ invoice, event }: ReturnType<typeof afterLapse>): string {
  const { status, statusReason, dunningStep, dunningDueAt } = invoice;
  const until = dunningDueAt === null ? "" : ` until +${(dunningDueAt.getTime() - NOW.getTime()) / DAY_MS}`;
  return `${status} ${statusReason ?? dunningStep}${until}, ${event}`;
}

describe("what nobody said of a failure is not so", () => {
  const FIRST = { ...RULES, policy: policyOf({ payday: true }) };
  const daysTo = (at: Date | null): number | null => at && Math.round((at.getTime() - NOW.getTime()) / DAY_MS);

  // prettier-ignore
  test.each<[decline: Parameters<typeof afterDecline>[1], next: string, because: string]>([
    [{ ...DECLINE, lacksFunds: true }, "retry in 11", "money comes with the payday, on the 31st"],
    [DECLINE, "retry in 1", "no lack of money: a payday mends nothing"],
    [{ ...DECLINE, declineClass: "customer_action", isUnanswered: true }, "retry in 1", "nobody said no: the customer is asked once more"],
    [{ ...DECLINE, declineClass: "customer_action" }, "wait_for_card in null", "the bank said that the customer must act"],
  ])("declined with %j: %s days (%s)", (decline, next) => {
    const { invoice } = afterDecline(INVOICE, decline, FIRST);
    expect(`${invoice.dunningStep} in ${daysTo(invoice.nextAttemptAt)}`).toBe(next);
  });

  // prettier-ignore
  test.each<[declines: number, declineClass: "retry_later" | "customer_action", next: string, because: string]>([
    [0, "retry_later", "retry in 1", "as the first decline"],
    [1, "retry_later", "retry in 3", "as the second, though it is not counted as one"],
    [0, "customer_action", "wait_for_card in null", "a check has asked no bank"],
  ])("a check that fails after %i declines with %s: %s days (%s)", (declines, declineClass, next) => {
    const { invoice } = afterFailedCheck({ ...INVOICE, declines }, declineClass, FIRST);
    expect(`${invoice.dunningStep} in ${daysTo(invoice.nextAttemptAt)}`).toBe(next);
    expect(invoice.declines).toBe(declines);
  });

  test("a check that fails for an old debt leaves it what it was", () => {
    const { invoice, event } = afterFailedCheck({ ...INVOICE, reopenedFrom: "no_new_card" }, "new_card", FIRST);
    expect([invoice.status, invoice.statusReason, event]).toEqual([
      "uncollectible",
      "no_new_card",
      "invoice.payment_failed",
    ]);
  });
});
