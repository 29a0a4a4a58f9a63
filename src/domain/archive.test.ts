import { expect, test } from "@jest/globals";
import { latestInstead } from "./archive.ts";

const NOW = new Date("2026-11-29T12:00:00.000Z");

test.each<[before: string, instead: string | null, because: string]>([
  ["2025-10-25T12:00:00.000Z", null, "exactly four hundred days ago"],
  ["2025-10-25T12:00:00.001Z", "2025-10-25T12:00:00.000Z", "a moment younger: the restore fence may still ask for it"],
  ["2024-01-01T00:00:00.000Z", null, "long past"],
  ["2026-11-29T12:00:00.000Z", "2025-10-25T12:00:00.000Z", "today"],
])("to archive what ended before %s: %s instead (%s)", (before, instead) => {
  expect(latestInstead(new Date(before), NOW)?.toISOString() ?? null).toBe(instead);
});
