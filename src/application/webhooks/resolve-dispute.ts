/**
 * A person says how a dispute ended, where no read of its order shows it. One transaction, with what follows for the
 * subscription; what the order shows later counts more.
 */
import { decidedByPerson } from "../../domain/dispute.ts";
import { NotFound, Refused } from "../../domain/errors.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";
import { applyDispute } from "./note-money-back.ts";
import { said } from "../../domain/refusals.ts";

type Needs = Pick<SettleNeeds, "store" | "clock" | "random" | "policies">;

/** @throws {NotFound} @throws {Refused} it has ended */
export async function resolveDispute(
  needs: Needs,
  disputeId: string,
  decision: { readonly outcome: "won" | "lost"; readonly by: string; readonly why: string },
): Promise<void> {
  const now = needs.clock.now();
  await needs.store.write(now, async (records) => {
    const dispute = await records.dispute(disputeId);
    if (dispute === null) throw new NotFound(said("no_dispute", { id: disputeId }));
    if (dispute.outcome !== "open") throw new Refused(said("dispute_is", { id: disputeId, outcome: dispute.outcome }));
    await applyDispute(needs, records, decidedByPerson(dispute, decision, now), now);
  });
}
