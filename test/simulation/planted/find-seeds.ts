/**
 * Looks for the first seed that catches each planted bug, and prints the table of caught-at.ts:
 *
 *   node test/simulation/planted/find-seeds.ts [NAME]
 *
 * Exit code 1 when a bug is not caught within so many seeds.
 */
import { live } from "../life.ts";
import { lifeWith } from "./lives.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const MOST_SEEDS = 500;

const [name] = process.argv.slice(2);
for (const bug of PLANTED_BUGS.filter((each) => name === undefined || each.name === name)) {
  const caught = await firstCaught(bug);
  if (caught === null) process.exitCode = 1;
  console.log(
    caught === null
      ? `  // "${bug.name}": not caught by ${MOST_SEEDS} seeds`
      : `  "${bug.name}": [${caught.seed}, "${caught.rule}"],`,
  );
}

async function firstCaught(bug: PlantedBug): Promise<{ readonly seed: number; readonly rule: string } | null> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { violations } = await live({ ...lifeWith(bug), seed });
    const rule = violations.map((each) => each.rule).find((each) => bug.caughtBy.test(each));
    // One that breaks without the bug, too, shows nothing.
    if (rule !== undefined && (await live({ ...lifeWith(bug), plant: null, seed })).violations.length === 0)
      return { seed, rule };
  }
  return null;
}
