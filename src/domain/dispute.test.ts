/** What reads of an order, and people, make of a dispute: what is news, what ends it, and which one keeps from a charge. */
import { describe, expect, test } from "@jest/globals";
import {
  afterPaidAgain,
  afterRead,
  afterRefund,
  decidedByPerson,
  DISPUTE_OUTCOMES,
  DISPUTE_READS_AFTER_DAYS,
  disputeData,
  disputedPayer,
  endedWell,
  FIRST_READS_DAYS,
  standingDispute,
  takenByRefunds,
  type Dispute,
  type PaymentDispute,
  type SeenDispute,
} from "./dispute.ts";
import { DAY_MS } from "./duration.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const TOMORROW = new Date(NOW.getTime() + DAY_MS);
const BEGIN = {
  ...{ id: "dsp_1", orderId: "ord_1", attemptId: "att_1", invoiceId: "inv_1" },
  ...{ subscriptionId: "ana", customerId: "cus_1" },
};
const SEEN: SeenDispute = {
  ...{ chargeId: "chr_1", gatewayDisputeId: "chb_1", status: "created", reason: "fraud" },
  ...{ evidenceDueBy: TOMORROW, disputedAt: NOW, amountCents: 20015, currency: "MXN" },
};
const BEFORE = new Date("2026-12-01T15:00:00Z");
const KNOWN: Dispute = {
  ...{ ...BEGIN, ...SEEN, outcome: "open", openedAt: BEFORE, closedAt: null, closedBy: null, why: null },
  nextReadAt: NOW,
};
const LOST_BY_MARIA: Partial<Dispute> = {
  ...{ outcome: "lost", closedAt: BEFORE, closedBy: "maria", why: "the bank wrote", nextReadAt: null },
};
const REVERSED = { gatewayDisputeId: null, status: "reversed" };
const WITHDRAWN = { outcome: "withdrawn", closedAt: BEFORE, nextReadAt: null } as const;

test.each<[status: string, outcome: string, events: readonly string[], because: string]>([
  ["created", "open", ["dispute.opened"], "it is open"],
  ["pending_review", "open", ["dispute.opened"], "so is what nobody explains"],
  ["toString", "open", ["dispute.opened"], "a word that any object has"],
  ["won", "won", ["dispute.opened", "dispute.closed"], "seen first when it was over"],
  ["lost", "lost", ["dispute.opened", "dispute.closed"], "the same"],
])("a first read with %s: %s, %j (%s)", (status, outcome, events) => {
  const change = afterRead(null, { ...SEEN, status }, BEGIN, NOW);
  const isOpen = outcome === "open";
  const ended = { outcome, closedAt: isOpen ? null : NOW, nextReadAt: isOpen ? TOMORROW : null };
  expect(change).toEqual({
    dispute: { ...BEGIN, ...SEEN, status, openedAt: NOW, ...ended, closedBy: null, why: null },
    events,
  });
});

describe("a later read", () => {
  // prettier-ignore
  test.each<[known: Partial<Dispute>, seen: Partial<SeenDispute>, becomes: string | null, because: string]>([
    [{}, {}, null, "nothing new"],
    [{}, { gatewayDisputeId: null, status: "charged_back" }, null, "one that does not show the object takes nothing back"],
    [{ gatewayDisputeId: null, status: "charged_back" }, {}, "open dispute.updated", "the object is shown for the first time"],
    [{ gatewayDisputeId: null }, {}, "open dispute.updated", "and says the same"],
    [{ ...LOST_BY_MARIA, gatewayDisputeId: null }, {}, "open dispute.opened", "the object is shown for the first time, and is open, whatever the person said"],
    [{ gatewayDisputeId: null }, { gatewayDisputeId: null, reason: "other" }, "open dispute.updated", "without an object: its reason is news all the same"],
    [{}, { status: "under_review" }, "open dispute.updated", "another word"],
    [{}, { reason: "product_not_received" }, "open dispute.updated", "another reason"],
    [{}, { evidenceDueBy: NOW }, "open dispute.updated", "another day for the evidence"],
    [{}, { evidenceDueBy: new Date(TOMORROW) }, null, "the same day, read again"],
    [{}, { evidenceDueBy: null }, "open dispute.updated", "no day any more"],
    [{}, { status: "won" }, "won dispute.closed", "it is over"],
    [{}, { status: "lost" }, "lost dispute.closed", "it is over"],
    [{ status: "lost", outcome: "lost", closedAt: BEFORE, nextReadAt: null }, { status: "created" }, "open dispute.opened", "it begins anew"],
    [{ status: "lost", outcome: "lost", closedAt: BEFORE, nextReadAt: null }, { status: "lost", reason: "other" }, "lost dispute.updated", "over, with another reason"],
    [{ ...REVERSED, ...WITHDRAWN }, REVERSED, "open dispute.opened", "the refund that covered it was none"],
    [LOST_BY_MARIA, { status: "lost" }, "lost dispute.updated by maria", "it says what the person said"],
    [LOST_BY_MARIA, { status: "won" }, "won dispute.closed", "it says otherwise"],
    [LOST_BY_MARIA, { status: "under_review" }, "open dispute.opened", "it is open after all"],
    [LOST_BY_MARIA, { reason: "other" }, "lost dispute.updated by maria", "another reason says nothing of its end"],
  ])("of %j that shows %j: %p (%s)", (known, seen, becomes) => {
    const change = afterRead({ ...KNOWN, ...known }, { ...SEEN, ...seen }, BEGIN, NOW);
    const words = change && [change.dispute.outcome, ...change.events, ...(change.dispute.closedBy === null ? [] : ["by", change.dispute.closedBy])];
    expect(words?.join(" ") ?? null).toBe(becomes);
    expect(change?.dispute ?? {}).toMatchObject(change === null ? {} : { ...seen, openedAt: BEFORE });
  });

  test("that shows another word is followed by one a day later", () => {
    const change = afterRead(KNOWN, { ...SEEN, status: "under_review" }, BEGIN, NOW);
    expect(change?.dispute.nextReadAt).toEqual(TOMORROW);
  });

  test("that changes nothing of its end leaves when it ended, and when it is read", () => {
    const ended = { status: "lost", outcome: "lost", closedAt: BEFORE, nextReadAt: null } as const;
    expect(
      afterRead({ ...KNOWN, ...ended }, { ...SEEN, status: "lost", reason: "x" }, BEGIN, NOW)?.dispute,
    ).toMatchObject(ended);
  });
});

test.each<[known: Partial<Dispute>, isOver: boolean, because: string]>([
  [{ gatewayDisputeId: null, status: "charged_back" }, true, "the money came back"],
  [{}, false, "the object says how it is"],
  [{ gatewayDisputeId: null, outcome: "lost" }, false, "it was over"],
])("the charge of %j is paid again: won: %p (%s)", (known, isOver) => {
  const change = afterPaidAgain({ ...KNOWN, ...known }, NOW);
  const won = { status: "paid", outcome: "won", closedAt: NOW, nextReadAt: null };
  expect(change).toEqual(isOver ? { dispute: { ...KNOWN, ...known, ...won }, events: ["dispute.closed"] } : null);
});

// prettier-ignore
test.each<[seen: Partial<SeenDispute>, payers: readonly (string | null)[], payer: number | null, because: string]>([
  [{}, ["chr_0", "chr_1", "chr_2"], 1, "the one that holds the charge"],
  [{}, ["chr_0", null], 1, "a dispute implies that money came: the last that paid"],
  [{ gatewayDisputeId: null, status: "charged_back" }, ["chr_0"], 0, "so does this word"],
  [{ gatewayDisputeId: null, status: "reversed" }, ["chr_1"], 0, "its charge paid"],
  [{ gatewayDisputeId: null, status: "reversed" }, ["chr_0"], null, "an authorization that was voided"],
  [{ gatewayDisputeId: null, status: "fraudulent" }, ["chr_0"], null, "a charge that the filter refused"],
  [{ gatewayDisputeId: null, status: "fraudulent" }, [null, "chr_0"], 0, "the charge of one is not known"],
  [{ status: "reversed" }, ["chr_0"], 0, "with an object it is a dispute"],
  [{}, [], null, "nobody paid"],
])("%j of an order paid by %j is of %p (%s)", (seen, payers, payer) => {
  const known = payers.map((chargeId) => ({ chargeId }));
  expect(disputedPayer({ ...SEEN, ...seen }, known)).toBe(payer === null ? null : known[payer]);
});

// prettier-ignore
test.each<[refunded: readonly [string, number][], reversed: readonly [string, number][], refundedCents: number, taken: readonly string[], because: string]>([
  [[], [["a", 100]], 100, ["a"], "the refund took it"],
  [[], [["a", 100]], 99, [], "a part of it went another way"],
  [[["a", 100]], [["b", 100]], 100, ["a"], "the refund took the other"],
  [[["a", 100]], [["b", 100]], 200, ["a", "b"], "both"],
  [[], [["a", 100], ["b", 50]], 149, ["a"], "as far as it goes"],
  [[], [["a", 100], ["b", 50]], 50, ["b"], "the one that it can have taken"],
  [[["a", 100]], [], 0, ["a"], "it says so itself"],
])("of %j refunded and %j reversed, refunds of %i took %j (%s)", (refunded, reversed, refundedCents, taken) => {
  const seen = reversed.map(([chargeId, amountCents]) => ({ ...SEEN, gatewayDisputeId: null, status: "reversed", chargeId, amountCents }));
  expect([...takenByRefunds(new Map(refunded), [...seen, { ...SEEN, amountCents: 1 }], refundedCents)]).toEqual(taken);
});

// prettier-ignore
test.each<[known: Partial<Dispute>, isOver: boolean, because: string]>([
  [REVERSED, true, "it was a refund"],
  [{ ...REVERSED, status: "fraudulent" }, false, "no word for a refund: a person decides"],
  [{ ...REVERSED, status: "charged_back" }, false, "the bank's doing"],
  [{}, false, "the object says how it is"],
  [{ status: "reversed" }, false, "so it does with the word for a refund"],
  [{ ...REVERSED, outcome: "lost" }, false, "it was over"],
])("refunds cover %j: withdrawn: %p (%s)", (known, isOver) => {
  const withdrawn = { ...KNOWN, ...known, outcome: "withdrawn", closedAt: NOW, nextReadAt: null };
  const change = afterRefund({ ...KNOWN, ...known }, NOW);
  expect(change).toEqual(isOver ? { dispute: withdrawn, events: ["dispute.closed"] } : null);
});

test("a person says how it ended, and it is told who and why", () => {
  const { dispute, events } = decidedByPerson(KNOWN, { outcome: "lost", by: "maria", why: "the bank wrote" }, NOW);
  const ended = { outcome: "lost", closedAt: NOW, nextReadAt: null, closedBy: "maria", why: "the bank wrote" };
  expect([dispute, events]).toEqual([{ ...KNOWN, ...ended }, ["dispute.closed"]]);
  expect(disputeData(dispute)).toMatchObject({ disputeOutcome: "lost", by: "maria", why: "the bank wrote" });
});

test("an event tells the day for the evidence, and no person where there is none", () => {
  const told = {
    ...{ disputeId: "dsp_1", orderId: "ord_1", chargeId: "chr_1", gatewayDisputeId: "chb_1", status: "created" },
    ...{ disputeOutcome: "open", reason: "fraud", evidenceDueBy: TOMORROW.toISOString() },
    ...{ amountCents: 20015, currency: "MXN" },
  };
  expect(disputeData(KNOWN)).toStrictEqual(told);
  expect(disputeData({ ...KNOWN, evidenceDueBy: null })).toStrictEqual({ ...told, evidenceDueBy: null });
});

test.each<
  [disputes: readonly [PaymentDispute["outcome"], isPaidSince: boolean][], standing: number | null, because: string]
>([
  [[], null, "there is none"],
  [[["won", false]], null, "the money stayed"],
  [[["open", true]], 0, "an open one, whatever was paid since"],
  [[["lost", false]], 0, "a lost one"],
  [[["lost", true]], null, "a person had it charged again since"],
  [
    [
      ["lost", false],
      ["open", false],
    ],
    1,
    "an open one before a lost one",
  ],
  [
    [
      ["lost", true],
      ["lost", false],
    ],
    1,
    "the one after which nothing was paid",
  ],
  [
    [
      ["open", false],
      ["open", false],
    ],
    0,
    "the first of two",
  ],
  [
    [
      ["lost", false],
      ["lost", false],
    ],
    0,
    "the first of two that were lost",
  ],
])("of %j, the one that keeps from a charge is %p (%s)", (disputes, standing) => {
  const closed = (outcome: PaymentDispute["outcome"]): Date | null => (outcome === "open" ? null : NOW);
  const all = disputes.map(([outcome, isPaidSince], index) => ({
    ...{ id: `dsp_${index}`, outcome, cycle: 1, closedAt: closed(outcome) },
    lastPaidAt: isPaidSince ? new Date(NOW.getTime() + 1) : NOW,
  }));
  expect(standingDispute(all)?.id ?? null).toBe(standing === null ? null : `dsp_${standing}`);
});

test("what was won, or withdrawn for a refund, was not lost to the bank", () => {
  expect(DISPUTE_OUTCOMES.filter(endedWell)).toEqual(["won", "withdrawn"]);
});

test("without webhooks an order is read until the networks allow no dispute any more, first a month back", () => {
  expect(DISPUTE_READS_AFTER_DAYS).toEqual([7, 30, 60, 90, 120]);
  expect(FIRST_READS_DAYS).toBe(30);
});
