/**
 * Conekta does not accept our key: nobody is charged until a read is answered again, and people are told once.
 *
 * Whoever meets the refusal first closes the stored gate; the calls that were under way with it only meet it, too.
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
  await store.haltCharging(because, clock.now());
}
