import { describe, expect, test } from "@jest/globals";
import {
  cardFault,
  dailyLimit,
  earlierUnpaidCycle,
  isInFlight,
  reattemptsOf,
  turnOf,
  type CardFacts,
  type CustomerTry,
  type MissedInvoice,
  type UnsettledInvoice,
} from "./charging-rules.ts";
import { HOUR_MS } from "./duration.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const CARD = { paymentSourceId: "src_1", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 };

function hoursAgo(hours: number): Date {
  return new Date(NOW.getTime() - hours * HOUR_MS);
}

describe("may this card be charged", () => {
  // prettier-ignore
  test.each<[change: Partial<Omit<CardFacts, "card">> & { card?: Partial<CardFacts["card"]> }, fault: string | null, because: string]>([
    [{}, null, "nothing speaks against it"],
    [{ isDeleted: true }, "customer_deleted", "there is nobody to charge"],
    [{ card: { paymentSourceId: null } }, "no_default_card", "there is nothing to charge"],
    [{ card: { cardExpMonth: 11, cardExpYear: 2026 } }, "card_expired", "the bank would decline it"],
    [{ card: { cardExpMonth: 12, cardExpYear: 2026 } }, null, "its last month"],
    [{ card: { cardExpMonth: null, cardExpYear: null } }, null, "nobody knows when it expires"],
    [{ neverAgain: [{ paymentSourceId: "src_1", cardLast4: "4242" }] }, "card_forbidden", "the network forbids it, for every invoice"],
    [{ neverAgain: [{ paymentSourceId: "src_0", cardLast4: "4242" }] }, null, "that was another card, which ends alike"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: "4242" }] }, "card_forbidden", "the gateway named it before we knew its id"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: "1111" }] }, null, "that was another card"],
    [{ neverAgain: [{ paymentSourceId: null, cardLast4: null }], card: { cardLast4: null } }, null, "nobody knows which card that was"],
    [{ isDeleted: true, card: { paymentSourceId: null } }, "customer_deleted", "the worse one is told"],
  ])("%j: %s (%s)", ({ card, ...change }, fault, _because) => {
    const found = cardFault({ isDeleted: false, neverAgain: [], toReplace: [], ...change, card: { ...CARD, ...card } }, NOW);
    expect(found).toBe(fault);
  });
});

test("a reattempt is a decline of an invoice on which the card was declined before", () => {
  const declines = [
    { invoiceId: "b", number: 2, sentAt: hoursAgo(1) },
    { invoiceId: "a", number: 1, sentAt: hoursAgo(9) },
    { invoiceId: "a", number: 3, sentAt: hoursAgo(5) },
    { invoiceId: "a", number: 2, sentAt: hoursAgo(7) },
  ];
  expect(reattemptsOf(declines)).toEqual([hoursAgo(7), hoursAgo(5)]);
});

describe("does an earlier invoice come first", () => {
  const failing: Partial<UnsettledInvoice> = { dunningStep: "retry" };

  // prettier-ignore
  test.each<[earlier: Partial<UnsettledInvoice>[], invoice: { missed?: boolean; retryRequestedAt?: Date; firstDeclinedAt?: Date }, cycle: number | null, because: string]>([
    [[], {}, null, "there is none"],
    [[{}], {}, null, "it is simply due as well"],
    [[failing], {}, 0, "it is failing"],
    [[{}, failing, failing], {}, 1, "the earliest that is"],
    [[{ dunningStep: "wait_for_card" }], {}, 0, "whatever dunning waits for"],
    [[{ status: "held", statusReason: "refused" }], {}, 0, "a person decides first"],
    [[{ status: "held", statusReason: "catch_up_ask" }], {}, null, "an answer about the past is another matter"],
    [[{ openAttempt: "unknown" }], {}, 0, "it may have been paid"],
    [[{ openAttempt: "pending" }], {}, 0, "it may be paid yet"],
    [[{ openAttempt: "sending" }], {}, null, "the customer's next charge waits for that anyway"],
    [[{ status: "uncollectible", statusReason: "attempts_used_up" }], {}, null, "nobody waits for what was written off"],
    [[{ ...failing, reopenedFrom: "no_new_card" }], {}, null, "an old debt takes hold of nothing else"],
    [[failing], { missed: true }, null, "what was missed comes in its own order"],
    [[{ dunningStep: "wait_for_card" }], { missed: true }, 0, "without another card it would fail as well"],
    [[{ dunningStep: "payment_link" }], { missed: true }, 0, "one page at a time"],
    [[{ status: "held", statusReason: "refused" }], { missed: true }, null, "a person takes long"],
    [[failing], { retryRequestedAt: NOW }, null, "a person asked for this one"],
    [[{}, {}, {}, {}, {}, {}, failing], { firstDeclinedAt: NOW }, null, "a later one keeps nobody waiting that dunning has"],
    [[{}, {}, {}, {}, {}, {}, failing], {}, 6, "it waited its day, and another fails meanwhile: one at a time"],
    [[{}, {}, {}, {}, {}, {}, { ...failing, missed: true }], {}, null, "what was missed fails for itself"],
    [[{}, {}, {}, {}, {}, {}, { openAttempt: "unknown" }], {}, null, "a later one that is uncertain has not failed"],
  ])("%j before %j: %p (%s)", (earlier, change, cycle) => {
    const unsettled = earlier.map((each, index): UnsettledInvoice => ({
      ...{ cycle: index, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
      ...{ reopenedFrom: null, missed: false, nextAttemptAt: null, firstDeclinedAt: null },
      ...each,
    }));
    const invoice = { cycle: 5, missed: false, retryRequestedAt: null, firstDeclinedAt: null, ...change };
    expect(earlierUnpaidCycle(invoice, unsettled)).toBe(cycle);
  });
});

describe("MAX_CHARGES_PER_CUSTOMER_PER_DAY, a limit of two", () => {
  type Words = Partial<CustomerTry>[];
  const sent = (hours: number, change: Partial<CustomerTry> = {}): Partial<CustomerTry> => ({
    sentAt: hoursAgo(hours),
    ...change,
  });

  // prettier-ignore
  test.each<[tries: Words, invoice: { declines?: number; retryRequestedAt?: Date }, becomes: string | null, because: string]>([
    [[sent(1)], {}, null, "one is below it"],
    [[sent(1), sent(2)], {}, "hold", "something may be wrong: a person looks"],
    [[sent(1), sent(2)], { declines: 1 }, "until 2026-12-16T13:00", "a retry has time: until the older one is a day old"],
    [[sent(1), sent(2), sent(3)], { declines: 1 }, "until 2026-12-16T13:00", "one too many is gone by then"],
    [[sent(1), sent(2, { invoiceId: "other" }), sent(3, { invoiceId: "other" })], {}, null, "of other subscriptions, or other cycles"],
    [[sent(1), sent(24)], {}, null, "that was yesterday"],
    [[sent(1), sent(23.99)], {}, "hold", "that was not"],
    [[sent(1), sent(2)], { retryRequestedAt: NOW }, null, "a person asked for this one"],
    [[sent(1), sent(2, { state: "declined" })], {}, "hold", "the bank was asked"],
    [[sent(1), sent(2, { state: "unknown" })], {}, "hold", "the bank may have been asked"],
    [[sent(1), sent(2, { state: "not_sent" })], {}, null, "nobody noticed it"],
    [[sent(1), { state: "claimed", sentAt: null }], {}, null, "no byte has left"],
    [[sent(1), sent(2, { flow: "link" })], {}, null, "a payment link charges nobody"],
  ])("%j, then %j: %s (%s)", (tries, invoice, becomes) => {
    const of = tries.map((each): CustomerTry => ({ invoiceId: "inv", state: "paid", flow: "single", sentAt: null, ...each }));
    const limit = dailyLimit({ id: "inv", declines: 0, retryRequestedAt: null, ...invoice }, of, 2, NOW);
    const words = limit?.do === "put_off" ? `until ${limit.until.toISOString().slice(0, 16)}` : (limit?.do ?? null);
    expect(words).toBe(becomes);
  });

  test("one charge of a customer at a time", () => {
    expect(isInFlight([{ state: "paid" }, { state: "sending" }])).toBe(true);
    expect(isInFlight([{ state: "paid" }, { state: "unknown" }, { state: "pending" }])).toBe(false);
  });
});

describe("whose turn it is among the missed", () => {
  const ROW = { cycle: 1, missed: true, nextAttemptAt: NOW, retryRequestedAt: null };
  const WAITS: MissedInvoice = { cycle: 1, nextAttemptAt: NOW, firstDeclinedAt: null, tries: [] };
  const tried = (hours: number, state: CustomerTry["state"] = "declined"): MissedInvoice["tries"][number] => ({
    ...{ state, flow: "single", sentAt: hoursAgo(hours), claimedAt: hoursAgo(hours) },
  });
  const facts = { catchUp: "oldest_first", timeZone: "America/Mexico_City" } as const;

  test.each<[string, Partial<typeof ROW> & { retryRequestedAt?: Date }, MissedInvoice]>([
    ["it was not missed", { missed: false }, WAITS],
    ["a person asked for it", { retryRequestedAt: NOW } as never, WAITS],
    ["it was tried: dunning has it", {}, { ...WAITS, tries: [tried(5)] }],
    ["it failed a check: dunning has it", {}, { ...WAITS, firstDeclinedAt: NOW }],
  ])("it waits for no turn: %s", (_because, change, itself) => {
    expect(turnOf({ ...ROW, ...change }, { ...facts, missed: [itself] })).toBeNull();
  });

  test("older ones that were never tried go first, and the last first try took a day", () => {
    const missed: MissedInvoice[] = [
      { ...WAITS, cycle: 0, nextAttemptAt: hoursAgo(2) },
      { ...WAITS, tries: [tried(1, "not_sent")] },
      { ...WAITS, cycle: 2, nextAttemptAt: null, tries: [tried(30), tried(4)] },
      { ...WAITS, cycle: 3, nextAttemptAt: null, tries: [tried(40)] },
    ];
    expect(turnOf(ROW, { ...facts, missed })).toEqual({
      ...{ plannedAt: NOW, olderPlannedAt: [hoursAgo(2)], lastTriedAt: hoursAgo(30), timeZone: facts.timeZone },
    });
  });

  test("only oldest_first has turns", () => {
    expect(turnOf(ROW, { ...facts, catchUp: "all", missed: [WAITS] })).toBeNull();
  });
});
