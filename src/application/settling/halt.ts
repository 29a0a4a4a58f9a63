/**
 * Conekta does not accept our key: no card is charged until a read is answered again, and one alarm is logged.
 *
 * The first refused call stores the halt; calls that were under way beside it are refused, too, and add nothing.
 */
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { RunSummary } from "./run-summary.ts";

type Needs = { readonly store: Pick<Store, "haltCharging">; readonly clock: Clock; readonly log: Log };

export async function haltCharging({ store, clock, log }: Needs, summary: RunSummary, because: string): Promise<void> {
  if (summary.haltReason !== null) return;
  // Before anything is awaited: the others of this moment must see it.
  summary.haltReason = because;
  log.error("charging.halted", { because });
  await store.haltCharging({ kind: "unauthorized", because }, clock.now());
}
