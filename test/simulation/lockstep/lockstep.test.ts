/** SQLite is judged as the store in memory is: a difference is shown, and what a bug does on SQLite is caught there. */
import { expect, test } from "@jest/globals";
import { live } from "../life.ts";
import { CAUGHT_AT } from "../planted/caught-at.ts";
import { lifeWith } from "../planted/lives.ts";
import type { Plant } from "../planted/planted-bug.ts";
import { PLANTED_BUGS } from "../planted/planted-bugs.ts";

const SHORT = { subscriptions: 4, months: 1, store: "lockstep", flow: null } as const;

test("a row that one store alone changes is shown by its table, id and column, with the calls before it", async () => {
  const { violations } = await live({ ...SHORT, seed: 1, plant: saysThatAllWereTold });

  const told = violations.find(({ rule }) => rule === "lockstep")?.what;
  expect(told).toMatch(/^customer "cus_\d+": card_notice is null on SQLite, "src_1:30" in memory\n {2}after /);
});

test.each(["retry on timeout", "amount doubled at opening", "retries early"])("caught on SQLite: %s", async (name) => {
  const bug = PLANTED_BUGS.find((each) => each.name === name);
  const [seed, rule] = CAUGHT_AT[name] ?? [1, "none"];
  if (bug === undefined) throw new Error(`no bug is called ${name}`);
  const { violations } = await live({ ...lifeWith(bug), store: "lockstep", seed });

  expect(violations.map((each) => each.rule)).toContain(rule);
  expect(violations.map((each) => each.rule)).not.toContain("lockstep");
});

const saysThatAllWereTold: Plant = ({ store, memory }) => ({
  store: {
    open: async (batch, now) => {
      const { customers } = memory.tables;
      for (const customer of [...customers.rows.values()]) customers.put({ ...customer, cardNotice: "src_1:30" });
      return await store.open(batch, now);
    },
  },
});
