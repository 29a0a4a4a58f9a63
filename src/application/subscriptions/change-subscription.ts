/**
 * Change a subscription's plan or quantity: first what it would do, then doing it; and taking it back before it takes effect.
 *
 * One transaction each; the preview is the same transaction, taken back. Cycles that fell due before it are opened first, by the
 * old terms. The next cycle is opened by what stands on the subscription then, so that from a change on nothing else is needed
 * for its end of the period; a crash leaves the whole change or none of it. Nothing here charges.
 */
import assert from "node:assert/strict";
import { DateTime } from "luxon";
import { billingAt, localDateTextOf } from "../../domain/calendar/calendar.ts";
import { NotFound, Refused, UsageInvalid } from "../../domain/errors.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { nextCycle } from "../../domain/next-charge.ts";
import type { Plan } from "../../domain/plan.ts";
import { contentOf, type Waiting } from "../../domain/waiting.ts";
import { NO_BALANCE } from "../../domain/balance.ts";
import { subtotalCentsOf } from "../../domain/money.ts";
import {
  anchorFor,
  type Apply,
  CHANGE_FAULTS,
  changeFaultOf,
  defaultApply,
  isOtherInterval,
  isProrated,
} from "../../domain/proration.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { lastToUndo, runningTerms, type SubscriptionChange, UNDO_FAULTS } from "../../domain/subscription-change.ts";
import { taxOfLine } from "../../domain/tax.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Mutable, Records, Store } from "../ports/store.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";

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

export type ChangeLine = {
  readonly kind: "credit" | "debit";
  readonly name: string;
  /** Local days; the last one is not in it. */
  readonly from: string;
  readonly to: string;
  readonly amountCents: number;
};

export type ChangePreview = {
  readonly subscriptionId: string;
  readonly apply: Apply;
  readonly on: string;
  readonly lines: readonly ChangeLine[];
  readonly netCents: number;
  readonly chargedNowCents: number;
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
  class TakenBack extends Error {
    readonly preview: ChangePreview;
    constructor(preview: ChangePreview) {
      super("taken back");
      this.preview = preview;
    }
  }
  try {
    return await needs.store.write(needs.clock.now(), async (records) => {
      throw new TakenBack(await changeInRecords(needs, records, subscriptionId, wanted, "preview"));
    });
  } catch (error) {
    if (error instanceof TakenBack) return error.preview;
    throw error;
  }
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
      throw new Refused(
        `the preview of this change is not what it would do any more; look at a new one. Nothing was changed`,
      );
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
    throw new NotFound(`there is no plan ${wanted.planId}; nothing was changed`, {
      mend: { do: "list", what: "plans" },
    });
  const quantity = wanted.quantity ?? subscription.quantity;
  const changes = await records.changes(subscriptionId);
  const running = await runningInvoice(records, subscription, now);
  const sold = runningTerms(subscription, changes);
  const runningPlan = (await records.plan(sold.planId)) ?? plan;
  const isPeriodPaid = running === null ? null : running.status === "paid";
  const waiting = await records.waitingFor(subscription, plan.currency);
  const period = { cycle: running?.cycle ?? subscription.nextCycle, at: running?.periodStart ?? now };
  const values = {
    oldCents: valueCents({ ...subscription, quantity: sold.quantity, plan: runningPlan }, period, waiting),
    newCents: valueCents({ ...subscription, quantity, plan: to }, period, waiting),
  };
  const apply =
    wanted.apply ??
    (isOtherInterval(plan, to) ? "period_end" : defaultApply(values.oldCents, values.newCents, isPeriodPaid === true));
  const fault = changeFaultOf({
    ...{ status: subscription.status, cancelAt: subscription.cancelAt, hasOwnLines: subscription.lineItems !== null },
    ...{ from: plan, to, quantity: { from: subscription.quantity, to: quantity }, apply, isPeriodPaid },
    waits: false,
    isTaxedAlike: isTaxedAlike([...linesOf(subscription, runningPlan), ...linesOf(subscription, to)]),
  });
  if (fault !== null) throw new Refused(`subscription ${subscriptionId}: ${CHANGE_FAULTS[fault]}; nothing was changed`);
  if (isProrated(apply))
    throw new Refused(
      "a change in the middle of a period is not charged yet; apply it at period_end. Nothing was changed",
    );

  const today = localDateTextOf(now, subscription.timeZone);
  const on = onDay(apply, wanted.on, subscription, today);
  const before = { anchorLocal: subscription.anchorLocal, nextBillingAt: subscription.nextBillingAt };
  const terms = { planId: subscription.planId, quantity: subscription.quantity };
  if (isOtherInterval(plan, to)) beginAnew(subscription, to);
  subscription.planId = to.id;
  subscription.quantity = quantity;

  const number = (changes.at(-1)?.number ?? 0) + 1;
  const change: SubscriptionChange = {
    ...{ id: `${subscriptionId}/${number}`, subscriptionId, number, apply, onDate: on },
    ...{ fromPlanId: terms.planId, toPlanId: to.id, fromQuantity: terms.quantity, toQuantity: quantity },
    ...{ creditCents: 0, debitCents: 0, grantedCents: 0, nextCycle: subscription.nextCycle },
    ...{ fromAnchorLocal: before.anchorLocal, fromNextBillingAt: before.nextBillingAt },
    ...{ itemKey: null, invoiceId: null, madeAt: now, madeBy: by, undoneAt: null, undoneBy: null },
  };
  records.addChange(change);
  records.record({
    type: "subscription.plan_changed",
    subscriptionId,
    customerId: subscription.customerId,
    data: {
      ...{ apply, on, fromPlanId: terms.planId, toPlanId: to.id, planName: to.name },
      ...{ fromQuantity: terms.quantity, toQuantity: quantity, currency: to.currency, by },
      ...{ creditCents: change.creditCents, debitCents: change.debitCents },
    },
  });
  records.refresh(subscriptionId);

  const next = nextCycle(subscription);
  const amountOf = ({ cycle, at }: { readonly cycle: number; readonly at: Date }) =>
    contentOf({ ...subscription, plan: to }, { invoiceId: "", cycle, at }, waiting).frozen.amountCents;
  const preview = {
    ...{ subscriptionId, apply, on, lines: [], netCents: 0, chargedNowCents: 0 },
    nextAmountCents: next.do === "bill" ? amountOf(next) : null,
    nextBillingAt: next.do === "bill" ? next.at.toISOString() : null,
  };
  const facts = [preview, number, terms, subscription.nextCycle, subscription.discount, to.lineItems, to.tax ?? null];
  return { ...preview, token: needs.digest(JSON.stringify(facts)) };
}

/** Of the period in which `now` is; null: none is running, or it is not billed. */
async function runningInvoice(
  records: Records,
  { id: subscriptionId }: Pick<Subscription, "id">,
  now: Date,
): Promise<Pick<Invoice, "id" | "status" | "cycle" | "periodStart" | "periodEnd"> | null> {
  const statuses = ["open", "paid", "held", "uncollectible"] as const;
  const all = await records.invoices({ subscriptionId, statuses });
  return (
    all.find(({ cycle, periodStart, periodEnd }) => cycle !== null && periodStart <= now && now < periodEnd) ?? null
  );
}

/** What a whole period comes to after the discounts of its cycle, without a tax that is added to it. */
function valueCents(
  subscription: BilledTerms,
  { cycle, at }: { readonly cycle: number; readonly at: Date },
  waiting: Waiting,
): number {
  const alone = { ...waiting, items: [], balance: NO_BALANCE, leastCents: 0 };
  const { lineItems, discountCents } = contentOf(subscription, { invoiceId: "", cycle, at }, alone).frozen;
  return subtotalCentsOf(lineItems) - discountCents;
}

type BilledTerms = Parameters<typeof contentOf>[0];

function linesOf({ lineItems }: Pick<Subscription, "lineItems">, plan: Plan) {
  return (lineItems ?? plan.lineItems).map(({ tax }) => taxOfLine(tax, plan.tax ?? null));
}

function isTaxedAlike(taxes: readonly unknown[]): boolean {
  return new Set(taxes.map((tax) => JSON.stringify(tax))).size <= 1;
}

/** @throws {UsageInvalid} a day that is not asked for */
function onDay(
  apply: Apply,
  given: string | null,
  { nextBillingAt, timeZone }: Pick<Subscription, "nextBillingAt" | "timeZone">,
  today: string,
): string {
  if (given !== null && !isProrated(apply))
    throw new UsageInvalid(`--on is for next_invoice and now: ${apply} has its day already; nothing was changed`);
  if (apply !== "period_end") return given ?? today;
  return nextBillingAt === null ? today : localDateTextOf(nextBillingAt, timeZone);
}

/** Another interval: the cycle that was to come falls due when it would have, and those after it at the new interval. */
function beginAnew(subscription: Mutable<Subscription>, to: Plan): void {
  const { nextBillingAt, nextCycle: cycle, timeZone } = subscription;
  if (nextBillingAt === null) throw new Refused("no cycle is to come; nothing was changed");
  const at = DateTime.fromJSDate(nextBillingAt, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm");
  const schedule = { interval: to.interval, frequency: to.frequency, timeZone };
  const anchorLocal = anchorFor(at, cycle, schedule);
  if (anchorLocal === null)
    throw new Refused(
      `its next charge is on the ${Number(at.slice(8, 10))}th, a day that not every period of ${to.id} has: ` +
        "cancel it at its end, and add one on the new plan. Nothing was changed",
    );
  assert(
    billingAt({ ...schedule, anchorLocal }, cycle).getTime() === nextBillingAt.getTime(),
    "no day is billed twice",
  );
  subscription.anchorLocal = anchorLocal;
}

/**
 * Takes the last change back, while it has not taken effect.
 * @throws {Refused} there is none, or it has
 */
export async function undoChange(
  { store, clock, random }: Pick<Needs, "store" | "clock" | "random">,
  subscriptionId: string,
  by: string,
): Promise<SubscriptionChange> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
    const changes = await records.changes(subscriptionId);
    const last = lastToUndo(subscription.nextCycle, changes);
    if ("fault" in last) throw new Refused(`subscription ${subscriptionId}: ${UNDO_FAULTS[last.fault]}`);
    const change = changes.find(({ number }) => number === last.change.number);
    assert(change, "it is one of them");
    subscription.planId = change.fromPlanId;
    subscription.quantity = change.fromQuantity;
    if (subscription.anchorLocal !== change.fromAnchorLocal) {
      subscription.anchorLocal = change.fromAnchorLocal;
      subscription.nextBillingAt = change.fromNextBillingAt;
    }
    change.undoneAt = now;
    change.undoneBy = by;
    records.record({
      type: "subscription.change_undone",
      subscriptionId,
      customerId: subscription.customerId,
      data: { toPlanId: change.fromPlanId, toQuantity: change.fromQuantity, by },
    });
    records.refresh(subscriptionId);
    return { ...change };
  });
}
