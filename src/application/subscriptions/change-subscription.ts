/**
 * Change a subscription's plan or quantity: first what it would do, then doing it.
 *
 * One transaction each; the preview is the same transaction, taken back. Cycles that fell due before it are opened first, by the
 * old terms. The next cycle is opened by what stands on the subscription then, so that from a change on nothing else is needed
 * for its end of the period; a crash leaves the whole change or none of it. Nothing here charges.
 */
import assert from "node:assert/strict";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { NotFound, Refused } from "../../domain/errors.ts";
import { invoicesAhead, nextCycle } from "../../domain/charging/cycles-ahead.ts";
import { isArchived, isDamaged } from "../../domain/plan.ts";
import {
  type Apply,
  changeFaultOf,
  defaultApply,
  isOtherInterval,
  isProrated,
  type Proration,
  prorationOf,
} from "../../domain/proration.ts";
import { changeKey, changesIn, heldTerms, type SubscriptionChange } from "../../domain/subscription-change.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import { foresee } from "./foresee.ts";
import { chargeRest, NO_MONEY } from "./charge-rest.ts";
import { sharersOf } from "./sharers.ts";
import { upToDateSubscription, voidCyclesIn } from "./bring-up-to-date.ts";
import { said, unchanged } from "../../domain/refusals.ts";
import { beginAnew, onDay } from "./change-day.ts";
import { paidForPeriodCents, runningInvoice, whatIsLeftOf } from "./running-period.ts";
import {
  type ChangeLine,
  heldPart,
  type HeldPart,
  isTaxedAlike,
  linesFor,
  linesOf,
  nameOf,
  soldBy,
  valueCents,
} from "../../domain/change-lines.ts";

type Needs = {
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
  readonly random: Random;
  /** A short text that is another one for another text. */
  readonly digest: (text: string) => string;
};

export type WantedChange = {
  /** Null: as it is. */
  readonly planId: string | null;
  readonly quantity: number | null;
  /** Null: `defaultApply`. */
  readonly apply: Apply | null;
  /** The first local day of the new terms; null: today, or the end of the period. */
  readonly on: string | null;
};

export type ChangePreview = {
  readonly subscriptionId: string;
  readonly apply: Apply;
  readonly on: string;
  readonly lines: readonly ChangeLine[];
  readonly netCents: number;
  readonly chargedNowCents: number;
  /** To the customer's balance, with the tax that is added to such lines. */
  readonly grantedCents: number;
  /** Null: no cycle is to come. */
  readonly nextAmountCents: number | null;
  readonly nextBillingAt: string | null;
  readonly token: string;
};

/** What the change would do. Nothing is changed. */
export async function previewChange(
  needs: Needs,
  subscriptionId: string,
  wanted: WantedChange,
): Promise<ChangePreview> {
  return await foresee(
    needs.store,
    needs.clock.now(),
    async (records) => await changeInRecords(needs, records, subscriptionId, wanted, "preview"),
  );
}

/**
 * @param token of the preview it is held to; null: whatever it does
 * @throws {Refused} it may not be changed so; or it would do something else than that preview
 */
export async function changeSubscription(
  needs: Needs,
  subscriptionId: string,
  wanted: WantedChange,
  { token, by }: { readonly token: string | null; readonly by: string },
): Promise<ChangePreview> {
  return await needs.store.write(needs.clock.now(), async (records) => {
    const preview = await changeInRecords(needs, records, subscriptionId, wanted, by);
    if (token !== null && token !== preview.token)
      throw new Refused(said("preview_stale"), { mend: { do: "preview_change", subscriptionId, ...wanted } });
    return preview;
  });
}

/** @param by who asked for it, for the record */
export async function changeInRecords(
  needs: Pick<Needs, "clock" | "random" | "digest">,
  records: Records,
  subscriptionId: string,
  wanted: WantedChange,
  by: string,
): Promise<ChangePreview> {
  const now = needs.clock.now();
  const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, needs.random);
  const to = wanted.planId === null ? plan : await records.plan(wanted.planId);
  if (to === null)
    throw new NotFound(unchanged(said("no_plan", { id: wanted.planId! })), {
      mend: { do: "list", what: "plans" },
    });
  if (isDamaged(to)) throw new Refused(unchanged(said("row_damaged", { id: to.id })));
  if (to.id !== plan.id && isArchived(to)) throw new Refused(unchanged(said("plan_archived", { id: to.id })));
  const quantity = wanted.quantity ?? subscription.quantity;
  const changes = await records.changes(subscriptionId);
  const running = await runningInvoice(records, subscription, now);
  // Where none runs, nothing of it is divided.
  const period = { cycle: running?.cycle ?? subscription.nextCycle, at: running?.periodStart ?? now };
  const madeInPeriod = changesIn(period.cycle, changes);
  const ofPeriod = madeInPeriod.filter(({ undoneAt }) => undoneAt === null);
  const isPeriodPaid = running === null ? null : running.status === "paid";
  const waiting = await records.waitingFor(subscription, plan.currency);
  const sold = running === null ? null : soldBy(running, await records.itemLines(running));
  const held: HeldPart[] = [];
  for (const terms of heldTerms(subscription, madeInPeriod)) {
    const ofPart = (await records.plan(terms.planId)) ?? plan;
    const asPriced = { ...subscription, quantity: terms.quantity, plan: ofPart };
    const pricedCents = valueCents(asPriced, period, waiting);
    held.push(heldPart(terms, { subscription, plan: ofPart, pricedCents }, sold));
  }
  const oldCents = held.at(-1)!.valueCents;
  const isOther = isOtherInterval(plan, to);
  // Of another interval the first period is a cycle of its own, with the coupons of that one.
  const ofNew = isOther ? { cycle: subscription.nextCycle, at: now } : period;
  const newCents = valueCents({ ...subscription, quantity, plan: to }, ofNew, waiting);
  const apply = wanted.apply ?? (isOther ? "period_end" : defaultApply(oldCents, newCents, isPeriodPaid === true));
  const fault = changeFaultOf({
    ...{ status: subscription.status, cancelAt: subscription.cancelAt, hasOwnLines: subscription.lineItems !== null },
    hasNextCycle: subscription.nextBillingAt !== null,
    ...{ from: plan, to, quantity: { from: subscription.quantity, to: quantity }, apply, isPeriodPaid },
    ...(await whatIsLeftOf(records, ofPeriod)),
    isTaxedAlike: isTaxedAlike([...held.flatMap(({ taxes }) => taxes), ...linesOf(subscription, to)]),
  });
  if (fault !== null)
    throw new Refused(unchanged(said("change_refused", { id: subscriptionId, why: said(`change_${fault}`) })));

  const today = localDateTextOf(now, subscription.timeZone);
  const { nextBillingAt: comesAt } = subscription;
  assert(comesAt !== null, "without a next cycle it was refused");
  const on = onDay(apply, wanted.on, { comesAt, timeZone: subscription.timeZone }, { today, isOther, running });
  const before = { ...subscription };
  let rest: Proration | null = null;
  if (isProrated(apply)) {
    assert(running !== null && sold !== null, "without a period that runs it was refused");
    rest = prorationOf(
      { start: running.periodStart, end: running.periodEnd },
      { on, timeZone: subscription.timeZone },
      { held, newCents, paidCents: await paidForPeriodCents(records, running, sold, ofPeriod) },
    );
  }
  if (isOther) beginAnew(subscription, to, comesAt, apply === "now" ? { at: now, on } : null);
  subscription.planId = to.id;
  subscription.quantity = quantity;

  const number = (changes.at(-1)?.number ?? 0) + 1;
  const id = `${subscriptionId}/${number}`;
  const lines =
    rest === null ? [] : linesFor(rest, { subscription, held, to, quantity, on, isOther, newCents, running });
  const money =
    rest === null
      ? NO_MONEY
      : await chargeRest(
          { records, random: needs.random, now, by },
          { key: changeKey(id), apply, isOther, rest, subscription, plan: to, name: nameOf(lines.at(-1), to) },
        );
  const change: SubscriptionChange = {
    ...{ id, subscriptionId, number, apply, onDate: on },
    ...{ fromPlanId: before.planId, toPlanId: to.id, fromQuantity: before.quantity, toQuantity: quantity },
    ...{ creditCents: rest?.creditCents ?? 0, debitCents: isOther ? 0 : (rest?.debitCents ?? 0) },
    ...{ grantedCents: money.grantedCents, nextCycle: subscription.nextCycle },
    ...{ fromAnchorLocal: before.anchorLocal, fromNextBillingAt: before.nextBillingAt },
    ...{ itemKey: money.itemKey, invoiceId: money.invoice?.id ?? null },
    ...{ madeAt: now, madeBy: by, undoneAt: null, undoneBy: null },
  };
  records.addChange(change);
  records.record({
    type: "subscription.plan_changed",
    subscriptionId,
    customerId: subscription.customerId,
    data: {
      ...{ apply, on, fromPlanId: before.planId, toPlanId: to.id, planName: to.name },
      ...{ fromQuantity: before.quantity, toQuantity: quantity, currency: to.currency, by },
      ...{ creditCents: change.creditCents, debitCents: change.debitCents, grantedCents: money.grantedCents },
    },
  });
  records.refresh(subscriptionId);

  const waits = await records.waitingFor(subscription, to.currency);
  const voidCycles = await voidCyclesIn(records, subscription, to);
  const due = { ...subscription, plan: to, lastMissedAt: null, voidCycles, waiting: waits };
  const others = await sharersOf(records, [due]);
  const isBilled = nextCycle(subscription).do === "bill";
  const ahead = invoicesAhead(due, others(due));
  const [first, second] = isBilled ? [ahead.next().value, ahead.next().value] : [];
  const netCents = lines.reduce(
    (sum, { kind, amountCents }) => sum + (kind === "debit" ? amountCents : -amountCents),
    0,
  );
  // Of another interval the first period begins with the next run.
  const isBegunNow = isOther && apply === "now";
  const chargedNowCents = (isBegunNow ? first?.frozen.amountCents : money.invoice?.amountCents) ?? 0;
  const next = isBegunNow ? second : first;
  const [nextAmountCents, nextBillingAt] = [next?.frozen.amountCents ?? null, next?.at ?? null];
  const preview = {
    ...{ subscriptionId, apply, on, lines, netCents, chargedNowCents, nextAmountCents },
    grantedCents: money.grantedCents,
    nextBillingAt: nextBillingAt?.toISOString() ?? null,
  };
  const facts = [preview, number, before.planId, before.quantity, subscription.nextCycle, subscription.discount];
  return { ...preview, token: needs.digest(JSON.stringify([...facts, to.lineItems, to.tax ?? null])) };
}
