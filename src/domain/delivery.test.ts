import { describe, expect, test } from "@jest/globals";
import { type Answer, deliveryAfter, JITTER, WAITS_MS } from "./delivery.ts";

const NOW = new Date("2026-02-28T15:00:00Z");
const HOUR_S = 3600;
const answered = (httpStatus: number, retryAfterMs: number | null = null): Answer => ({
  kind: "answered",
  httpStatus,
  retryAfterMs,
});
const REFUSED: Answer = { kind: "failed", because: "no connection (ECONNREFUSED)" };

/** "delivered", "dead", or after how many seconds it is tried again. */
function shortly(answer: Answer, tries: number, chance = 0): string | number {
  const delivery = deliveryAfter(answer, tries, NOW, chance);
  return delivery.state === "pending" ? (delivery.nextTryAt.getTime() - NOW.getTime()) / 1000 : delivery.state;
}

describe("the schedule is that of the specification", () => {
  test.each([
    // tries made, seconds until the next
    [1, 5],
    [2, 5 * 60],
    [3, 30 * 60],
    [4, 2 * HOUR_S],
    [5, 5 * HOUR_S],
    [6, 10 * HOUR_S],
    [7, 14 * HOUR_S],
    [8, 20 * HOUR_S],
    [9, 24 * HOUR_S],
    [10, "dead"],
    [11, "dead"],
  ])("after try %i comes %s", (tries, expected) => {
    expect(shortly(REFUSED, tries)).toBe(expected);
    expect(shortly(answered(500), tries)).toBe(expected);
  });

  test("chance makes a wait longer, up to a tenth, and never shorter", () => {
    for (const [index, waitMs] of WAITS_MS.entries()) {
      expect(shortly(REFUSED, index + 1, 0.5)).toBe((waitMs * (1 + JITTER / 2)) / 1000);
      expect(shortly(REFUSED, index + 1, 0.999_999)).toBeLessThanOrEqual((waitMs * (1 + JITTER)) / 1000);
    }
  });

  test("in the middle of chance the second wait of five minutes is a quarter of a minute longer", () => {
    expect(shortly(REFUSED, 2, 0.5)).toBe(315);
  });

  test("tries are counted from 1", () => {
    expect(() => deliveryAfter(REFUSED, 0, NOW, 0)).toThrow("tries are counted from 1");
  });
});

test.each<[Answer, number, string | number, string]>([
  // answer, tries, what follows, because
  [answered(200), 1, "delivered", "it took it"],
  [answered(204), 10, "delivered", "the last try counts like the first"],
  [answered(299), 1, "delivered", "any 2xx"],
  [answered(199), 1, 5, "not a 2xx"],
  [answered(300), 1, 5, "nor is the first of the redirects"],
  [answered(301), 1, 5, "a redirect is not followed: what is signed for one address is not for another"],
  [answered(308), 10, "dead", "nor is it in the end"],
  [answered(400), 1, 5, "it may be mended"],
  [answered(401), 1, 5, "a secret may be mended"],
  [answered(404), 1, 5, "a deployment may be under way"],
  [answered(410), 1, "dead", "gone: it asks for no more of it"],
  [answered(429, 60_000), 1, 60, "it asked for a minute"],
  [answered(503, 60_000), 1, 60, "so did it"],
  [answered(429, 1000), 2, 300, "asking for less than the schedule is no reason to hurry"],
  [answered(503, 10 * 24 * HOUR_S * 1000), 1, 24 * HOUR_S, "nobody is obeyed for longer than a day"],
  [answered(500, 60_000), 1, 5, "only 429 and 503 ask to wait"],
  [answered(429, 60_000), 10, "dead", "asking does not buy another try"],
])("%j to try %i: %s (%s)", (answer, tries, expected) => {
  expect(shortly(answer, tries)).toBe(expected);
});

test.each<[Answer, string]>([
  [answered(302), "answered 302: redirects are not followed"],
  [answered(410), "answered 410: it wants no such event any more"],
  [answered(500), "answered 500"],
  [REFUSED, "no connection (ECONNREFUSED)"],
])("%j is told to a person as: %s", (answer, because) => {
  expect(deliveryAfter(answer, 1, NOW, 0)).toMatchObject({ because });
});

test.each<[Answer, string]>([
  [REFUSED, "no connection (ECONNREFUSED)"],
  [answered(410), "answered 410: it wants no such event any more"],
  [answered(300), "answered 300: redirects are not followed"],
  [answered(399), "answered 399: redirects are not followed"],
  [answered(400), "answered 400"],
  [answered(199), "answered 199"],
  [answered(500), "answered 500"],
])("%j is told as %p", (answer, because) => {
  expect(deliveryAfter(answer, 1, NOW, 0)).toMatchObject({ because });
});
