import { describe, expect, test } from "@jest/globals";
import { HOUR_MS } from "../duration.ts";
import {
  byCycle,
  earlierHeldCycle,
  earlierUnpaidCycle,
  firstUnpaidBefore,
  heldBeforeDue,
  type InOrder,
  isBehindDue,
  isEarlier,
  type UnsettledInvoice,
} from "./invoice-order.ts";

const NOW = new Date("2026-12-15T15:00:00Z");

function hoursAgo(hours: number): Date {
  return new Date(NOW.getTime() - hours * HOUR_MS);
}

const UNTRIED: InOrder = { cycle: 5, missed: false, retryRequestedAt: null, firstDeclinedAt: null, dunningStep: null };

describe("does an earlier invoice come first", () => {
  const failing: Partial<UnsettledInvoice> = { dunningStep: "retry" };

  // prettier-ignore
  test.each<[earlier: Partial<UnsettledInvoice>[], invoice: { missed?: boolean; retryRequestedAt?: Date; firstDeclinedAt?: Date; dunningStep?: "retry" }, cycle: number | null, because: string]>([
    [[], {}, null, "there is none"],
    [[{}], {}, null, "it is simply due as well"],
    [[failing], {}, 0, "it is failing"],
    [[{}, failing, failing], {}, 1, "the earliest that is"],
    [[{ dunningStep: "wait_for_card" }], {}, 0, "whatever dunning waits for"],
    [[{ status: "held", statusReason: "refused" }], {}, 0, "a person decides first"],
    [[{ status: "held", statusReason: "catch_up_ask" }], {}, null, "an answer about the past is another matter"],
    [[{ firstDeclinedAt: NOW }], {}, 0, "it was declined, and held since: it is about to be tried again"],
    [[{ openAttempt: "unknown" }], {}, 0, "it may have been paid"],
    [[{ openAttempt: "pending" }], {}, 0, "it may be paid yet"],
    [[{ openAttempt: "sending" }], {}, null, "the customer's next charge waits for that anyway"],
    [[{ status: "uncollectible", statusReason: "attempts_used_up" }], {}, null, "nobody waits for what was written off"],
    [[{ status: "uncollectible", statusReason: "attempts_used_up", openAttempt: "pending" }], {}, null, "nor where its page is still open"],
    [[{ ...failing, reopenedFrom: "no_new_card" }], {}, null, "an old debt takes hold of nothing else"],
    [[failing], { missed: true }, null, "what was missed comes in its own order"],
    [[{ dunningStep: "wait_for_card" }], { missed: true }, 0, "without another card it would fail as well"],
    [[{ dunningStep: "payment_link" }], { missed: true }, 0, "one page at a time"],
    [[{ dunningStep: "payment_link", reopenedFrom: "no_new_card" }], { missed: true }, null, "nor does the page of an old debt"],
    [[{ status: "held", statusReason: "refused" }], { missed: true }, null, "a person takes long"],
    [[{}], { missed: true }, null, "the card has not even been tried"],
    [[{}, {}, {}, {}, {}, {}, { dunningStep: "wait_for_card" }], { missed: true }, null, "a later one comes later"],
    [[failing], { retryRequestedAt: NOW }, null, "a person asked for this one"],
    [[{}, {}, {}, {}, {}, {}, failing], { firstDeclinedAt: NOW }, null, "a later one keeps nobody waiting that dunning has"],
    [[{}, {}, {}, {}, {}, {}, failing], { dunningStep: "retry" }, null, "nor one that is in a step of it, declined or not"],
    [[{}, {}, {}, {}, {}, {}, failing], {}, 6, "it waited its day, and another fails meanwhile: one at a time"],
    [[{}, {}, {}, {}, {}, {}, { ...failing, missed: true }], {}, null, "what was missed fails for itself"],
    [[{}, {}, {}, {}, {}, {}, { firstDeclinedAt: NOW }], {}, 6, "one that was declined and held since is failing, too"],
    [[{}, {}, {}, {}, {}, {}, { ...failing, reopenedFrom: "no_new_card" }], {}, null, "nor does an old debt that is later"],
    [[{}, {}, {}, {}, {}, {}, { status: "uncollectible", statusReason: "attempts_used_up", openAttempt: "pending" }], {}, null, "nor the open page of one that was written off"],
    [[{}, {}, {}, {}, {}, {}, { status: "held", statusReason: "refused", firstDeclinedAt: NOW }], {}, null, "nor one that a person must decide: it is later"],
    [[{}, {}, {}, {}, {}, {}, { openAttempt: "unknown" }], {}, 6, "a later one that is uncertain may fail yet"],
    [[{}, {}, {}, {}, {}, {}, { openAttempt: "sending" }], {}, null, "the customer's next charge waits for that anyway"],
  ])("%j before %j: %p (%s)", (earlier, change, cycle) => {
    const unsettled = earlier.map((each, index): UnsettledInvoice => ({
      ...{ cycle: index, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
      ...{ reopenedFrom: null, missed: false, nextAttemptAt: null, firstDeclinedAt: null },
      ...each,
    }));
    const invoice = { ...UNTRIED, ...change };
    expect(earlierUnpaidCycle(invoice, unsettled)).toBe(cycle);
  });
});

function unsettledOf(change: Partial<UnsettledInvoice>): UnsettledInvoice {
  return {
    ...{ cycle: 0, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
    ...{ reopenedFrom: null, missed: false, nextAttemptAt: NOW, firstDeclinedAt: null },
    ...change,
  };
}

// prettier-ignore
test.each<[earlier: Partial<UnsettledInvoice>, invoice: { missed?: boolean; retryRequestedAt?: Date; firstDeclinedAt?: Date; dunningStep?: "retry" }, isBehind: boolean, because: string]>([
  [{}, {}, true, "it falls due at this very moment"],
  [{ nextAttemptAt: hoursAgo(1) }, {}, true, "it fell due before"],
  [{ nextAttemptAt: hoursAgo(-1) }, {}, false, "its try has its time"],
  [{ nextAttemptAt: null }, {}, false, "it is not up for a try"],
  [{ cycle: 5 }, {}, false, "that is the invoice itself"],
  [{ missed: true }, {}, true, "what was missed fails one at a time, too"],
  [{ reopenedFrom: "no_new_card" }, {}, false, "an old debt takes hold of nothing else"],
  [{ reopenedFrom: "refused" }, {}, true, "one that was held is no old debt"],
  [{}, { missed: true }, true, "a missed one waits its turn as well"],
  [{}, { retryRequestedAt: NOW }, false, "a person asked for this one"],
  [{}, { firstDeclinedAt: NOW }, false, "this one fails already: the earlier one waits for it"],
  [{}, { dunningStep: "retry" }, false, "so it does in a step of dunning, though it was never declined"],
])("behind %j, %j is behind what is due: %p (%s)", (earlier, change, isBehind, _because) => {
  const invoice = { ...UNTRIED, ...change };
  expect(isBehindDue(invoice, [unsettledOf(earlier)], NOW)).toBe(isBehind);
});

// prettier-ignore
test.each<[earlier: readonly Partial<UnsettledInvoice>[], invoice: Partial<InOrder>, held: number | null, because: string]>([
  [[], {}, null, "there is none"],
  [[{ dunningStep: "retry" }], {}, null, "it fails, and that ends by itself"],
  [[{ status: "held", statusReason: "refused" }], {}, 0, "a person must decide it"],
  [[{ dunningStep: "retry" }, { status: "held", statusReason: "refused" }, { status: "held", statusReason: "refused" }], {}, 1, "the earliest that is held, whatever else fails"],
  [[{ status: "held", statusReason: "catch_up_ask" }], {}, null, "an answer about the past keeps nobody waiting"],
  [[{ status: "held", statusReason: "refused" }], { retryRequestedAt: NOW }, null, "a person asked for this one"],
  [[{ status: "held", statusReason: "refused" }], { cycle: null }, null, "what is of no cycle comes after nothing"],
  [[{ cycle: null, status: "held", statusReason: "refused" }], {}, null, "and before nothing"],
])("behind %j, %j waits for a person to decide %p (%s)", (earlier, change, held) => {
  const unsettled = earlier.map((each, cycle) => unsettledOf({ cycle, nextAttemptAt: null, ...each }));
  expect(earlierHeldCycle({ ...UNTRIED, ...change }, unsettled)).toBe(held);
});

// prettier-ignore
test.each<[unsettled: readonly Partial<UnsettledInvoice>[], held: number | null, because: string]>([
  [[{ cycle: 1, nextAttemptAt: NOW }], null, "what is due before it waits for nobody"],
  [[{ cycle: 0, status: "held", statusReason: "refused", nextAttemptAt: null }, { cycle: 1, nextAttemptAt: NOW }], 0, "what is due before it waits for one that is held"],
  [[{ cycle: 0, dunningStep: "retry", nextAttemptAt: hoursAgo(-9) }, { cycle: 1, nextAttemptAt: NOW }], null, "it waits for one that fails, and that ends by itself"],
  [[{ cycle: 0, status: "held", statusReason: "refused", nextAttemptAt: null }, { cycle: 1, nextAttemptAt: hoursAgo(-1) }], null, "nothing before it is due"],
  [[{ cycle: 0, status: "held", statusReason: "refused", nextAttemptAt: null }, { cycle: 2, status: "held", statusReason: "refused", nextAttemptAt: null }, { cycle: 3, nextAttemptAt: NOW }, { cycle: 1, nextAttemptAt: NOW }], 0, "the earliest of several"],
])("behind %j, a person must decide %p first (%s)", (unsettled, held) => {
  const all = unsettled.map((each) => unsettledOf({ missed: false, ...each }));
  expect(heldBeforeDue(UNTRIED, all, NOW)).toBe(held);
});

// prettier-ignore
test.each<[unsettled: readonly Partial<UnsettledInvoice>[], cycle: number | null, because: string]>([
  [[], null, "nothing is before it"],
  [[{ cycle: 1, nextAttemptAt: NOW }], 1, "it is due as well"],
  [[{ cycle: 1, nextAttemptAt: NOW }, { cycle: 3, dunningStep: "retry", nextAttemptAt: null }], 3, "what fails comes before what is due"],
  [[{ cycle: 2, nextAttemptAt: NOW }, { cycle: 1, nextAttemptAt: NOW }], 1, "the earliest of those that are due"],
  [[{ cycle: 1, nextAttemptAt: hoursAgo(-1) }], null, "not due yet"],
  [[{ cycle: 4, nextAttemptAt: NOW, reopenedFrom: "no_new_card" }], null, "an old debt takes hold of nothing else"],
  [[{ cycle: null, dunningStep: "retry" }], null, "what is of no cycle keeps nobody waiting"],
  [[{ cycle: 5, dunningStep: "retry" }], null, "nor does the invoice itself"],
])("of %j it waits for %p first (%s)", (unsettled, cycle) => {
  expect(firstUnpaidBefore(UNTRIED, unsettled.map(unsettledOf), NOW)).toBe(cycle);
});

test("in the order of their cycles, what is of none first", () => {
  const cycles = [3, null, 0, 1].map((cycle) => ({ cycle })).toSorted(byCycle);
  expect(cycles.map(({ cycle }) => cycle)).toEqual([null, 0, 1, 3]);
  expect([isEarlier({ cycle: 1 }, { cycle: 1 }), isEarlier({ cycle: 1 }, { cycle: 2 })]).toEqual([false, true]);
  expect(byCycle({ cycle: null }, { cycle: 0 })).toBeLessThan(0);
  expect(byCycle({ cycle: 0 }, { cycle: null })).toBeGreaterThan(0);
  // Two of none stay as they came.
  expect(byCycle({ cycle: null }, { cycle: null })).toBe(0);
  expect([isEarlier({ cycle: null }, { cycle: 1 }), isEarlier({ cycle: 0 }, { cycle: null })]).toEqual([false, false]);
});

// prettier-ignore
test.each<[change: Partial<UnsettledInvoice>, status: string, isWaitedFor: boolean]>([
  [{ status: "held", statusReason: "catch_up_ask", openAttempt: "unknown" }, "asked about, and uncertain", true],
  [{ status: "paid", openAttempt: "unknown" }, "paid, whatever else is uncertain", false],
  [{ status: "held", statusReason: "catch_up_ask", firstDeclinedAt: NOW }, "asked about, declined before", false],
])("%j: %s keeps those after it waiting: %p", (change, _words, isWaitedFor) => {
  expect(earlierUnpaidCycle(UNTRIED, [unsettledOf({ nextAttemptAt: null, ...change })])).toBe(isWaitedFor ? 0 : null);
});
