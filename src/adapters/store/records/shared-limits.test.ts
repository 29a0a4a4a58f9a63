import { expect, test } from "@jest/globals";
import type { Connected } from "../dialect/sql.ts";
import { sharedLimitsOn } from "./shared-limits.ts";

const failing = (code: string): Connected => ({
  getKysely: () => ({ executeQuery: () => Promise.reject(Object.assign(new Error(code), { code })) }),
  getPlatform: () => ({ isPostgres: true }),
});

test.each<[string, null | string, string]>([
  ["42501", null, "a right that was taken away"],
  ["42883", null, "an engine that has no such function"],
  ["0A000", null, "an engine that knows it and does not offer it"],
  ["55000", null, "a server that recovers"],
  ["57P01", "57P01", "a lost connection tells nothing of the server: the tick fails"],
])("where the server answers %s for its timeline it is %p (%s)", async (code, timeline) => {
  const asked = sharedLimitsOn(() => failing(code)).timeline();
  expect(await asked.catch((error: unknown) => (error as Error).message)).toBe(timeline);
});
