/** The lives in which planted bugs are looked for: short ones, in memory, in the weather in which the bug shows. */
import type { LifeOptions } from "../life.ts";
import type { PlantedBug } from "./planted-bug.ts";

export function lifeWith({ flow, weather, plant, hasExtras = false }: PlantedBug): Omit<LifeOptions, "seed"> {
  return { subscriptions: 8, months: 6, store: "memory", flow, changeWeather: weather ?? null, hasExtras, plant };
}
