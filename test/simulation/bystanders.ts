/**
 * Bystanders: customers whom no fault and no person touches must live cycle by cycle as they do in the same life without
 * the sick ones. Each life that has sick customers or orders is lived twice, in a weather that leaves nothing to chance.
 */
import { live, type LifeOptions } from "./life.ts";
import { drawPopulation } from "./populations.ts";
import { healed, type Weather } from "./weather.ts";

export type Compared = {
  readonly cycles: number;
  /** A sentence for each cycle that came out otherwise. */
  readonly differences: readonly string[];
};

/** @returns null: nobody is sick in this life */
export async function compareBystanders(options: LifeOptions): Promise<Compared | null> {
  if (drawPopulation(options.seed).sick.length === 0) return null;
  // Whether somebody may act depends on the sick, and what they then draw.
  const quiet = { ...options, changeWeather: withoutChance, hasSecondThoughts: false, hasExtras: false };
  const beside = await live(quiet);
  const alone = await live({ ...quiet, isHealthy: true });
  const lived = new Map(beside.cycles.map((cycle) => [cycle.name, cycle.outcome]));
  const bystanders = alone.cycles.filter(({ customerId }) => !beside.touched.has(customerId));
  return {
    cycles: bystanders.length,
    differences: bystanders
      .filter(({ name, outcome }) => lived.get(name) !== outcome)
      .map(({ name, outcome }) => `${name} is ${lived.get(name) ?? "missing"}, and ${outcome} where nobody is sick`),
  };
}

/** Cards pay or decline for good, each in its own way; nobody acts, nothing fails. */
function withoutChance(weather: Weather): Weather {
  const still = { declineRate: 0, peoplePerMonth: 0, cardChangesPerMonth: 0, lateCashRate: 0 };
  return { ...healed(weather), ...still, isStill: true };
}
