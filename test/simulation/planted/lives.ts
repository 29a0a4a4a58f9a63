/** The lives in which planted bugs are looked for: short ones, in memory, in the weather in which the bug shows. */
import type { LifeOptions } from "../life.ts";
import type { PlantedBug } from "./planted-bug.ts";

export function lifeWith(bug: PlantedBug): Omit<LifeOptions, "seed"> {
  const { flow, weather = null, plant, hasExtras = false, hasSecondThoughts = false, poison } = bug;
  const life = { subscriptions: 8, months: 6, store: "memory", flow, changeWeather: weather } as const;
  return { ...life, hasExtras, hasSecondThoughts, ...(poison && { poison }), plant };
}
