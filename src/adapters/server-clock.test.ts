/** A clock that follows the database's: small differences are none, and a slow answer tells nothing. */
import { expect, test } from "@jest/globals";
import { handClock, serverClock } from "./clock.ts";

const START = new Date("2026-12-01T15:00:00Z");
const HOUR_MS = 3_600_000;

test.each<[string, number, number, number, string]>([
  // name, the server is ahead by, its answer took, the clock is ahead by, because
  ["an hour", HOUR_MS, 4, HOUR_MS, "this machine's clock is wrong, or the server's: the nodes agree"],
  ["an hour behind", -HOUR_MS, 4, -HOUR_MS, "the other way round"],
  ["half a second", 500, 4, 0, "that is the way between them"],
  ["an hour, told slowly", HOUR_MS, 3000, 0, "the answer may be as old as that"],
])("%s", (_name, aheadMs, tookMs, expectedMs, _because) => {
  const own = handClock(START);
  const offs: number[] = [];
  const clock = serverClock(own, (byMs) => void offs.push(byMs));
  clock.heard(START.getTime() + aheadMs - tookMs / 2, tookMs);
  expect(clock.now().getTime() - START.getTime()).toBe(expectedMs);
  expect(offs).toEqual(expectedMs === 0 ? [] : [expectedMs]);
  own.advance(10);
  clock.heard(START.getTime() + aheadMs + 10, 0);
  expect(offs.length).toBe(Math.abs(aheadMs) < 1000 ? 0 : 1);
});

test("when this machine's clock is set right, the difference is over", () => {
  const own = handClock(START);
  const clock = serverClock(own, () => {});
  clock.heard(START.getTime() + HOUR_MS, 0);
  own.jump(new Date(START.getTime() + HOUR_MS));
  clock.heard(START.getTime() + HOUR_MS, 0);
  expect(clock.now()).toEqual(own.now());
});
