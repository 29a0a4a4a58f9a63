/** Every planted bug that planted-bugs.test.ts leaves out is caught as well. */
import { expect, test } from "@jest/globals";
import { ALL_OTHERS, livesOf } from "./catching.ts";

test.each(ALL_OTHERS.map((bug) => [bug.name, bug] as const))("caught: %s", async (_, bug) => {
  const { broken, rule, withoutIt } = await livesOf(bug);
  // Not any more? `node test/simulation/planted/find-seeds.ts` looks for other seeds.
  expect(broken).toContain(rule);
  expect(withoutIt).toEqual([]);
});
