import { expect, test } from "@jest/globals";
import { backoffOf, isGivenUp, oneMoreFailure } from "./backoff.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./duration.ts";

const NOW = new Date("2026-12-15T15:00:00Z");

test.each([
  // failures in a row, the wait, because
  [1, MINUTE_MS, "the first wait is the configured one"],
  [2, 2 * MINUTE_MS, "it doubles"],
  [6, 32 * MINUTE_MS, "and doubles again"],
  [7, HOUR_MS, "an hour is the longest"],
  [5000, HOUR_MS, "however long it goes on"],
])("after %i failures the wait is %i ms (%s)", (failures, waitMs, _because) => {
  expect(backoffOf(failures, MINUTE_MS)).toBe(waitMs);
});

test.each([
  // failures, since, given up, because
  [7, DAY_MS, false, "seven tries may all have met one outage"],
  [8, DAY_MS, true, "eight tries in a day"],
  [8, DAY_MS - 1, false, "the day is not over"],
  [5000, HOUR_MS, false, "many tries in an hour are one outage"],
  [5000, 9 * DAY_MS, true, "for long, and often"],
])("%i failures since %i ms ago are given up: %p (%s)", (failures, sinceMs, expected, _because) => {
  expect(isGivenUp({ failures, failedSince: new Date(NOW.getTime() - sinceMs) }, NOW)).toBe(expected);
});

test.each<[hours: number | null, failures: number, because: string]>([
  [null, 1, "the first"],
  [1, 9, "an hour after the last"],
  [48, 9, "the process was down for two days"],
  [49, 1, "what failed long ago, and was not tried since, is no row with this one"],
])("one more failure, %p hours after the last of eight, is number %i (%s)", (hours, failures, _because) => {
  const failedSince = new Date(NOW.getTime() - 90 * DAY_MS);
  const failedAt = new Date(NOW.getTime() - (hours ?? 0) * HOUR_MS);
  const known = hours === null ? null : { failures: 8, failedSince, failedAt };
  expect(oneMoreFailure(known, NOW)).toEqual({ failures, failedSince: failures === 1 ? NOW : failedSince });
});
