/**
 * Cancel a subscription: at the end of the period it is in, or now.
 *
 * At the period's end, what is owed until then is still collected, unless collecting is to stop. Now, or then, open
 * invoices are void at once, except those whose attempt may still move money: they are void when that attempt ends without.
 *
 * What waits for its next invoice, which never comes, is charged by a last invoice of its own; where collecting stops, a person
 * says whether it is, or is dropped.
 */
import { billingAt, firstCycleNotOver } from "../../domain/calendar/calendar.ts";
import { hasPage } from "../../domain/ways-to-pay.ts";
import { Refused } from "../../domain/errors.ts";
import { transition } from "../../domain/invoice-transition.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { ridesOn } from "../../domain/item.ts";
import { formatMoney } from "../../domain/money.ts";
import { openOnce } from "../../domain/opening.ts";
import { linesAt, type Plan } from "../../domain/plan.ts";
import { isEnded, scheduleOf, type Subscription } from "../../domain/subscription.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import { foresee } from "./foresee.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records, Mutable } from "../ports/records.ts";
import { said, unchanged } from "../../domain/refusals.ts";

export type Canceled = {
  readonly endsAt: Date;
  readonly voidedInvoices: readonly string[];
  /** Void as soon as their open attempt ends without money. */
  readonly waitingInvoices: readonly string[];
  /** Still owed: the card goes on being charged for them, also after the end. */
  readonly collectedInvoices: readonly string[];
  /** Of what waited for the next invoice; null: nothing did, or it was dropped. */
  readonly lastInvoice: Pick<Invoice, "id" | "amountCents" | "balanceCents" | "currency"> | null;
  /** What waited and is not charged, by key. */
  readonly droppedItems: readonly string[];
};

/** Of what waits for the next invoice. */
export const RESTS = ["charge", "drop"] as const;
export type RestOfCanceled = (typeof RESTS)[number];

export type HowToCancel = {
  readonly atOnce: boolean;
  /** At the period's end: what is owed is not collected any more. */
  readonly stopCollecting?: boolean;
  /** Null, or left out: charged while what is owed is collected; else the cancellation is refused if something waits. */
  readonly rest?: RestOfCanceled | null;
  /** Who, or what; default: a person. */
  readonly because?: "person" | "dispute";
};

export async function cancelSubscription(
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
  subscriptionId: string,
  how: HowToCancel,
): Promise<Canceled> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    return await cancelInRecords({ records, random }, subscription, plan, now, how);
  });
}

/** What the same would do. Nothing is changed. */
export async function previewCancel(
  { store, clock, random }: { store: Pick<Store, "write">; clock: Clock; random: Random },
  subscriptionId: string,
  how: HowToCancel,
): Promise<Canceled> {
  const now = clock.now();
  return await foresee(store, now, async (records) => {
    const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, random);
    return await cancelInRecords({ records, random }, subscription, plan, now, how);
  });
}

type Within = { readonly records: Records; readonly random: Random };

/** The same inside a transaction that does more; the subscription is up to date. */
export async function cancelInRecords(
  within: Within,
  subscription: Mutable<Subscription>,
  plan: Plan,
  now: Date,
  { atOnce, stopCollecting = false, rest = null, because = "person" }: HowToCancel,
): Promise<Canceled> {
  const { records } = within;
  const { id: subscriptionId, customerId, status: was } = subscription;
  if (isEnded(was)) throw new Refused(said("subscription_is", { id: subscriptionId, status: was }));
  if (atOnce) {
    endNow(subscription);
    subscription.cancelAt = now;
    records.record({ type: "subscription.canceled", subscriptionId, customerId, data: { was, because } });
  } else {
    const endsAt = endOfPeriod(subscription, plan, now);
    subscription.cancelAt = endsAt;
    if (subscription.nextBillingAt === null) endNow(subscription);
    const type = subscription.status === "canceled" ? "subscription.canceled" : "subscription.cancel_scheduled";
    records.record({
      type,
      subscriptionId,
      customerId,
      data: { was, endsAt: endsAt.toISOString(), because },
    });
  }
  const endsAt = subscription.cancelAt;
  const stops = atOnce || stopCollecting;
  const collected = stops ? [] : await records.invoices({ subscriptionId, statuses: ["open", "held"] });
  const stopped = stops ? await stopCollectingIn(records, subscription) : NOTHING_STOPPED;
  const todo = rest ?? (stops ? null : "charge");
  const left = await settleRest(within, { subscription, plan, now }, because === "person" ? todo : "drop");
  if (stops) records.refresh(subscriptionId);
  return { endsAt, ...stopped, collectedInvoices: collected.map(({ id }) => id), ...left };
}

/** @throws {Refused} something waits, and nobody said what becomes of it */
async function settleRest(
  { records, random }: Within,
  { subscription, plan, now }: { readonly subscription: Subscription; readonly plan: Plan; readonly now: Date },
  todo: RestOfCanceled | null,
): Promise<Pick<Canceled, "lastInvoice" | "droppedItems">> {
  const { id: subscriptionId, customerId } = subscription;
  const waiting = await records.waitingFor(subscription, plan.currency);
  const ofCustomer = await records.subscriptions({ customerIds: [customerId] });
  const isLast = ofCustomer.every(
    (each) => each.id === subscriptionId || each.cancelAt !== null || isEnded(each.status),
  );
  const lineItems = subscription.lineItems ?? linesAt(plan, now, subscription.timeZone);
  const beside = { currency: plan.currency, lineItems, tax: plan.tax ?? null };
  const items = waiting.items.filter((item) => ridesOn(item, beside) && (isLast || item.subscriptionId !== null));
  const [first] = items;
  if (first === undefined) return { lastInvoice: null, droppedItems: [] };
  if (todo === null) {
    const names = items.map(({ name, amountCents, discountCents, currency }) =>
      [name, formatMoney(amountCents - discountCents, currency)].join(", "),
    );
    throw new Refused(unchanged(said("rest_undecided", { id: subscriptionId, rest: names.join("; ") })));
  }
  if (todo === "charge") {
    const due = { ...subscription, plan, waiting };
    // Another cancellation, after this one was taken back, has other items.
    const last = { key: `last:${first.id}`, items, now };
    const { invoice, uses, events } = openOnce(due, last, (at) => random.newId("inv", at));
    records.addInvoice(invoice);
    await records.use(uses);
    for (const event of events) records.record(event);
    const { id, amountCents, balanceCents, currency } = invoice;
    return { lastInvoice: { id, amountCents, balanceCents, currency }, droppedItems: [] };
  }
  for (const { key } of items) {
    const item = (await records.item(key))!;
    item.removedAt = now;
    const { name, amountCents, discountCents, currency } = item;
    const data = { key, name, amountCents: amountCents - discountCents, currency };
    records.record({ type: "item.removed", customerId, subscriptionId: item.subscriptionId, data });
  }
  return { lastInvoice: null, droppedItems: items.map(({ key }) => key) };
}

type Stopped = Pick<Canceled, "voidedInvoices" | "waitingInvoices">;
const NOTHING_STOPPED: Stopped = { voidedInvoices: [], waitingInvoices: [] };

async function stopCollectingIn(records: Records, { id: subscriptionId, customerId }: Subscription): Promise<Stopped> {
  const voidedInvoices: string[] = [];
  const waitingInvoices: string[] = [];
  for (const invoice of await records.invoices({ subscriptionId, statuses: ["open", "held"] })) {
    const attempt = await records.openAttempt(invoice.id);
    if (attempt !== null) {
      invoice.voidWhenSettled = "canceled";
      if (hasPage(attempt)) await records.endLink(invoice.id, "voided");
      waitingInvoices.push(invoice.id);
      continue;
    }
    Object.assign(invoice, transition(invoice, { status: "void", statusReason: "canceled" }));
    voidedInvoices.push(invoice.id);
    records.record({
      type: "invoice.voided",
      subscriptionId,
      customerId,
      invoiceId: invoice.id,
      data: { reason: "canceled" },
    });
  }
  return { voidedInvoices, waitingInvoices };
}

function endNow(subscription: Mutable<Subscription>): void {
  subscription.status = "canceled";
  subscription.nextBillingAt = null;
}

/** The end of the period that contains `now`; before the first billing date (a trial, a later start) that date. */
function endOfPeriod(subscription: Subscription, plan: Plan, now: Date): Date {
  const schedule = scheduleOf(subscription, plan);
  const firstBillingAt = billingAt(schedule, subscription.firstCycle);
  if (now < firstBillingAt) return firstBillingAt;
  return billingAt(schedule, firstCycleNotOver(schedule, now) + 1);
}
