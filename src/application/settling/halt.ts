/**
 * Conekta does not accept our key: nobody is charged until a read is answered again, and people are told once.
 *
 * Whoever meets the refusal first closes the stored gate; the calls that were under way with it only meet it, too.
 */
import type { Clock, Log, Store } from "../ports/store.ts";
import type { Tally } from "./run-summary.ts";

type Needs = { readonly store: Pick<Store, "closeGate">; readonly clock: Clock; readonly log: Log };

export async function closeGate({ store, clock, log }: Needs, tally: Tally, because: string): Promise<void> {
  if (tally.gateClosed !== null) return;
  // Before anything is awaited: the others of this moment must see it.
  tally.gateClosed = because;
  log.error("gate.closed", { because });
  await store.closeGate(because, clock.now());
}
