/**
 * Remembers zones' offsets. luxon asks Intl each time, which took a fifth of a simulated year.
 *
 * Days are asked in stretches of five: where both ends have one offset, so has everything between, because no zone
 * changed its clocks twice within six days since 1990 (tzdata 2026c). Stretches with a change are asked each time.
 */
import { IANAZone } from "luxon";

const STRETCH_MS = 5 * 86_400_000;

let isRemembering = false;

export function rememberZoneOffsets(): void {
  if (isRemembering) return;
  isRemembering = true;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own zone below
  const ask = IANAZone.prototype.offset;
  const zones = new Map<string, Map<number, number | null>>();

  IANAZone.prototype.offset = function offset(this: IANAZone, atMs: number): number {
    const stretch = Math.floor(atMs / STRETCH_MS);
    let known = zones.get(this.name);
    if (known === undefined) zones.set(this.name, (known = new Map()));
    let remembered = known.get(stretch);
    if (remembered === undefined) {
      const first = ask.call(this, stretch * STRETCH_MS);
      remembered = first === ask.call(this, (stretch + 1) * STRETCH_MS - 1) ? first : null;
      known.set(stretch, remembered);
    }
    return remembered ?? ask.call(this, atMs);
  };
}
