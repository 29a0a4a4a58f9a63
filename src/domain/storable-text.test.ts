import { expect, test } from "@jest/globals";
import { asStorable, mayHoldUnstorable, placeOfUnstorable } from "./storable-text.ts";

test.each<[unknown, readonly (string | number)[] | null, string]>([
  ["Ana\u0000", [], "a text of its own"],
  [{ items: [{ name: "a" }, { name: "\u0000" }] }, ["items", 1, "name"], "at any depth, by its path"],
  [{ metadata: { "a\u0000b": 1 } }, ["metadata", "ab"], "in the name of a field, which is named without it"],
  ["Ana \uD83D", [], "half of an emoji, at the end of what was cut"],
  [["\uDE00 Ana"], [0], "the other half"],
  ["Ana \u{1F600}", null, "both are one character"],
  [{ name: "Ana\u0001\n", amount: 0, none: null, not: undefined }, null, "other control characters are text"],
])("%j: %j (%s)", (value, expected, _because) => {
  expect(placeOfUnstorable(value)).toEqual(expected);
});

test.each([
  ['{"name":"Ana \\ud83d"}', "Ana \uFFFD", "half of it"],
  ['{"name":"Ana \\uD83D\\ude00"}', "Ana \u{1F600}", "all of it"],
  ['{"name":"A\\u0000na"}', "Ana", "what ends a text"],
])("%s is read with the name %j (%s)", (json, name) => {
  expect(mayHoldUnstorable(json)).toBe(true);
  expect(JSON.parse(json, asStorable)).toEqual({ name });
});
