/** Skip the next cycle: its invoice is written void, with the reason, and the calendar moves on. */
import { periodOf } from "../../domain/calendar/calendar.ts";
import { couponsIn } from "../../domain/coupon.ts";
import { Refused } from "../../domain/errors.ts";
import { nextCycle } from "../../domain/charging/cycles-ahead.ts";
import { voided } from "../../domain/opening.ts";
import { cyclesIn, dueAt, scheduleOf } from "../../domain/subscription.ts";
import { upToDateSubscription, voidCyclesIn } from "./bring-up-to-date.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

export type Skipped = {
  readonly cycle: number;
  readonly periodStart: Date;
  readonly nextBillingAt: Date | null;
  /** Coupons of which this cycle uses one up. */
  readonly coupons: readonly string[];
};

export async function skipCycle(
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
  subscriptionId: string,
): Promise<Skipped> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    const next = nextCycle(subscription);
    if (next.do === "none")
      throw new Refused(
        said(next.because === "ends_first" ? "nothing_to_skip_ends" : "nothing_to_skip", { id: subscriptionId }),
      );
    const schedule = scheduleOf(subscription, plan);
    const { cycle } = next;
    const waiting = await records.waitingFor(subscription, plan.currency);
    const period = { cycle, ...periodOf(schedule, cycle) };
    const invoice = voided({ ...subscription, plan, waiting }, period, "skipped", (at) => random.newId("inv", at));
    records.addInvoice(invoice);
    subscription.nextCycle = cycle + 1;
    const voidCycles = await voidCyclesIn(records, subscription, plan);
    subscription.nextBillingAt = dueAt(schedule, cycle + 1, cyclesIn(plan, voidCycles));
    records.record({
      type: "invoice.voided",
      subscriptionId,
      customerId: subscription.customerId,
      invoiceId: invoice.id,
      data: { cycle, reason: "skipped" },
    });
    records.refresh(subscriptionId);
    const coupons = couponsIn(waiting.coupons, cycle, plan.currency).map(({ couponCode }) => couponCode);
    return { cycle, periodStart: period.start, nextBillingAt: subscription.nextBillingAt, coupons };
  });
}
