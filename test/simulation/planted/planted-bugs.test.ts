/** The simulation can fail: each planted bug is caught, by the rule it breaks, and without it the same seed passes. */
import { expect, test } from "@jest/globals";
import { live, type LifeOptions, type LifeReport } from "../life.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

/** Far more than any of them needs. */
const MOST_SEEDS = 200;

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))(
  "caught: %s",
  async (_name, bug) => {
    const caught = await firstFailure(bug);

    expect(caught?.violations.map(({ rule }) => rule)).toContainEqual(expect.stringMatching(bug.caughtBy));
    const { violations } = await live({ ...optionsFor(bug), plant: null, seed: caught?.seed ?? 1 });
    expect(violations).toEqual([]);
  },
  60_000,
);

function optionsFor(bug: PlantedBug): Omit<LifeOptions, "seed"> {
  const { flow, weather, plant } = bug;
  return { subscriptions: 20, months: 13, store: "memory", flow, changeWeather: weather ?? null, plant };
}

async function firstFailure(bug: PlantedBug): Promise<LifeReport | null> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const report = await live({ ...optionsFor(bug), seed });
    if (report.violations.length > 0) return report;
  }
  return null;
}
