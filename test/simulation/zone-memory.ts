/**
 * Remembers zones' offsets. luxon asks Intl each time, which took a fifth of a simulated year; a run of thousands of
 * years asks the same quarters of an hour again and again. Changes of clocks happen on quarters of an hour only.
 */
import { IANAZone } from "luxon";

const QUARTER_HOUR_MS = 900_000;
const MOST_REMEMBERED = 200_000;

let isRemembering = false;

export function rememberZoneOffsets(): void {
  if (isRemembering) return;
  isRemembering = true;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own zone below
  const ask = IANAZone.prototype.offset;
  const zones = new Map<string, Map<number, number>>();

  IANAZone.prototype.offset = function offset(this: IANAZone, atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_HOUR_MS);
    let known = zones.get(this.name);
    if (known === undefined || known.size > MOST_REMEMBERED) zones.set(this.name, (known = new Map()));
    const remembered = known.get(quarter);
    if (remembered !== undefined) return remembered;
    const asked = ask.call(this, atMs);
    known.set(quarter, asked);
    return asked;
  };
}
