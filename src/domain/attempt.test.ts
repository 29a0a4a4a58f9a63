import { describe, expect, test } from "@jest/globals";
import {
  ATTEMPT_MOVES,
  ATTEMPT_STATES,
  isInFlight,
  gatewayIdsOf,
  isOpen,
  OPEN_ATTEMPT_STATES,
  type AttemptState,
  type Evidence,
  type Payment,
} from "./attempt.ts";

describe("the moves of an attempt", () => {
  test.each<[AttemptState, boolean, string]>([
    ["claimed", true, "it will be sent, or given back"],
    ["sending", true, "money may be moving"],
    ["pending", true, "the gateway still waits for somebody"],
    ["unknown", true, "nobody may charge again before we know"],
    ["paid", false, "over"],
    ["paid_again", false, "over, and to be given back"],
    ["declined", false, "dunning decides"],
    ["refused", false, "a person decides"],
    ["not_sent", false, "it is tried again"],
    ["released", false, "it is claimed again"],
  ])("%s blocks another charge of its invoice: %p (%s)", (state, open) => {
    expect(isOpen(state)).toBe(open);
    expect((OPEN_ATTEMPT_STATES as readonly string[]).includes(state)).toBe(open);
  });

  const ENDED = ["paid", "paid_again", "unknown"] as const;

  test.each<[from: AttemptState, to: readonly AttemptState[], because: string]>([
    [
      "claimed",
      ["sending", "released", "not_sent", "refused", "paid", "paid_again", "unknown"],
      "it is sent, or given back, or its order is refused; money that is seen all the same is booked",
    ],
    [
      "sending",
      ["paid", "paid_again", "declined", "pending", "refused", "not_sent", "unknown"],
      "whatever is answered",
    ],
    ["pending", ["pending", "paid", "paid_again", "declined", "unknown", "lapsed"], "it waits on, or ends"],
    [
      "unknown",
      ["unknown", "paid", "paid_again", "declined", "pending", "not_sent", "lapsed"],
      "it is asked about again, or is known",
    ],
    ["declined", ENDED, "final, but for money that moved all the same"],
    ["refused", ENDED, "as above"],
    ["not_sent", ENDED, "as above"],
    ["released", ENDED, "as above"],
    ["lapsed", ENDED, "as above"],
    ["paid", [], "over"],
    ["paid_again", [], "over, and to be given back"],
  ])("from %s it may become %j (%s)", (from, to) => {
    expect(ATTEMPT_MOVES[from]).toEqual(to);
  });

  test("nothing leads out of money that moved", () => {
    expect([...ATTEMPT_MOVES.paid, ...ATTEMPT_MOVES.paid_again]).toEqual([]);
  });

  test("nothing leads back to claimed, and only claimed leads to sending", () => {
    expect(ATTEMPT_STATES.filter((state) => ATTEMPT_MOVES[state].includes("claimed"))).toEqual([]);
    expect(ATTEMPT_STATES.filter((state) => ATTEMPT_MOVES[state].includes("sending"))).toEqual(["claimed"]);
  });

  test("money is booked from every state that it does not end", () => {
    const bookable = ATTEMPT_STATES.filter((state) => ATTEMPT_MOVES[state].includes("paid"));
    expect(bookable).toEqual(ATTEMPT_STATES.filter((state) => state !== "paid" && state !== "paid_again"));
  });

  test("an attempt that ended is reopened as unknown at most, never as something that charges", () => {
    for (const state of ATTEMPT_STATES.filter((each) => !isOpen(each)))
      for (const next of ATTEMPT_MOVES[state].filter(isOpen)) expect(next).toBe("unknown");
  });

  test("once it may have left it is never taken for not begun", () => {
    const reached = new Set<AttemptState>(["sending"]);
    for (const state of reached) for (const next of ATTEMPT_MOVES[state]) reached.add(next);
    expect(reached.has("released")).toBe(false);
  });
});

const TRACE = { httpStatus: 200, logId: null, because: "it was read" };
const DECLINE = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;
const PAYMENT: Payment = {
  ...{ orderId: "ord_1", chargeId: "chg_1", amountCents: 20015, currency: "MXN", customerId: "cus_1", livemode: false },
  ...{ paidAt: null, feeCents: null, authCode: null, cardBrand: null, cardLast4: null, paymentMethod: null },
};

// prettier-ignore
test.each<[evidence: Evidence, ids: readonly string[], because: string]>([
  [{ kind: "paid", payment: PAYMENT, trace: TRACE }, ["ord_1", "chg_1"], "the order, and the charge that paid it"],
  [{ kind: "paid", payment: { ...PAYMENT, chargeId: null }, trace: TRACE }, ["ord_1"], "no charge is shown"],
  [{ kind: "declined", decline: DECLINE, orderId: "ord_1", chargeId: "chg_1", trace: TRACE }, ["ord_1", "chg_1"], "what was declined"],
  [{ kind: "declined", decline: DECLINE, orderId: null, chargeId: null, trace: TRACE }, [], "it left nothing behind"],
  [{ kind: "pending", orderId: "ord_1", chargeId: "chg_1", trace: TRACE }, ["ord_1", "chg_1"], "what waits"],
  [{ kind: "unknown", orderId: "ord_1", trace: TRACE }, ["ord_1"], "where it may be"],
  [{ kind: "unknown", orderId: null, trace: TRACE }, [], "nobody knows where"],
  [{ kind: "absent", trace: TRACE }, [], "there is nothing"],
])("the ids that %j names are %j (%s)", (evidence, ids) => {
  expect(gatewayIdsOf(evidence)).toEqual(ids);
});

test("one charge of a customer at a time", () => {
  expect(isInFlight([{ state: "paid" }, { state: "sending" }])).toBe(true);
  expect(isInFlight([{ state: "paid" }, { state: "unknown" }, { state: "pending" }])).toBe(false);
});
