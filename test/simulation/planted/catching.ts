/** A planted bug is caught when its life breaks the rule that is known, and the same life without it breaks none. */
import { live, type LifeReport } from "../life.ts";
import { CAUGHT_AT } from "./caught-at.ts";
import { lifeWith } from "./lives.ts";
import type { PlantedBug } from "./planted-bug.ts";

type Clean = { readonly bug: PlantedBug; readonly seed: number; readonly life: Promise<LifeReport> };

/** Lives without a bug, lived once for all bugs that are caught in them. */
const clean: Clean[] = [];

/** @returns the rules that the life with the bug breaks, and how many the same life without it does */
export async function livesOf(
  bug: PlantedBug,
): Promise<{ readonly broken: readonly string[]; readonly rule: string; readonly withoutIt: readonly unknown[] }> {
  const [seed, rule] = CAUGHT_AT[bug.name] ?? [1, "none"];
  const { violations } = await live({ ...lifeWith(bug), seed });

  return { broken: violations.map((each) => each.rule), rule, withoutIt: (await cleanLife(bug, seed)).violations };
}

function cleanLife(bug: PlantedBug, seed: number): Promise<LifeReport> {
  const lived = clean.find(
    (each) =>
      each.bug.flow === bug.flow &&
      each.bug.weather === bug.weather &&
      each.bug.hasExtras === bug.hasExtras &&
      each.bug.hasSecondThoughts === bug.hasSecondThoughts &&
      each.bug.poison === bug.poison &&
      each.seed === seed,
  );
  if (lived !== undefined) return lived.life;
  const life = live({ ...lifeWith(bug), plant: null, seed });
  clean.push({ bug, seed, life });
  return life;
}
