/** What people take back: a cancellation that has not taken effect, and a skip whose period has not begun. */
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { cyclesIn, dueAt, isEnded, scheduleOf } from "../../domain/subscription.ts";
import { Refused } from "../../domain/errors.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: Store; readonly clock: Clock; readonly random: Random };

/**
 * The subscription goes on. Invoices that were void with the cancellation stay so.
 * @throws {Refused} it is not canceled at a period's end, or has ended by now
 */
export async function uncancelSubscription({ store, clock, random }: Needs, subscriptionId: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    const { customerId, status, cancelAt } = subscription;
    if (isEnded(status)) throw new Refused(said("subscription_ended", { id: subscriptionId, status }));
    if (cancelAt === null) throw new Refused(said("not_canceled", { id: subscriptionId }));
    subscription.cancelAt = null;
    const data = { endsAt: cancelAt.toISOString(), because: "person" };
    records.record({ type: "subscription.uncanceled", subscriptionId, customerId, data });
  });
}

export type Unskipped = { readonly cycle: number; readonly nextBillingAt: Date };

/**
 * The last cycle that was skipped is billed after all, at the price of its day. Its void invoice, which nobody was ever
 * asked to pay, is taken out of the books: the cycle opens anew when it falls due.
 *
 * What was changed since belongs to the running period, as if nothing had been skipped.
 * @throws {Refused} the last cycle was not skipped, has begun, or ends with a change that waits for its end
 */
export async function unskipCycle({ store, clock, random }: Needs, subscriptionId: string): Promise<Unskipped> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    const { customerId, status, nextCycle } = subscription;
    if (isEnded(status)) throw new Refused(said("subscription_ended", { id: subscriptionId, status }));
    const voided = (await records.invoices({ subscriptionId, statuses: ["void"] })).filter(
      (each) => each.cycle !== null,
    );
    const skipped = voided.find(({ cycle, statusReason }) => cycle === nextCycle - 1 && statusReason === "skipped");
    if (skipped === undefined) throw new Refused(said("not_skipped", { id: subscriptionId }));
    const cycle = nextCycle - 1;
    const at = dueAt(scheduleOf(subscription, plan), cycle, cyclesIn(plan, voided.length - 1));
    if (at === null || skipped.periodStart <= now)
      throw new Refused(
        said("skipped_has_begun", { cycle, on: localDateTextOf(skipped.periodStart, subscription.timeZone) }),
      );
    const since = (await records.changes(subscriptionId)).filter((each) => each.nextCycle === nextCycle);
    const standing = since.filter(({ undoneAt }) => undoneAt === null);
    // The last was promised for a day that comes later; and by another calendar the cycle would begin on another day.
    const waits = standing.find(
      (each) =>
        each.apply === "period_end" && (each === standing.at(-1) || each.fromAnchorLocal !== subscription.anchorLocal),
    );
    if (waits !== undefined)
      throw new Refused(said("skipped_before_change", { id: subscriptionId, cycle, on: waits.onDate }), {
        mend: { do: "undo_change", subscriptionId },
      });
    for (const change of since) change.nextCycle = cycle;
    await records.removeInvoice(skipped.id);
    // A coupon that was taken back while the cycle was skipped does not lower it either.
    for (const grant of await records.couponGrants(subscriptionId))
      if (grant.takenAt !== null && grant.untilCycle !== null)
        grant.untilCycle = Math.min(grant.untilCycle, Math.max(grant.fromCycle, cycle));
    subscription.nextCycle = cycle;
    subscription.nextBillingAt = at;
    records.record({ type: "subscription.unskipped", subscriptionId, customerId, data: { cycle, because: "person" } });
    records.refresh(subscriptionId);
    return { cycle, nextBillingAt: at };
  });
}
