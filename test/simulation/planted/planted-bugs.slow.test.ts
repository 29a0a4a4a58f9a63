/** The simulation can fail: each planted bug is caught, by the rule it breaks, and without it the same seed passes. */
import { expect, test } from "@jest/globals";
import { livesOf } from "./catching.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("caught: %s", async (_, bug) => {
  const { broken, rule, withoutIt } = await livesOf(bug);
  // Not any more? `node test/simulation/planted/find-seeds.ts` looks for other seeds.
  expect(broken).toContain(rule);
  expect(withoutIt).toEqual([]);
});
