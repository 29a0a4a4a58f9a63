import { expect, test } from "@jest/globals";
import { isSameContent } from "./same-content.ts";

test.each<[unknown, unknown, boolean, string]>([
  [[{ name: "Oro", quantity: 1 }], [{ quantity: 1, name: "Oro" }], true, "a database may keep keys in its own order"],
  [{ a: { c: 1, b: 2 } }, { a: { b: 2, c: 1 } }, true, "at any depth"],
  [{ a: 1, b: undefined }, { a: 1 }, true, "what is left out is not stored"],
  [[1, 2], [2, 1], false, "the order of a list is content"],
  [{ a: 1 }, { a: 2 }, false, "another value"],
  [null, {}, false, "nothing is not something empty"],
  [undefined, null, false, "not told is not none"],
])("%j and %j: %p (%s)", (one, other, expected, _because) => {
  expect(isSameContent(one, other)).toBe(expected);
});

test("what is not JSON is compared as it is", () => {
  expect(isSameContent(undefined, undefined)).toBe(true);
  expect(isSameContent({ a: null }, { a: {} })).toBe(false);
});
