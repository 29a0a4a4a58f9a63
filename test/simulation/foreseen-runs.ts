/** Shows a preview before some of the runs of a calm life, for the oracle to compare with what the run then does. */
import { seededRandom } from "../../src/adapters/random.ts";
import type { BillLimits } from "../../src/application/run/bill-due.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";
import type { Clock, Log } from "../../src/application/ports/runtime.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { Report } from "./checks/violation.ts";
import { INQUIRIES, type WatchedRun } from "./machine.ts";
import { describe } from "./machine-log.ts";
import { DUNNING } from "./merchant.ts";
import type { Activity } from "./perilous-ports.ts";
import type { Oracle } from "./promises/oracle.ts";

/** A preview costs about as much as a run in which nothing is due. */
const EVERY = 6;

export function foreseenRuns(needs: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: BillLimits;
  readonly activity: Activity;
  readonly report: Report;
  readonly oracle: Oracle;
  /** Nothing disturbs a run, and it takes no time between what is shown and what is done. */
  readonly mayForesee: boolean;
}): () => WatchedRun {
  const { store, clock, log, limits, activity, report, oracle, mayForesee } = needs;
  const previewNeeds = {
    ...DUNNING,
    store,
    clock,
    log,
    random: seededRandom(1),
    inquiries: INQUIRIES,
    backoffMs: 60_000,
  };
  let runs = 0;

  return () => {
    const judged = oracle.begins();
    runs += 1;
    const foresees = mayForesee && runs % EVERY === 0;
    return { foreseen: foresees ? foresee(judged) : null, over: (light) => judged.over(light) };
  };

  async function foresee(judged: ReturnType<Oracle["begins"]>): Promise<void> {
    activity.running += 1;
    try {
      judged.foresaw(await previewRun(previewNeeds, limits));
    } catch (error) {
      report("bug", `the preview threw ${describe(error)}`);
    } finally {
      activity.running -= 1;
    }
  }
}
