import { describe, expect, test } from "@jest/globals";
import {
  ATTEMPT_MOVES,
  ATTEMPT_STATES,
  isInFlight,
  isOpen,
  OPEN_ATTEMPT_STATES,
  type AttemptState,
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

test("one charge of a customer at a time", () => {
  expect(isInFlight([{ state: "paid" }, { state: "sending" }])).toBe(true);
  expect(isInFlight([{ state: "paid" }, { state: "unknown" }, { state: "pending" }])).toBe(false);
});
