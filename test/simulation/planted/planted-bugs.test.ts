/** What is known of the planted bugs agrees; that each of them is caught, planted-bugs.slow.test.ts shows. */
import { expect, test } from "@jest/globals";
import { CAUGHT_AT } from "./caught-at.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

test("each bug has its seed, and an invariant that it is known to break", () => {
  expect(Object.keys(CAUGHT_AT).toSorted()).toEqual(PLANTED_BUGS.map(({ name }) => name).toSorted());
  for (const { name, caughtBy } of PLANTED_BUGS) expect(CAUGHT_AT[name]?.[1]).toMatch(caughtBy);
});
