/**
 * The seed that catches each planted bug, and the invariant that it breaks. A change of the program or of the
 * simulation moves them; `node test/simulation/planted/find-seeds.ts` looks for them and prints this table.
 */
export const CAUGHT_AT: Readonly<Record<string, readonly [seed: number, rule: string]>> = {
  "send before commit": [1, "I3"],
  "retry on 500": [1, "I1"],
  "retry on timeout": [1, "I1"],
  "amount read at send time": [8, "I9"],
  "expired lease back to claimed": [24, "I1"],
  "trust an empty list": [5, "I1"],
  "late news overwrites paid": [1, "I5"],
  "orphan order charged twice": [2, "I1"],
  "next cycle from now": [1, "I2"],
  "skipped missed cycles": [1, "I2"],
  "outcome without event": [1, "I7"],
  "claim without compare-and-set": [5, "I3"],
  "signature not checked": [1, "forged"],
  "webhook booked as it says": [5, "I6"],
  "restored books go on charging": [1, "I1"],
  "card charged while its link is open": [1, "I1"],
  "link taken for cancelled without reading it": [1, "I1"],
  "never_again ignored": [1, "dunning"],
  "bad card tried again": [1, "dunning"],
  "network budget ignored": [1, "dunning"],
  "late cash ignored": [2, "I6"],
  "later cycle charged before the one that fails": [1, "dunning"],
  "waits that never end": [1, "liveness"],
  "grace that begins again": [1, "liveness"],
};
