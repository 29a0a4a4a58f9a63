import { describe, expect, test } from "@jest/globals";
import {
  cardFault,
  dailyLimit,
  earlierUnpaidCycle,
  isBehindDue,
  isInFlight,
  reattemptsOf,
  turnOf,
  turnOfWaiting,
  type CardFacts,
  type CustomerTry,
  type InOrder,
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
    [[{ status: "held", statusReason: "refused" }], { missed: true }, null, "a person takes long"],
    [[failing], { retryRequestedAt: NOW }, null, "a person asked for this one"],
    [[{}, {}, {}, {}, {}, {}, failing], { firstDeclinedAt: NOW }, null, "a later one keeps nobody waiting that dunning has"],
    [[{}, {}, {}, {}, {}, {}, failing], { dunningStep: "retry" }, null, "nor one that is in a step of it, declined or not"],
    [[{}, {}, {}, {}, {}, {}, failing], {}, 6, "it waited its day, and another fails meanwhile: one at a time"],
    [[{}, {}, {}, {}, {}, {}, { ...failing, missed: true }], {}, null, "what was missed fails for itself"],
    [[{}, {}, {}, {}, {}, {}, { firstDeclinedAt: NOW }], {}, 6, "one that was declined and held since is failing, too"],
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

  // prettier-ignore
  test.each<[other: Partial<MissedInvoice>, olderPlannedAt: readonly Date[], lastTriedAt: Date | null, because: string]>([
    [{ tries: [tried(9)], nextAttemptAt: hoursAgo(2) }, [], hoursAgo(9), "it was tried: dunning has it, and its date takes no turn"],
    [{ firstDeclinedAt: NOW, nextAttemptAt: hoursAgo(2) }, [], null, "it failed a check, which is no try"],
    [{ tries: [{ ...tried(9), flow: "link" }] }, [hoursAgo(3)], null, "a page asks no bank: it was never tried"],
    [{ tries: [{ ...tried(9), claimedAt: hoursAgo(11) }] }, [], hoursAgo(9), "it was tried when it was sent, not when it was claimed"],
    [{ tries: [{ ...tried(9, "claimed"), sentAt: null }] }, [], hoursAgo(9), "one that is being made takes its turn already"],
    [{ cycle: 2 }, [], null, "a later one has no turn before this one"],
  ])("with %j before it, %j go first, and the last try was %p (%s)", (other, olderPlannedAt, lastTriedAt, _because) => {
    const older = { ...WAITS, cycle: 0, nextAttemptAt: hoursAgo(3), ...other };
    expect(turnOf(ROW, { ...facts, missed: [older, WAITS] })).toMatchObject({ olderPlannedAt, lastTriedAt });
  });
});

describe("whose turn it is among those that waited behind an unpaid one", () => {
  const WAITED = {
    ...{ cycle: 3, missed: false, periodEnd: hoursAgo(1), nextAttemptAt: hoursAgo(800) },
    ...{ retryRequestedAt: null, firstDeclinedAt: null, dunningStep: null },
  };
  const facts = { paidAt: hoursAgo(2), timeZone: "America/Mexico_City" };

  // prettier-ignore
  test.each<[change: Partial<Parameters<typeof turnOfWaiting>[0]>, waits: boolean, because: string]>([
    [{}, true, "its period is over"],
    [{ periodEnd: NOW }, true, "it is over at this very moment"],
    [{ periodEnd: hoursAgo(-1) }, false, "the newly due one goes at once"],
    [{ missed: true }, false, "what was missed has turns of its own"],
    [{ nextAttemptAt: null }, false, "it is not up for a try"],
    [{ firstDeclinedAt: NOW }, false, "it failed: dunning has it"],
    [{ dunningStep: "retry" }, false, "dunning has it, though it was never declined"],
    [{ retryRequestedAt: NOW }, false, "a person decides the turn"],
  ])("%j waits for a turn: %p (%s)", (change, waits, _because) => {
    const turn = turnOfWaiting({ ...WAITED, ...change }, { ...facts, unsettled: [] }, NOW);
    expect(turn !== null).toBe(waits);
  });

  // prettier-ignore
  test.each<[older: Partial<UnsettledInvoice>, goesFirst: boolean, because: string]>([
    [{}, true, "it is older, and never failed"],
    [{ status: "held" }, false, "a person decides about it"],
    [{ missed: true }, false, "a missed one has turns of its own"],
    [{ firstDeclinedAt: NOW }, false, "it failed: dunning has its date"],
    [{ cycle: 3 }, false, "that is the invoice itself"],
    [{ cycle: 4 }, false, "it is later"],
  ])("%j goes before it: %p (%s)", (older, goesFirst, _because) => {
    const unsettled = [unsettledOf({ cycle: 2, nextAttemptAt: hoursAgo(900), ...older })];
    expect(turnOfWaiting(WAITED, { ...facts, unsettled }, NOW)).toEqual({
      ...{ plannedAt: WAITED.nextAttemptAt, olderPlannedAt: goesFirst ? [hoursAgo(900)] : [] },
      ...{ lastTriedAt: facts.paidAt, timeZone: facts.timeZone },
    });
  });
});
