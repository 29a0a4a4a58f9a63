import { expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder } from "../../../test/support/seen-orders.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { evidenceFor } from "./follow-order.ts";

type Shown = Parameters<typeof answerOf>[0];

// prettier-ignore
test.each<[shown: Shown, state: KnownAttempt["state"], isBooked: boolean, because: string]>([
  ["paid", "unknown", true, "only the answer was lost"],
  ["paid", "sending", true, "money is booked from every state"],
  ["paid", "declined", true, "however late"],
  ["paid", "paid", false, "it is booked already"],
  ["paid", "paid_again", false, "it is booked already"],
  ["declined", "unknown", true, "it was a decline"],
  ["declined", "pending", true, "its wait is over"],
  ["declined", "sending", false, "its own answer comes first"],
  ["declined", "not_sent", false, "a try that has ended"],
  ["lapsed", "pending", true, "the page is over"],
  ["lapsed", "lapsed", false, "it is booked already"],
  ["pending", "unknown", true, "it is visible again"],
  ["pending", "pending", false, "that is known"],
  ["pending", "sending", false, "its own answer comes first"],
  ["absent", "unknown", false, "inquiries that count are made by the run"],
  ["unknown", "unknown", false, "nothing is learned"],
])("an order that shows %s, of an attempt that is %s, is booked: %p (%s)", (shown, state, isBooked, _because) => {
  const order = listedOrder({ inquiryAnswerOf: () => answerOf(shown) });
  expect(evidenceFor([knownAttempt({ state })], order)).toHaveLength(isBooked ? 1 : 0);
});

// prettier-ignore
test.each<[attempts: Partial<KnownAttempt>[], reference: string | null, payer: string, because: string]>([
  [[{ state: "declined", chargeId: "chr_1" }, {}], "inv_1-2", "att_0", "the one that holds the charge"],
  [[{ state: "declined" }, { reference: "inv_1-2" }], "inv_1-2", "att_1", "the one that the charge names"],
  [[{ state: "declined" }, { state: "unknown" }, { state: "declined" }], null, "att_1", "the one that is open"],
  [[{ state: "declined" }, { state: "not_sent" }], null, "att_1", "the last one"],
])("of %j, with a charge of %p, %s is paid, and no other (%s)", (attempts, reference, payer, _because) => {
  const known = attempts.map((each, place) => knownAttempt({ attemptId: `att_${place}`, reference: `inv_1-${place}`, ...each }));
  const order = listedOrder({ chargeReferences: new Map([["chr_1", reference]]) });
  expect(evidenceFor(known, order).map(({ attemptId }) => attemptId)).toEqual([payer]);
});
