/** What a change of plan or quantity answered is what the books say of it, and another interval begins on the day that it should. */
import { DateTime } from "luxon";
import { localAt, stretchesOf } from "./calendar.ts";
import { isExtra, isGivenBack, totalOf } from "./charges.ts";
import { HOUR_MS, type Context } from "./promises-of.ts";
import type { Asked, ChangeShown, PromisedSubscription } from "./promised.ts";

type Line = { readonly kind: string; readonly amountCents: number };
type Answer = {
  readonly planId: string;
  readonly quantity: number;
  readonly apply?: string;
  readonly on?: string;
  readonly lines?: readonly Line[];
};

/** @returns called each day */
export function changeCheck(context: Context): () => void {
  const { asked, report, tables, world } = context;
  const judged = new Set<unknown>();

  function checkAnswered({ subscriptionId, answer }: Asked): void {
    const { planId, quantity, apply, on } = answer as Answer;
    // What was taken back has no row of its own.
    if (apply === undefined) return;
    const made = tables
      .changesOf(subscriptionId)
      .findLast(
        (row) =>
          row.toPlanId === planId &&
          row.toQuantity === quantity &&
          row.apply === apply &&
          (on ?? row.onDate) === row.onDate,
      );
    if (made !== undefined) checkFirstPeriod(made, answer as Answer);
    else
      report(
        "asked",
        `${subscriptionId} was changed to ${quantity} of ${planId} (${apply}, ${on}): the books do not know`,
      );
  }

  /** The first period at another interval comes to what was shown, unless something else was asked for in between. */
  function checkFirstPeriod(made: ChangeShown, { lines = [] }: Answer): void {
    const shown = lines.find(({ kind }) => kind === "debit");
    const first = tables.cyclesOf(made.subscriptionId).find(({ cycle }) => cycle === made.nextCycle);
    if (shown === undefined || first === undefined || !isOtherInterval(made) || !world.isClockRight) return;
    const [madeMs, openedMs] = [made.madeAt.getTime(), first.openedAt.getTime()];
    if (asked.isAnyBetween(madeMs - HOUR_MS, openedMs, "change_price", "edit_plans", "extras", "sign")) return;
    const givenBack = (first.discounts ?? []).filter(isGivenBack).reduce((sum, each) => sum + each.amountCents, 0);
    const own = (first.lineItems ?? []).filter((line) => !isExtra(line));
    const costs = totalOf(own) - (first.discountCents ?? 0) + givenBack;
    if (costs !== shown.amountCents)
      report("proration", `${made.id} shows ${shown.amountCents} cents for its first period, and ${costs} are owed`);
  }

  /** No day is charged twice, and none is left out. */
  function checkDay(order: PromisedSubscription, row: ChangeShown, before: readonly ChangeShown[]): void {
    const signed = { ...order, planId: (before[0] ?? row).fromPlanId };
    const stretches = stretchesOf(signed, before, (planId) => context.planOf({ planId }));
    const wanted =
      row.apply === "period_end"
        ? localAt(stretches, row.nextCycle)
        : DateTime.fromJSDate(row.madeAt, { zone: order.timeZone });
    if (row.onDate !== wanted.toISODate())
      report("calendar", `${row.id} holds from ${row.onDate} on (${row.apply}), and not from ${wanted.toISODate()}`);
  }

  function isOtherInterval({ fromPlanId, toPlanId }: ChangeShown): boolean {
    const [from, to] = [fromPlanId, toPlanId].map((planId) => context.planOf({ planId }));
    return from?.interval !== to?.interval || from?.frequency !== to?.frequency;
  }

  return () => {
    for (const each of asked.ofSubscriptions("change")) {
      if (each.doneMs === null || each.answer === undefined || judged.has(each)) continue;
      judged.add(each);
      if (!world.hasForgotten) checkAnswered(each);
    }
    for (const order of context.orders()) {
      const rows = tables.changesOf(order.id);
      for (const [index, row] of rows.entries()) {
        if (judged.has(`${row.id} ${+row.madeAt}`) || !isOtherInterval(row)) continue;
        judged.add(`${row.id} ${+row.madeAt}`);
        checkDay(order, row, rows.slice(0, index));
      }
    }
  };
}
