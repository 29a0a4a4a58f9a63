/**
 * Change a subscription's plan or quantity: first what it would do, then doing it.
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
import { isArchived, type Plan } from "../../domain/plan.ts";
import { afterUses, contentOf, type Waiting } from "../../domain/waiting.ts";
import { NO_BALANCE } from "../../domain/balance.ts";
import { subtotalCentsOf } from "../../domain/money.ts";
import {
  anchorFor,
  type Apply,
  changeFaultOf,
  defaultApply,
  isInPeriod,
  isOtherInterval,
  isProrated,
  partsFrom,
  type PricedPart,
  type Proration,
  prorationOf,
} from "../../domain/proration.ts";
import { scheduleOf, type Subscription } from "../../domain/subscription.ts";
import { changeKey, changesIn, heldTerms, type SubscriptionChange } from "../../domain/subscription-change.ts";
import { roundedRatio, taxOfLine } from "../../domain/tax.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Mutable, RecordedInvoice, Records, Store } from "../ports/store.ts";
import { foresee } from "./foresee.ts";
import { chargeRest, NO_MONEY } from "./charge-rest.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import { said, unchanged } from "../../domain/refusals.ts";
import { isSameContent } from "../../domain/same-content.ts";

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
    if (token !== null && token !== preview.token) throw new Refused(said("preview_stale"));
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
  if (to.id !== plan.id && isArchived(to)) throw new Refused(unchanged(said("plan_archived", { id: to.id })));
  const quantity = wanted.quantity ?? subscription.quantity;
  const changes = await records.changes(subscriptionId);
  const running = await runningInvoice(records, subscription, now);
  const madeInPeriod = changesIn(running?.cycle ?? subscription.nextCycle - 1, changes);
  const ofPeriod = madeInPeriod.filter(({ undoneAt }) => undoneAt === null);
  const isPeriodPaid = running === null ? null : running.status === "paid";
  const period = { cycle: running?.cycle ?? subscription.nextCycle, at: running?.periodStart ?? now };
  const waiting = await records.waitingFor(subscription, plan.currency);
  const held: HeldPart[] = [];
  for (const { from, planId, quantity: pieces } of heldTerms(subscription, madeInPeriod)) {
    const ofPart = (await records.plan(planId)) ?? plan;
    const cents = valueCents({ ...subscription, quantity: pieces, plan: ofPart }, period, waiting);
    held.push({ from, plan: ofPart, quantity: pieces, valueCents: cents });
  }
  const oldCents = held.at(-1)?.valueCents ?? 0;
  const newCents = valueCents({ ...subscription, quantity, plan: to }, period, waiting);
  const isOther = isOtherInterval(plan, to);
  const apply = wanted.apply ?? (isOther ? "period_end" : defaultApply(oldCents, newCents, isPeriodPaid === true));
  const fault = changeFaultOf({
    ...{ status: subscription.status, cancelAt: subscription.cancelAt, hasOwnLines: subscription.lineItems !== null },
    hasNextCycle: subscription.nextBillingAt !== null,
    ...{ from: plan, to, quantity: { from: subscription.quantity, to: quantity }, apply, isPeriodPaid },
    ...(await whatIsLeftOf(records, ofPeriod)),
    isTaxedAlike: isTaxedAlike([...held.map((part) => part.plan), to].flatMap((each) => linesOf(subscription, each))),
  });
  if (fault !== null)
    throw new Refused(unchanged(said("change_refused", { id: subscriptionId, why: said(`change_${fault}`) })));

  const today = localDateTextOf(now, subscription.timeZone);
  const on = onDay(apply, wanted.on, subscription, { today, isOther, running });
  const before = { ...subscription };
  const rest =
    running === null || !isProrated(apply)
      ? null
      : prorationOf(
          { start: running.periodStart, end: running.periodEnd },
          { on, timeZone: subscription.timeZone },
          { held, newCents, paidCents: await paidForPeriodCents(records, running, ofPeriod) },
        );
  if (isOther) beginAnew(subscription, to, apply === "now" ? { at: now, on } : null);
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

  const terms = { ...subscription, plan: to };
  const next = nextCycle(subscription);
  const after = await records.waitingFor(subscription, to.currency);
  const contentAt = (cycle: number, at: Date, left: Waiting) => contentOf(terms, { invoiceId: "", cycle, at }, left);
  const netCents = lines.reduce(
    (sum, { kind, amountCents }) => sum + (kind === "debit" ? amountCents : -amountCents),
    0,
  );
  let chargedNowCents = money.invoice?.amountCents ?? 0;
  let [nextAmountCents, nextBillingAt]: [number | null, Date | null] =
    next.do === "bill" ? [contentAt(next.cycle, next.at, after).frozen.amountCents, next.at] : [null, null];
  if (isOther && apply === "now" && next.do === "bill") {
    // Its first period begins with the next run.
    const first = contentAt(next.cycle, next.at, after);
    chargedNowCents = first.frozen.amountCents;
    nextBillingAt = billingAt(scheduleOf(subscription, to), next.cycle + 1);
    const left = afterUses(after, first.uses);
    nextAmountCents = contentAt(next.cycle + 1, nextBillingAt, left).frozen.amountCents;
  }
  const preview = {
    ...{ subscriptionId, apply, on, lines, netCents, chargedNowCents, nextAmountCents },
    grantedCents: money.grantedCents,
    nextBillingAt: nextBillingAt?.toISOString() ?? null,
  };
  const facts = [preview, number, before.planId, before.quantity, subscription.nextCycle, subscription.discount];
  return { ...preview, token: needs.digest(JSON.stringify([...facts, to.lineItems, to.tax ?? null])) };
}

/** "Plan Platino (2026-11-16 – 2026-12-01)" */
function nameOf(line: ChangeLine | undefined, { name }: Plan): string {
  return line === undefined ? name : `${line.name} (${line.from} – ${line.to})`.slice(0, 249);
}

type HeldPart = PricedPart & { readonly plan: Plan; readonly quantity: number };

type Running = Pick<RecordedInvoice, "id" | "periodStart" | "periodEnd"> &
  Pick<Invoice, "amountCents" | "balanceCents" | "discountCents" | "lineItems">;

/** What was paid of it, without a tax that was added. */
async function netPaidCents(records: Records, invoice: Running): Promise<number> {
  const totalCents = invoice.amountCents + invoice.balanceCents;
  if (totalCents <= 0) return 0;
  const netCents = subtotalCentsOf(invoice.lineItems) - invoice.discountCents;
  return roundedRatio(await records.paidCents(invoice.id), netCents, totalCents);
}

/**
 * What was paid for the running period, and not given back yet: its invoice, with what changes of it cost, less what they gave
 * back. None of them waits or is unpaid.
 */
async function paidForPeriodCents(
  records: Records,
  running: Running,
  ofPeriod: readonly SubscriptionChange[],
): Promise<number> {
  let paidCents = await netPaidCents(records, running);
  for (const { invoiceId, creditCents, debitCents } of ofPeriod) {
    const own = invoiceId === null ? null : await records.invoice(invoiceId);
    paidCents += own === null ? debitCents - creditCents : await netPaidCents(records, own);
  }
  return paidCents;
}

async function whatIsLeftOf(
  records: Records,
  changes: readonly SubscriptionChange[],
): Promise<{ readonly waits: boolean; readonly owes: boolean }> {
  const [items, invoices] = [[], []] as [boolean[], boolean[]];
  for (const { itemKey, invoiceId } of changes) {
    const item = itemKey === null || invoiceId !== null ? null : await records.item(itemKey);
    if (item !== null) items.push(item.invoiceId === null && item.removedAt === null);
    const status = invoiceId === null ? null : (await records.invoice(invoiceId))?.status;
    if (status !== null) invoices.push(status !== "paid" && status !== "void");
  }
  return { waits: items.includes(true), owes: invoices.includes(true) };
}

/** Each with its days. Of another interval the whole first period is charged. */
function linesFor(
  rest: Proration,
  {
    subscription,
    held,
    to,
    quantity,
    on,
    isOther,
    newCents,
    running,
  }: {
    readonly subscription: Subscription;
    readonly held: readonly HeldPart[];
    readonly to: Plan;
    readonly quantity: number;
    readonly on: string;
    readonly isOther: boolean;
    readonly newCents: number;
    readonly running: Running | null;
  },
): readonly ChangeLine[] {
  const { timeZone, nextCycle: cycle } = subscription;
  const end = localDateTextOf(running?.periodEnd ?? new Date(0), timeZone);
  const until = isOther ? localDateTextOf(billingAt(scheduleOf(subscription, to), cycle + 1), timeZone) : end;
  const named = (name: string, pieces: number) => (pieces === 1 ? name : `${name} × ${pieces}`);
  return [
    ...partsFrom(on, held).map(({ from, plan, quantity: pieces }, index, parts): ChangeLine => ({
      ...{ kind: "credit", name: named(plan.name, pieces), from, to: parts[index + 1]?.from ?? end },
      amountCents: rest.credits[index]?.amountCents ?? 0,
    })),
    {
      ...{ kind: "debit", name: named(to.name, quantity), from: on, to: until },
      amountCents: isOther ? newCents : rest.debitCents,
    },
  ];
}

/** Of the period in which `now` is; null: none is running, or it is not billed. */
async function runningInvoice(
  records: Records,
  { id: subscriptionId }: Pick<Subscription, "id">,
  now: Date,
): Promise<RecordedInvoice | null> {
  const statuses = ["open", "paid", "held", "uncollectible"] as const;
  const all = await records.invoices({ subscriptionId, statuses });
  // Of two, the later: with another interval a period may begin inside the one before.
  return (
    all.findLast(({ cycle, periodStart, periodEnd }) => cycle !== null && periodStart <= now && now < periodEnd) ?? null
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
  return taxes.every((tax) => isSameContent(tax, taxes[0]));
}

/** @throws {UsageInvalid} a day that is not asked for, or not one of the running period */
function onDay(
  apply: Apply,
  given: string | null,
  { nextBillingAt, timeZone }: Pick<Subscription, "nextBillingAt" | "timeZone">,
  { today, isOther, running }: { readonly today: string; readonly isOther: boolean; readonly running: Running | null },
): string {
  if (given !== null && !isProrated(apply)) throw new UsageInvalid(unchanged(said("change_has_its_day", { apply })));
  if (apply === "period_end") return nextBillingAt === null ? today : localDateTextOf(nextBillingAt, timeZone);
  if (given === null || running === null) return today;
  if (isOther && given !== today) throw new UsageInvalid(unchanged(said("change_begins_today", { given, today })));
  const { periodStart: start, periodEnd: end } = running;
  if (!isInPeriod({ start, end }, given, timeZone))
    throw new UsageInvalid(
      unchanged(
        said("change_outside_period", {
          given,
          from: localDateTextOf(start, timeZone),
          to: localDateTextOf(end, timeZone),
        }),
      ),
    );
  return given;
}

/**
 * Another interval: the cycle that was to come falls due when it would have, or now, and those after it at the new interval.
 * @param begins null: at the end of the period
 */
function beginAnew(
  subscription: Mutable<Subscription>,
  to: Plan,
  begins: { readonly at: Date; readonly on: string } | null,
): void {
  const { nextBillingAt, nextCycle: cycle, timeZone } = subscription;
  if (nextBillingAt === null) throw new Refused(unchanged(said("no_cycle_to_come")));
  const inZone = (at: Date, form: string): string => DateTime.fromJSDate(at, { zone: timeZone }).toFormat(form);
  const usual = inZone(nextBillingAt, "HH:mm");
  const time = begins === null || usual < inZone(begins.at, "HH:mm") ? usual : inZone(begins.at, "HH:mm");
  const at = `${begins?.on ?? inZone(nextBillingAt, "yyyy-MM-dd")}T${time}`;
  const schedule = { interval: to.interval, frequency: to.frequency, timeZone };
  const anchorLocal = anchorFor(at, cycle, schedule);
  if (anchorLocal === null) throw new Refused(said("no_such_day", { day: Number(at.slice(8, 10)), planId: to.id }));
  subscription.anchorLocal = anchorLocal;
  subscription.nextBillingAt = billingAt({ ...schedule, anchorLocal }, cycle);
  assert(subscription.nextBillingAt <= nextBillingAt, "no day is left out");
}
