import { describe, expect, test } from "@jest/globals";
import type { Evidence } from "../../domain/attempt.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { CircuitBreaker, PROBE_EVERY_MS, UNPROVEN_IN_FLIGHT } from "./circuit-breaker.ts";

const NOW = new Date("2026-03-01T15:00:00Z");
const trace = { httpStatus: null, logId: null, because: "test" };
const UNKNOWN: Evidence = { kind: "unknown", orderId: null, trace };
const NOT_SENT: Evidence = { kind: "not_sent", unauthorized: false, trace };
const OVER: Evidence = { kind: "not_sent", unauthorized: false, orderIsOver: true, trace };
const UNAUTHORIZED: Evidence = { kind: "not_sent", unauthorized: true, trace };
const REFUSED: Evidence = { kind: "refused", failureCode: null, failureMessage: null, trace };
const RELEASED: Evidence = { kind: "released" };

const SIXTY_ANSWERS = Array.from({ length: 60 }, () => REFUSED);

function after(evidence: readonly Evidence[]): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (const [index, each] of evidence.entries()) breaker.record(each, `cus_${index}`, NOW);
  return breaker;
}

describe("the circuit breaker", () => {
  test.each<[string, readonly Evidence[], boolean, string]>([
    // name, what came back, open?, because
    ["four lost answers", [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], false, "bad luck is not a storm"],
    ["five lost answers", [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], true, "a storm"],
    ["five refused connections", [NOT_SENT, NOT_SENT, NOT_SENT, NOT_SENT, NOT_SENT], true, "nobody is there"],
    ["lost and refused, mixed", [UNKNOWN, NOT_SENT, UNKNOWN, NOT_SENT, UNKNOWN], true, "either is a failure"],
    ["an answer in between", [UNKNOWN, UNKNOWN, UNKNOWN, REFUSED, UNKNOWN, UNKNOWN], true, "five of the last six"],
    ["every second one", [...Array<Evidence[]>(5)].flatMap(() => [REFUSED, UNKNOWN]), true, "half of them are burned"],
    ["every third one", [...Array<Evidence[]>(9)].flatMap(() => [REFUSED, REFUSED, UNKNOWN]), false, "four of any ten"],
    [
      "five of eleven",
      [UNKNOWN, REFUSED, REFUSED, UNKNOWN, REFUSED, REFUSED, UNKNOWN, REFUSED, UNKNOWN, REFUSED, UNKNOWN],
      false,
      "four of any ten",
    ],
    ["five orders that are over", [OVER, OVER, OVER, OVER, OVER], false, "answered, and read"],
    ["claims given back in between", [UNKNOWN, UNKNOWN, RELEASED, UNKNOWN, UNKNOWN, UNKNOWN], true, "no call at all"],
    [
      "a key that is not accepted",
      [UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED],
      false,
      "a halt follows, not the breaker",
    ],
  ])("%s", (_name, evidence, isOpen, _because) => {
    expect(after(evidence).isOpen).toBe(isOpen);
  });

  test.each<[string, readonly Evidence[], number, string]>([
    // name, what came back, in flight, because
    ["nothing", [], UNPROVEN_IN_FLIGHT, "nobody has answered yet"],
    ["one answer", [REFUSED], 5, "each answer proves one more"],
    ["sixty answers", SIXTY_ANSWERS, 16, "as many as allowed"],
    ["a failure", [...SIXTY_ANSWERS, UNKNOWN], 1, "nothing begins before the others have ended"],
    ["a failure, an answer", [...SIXTY_ANSWERS, UNKNOWN, REFUSED], 9, "half as many, and one"],
    ["failures and answers", [UNKNOWN, REFUSED, UNKNOWN, REFUSED], 2, "never at full width while it goes on"],
  ])("after %s: %#", (_name, evidence, inFlight, _because) => {
    const breaker = new CircuitBreaker();
    for (const [index, each] of evidence.entries()) {
      breaker.record(each, `cus_${index}`, NOW);
      breaker.inFlightLimit(16);
    }
    expect(breaker.inFlightLimit(16)).toBe(inFlight);
  });

  test("opens once, and asks again every 30 seconds until a read succeeds; then begins carefully", () => {
    const breaker = after([REFUSED, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(breaker.record(UNKNOWN, "cus_other", NOW)).toBe(true);
    expect(breaker.record(UNKNOWN, "cus_other", NOW)).toBe(false);
    expect(breaker.probeAt).toEqual(new Date(NOW.getTime() + 30_000));
    const later = new Date(NOW.getTime() + PROBE_EVERY_MS);
    breaker.probeFailed(later);
    expect(breaker.probeAt).toEqual(new Date(later.getTime() + PROBE_EVERY_MS));
    breaker.probeSucceeded();
    expect(breaker.isOpen).toBe(false);
    expect(breaker.inFlightLimit(64)).toBe(UNPROVEN_IN_FLIGHT);
  });

  test("an answer opens nothing, and each kind of answer proves one more; what was not asked proves nothing", () => {
    const kinds = ["paid", "declined", "pending", "refused", "released"] as const;
    const seen = [...kinds.map((kind) => ({ kind }) as unknown as Evidence), OVER, UNAUTHORIZED].map((evidence) => {
      const breaker = new CircuitBreaker();
      return [breaker.record(evidence, "cus_1", NOW), breaker.inFlightLimit(16)];
    });
    expect(seen).toEqual([5, 5, 5, 5, 4, 5, 4].map((inFlight) => [false, inFlight]));
  });

  test("those who suspect the gateway at once share one answer; later it is asked anew", async () => {
    const breaker = new CircuitBreaker();
    let asked = 0;
    const ask = async () => ({ is: "answering", livemode: false, refusal: null, asked: (asked += 1) }) as const;
    await Promise.all([breaker.asking(ask), breaker.asking(ask)]);
    expect(asked).toBe(1);
    expect(await breaker.asking(ask)).toMatchObject({ asked: 2 });
  });

  test("while it is open nothing opens it again, and what failed before counts no more once it is closed", () => {
    const breaker = new CircuitBreaker();
    breaker.probeFailed(NOW);
    expect(["a", "b", "c", "d", "e"].map((id) => breaker.readFailed(id))).not.toContain(true);
    expect(Array.from({ length: 10 }, (_, at) => breaker.chargeRefused(`cus_${at}`, NOW))).not.toContain(true);
    breaker.probeSucceeded();
    expect(["f", "g", "h", "i"].map((id) => breaker.readFailed(id))).not.toContain(true);
    expect(breaker.readFailed("j")).toBe(true);
  });

  test("charges of one customer that fail again and again are no storm", () => {
    const breaker = new CircuitBreaker();
    for (let charge = 0; charge < 9; charge++) breaker.record(UNKNOWN, "cus_sick", NOW);
    expect(breaker.isOpen).toBe(false);
  });

  test.each<[readonly string[], boolean, string]>([
    // of whom reads failed, whether others are asked about, because
    [["a", "a", "a", "a", "a", "a"], false, "one is sick"],
    [["a", "b", "c", "d"], false, "four may be"],
    [["a", "b", "c", "d", "e"], true, "five: it may be the gateway"],
    [["a", "b", "c", "answered", "d", "e"], false, "it answered in between"],
  ])("failed reads of %j ask about others: %s", (failed, isAsked, _because) => {
    const breaker = new CircuitBreaker();
    let asked = false;
    for (const id of failed)
      if (id === "answered") breaker.readAnswered();
      else asked ||= breaker.readFailed(id);
    expect(asked).toBe(isAsked);
    expect(breaker.isOpen).toBe(false);
  });
});

describe("charges that are refused for a key which reads are answered with", () => {
  const refusedOf = (breaker: CircuitBreaker, customers: number): boolean[] =>
    Array.from({ length: customers }, (_, index) => breaker.chargeRefused(`cus_${index}`, NOW));

  test("of ten customers open it, and of nine do not", () => {
    const breaker = new CircuitBreaker();
    expect(refusedOf(breaker, 9)).not.toContain(true);
    expect(breaker.chargeRefused("cus_0", NOW)).toBe(false);
    expect(breaker.chargeRefused("cus_9", NOW)).toBe(true);
    expect(breaker.isOpen).toBe(true);
  });

  test("one that is answered in between shows that the key may charge", () => {
    const breaker = new CircuitBreaker();
    refusedOf(breaker, 9);
    breaker.record(REFUSED, "cus_paid", NOW);
    expect(breaker.chargeRefused("cus_9", NOW)).toBe(false);
  });

  test("once the gateway was asked again, ten more are needed", () => {
    const breaker = new CircuitBreaker();
    refusedOf(breaker, 10);
    breaker.probeSucceeded();
    expect(refusedOf(breaker, 9)).not.toContain(true);
  });
});

test("what another process says is news once: only what is later than all that was heard", () => {
  const breaker = new CircuitBreaker();
  expect([5, 5, 4, 6, 5, 6, 7].map((until) => breaker.hears(until))).toEqual([
    ...[true, false, false, true, false, false, true],
  ]);
  expect([0, 1].map((until) => new CircuitBreaker().hears(until))).toEqual([false, true]);
});

test("whether others were answered in some time is known for two days, however many are answered", () => {
  const breaker = new CircuitBreaker();
  const at = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE_MS);
  for (let minute = 0; minute < 2 * 24 * 60; minute++)
    for (const customerId of ["cus_a", "cus_b", "cus_c"]) breaker.record(REFUSED, customerId, at(minute));
  breaker.record(REFUSED, "cus_d", at(4000));
  const asked: [customerId: string, from: number, until: number, isSo: boolean, because: string][] = [
    ["cus_a", 100, 115, true, "somebody is answered every minute"],
    ["cus_b", 100, 115, true, "and somebody else"],
    ["cus_a", 2890, 3900, false, "nobody was in those hours"],
    ["cus_d", 2890, 4100, false, "only the customer was"],
    ["cus_a", 4000, 4000, true, "at that very moment"],
    ["cus_a", 3999, 3999, false, "just before it"],
  ];
  for (const [customerId, from, until, isSo, because] of asked)
    expect([breaker.answeredOthers(customerId, at(from), at(until)), because]).toEqual([isSo, because]);
});

// prettier-ignore
test.each<[answered: readonly (readonly [customerId: string, minute: number])[], of: string, minute: number, isSo: boolean, because: string]>([
  [[["a", 0], ["a", 10]], "b", 10, true, "ten minutes later the same customer says something new"],
  [[["a", 0], ["a", 9]], "b", 9, false, "before that nothing new is kept of the same customer"],
  [[["a", 0], ["a", 1], ["b", 2]], "a", 2, true, "one who was answered often leaves room for somebody else"],
])("answered %j: others than %s at minute %i: %p (%s)", (answered, customerId, minute, isSo) => {
  const breaker = new CircuitBreaker();
  const at = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE_MS);
  for (const [each, minutes] of answered) breaker.record(REFUSED, each, at(minutes));
  expect(breaker.answeredOthers(customerId, at(minute), at(minute))).toBe(isSo);
});
