/**
 * A plan that is not sold any more takes no new subscription; those who are on it are charged as before. It can be taken back.
 *
 * One transaction. Asked again it changes nothing.
 */
import { NotFound } from "../../domain/errors.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: Pick<Store, "write">; readonly clock: Clock };

/** @throws {NotFound} */
export async function archivePlan(needs: Needs, planId: string): Promise<void> {
  await setArchived(needs, planId, true);
}

/** @throws {NotFound} */
export async function unarchivePlan(needs: Needs, planId: string): Promise<void> {
  await setArchived(needs, planId, false);
}

async function setArchived({ store, clock }: Needs, planId: string, isArchived: boolean): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const plan = await records.plan(planId);
    if (plan === null) throw new NotFound(said("no_plan", { id: planId }), { mend: { do: "list", what: "plans" } });
    if (((plan.archivedAt ?? null) !== null) === isArchived) return;
    plan.archivedAt = isArchived ? now : null;
    records.record({ type: isArchived ? "plan.archived" : "plan.unarchived", data: { planId } });
  });
}
