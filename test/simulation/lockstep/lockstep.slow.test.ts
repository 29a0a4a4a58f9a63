/** What a bug does on SQLite is caught there, too, and is no difference between the stores. */
import { expect, test } from "@jest/globals";
import { live } from "../life.ts";
import { CAUGHT_AT } from "../planted/caught-at.ts";
import { lifeWith } from "../planted/lives.ts";
import { PLANTED_BUGS } from "../planted/planted-bugs.ts";

test.each(["retry on timeout", "amount doubled at opening", "retries early"])("caught on SQLite: %s", async (name) => {
  const bug = PLANTED_BUGS.find((each) => each.name === name);
  const [seed, rule] = CAUGHT_AT[name] ?? [1, "none"];
  if (bug === undefined) throw new Error(`no bug is called ${name}`);
  const { violations } = await live({ ...lifeWith(bug), store: "lockstep", seed });

  expect(violations.map((each) => each.rule)).toContain(rule);
  expect(violations.map((each) => each.rule)).not.toContain("lockstep");
});
