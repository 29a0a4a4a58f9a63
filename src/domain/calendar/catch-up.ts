/**
 * Catch-up: what happens to invoices which the daemon opens too late, after downtime.
 *
 * An invoice is missed when its period is already over at its opening. A newly due one is collected at once, always;
 * for the missed ones the plan's `catch_up` decides, so that a customer does not find five charges on one morning.
 * What an invoice becomes is decided at its opening. Only its day may change afterwards: a second downtime leaves several
 * of them overdue, and `paceAt` lets one a day go. Nothing here voids or revives an invoice that exists.
 */
import assert from "node:assert/strict";
import { localDayOf, plusLocalDays } from "./calendar.ts";

export const CATCH_UPS = ["oldest_first", "latest_only", "all", "ask"] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

export type OpeningDecision =
  | { readonly do: "collect"; readonly at: Date }
  | { readonly do: "void"; readonly because: "catch_up_latest_only" }
  | { readonly do: "hold"; readonly because: "catch_up_ask" };

export type Opening = {
  readonly catchUp: CatchUp;
  /** The subscription's: a day is added there, so 09:00 stays 09:00 over a change of the clocks. */
  readonly timeZone: string;
  readonly now: Date;
  /** One subscription's cycles that this pass opens, ascending. A pass may contain only some of those that are due. */
  readonly cycles: readonly { readonly cycle: number; readonly periodEnd: Date }[];
  /**
   * The last cycle the subscription owes by now, opened in this pass or not: `firstCycleNotOver`, but not beyond the
   * last of `expiry_count` nor beyond a cancellation. Only then can it be missed itself.
   */
  readonly latestDueCycle: number;
  /**
   * When the last missed invoice that was opened in an earlier pass is to be collected, or was; null if there is none.
   * One that is overdue and still waits will be collected now: pass `now`.
   */
  readonly lastMissedAt: Date | null;
};

/** One decision for each cycle, in the same order. */
export function openingDecisions(opening: Opening): OpeningDecision[] {
  const { cycles, now, latestDueCycle } = opening;
  let missedBefore = 0;

  return cycles.map(({ cycle, periodEnd }, index) => {
    assert(index === 0 || cycle > (cycles[index - 1]?.cycle ?? cycle), `cycles must ascend, got ${cycle}`);
    assert(cycle <= latestDueCycle, `cycle ${cycle} is opened, but the latest due is ${latestDueCycle}`);

    if (periodEnd > now) return { do: "collect", at: now };
    const decision = decisionForMissed(opening, cycle, missedBefore);
    missedBefore += 1;
    return decision;
  });
}

function decisionForMissed(opening: Opening, cycle: number, missedBefore: number): OpeningDecision {
  switch (opening.catchUp) {
    case "oldest_first":
      return { do: "collect", at: plusLocalDays(firstFreeAt(opening), missedBefore, opening.timeZone) };
    case "latest_only":
      // While the current period is open the latest due cycle is the current one, and every missed one is void.
      return cycle === opening.latestDueCycle
        ? { do: "collect", at: opening.now }
        : { do: "void", because: "catch_up_latest_only" };
    case "all":
      return { do: "collect", at: opening.now };
    case "ask":
      return { do: "hold", because: "catch_up_ask" };
    default:
      return opening.catchUp satisfies never;
  }
}

/** One missed invoice a local day: a day after the last one, but never in the past. */
function firstFreeAt({ now, lastMissedAt, timeZone }: Opening): Date {
  if (lastMissedAt === null) return now;
  const dayAfter = plusLocalDays(lastMissedAt, 1, timeZone);
  return dayAfter > now ? dayAfter : now;
}

/** Of an invoice that was missed, falls due now, and was never tried. */
export type MissedAndDue = {
  readonly plannedAt: Date;
  /** Those of the subscription's older missed ones that were never tried either, the oldest first. */
  readonly olderPlannedAt: readonly Date[];
  /** When any missed one of the subscription was last tried for the first time; null: none was. */
  readonly lastTriedAt: Date | null;
  /** The subscription's. */
  readonly timeZone: string;
};

/**
 * `oldest_first` at the charge: on each local day one goes, the oldest of those that wait. The others keep their order
 * and their time of day, and each is moved once, however many wait.
 * @returns null: its turn has come
 */
export function paceAt({ plannedAt, olderPlannedAt, lastTriedAt, timeZone }: MissedAndDue, now: Date): Date | null {
  assert(plannedAt <= now, `an invoice planned for ${plannedAt.toISOString()} is not due`);
  const dayOf = (at: Date): number => localDayOf(at, timeZone);
  const today = dayOf(now);
  // A clock that was ahead, and is right again, must not make anybody wait until then.
  let taken = lastTriedAt === null ? -Infinity : Math.min(dayOf(lastTriedAt), today);
  for (const at of [...olderPlannedAt, plannedAt]) taken = Math.max(taken + 1, dayOf(at), today);
  return taken === today ? null : plusLocalDays(plannedAt, taken - dayOf(plannedAt), timeZone);
}
