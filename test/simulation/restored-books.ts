/**
 * A backup that is put back: the books are old from one moment to the next, and the program has to find out by itself.
 *
 * Whoever puts it back stops everything before, and takes at least as long for it as a charge may be under way and the
 * lists may lag: that much the fence may rely on. Then the daemon starts, it halts charging, and some time later a person
 * reconciles as docs/reconciliation.md says.
 */
import type { Chance } from "./chance.ts";
import { LATEST_ACT_MS } from "./gateway/station.ts";
import type { OpenBooks } from "./open-books.ts";
import type { PeopleProcesses } from "./people/people-processes.ts";
import type { Activity } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Turn } from "./turn.ts";
import type { Watchmen } from "./watchmen.ts";
import type { Weather } from "./weather.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export type RestoredBooks = {
  /** Copies the books, and puts the copy back some days later. */
  begin(): void;
};

export function restoredBooks(needs: {
  readonly books: OpenBooks;
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly watch: Watchmen;
  readonly people: PeopleProcesses;
  readonly activity: Activity;
  readonly nextTurn: Turn;
  readonly isOver: () => boolean;
  /** Looks at the books before they are lost. */
  readonly look: () => Promise<void>;
  /** What people were answered until then. @returns what was seen of the books since is no measure any more */
  readonly remember: () => () => Promise<void>;
}): RestoredBooks {
  const { books, chance, timeline, trace, weather, watch, people, activity, nextTurn } = needs;

  async function putBack(restore: () => Promise<void>, forget: () => Promise<void>): Promise<void> {
    if (needs.isOver() || watch.isHeld) return;
    watch.faults["restored_backup"] = (watch.faults["restored_backup"] ?? 0) + 1;
    trace.note(timeline.nowMs(), "a backup is put back");
    watch.hold();
    people.killAll();
    // Time must not move before it is done.
    activity.running += 1;
    while (activity.running > 1) await nextTurn();
    await needs.look();
    await restore();
    await forget();
    activity.running -= 1;
    const leastMs = weather.listLagMsMax + LATEST_ACT_MS + 10 * 60_000;
    timeline.after(leastMs + Math.round(chance.fraction() ** 2 * DAY_MS), () => watch.letGo());
  }

  return {
    begin: () => {
      const restore = books.backUp();
      const forget = needs.remember();
      trace.note(timeline.nowMs(), "a backup is made");
      const ageMs = HOUR_MS + Math.round(chance.fraction() ** 2 * 20 * DAY_MS);
      timeline.after(ageMs, () => void putBack(restore, forget));
    },
  };
}
