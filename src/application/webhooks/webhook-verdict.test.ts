/** What becomes of an event that the gateway does not show yet: it is tried again, and in the end a person is told. */
import { expect, test } from "@jest/globals";
import { HOUR_MS } from "../../domain/duration.ts";
import { again } from "./webhook-verdict.ts";

const NOW = new Date("2026-02-10T15:00:00Z");

test.each<[tries: number, nextInMs: number | null, because: string]>([
  [1, 5_000, "reads lag by seconds"],
  [15, HOUR_MS, "no wait is longer than an hour"],
  [16, null, "after some six hours it will not be shown any more"],
])("after try %i it is tried again in %p ms (%s)", (tries, nextInMs) => {
  const because = "the read does not show it yet";
  expect(again(tries, NOW, because)).toEqual({
    ...{ state: nextInMs === null ? "failed" : "received", because, notes: [] },
    nextTryAt: nextInMs === null ? null : new Date(NOW.getTime() + nextInMs),
  });
});
