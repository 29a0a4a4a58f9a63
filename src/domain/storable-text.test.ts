import { expect, test } from "@jest/globals";
import { placeOfNul } from "./storable-text.ts";

test.each<[unknown, readonly (string | number)[] | null, string]>([
  ["Ana\u0000", [], "a text of its own"],
  [{ items: [{ name: "a" }, { name: "\u0000" }] }, ["items", 1, "name"], "at any depth, by its path"],
  [{ metadata: { "a\u0000b": 1 } }, ["metadata", "ab"], "in the name of a field, which is named without it"],
  [{ name: "Ana\u0001\n", amount: 0, none: null, not: undefined }, null, "other control characters are text"],
])("%j: %j (%s)", (value, expected, _because) => {
  expect(placeOfNul(value)).toEqual(expected);
});
