/** I2 and the calendar: every cycle from the first has its invoice, in its own period, and the cursor stands on the next. */
import { periodOf, type Schedule } from "../../../src/domain/calendar/calendar.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import { dueAt, scheduleOf } from "../../../src/domain/subscription.ts";
import type { SubscriptionChange } from "../../../src/domain/subscription-change.ts";
import type { SubscriptionSeen } from "../books-view.ts";
import type { Checkers } from "./checkers.ts";
import type { Report } from "./violation.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type CycleCheck = {
  /** No cycle before their cursors is missing, whatever happened. */
  checkCursors(changed: readonly SubscriptionSeen[]): void;
  /**
   * Nothing that is due by now is still to be opened; but a cycle of an unpaid subscription waits for up to a day where its
   * customer cannot be read.
   */
  checkUpTo(now: Date, isSick: (customerId: string) => boolean): void;
  forget(): void;
};

export function cycleCheck(
  checkers: Checkers,
  plans: readonly Pick<Plan, "id" | "interval" | "frequency" | "expiryCount">[],
  changesOf: (subscriptionId: string) => readonly SubscriptionChange[],
  report: Report,
): CycleCheck {
  const checkedCycles = new Map<string, number>();
  const checkedCursors = new Map<string, number>();

  function planOf(planId: string) {
    const plan = plans.find(({ id }) => id === planId);
    if (plan === undefined) throw new Error(`no plan ${planId}`);
    return plan;
  }

  function checkCursor(subscription: SubscriptionSeen): void {
    const { id, firstCycle, nextCycle, nextBillingAt } = subscription;
    if (checkedCursors.get(id) === nextCycle) return;
    checkedCursors.set(id, nextCycle);
    const plan = planOf(subscription.planId);
    const schedule = scheduleOf(subscription, plan);
    for (let cycle = checkedCycles.get(id) ?? firstCycle; cycle < nextCycle; cycle++)
      checkCycle(id, scheduleThen(subscription, cycle), cycle);
    checkedCycles.set(id, nextCycle);
    const wanted = dueAt(schedule, nextCycle, plan.expiryCount);
    if (nextBillingAt !== null && nextBillingAt.getTime() !== wanted?.getTime())
      report("I2", `${id} bills cycle ${nextCycle} at ${nextBillingAt.toISOString()}, not at ${wanted?.toISOString()}`);
  }

  /** Before a change to another interval the cycle had the interval and anchor of before. */
  function scheduleThen(subscription: SubscriptionSeen, cycle: number): Schedule {
    const since = changesOf(subscription.id).find((each) => each.undoneAt === null && each.nextCycle > cycle);
    if (since === undefined) return scheduleOf(subscription, planOf(subscription.planId));
    return scheduleOf({ ...subscription, anchorLocal: since.fromAnchorLocal }, planOf(since.fromPlanId));
  }

  function checkCycle(id: string, schedule: Schedule, cycle: number): void {
    const invoice = checkers.cycles.get(id)?.get(cycle);
    if (invoice === undefined) return report("I2", `cycle ${cycle} of ${id} has no invoice`);
    const { start, end } = periodOf(schedule, cycle);
    if (invoice.periodStart.getTime() !== start.getTime() || invoice.periodEnd.getTime() !== end.getTime())
      report(
        "I2",
        `cycle ${cycle} of ${id} is billed from ${invoice.periodStart.toISOString()}, not ${start.toISOString()}`,
      );
  }

  return {
    checkCursors: (changed) => {
      for (const subscription of changed) checkCursor(subscription);
    },
    checkUpTo: (now, isSick) => {
      for (const subscription of checkers.subscriptions.values()) {
        const { id, status, nextCycle, cancelAt, customerId } = subscription;
        if (status === "canceled" || status === "completed") continue;
        const plan = planOf(subscription.planId);
        const due = dueAt(scheduleOf(subscription, plan), nextCycle, plan.expiryCount);
        const waitsMs = status === "unpaid" && isSick(customerId) ? DAY_MS + HOUR_MS : 0;
        if (due !== null && due.getTime() <= now.getTime() - waitsMs && (cancelAt === null || due < cancelAt))
          report("I2", `cycle ${nextCycle} of ${id} was due at ${due.toISOString()} and is not opened`);
      }
    },
    forget: () => {
      checkedCycles.clear();
      checkedCursors.clear();
    },
  };
}
