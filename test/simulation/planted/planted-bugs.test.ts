/**
 * The simulation can fail: a planted bug is caught, by the rule it breaks, and without it the same seed passes. One bug
 * for each rule here, all others in planted-bugs.slow.test.ts.
 */
import { expect, test } from "@jest/globals";
import { CAUGHT_AT } from "./caught-at.ts";
import { livesOf, ONE_FOR_EACH_RULE } from "./catching.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

test("each bug has its seed, and an invariant that it is known to break", () => {
  expect(Object.keys(CAUGHT_AT).toSorted()).toEqual(PLANTED_BUGS.map(({ name }) => name).toSorted());
  for (const { name, caughtBy } of PLANTED_BUGS) expect(CAUGHT_AT[name]?.[1]).toMatch(caughtBy);
});

test.each(ONE_FOR_EACH_RULE.map((bug) => [bug.name, bug] as const))("caught: %s", async (_, bug) => {
  const { broken, rule, withoutIt } = await livesOf(bug);
  // Not any more? `node test/simulation/planted/find-seeds.ts` looks for other seeds.
  expect(broken).toContain(rule);
  expect(withoutIt).toEqual([]);
});
