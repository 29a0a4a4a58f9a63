/**
 * The cycles to come: whether there is a next one, when it falls due, and what its invoice will say.
 *
 * Pure. It says what will happen as things are.
 */
import { type DueSubscription } from "../opening.ts";
import type { Plan } from "../plan.ts";
import {
  cyclesIn,
  dueAt,
  isOpened,
  isSuspended,
  scheduleOf,
  suspension,
  type Subscription,
  type Suspended,
} from "../subscription.ts";
import { afterUses, contentOf, type Content } from "../invoice-content.ts";

export type NextCycle =
  | { readonly do: "bill"; readonly cycle: number; readonly at: Date }
  /** It falls due, and nobody is charged for it. */
  | { readonly do: "void"; readonly cycle: number; readonly at: Date; readonly because: "paused" | "unpaid" }
  | { readonly do: "none"; readonly because: "canceled" | "completed" | "last_cycle_opened" | "ends_first" };

export function nextCycle(
  subscription: Pick<Subscription, "nextCycle" | "nextBillingAt" | "cancelAt"> & Suspended,
): NextCycle {
  const { status, nextCycle: cycle, nextBillingAt: at } = subscription;
  if (status === "canceled" || status === "completed") return { do: "none", because: status };
  if (at === null) return { do: "none", because: "last_cycle_opened" };
  if (!isOpened(subscription, at)) return { do: "none", because: "ends_first" };
  const because = suspension(subscription, at);
  return because === null ? { do: "bill", cycle, at } : { do: "void", cycle, at, because };
}

type Ahead = Parameters<typeof nextCycle>[0] &
  Parameters<typeof scheduleOf>[0] & { /** So far. */ readonly voidCycles: number };
type AheadPlan = Pick<Plan, "interval" | "frequency" | "expiryCount" | "expiryCounts">;

/** When the cycles to come are billed, the next first. Those of a planned pause are passed over. */
export function billingDates(subscription: Ahead, plan: AheadPlan, most: number): Date[] {
  const dates: Date[] = [];
  for (const { at } of billedAhead(subscription, plan)) {
    if (dates.length === most) break;
    dates.push(at);
  }
  return dates;
}

type Billed = { readonly cycle: number; readonly at: Date };

/** Without an end where the plan has none. */
function* billedAhead(subscription: Ahead, plan: AheadPlan): Generator<Billed, undefined> {
  if (nextCycle(subscription).do === "none" || isSuspended(subscription.status)) return;
  const schedule = scheduleOf(subscription, plan);
  let voids = subscription.voidCycles;
  for (let cycle = subscription.nextCycle; ; cycle += 1) {
    const at =
      cycle === subscription.nextCycle ? subscription.nextBillingAt : dueAt(schedule, cycle, cyclesIn(plan, voids));
    if (at === null || !isOpened(subscription, at)) return;
    if (suspension(subscription, at) === null) yield { cycle, at };
    else voids += 1;
  }
}

/**
 * The same with what each invoice will say: the balance and the items that the customer's other subscriptions use before it are
 * not there any more.
 */
export function* invoicesAhead(
  own: DueSubscription,
  beside: readonly DueSubscription[],
): Generator<Billed & Pick<Content, "frozen">, undefined> {
  let all = [own, ...beside].map((due) => {
    const cycles = billedAhead(due, due.plan);
    return { due, cycles, next: cycles.next().value };
  });
  for (;;) {
    const [turn] = all
      .flatMap(({ due, next }) => (next === undefined ? [] : [{ due, next }]))
      .toSorted((a, b) => a.next.at.getTime() - b.next.at.getTime() || (a.due.id < b.due.id ? -1 : 1));
    if (turn === undefined || all.every(({ due, next }) => due.id !== own.id || next === undefined)) return;
    const { due, next } = turn;
    const content = contentOrNone(due, next);
    if (content === null) {
      all = all.filter((each) => each.due !== due);
      continue;
    }
    const { frozen, uses } = content;
    if (due.id === own.id) yield { ...next, frozen };
    all = all.map((each) => ({
      ...each,
      due: { ...each.due, waiting: afterUses(each.due.waiting, uses) },
      next: each.due === due ? each.cycles.next().value : each.next,
    }));
  }

  /** @returns null: another one that cannot be understood, which the run sets aside */
  function contentOrNone(due: DueSubscription, next: Billed): Content | null {
    try {
      return contentOf(due, { invoiceId: "", ...next }, due.waiting);
    } catch (error) {
      if (due.id === own.id) throw error;
      return null;
    }
  }
}
