/** The simulation can fail: each planted bug is caught, by the rule it breaks, and without it the same seed passes. */
import { expect, test } from "@jest/globals";
import { live } from "../life.ts";
import { CAUGHT_AT } from "./caught-at.ts";
import { lifeWith } from "./lives.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

test("each bug has its seed, and an invariant that it is known to break", () => {
  expect(Object.keys(CAUGHT_AT).toSorted()).toEqual(PLANTED_BUGS.map(({ name }) => name).toSorted());
  for (const { name, caughtBy } of PLANTED_BUGS) expect(CAUGHT_AT[name]?.[1]).toMatch(caughtBy);
});

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("caught: %s", async (name, bug) => {
  const [seed, rule] = CAUGHT_AT[name] ?? [1, "none"];
  const { violations } = await live({ ...lifeWith(bug), seed });
  // Not any more? `node test/simulation/planted/find-seeds.ts` looks for other seeds.
  expect(violations.map((each) => each.rule)).toContain(rule);

  expect((await live({ ...lifeWith(bug), plant: null, seed })).violations).toEqual([]);
});
