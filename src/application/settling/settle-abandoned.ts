/** Attempts that their process left behind: nobody will send or settle them but the owner of today. */
import type { Owner } from "../ports/installation.ts";
import { countOutcome, type RunSummary } from "./run-summary.ts";
import { settleAttempts, type SettleNeeds } from "./settle-attempts.ts";

const BATCH = 500;

/** Attempts whose process died: claims are free again, what may have been sent is uncertain. */
export async function settleAbandoned(needs: SettleNeeds, owner: Owner, summary: RunSummary): Promise<void> {
  for (;;) {
    const ids = await needs.store.abandoned(owner, needs.clock.now(), BATCH);
    if (ids.length === 0) return;
    const items = ids.map((attemptId) => ({ attemptId, evidence: { kind: "lease_expired" } as const }));
    const settled = await settleAttempts(needs, items);
    for (const each of settled) countOutcome(summary, each);
    // One that cannot be settled stays abandoned, and has been logged; it must not keep this run from the rest.
    if (settled.length < ids.length || settled.some(({ notRecorded }) => notRecorded)) return;
  }
}
