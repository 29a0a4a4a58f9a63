import { expect, test } from "@jest/globals";
import { mustHealItsPool } from "./pool-heals.ts";

test.each([
  ["0.29.9", "the first that gives the connection back"],
  ["0.29.10", "numbers are compared, not texts"],
  ["1.0.0", "newer"],
])("kysely %s is taken: %s", (version) => {
  expect(() => mustHealItsPool(version)).not.toThrow();
});

test("the one that MikroORM 7.2.1 pins is refused, with what to write where", () => {
  expect(() => mustHealItsPool("0.29.6")).toThrow('"overrides": { "kysely": "0.29.9" }');
});

test("the one that is installed here heals", () => {
  expect(() => mustHealItsPool()).not.toThrow();
});
