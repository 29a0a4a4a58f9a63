import { expect, test } from "@jest/globals";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./duration.ts";
import { atLeastAsked, retryAfterMs } from "./retry-after.ts";

const NOW = new Date("2026-12-01T09:00:00Z");

test.each<[header: string | null, askedMs: number | null, because: string]>([
  [null, null, "nothing is asked"],
  ["2", 2_000, "seconds"],
  [" 2 ", 2_000, "with spaces"],
  ["0", 0, "at once"],
  ["Tue, 01 Dec 2026 09:00:04 GMT", 4_000, "a date"],
  ["Tue, 01 Dec 2026 08:00:00 GMT", 0, "a date that is past"],
  ["soon", null, "not understood"],
])("Retry-After %j asks for %p ms (%s)", (header, askedMs) => {
  expect(retryAfterMs(header, NOW)).toBe(askedMs);
});

test.each<[waitMs: number, askedMs: number | null, waited: number, because: string]>([
  [MINUTE_MS, null, MINUTE_MS, "nobody asks for longer"],
  [MINUTE_MS, 1000, MINUTE_MS, "ours is longer"],
  [MINUTE_MS, HOUR_MS, HOUR_MS, "the gateway asks for more"],
  [MINUTE_MS, DAY_MS, DAY_MS, "a day is obeyed"],
  [MINUTE_MS, 400 * DAY_MS, DAY_MS, "a year is not: nobody would be charged"],
])("of %i ms, asked for %p: %i ms (%s)", (waitMs, askedMs, waited, _because) => {
  expect(atLeastAsked(waitMs, askedMs)).toBe(waited);
});
