import { OUT_OF_DUNNING } from "./invoice.ts";
import { describe, expect, test } from "@jest/globals";
import { retryMove, whyNotDone, type ActFacts, type InvoiceAct, type WhyNot } from "./invoice-acts.ts";
import type { InvoiceStatus } from "./invoice.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const PAGE = { state: "pending", flow: "link" } as const;
const CHARGE = { state: "unknown", flow: "single" } as const;

// prettier-ignore
describe("what a person may do to an invoice", () => {
  test.each<[InvoiceAct, InvoiceStatus, ActFacts["openAttempt"], number, WhyNot | null, string]>([
    // act, status, open attempt, cents, why not, because
    ["retry", "open", null, 100, null, "it is collected now instead of later"],
    ["retry", "held", null, 100, null, "that is how a held one goes on"],
    ["retry", "uncollectible", null, 100, null, "an old debt may be tried again"],
    ["retry", "paid", null, 100, "paid", "nothing is owed"],
    ["retry", "void", null, 100, "void", "nothing is owed"],
    ["retry", "open", CHARGE, 100, "open_attempt", "the customer might pay twice"],
    ["retry", "open", PAGE, 100, "open_page", "the customer might pay on the page, too"],
    ["void", "held", null, 100, null, "it is not collected any more"],
    ["void", "paid", null, 100, "paid", "money is given back by a refund"],
    ["void", "void", null, 100, "void", "it is already"],
    ["void", "open", CHARGE, 100, "open_attempt", "money may arrive for it"],
    ["mark_paid", "open", null, 100, null, "cash on the counter"],
    ["mark_paid", "void", null, 100, null, "whoever voided it was wrong"],
    ["mark_paid", "paid", null, 100, "paid", "it is already"],
    ["mark_paid", "open", PAGE, 100, "open_page", "the page is closed first"],
    ["retry", "open", null, 0, null, "a page alone needs an amount"],
    ["void", "open", null, 0, null, "what is of nothing may be void"],
    ["mark_paid", "held", null, 0, null, "or paid"],
    ["link", "held", null, 100, null, "the customer pays another way"],
    ["link", "open", null, 0, "nothing_to_pay", "a page of nothing"],
    ["link", "open", PAGE, 100, "open_page", "one page at a time"],
    ["link", "void", null, 100, "void", "nothing is owed"],
  ])("%s of an invoice that is %s, with %j, of %i cents: %p (%s)", (act, status, openAttempt, amountCents, expected) => {
    expect(whyNotDone(act, { invoice: { status, amountCents }, openAttempt, isCardForbidden: false })).toBe(expected);
  });

  test.each<[InvoiceAct, InvoiceStatus, number, WhyNot | null, string]>([
    ["retry", "open", 100, "card_forbidden", "no run would charge it"],
    ["retry", "uncollectible", 100, "card_forbidden", "an old debt neither"],
    ["retry", "open", 0, null, "no card is needed for it"],
    ["retry", "paid", 100, "paid", "that says more"],
    ["link", "open", 100, null, "the customer pays another way"],
    ["void", "open", 100, null, "nor does it stop anything else"],
  ])("%s of an invoice that is %s, of %i cents, with a card that is forbidden: %p (%s)", (act, status, amountCents, expected) => {
    const invoice = { status, amountCents };
    expect(whyNotDone(act, { invoice, openAttempt: null, isCardForbidden: true })).toBe(expected);
  });
});

const OPEN = { status: "open", statusReason: null, reopenedFrom: null } as const;

describe("a retry that a person asks for", () => {
  test("of an invoice that was never declined does not put it into dunning", () => {
    expect(retryMove({ ...OPEN, firstDeclinedAt: null, dunningClass: null }, NOW)).toEqual({
      ...{ status: "open", nextAttemptAt: NOW, retryRequestedAt: NOW },
      ...OUT_OF_DUNNING,
    });
  });

  test("of one that was written off is one try, which leaves it what it was", () => {
    const given = { status: "uncollectible", statusReason: "no_new_card", firstDeclinedAt: NOW } as const;
    const move = {
      status: "open",
      nextAttemptAt: NOW,
      retryRequestedAt: NOW,
      dunningStep: null,
      reopenedFrom: "no_new_card",
    };
    expect(retryMove({ ...OPEN, ...given, dunningClass: null }, NOW)).toMatchObject(move);
    const again = { ...OPEN, firstDeclinedAt: NOW, dunningClass: null, reopenedFrom: "no_new_card" } as const;
    expect(retryMove(again, NOW)).toMatchObject(move);
  });

  test("of one that was declined is a step of dunning, whatever it waited for", () => {
    expect(retryMove({ ...OPEN, firstDeclinedAt: NOW, dunningClass: "new_card" }, NOW)).toMatchObject({
      ...{ dunningStep: "retry", dunningClass: "new_card", dunningDueAt: null },
    });
    expect(retryMove({ ...OPEN, firstDeclinedAt: NOW, dunningClass: null }, NOW)).toMatchObject({
      dunningClass: "retry_later",
    });
  });
});
