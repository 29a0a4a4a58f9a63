/** What becomes of one call of a port: most often nothing; rather something at the points where money is decided. */
import type { Chance } from "./chance.ts";
import type { Fate } from "./perilous-ports.ts";
import type { Weather } from "./weather.ts";

/** How much likelier than elsewhere. */
const WEIGHTS: Readonly<Record<string, number>> = {
  takeOver: 3,
  open: 3,
  claim: 3,
  markSending: 3,
  settle: 3,
  charge: 3,
  openOrder: 3,
  haltCharging: 3,
  write: 3,
};

export function drawFate(chance: Chance, weather: Weather, port: "store" | "gateway", method: string): Fate {
  const weight = WEIGHTS[method] ?? 0.3;
  const dice = chance.fraction() / weight;
  const { crashRate, databaseFailureRate, freezeRate } = weather;
  if (dice < crashRate) return dice < crashRate / 2 ? "die_before" : "die_after";
  const afterCrash = dice - crashRate;
  if (afterCrash < freezeRate) return afterCrash < freezeRate / 2 ? "freeze_before" : "freeze_after";
  const afterFreeze = afterCrash - freezeRate;
  const mayFail = port === "store";
  if (mayFail && afterFreeze < databaseFailureRate)
    return afterFreeze < databaseFailureRate / 2 ? "fail_before" : "fail_after";
  return "none";
}
