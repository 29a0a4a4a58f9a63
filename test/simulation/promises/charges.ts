/**
 * Each charge at the gateway is one that the plan in force asks for: amount, currency, lines and day are computed again
 * from what the merchant ordered. Retries keep their spacing, a customer's day its limit, and what a person stopped
 * stays stopped.
 */
import { DateTime } from "luxon";
import type { Discount, LineItem } from "../../../src/domain/money.ts";
import type { Tax } from "../../../src/domain/tax.ts";
import type { InvoiceSeen } from "../books-view.ts";
import type { LedgerCharge } from "../ledger.ts";
import type { Changed } from "./book.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, named, type Context } from "./promises-of.ts";
import type { Asked, PromisedSubscription } from "./promised.ts";
import { cycleOf, placeOf } from "./debts.ts";

/** A charge may be on its way for so long when a person stops it. */
const ON_ITS_WAY_MS = 10 * MINUTE_MS;
/** More the clock of a machine is never wrong in any life. */
const MOST_SKEW_MS = 40 * HOUR_MS;

type RestLine = {
  readonly kind: string;
  readonly from: string;
  /** The day after the last one. */
  readonly to: string;
  readonly amountCents: number;
};
type Terms = { readonly planId: string; readonly quantity: number };

export type ChargeCheck = {
  /** The merchant may change prices more than once between two looks. */
  notePrices(): void;
  look(changed: readonly Changed<InvoiceSeen>[]): void;
  /** A backup was put back: what was not signed by then is signed again, as the file has it now. */
  forget(): void;
};

export function chargeCheck(context: Context): ChargeCheck {
  const { book, asked, world, report, ledger, leftAtMs } = context;
  const prices = new Map(context.plans().map(({ id, lineItems }) => [id, [lineItems]]));
  /** As they were signed: what people change since, the orders show. */
  const ordered = new Map<string, Terms>();
  const declines = new Map<string, LedgerCharge[]>();
  const sentTo = new Map<string, number[]>();
  /** The local day on which a missed cycle of the subscription was last charged for the first time. */
  const missedDay = new Map<string, number>();
  /** Changes whose lines were looked at. */
  const judged = new Set<Asked>();
  /** Books are dated by the machine's clock, and what people ask for by the true time. */
  const offByMs = world.isClockRight ? 0 : MOST_SKEW_MS;
  let seen = 0;

  /** The file as the merchant has written it; an old price may go on while no command has taken the new one in. */
  function notePrices(): void {
    for (const { id, lineItems } of context.plans()) {
      const known = prices.get(id) ?? [];
      if (known.at(-1) !== lineItems) prices.set(id, [...known, lineItems]);
    }
    for (const { id, planId, quantity } of context.orders())
      if (!ordered.has(id)) ordered.set(id, { planId, quantity });
  }

  /** In the lines the subscription's quantity is multiplied in; the discount is one amount beside them. */
  function checkFrozen(invoice: InvoiceSeen, order: PromisedSubscription): void {
    const choices = termsAt(order, invoice.openedAt.getTime()).flatMap(({ planId, quantity }) =>
      (order.lineItems === null ? (prices.get(planId) ?? []) : [order.lineItems]).map((lines) => ({ lines, quantity })),
    );
    const { currency } = context.planOf(order);
    if (invoice.currency !== currency) report("amount", `${named(invoice)} is owed in ${invoice.currency}`);
    if (invoice.customerId !== order.customerId) report("amount", `${named(invoice)} is owed by another customer`);
    const givenBack = (invoice.discounts ?? [])
      .filter(isGivenBack)
      .reduce((sum, { amountCents }) => sum + amountCents, 0);
    checkTax(invoice, order);
    // What is charged once has its own lines alone, no price of a plan, and no day of the calendar.
    if (Number.isNaN(invoice.cycle)) {
      const owed = withTax(order, totalOf(invoice.lineItems ?? []) - givenBack) - (invoice.balanceCents ?? 0);
      if (invoice.amountCents !== owed || !(invoice.lineItems ?? []).every(isExtra))
        report("amount", `${named(invoice)} is ${invoice.amountCents} cents, which its lines do not give`);
      return;
    }
    checkCount(invoice, order);
    const isOne = choices.some(({ lines, quantity }) => {
      const whole = totalOf(lines) * quantity;
      let left = whole - Math.min(whole, discountOf(order.discount, whole));
      // A coupon's code says what it takes off, of what the ones before it left.
      for (const { code, type } of invoice.discounts ?? [])
        if (type === "coupon") left -= discountOf({ percent: Number(code.slice(1)) }, left);
      const [extra, own] = [extraLines(invoice), (invoice.lineItems ?? []).filter((line) => !isExtra(line))];
      const linesMatch = invoice.lineItems === undefined || totalOf(own) === whole;
      const discountMatches = invoice.discountCents === undefined || invoice.discountCents === whole - left + givenBack;
      const owed = withTax(order, left + totalOf(extra) - givenBack) - (invoice.balanceCents ?? 0);
      return invoice.amountCents === owed && linesMatch && discountMatches;
    });
    if (!isOne) report("amount", `${named(invoice)} is ${invoice.amountCents} cents, which no price of its plan gives`);
    const due = context.dueMs(order, invoice.cycle);
    if (invoice.periodStart.getTime() !== due)
      report("calendar", `${named(invoice)} begins at ${invoice.periodStart.toISOString()}, not at ${iso(due)}`);
    if (world.isClockRight && invoice.openedAt.getTime() < due && !wasSkipped(invoice))
      report("calendar", `${named(invoice)} was opened before it was due`);
  }

  /** No more cycles than the plan sells; and of those that were missed `latest_only` collects the last one alone. */
  function checkCount(invoice: InvoiceSeen, order: PromisedSubscription): void {
    const { cycle, missed, status } = invoice;
    if (context.tables.changesOf(order.id).length > 0) return;
    const { expiryCount, catchUp } = context.planOf(order);
    const endCycle = expiryCount ?? Infinity;
    if (cycle >= endCycle) report("calendar", `${named(invoice)} is opened, and its plan sells ${endCycle} cycles`);
    if (!world.isClockRight || world.hasForgotten || !missed || status === "void" || cycle + 1 >= endCycle) return;
    const isEnding = asked.ofSubscription(order.id, "cancel_now", "cancel_at_end").length > 0;
    if (catchUp === "latest_only" && !isEnding && isLaterOwed(order, invoice, endCycle))
      report("pacing", `${named(invoice)} was missed, and a later one was due: only the last is collected`);
  }

  /** One that was due by then; what a planned pause passes over is not owed, and makes none before it obsolete. */
  function isLaterOwed(order: PromisedSubscription, { cycle, openedAt }: InvoiceSeen, endCycle: number): boolean {
    for (let later = cycle + 1; later < endCycle && context.dueMs(order, later) <= openedAt.getTime(); later++)
      if (!asked.isInPause(order.id, context.dueMs(order, later))) return true;
    return false;
  }

  /** A cycle is skipped ahead; and what was skipped may be marked paid since. */
  function wasSkipped({ id, statusReason }: InvoiceSeen): boolean {
    const voided = book.eventsOf(id).filter(({ type }) => type === "invoice.voided");
    return statusReason === "skipped" || voided.some(({ data }) => data["reason"] === "skipped");
  }

  /** Tax is added once, to all that is owed. */
  function withTax(order: PromisedSubscription, cents: number): number {
    const { tax = null } = context.planOf(order);
    return tax === null || tax.included ? cents : cents + roundedCents(cents * percentOf(tax), 100);
  }

  /** Base and IVA add up to what is charged, or paid from the balance, and the IVA is that of the whole. */
  function checkTax(invoice: InvoiceSeen, order: PromisedSubscription): void {
    const { tax = null } = context.planOf(order);
    const { taxes = null, amountCents, balanceCents = 0 } = invoice;
    const wholeCents = amountCents + balanceCents;
    const sumCents = (taxes ?? []).reduce((sum, { baseCents, taxCents }) => sum + baseCents + taxCents, 0);
    if ((taxes === null) !== (tax === null))
      return report("iva", `${named(invoice)} ${taxes === null ? "tells no" : "tells"} IVA`);
    if (tax === null) return;
    const percent = percentOf(tax);
    // Of the price without it so much is base: both ways of telling a price come to this.
    const baseCents = roundedCents(wholeCents * 100, 100 + percent);
    const told = (taxes ?? []).reduce((sum, each) => sum + each.baseCents, 0);
    if (sumCents !== wholeCents)
      report("iva", `base and IVA of ${named(invoice)} are ${sumCents} cents, and ${wholeCents} are owed`);
    else if (told !== baseCents)
      report("iva", `the base of ${named(invoice)} is ${told} cents, and of ${wholeCents} it is ${baseCents}`);
  }

  /**
   * By which terms it may have been opened: those that were answered last before it, and what was asked for since and never
   * answered.
   */
  function termsAt({ id, planId, quantity }: PromisedSubscription, openedMs: number): readonly Terms[] {
    const first = ordered.get(id) ?? { planId, quantity };
    const earlier: Terms[] = [first];
    let terms: readonly Terms[] = [first];
    for (const change of asked.ofSubscription(id, "change")) {
      const { begunMs, doneMs, answer } = change;
      if (answer === undefined || begunMs > openedMs + offByMs) continue;
      const isBefore = doneMs !== null && doneMs + offByMs < openedMs;
      if (isTakenBack(id, change)) terms = [...terms, answer as Terms];
      // It may have taken a change back, to what was before that.
      else terms = isBefore ? [answer as Terms] : [...terms, answer as Terms, ...earlier];
      earlier.push(answer as Terms);
    }
    return terms;
  }

  /** Who voids the invoice of a change takes the change back with it. */
  function isTakenBack(subscriptionId: string, { begunMs, doneMs }: Asked): boolean {
    return [...(book.cycles.get(subscriptionId)?.values() ?? [])].some(
      ({ cycle, status, openedAt }) =>
        Number.isNaN(cycle) &&
        status === "void" &&
        +openedAt >= begunMs - offByMs &&
        +openedAt <= (doneMs ?? Infinity) + offByMs,
    );
  }

  /** The rest of the running period, day by day: what it cost by the terms before, and what it costs by those from then on. */
  function checkRest({ subscriptionId, begunMs, doneMs, answer }: Asked): void {
    const order = context.orderOf(subscriptionId);
    const { lines = [], ...terms } = answer as Terms & { lines?: readonly RestLine[] };
    if (order === null || lines.length === 0 || !world.isClockRight) return;
    const cycles = [...(book.cycles.get(subscriptionId)?.values() ?? [])];
    // A period that this change begins at another interval begins in the same minute, and is opened after it.
    const known = cycles.filter(({ openedAt, status }) => status !== "void" && +openedAt <= (doneMs ?? Infinity));
    const running = known.findLast(({ periodStart, periodEnd }) => +periodStart <= begunMs && begunMs < +periodEnd);
    if (running === undefined || (running.discounts ?? []).some(({ type }) => type === "coupon")) return;
    // Of what was free a coupon took nothing, and may be of that cycle all the same.
    if (totalOf((running.lineItems ?? []).filter((line) => !isExtra(line))) === 0) return;
    const day = (atMs: number): number => localDay(atMs, order.timeZone);
    const end = day(running.periodEnd.getTime());
    const termsKnown = [
      ordered.get(order.id) ?? terms,
      ...asked.ofSubscription(order.id, "change").map((each) => each.answer),
    ];
    for (const { kind, from, to, amountCents } of lines) {
      // A plan of another interval begins a period of its own, with the coupons of that one: `changes.ts` judges it.
      if (kind === "debit" && day(Date.parse(`${to}T12:00Z`)) !== end && isOfOtherInterval(terms.planId, termsKnown))
        continue;
      if (kind === "debit" && beginsAnew(subscriptionId, terms, begunMs, doneMs ?? Infinity)) continue;
      const left = end - Math.round(Date.parse(`${from}T00:00Z`) / DAY_MS);
      const costs = (kind === "debit" ? [terms] : (termsKnown as readonly (Terms | undefined)[])).flatMap((each) =>
        each === undefined
          ? []
          : pricesFor(order, each).map((whole) => (whole * left) / (end - day(+running.periodStart))),
      );
      // A plan of another interval begins a period at its whole price, which may end on the same day.
      if (kind === "debit" && isOfOtherInterval(terms.planId, termsKnown)) costs.push(...pricesFor(order, terms));
      const isOne = costs.some((cents) => Math.abs(cents - amountCents) <= 1);
      // No more is given back than was paid: what an earlier change gave back, or a free one, is less.
      if (!isOne && !(kind === "credit" && amountCents < Math.max(0, ...costs)))
        report("proration", `${kind} of ${amountCents} for ${left} days of ${named(running)}: ${costs.join(" or ")}`);
    }
  }

  /** This very change is to another interval, whose first period may end on the same day as the one that ran. */
  function beginsAnew(subscriptionId: string, { planId, quantity }: Terms, begunMs: number, doneMs: number): boolean {
    return context.tables
      .changesOf(subscriptionId)
      .filter(({ madeAt }) => +madeAt >= begunMs && +madeAt <= doneMs)
      .some(
        ({ fromPlanId, toPlanId, toQuantity }) =>
          toPlanId === planId &&
          toQuantity === quantity &&
          isOfOtherInterval(planId, [{ planId: fromPlanId, quantity }]),
      );
  }

  function isOfOtherInterval(planId: string, known: readonly unknown[]): boolean {
    const { interval, frequency } = context.planOf({ planId });
    return (known as readonly (Terms | undefined)[]).some((each) => {
      const plan = each === undefined ? null : context.planOf(each);
      return plan !== null && (plan.interval !== interval || plan.frequency !== frequency);
    });
  }

  /** Of a whole period, after the subscription's own discount. */
  function pricesFor(order: PromisedSubscription, { planId, quantity }: Terms): number[] {
    const choices = order.lineItems === null ? (prices.get(planId) ?? []) : [order.lineItems];
    return choices.map((lines) => {
      const whole = totalOf(lines) * quantity;
      return whole - Math.min(whole, discountOf(order.discount, whole));
    });
  }

  function checkCharge(charge: LedgerCharge): void {
    const order = context.orderOf(charge.subscriptionId);
    if (order === null) return;
    const sentMs = leftAtMs.get(charge.reference) ?? charge.history[0]?.atMs ?? 0;
    const what = `${charge.reference} (cycle ${charge.cycle} of ${charge.subscriptionId})`;
    const due = dueOf(charge, order);
    if (due === null && !world.hasForgotten) report("owed", `${what} is charged once, and its invoice is not there`);
    if (world.isClockRight && sentMs < (due ?? 0)) report("early", `${what} was sent too early`);
    if (!world.hasForgotten) checkAsked(charge, order, sentMs, what);
    if (world.isClockRight && !world.hasForgotten) checkSpacing(charge, order, sentMs, what);
    if (world.isClockRight && !world.mayFreeze) checkDay(charge, sentMs, what);
    const key = cycleOf(charge);
    if (world.isCalm) checkPacing(charge, order, sentMs, what);
    if (charge.declineClass !== null) declines.set(key, [...(declines.get(key) ?? []), charge]);
  }

  function invoiceOf({ subscriptionId, cycle, invoiceId }: LedgerCharge): InvoiceSeen | undefined {
    return book.cycles.get(subscriptionId)?.get(placeOf({ cycle, id: invoiceId }));
  }

  /** What is charged once has no day of the calendar: it is due when a person asked for it. */
  function dueOf(charge: LedgerCharge, order: PromisedSubscription): number | null {
    if (!Number.isNaN(charge.cycle)) return context.dueMs(order, charge.cycle);
    return invoiceOf(charge)?.openedAt.getTime() ?? null;
  }

  function checkAsked(charge: LedgerCharge, order: PromisedSubscription, sentMs: number, what: string): void {
    const isOnce = Number.isNaN(charge.cycle);
    const due = dueOf(charge, order) ?? 0;
    const slackMs = world.mayFreeze || !world.isClockRight ? Infinity : ON_ITS_WAY_MS;
    const isBefore = (doneMs: number | null): boolean => doneMs !== null && doneMs + slackMs < sentMs;
    const invoice = invoiceOf(charge);
    const isTakenUp = (sinceMs: number): boolean =>
      asked.ofInvoice(invoice?.id ?? "", "retry", "link").some(({ begunMs }) => begunMs > sinceMs);
    const stopped = asked.ofSubscription(order.id, "cancel_now", "cancel_at_end", "skip");
    for (const { act, begunMs, doneMs, answer } of stopped.filter((each) => !asked.isTakenBack(each))) {
      if (act === "cancel_now" && isBefore(doneMs) && !isTakenUp(begunMs))
        report("asked", `${what} was charged after it was canceled`);
      if (act === "cancel_at_end" && !isOnce && doneMs !== null && due >= endOf(answer) && sentMs > doneMs)
        report("asked", `${what} was charged although it ended before`);
      if (act === "skip" && doneMs !== null && skippedBy(answer) === charge.cycle && sentMs > doneMs)
        report("asked", `${what} was charged although it was skipped`);
    }
    // A pause is of cycles.
    for (const { doneMs, answer } of isOnce ? [] : asked.ofSubscription(order.id, "plan_pause")) {
      if (doneMs === null || due <= doneMs || !world.isClockRight) continue;
      const { from, until } = answer as { from: Date; until: Date };
      const resumed = asked.ofSubscription(order.id, "resume").some((each) => each.begunMs > doneMs - slackMs);
      if (due >= from.getTime() && due < until.getTime() && !resumed)
        report("asked", `${what} was charged although a pause was planned for it`);
    }
    for (const { doneMs } of isOnce ? [] : asked.ofSubscription(order.id, "pause")) {
      if (doneMs === null || due <= doneMs || !world.isClockRight) continue;
      const resumed = asked
        .ofSubscription(order.id, "resume")
        .some((each) => each.begunMs > doneMs && each.begunMs < due);
      if (!resumed) report("asked", `${what} was charged although the subscription was paused`);
    }
    for (const { act, doneMs } of asked.ofInvoice(invoice?.id ?? "", "void", "mark_paid"))
      if (isBefore(doneMs)) report("asked", `${what} was charged after a person's ${act}`);
  }

  /** The same card again, by itself, not before its policy's wait is over. */
  function checkSpacing(charge: LedgerCharge, order: PromisedSubscription, sentMs: number, what: string): void {
    const before = declines.get(cycleOf(charge)) ?? [];
    const last = before.at(-1);
    const invoice = invoiceOf(charge);
    if (last === undefined || invoice === undefined || context.isTouched(invoice.id)) return;
    if (last.card?.sourceId !== charge.card?.sourceId) return;
    const known = book.byReference.get(last.reference);
    if (known?.state !== "declined" || known.settledAt === null) return;
    // A process that froze before it sent goes on when the tries after it were made.
    if ((book.byReference.get(charge.reference)?.number ?? Infinity) < known.number) return;
    const declinedMs = known.settledAt.getTime();
    if (book.cardChangedMs(order.customerId) >= declinedMs) return;
    if (asked.isAnyBetween(declinedMs, sentMs, "resolve", "cards")) return;
    const least = leastWait(context, order, last, before.length);
    if (least === null)
      return report("spacing", `${what} tries ${last.card?.sourceId} once more than its policy allows`);
    const { days = 0, minutes = 0 } = least;
    const passedDays = localDay(sentMs, order.timeZone) - localDay(declinedMs, order.timeZone);
    if (passedDays < days || sentMs - declinedMs < minutes * MINUTE_MS)
      report("spacing", `${what} tries again after ${hours(sentMs - declinedMs)} hours; it was to wait ${days} days`);
  }

  /** What was missed in downtime is collected as the plan's `catch_up` says. */
  function checkPacing(charge: LedgerCharge, order: PromisedSubscription, sentMs: number, what: string): void {
    const invoice = invoiceOf(charge);
    if (
      invoice === undefined ||
      Number.isNaN(charge.cycle) ||
      invoice.periodEnd > invoice.openedAt ||
      context.isTouched(invoice.id)
    )
      return;
    const { catchUp } = context.planOf(order);
    if (catchUp === "ask") report("pacing", `${what} was missed, and charged although nobody was asked`);
    const failedMs = book.failedSinceMs(invoice.id);
    if (catchUp !== "oldest_first" || declines.has(cycleOf(charge))) return;
    if (failedMs !== null && failedMs < sentMs - MINUTE_MS) return;
    const day = localDay(sentMs, order.timeZone);
    if (missedDay.get(order.id) === day) report("pacing", `${what} is the second missed cycle on one day`);
    missedDay.set(order.id, day);
  }

  /** Of one subscription and cycle, within a day; an hour is left for what was under way. */
  function checkDay(charge: LedgerCharge, sentMs: number, what: string): void {
    const key = cycleOf(charge);
    const times = (sentTo.get(key) ?? []).filter((atMs) => atMs > sentMs - DAY_MS);
    const invoice = invoiceOf(charge);
    const recent = times.filter((atMs) => atMs > sentMs - 23 * HOUR_MS);
    if (recent.length >= world.maxChargesPerCustomerPerDay && !context.isTouched(invoice?.id ?? ""))
      report("limit", `${what} is charge ${recent.length + 1} of it within a day`);
    sentTo.set(key, [...times, sentMs]);
  }

  return {
    notePrices,
    forget: () => {
      for (const { id, planId, quantity } of context.orders())
        if (context.tables.changesOf(id).length === 0) ordered.set(id, { planId, quantity });
    },
    look: (changed) => {
      notePrices();
      for (const { row, was } of changed) {
        const order = context.orderOf(row.subscriptionId);
        if (was === undefined && order !== null) checkFrozen(row, order);
      }
      for (const each of asked.ofSubscriptions("change"))
        if (each.doneMs !== null && each.answer !== undefined && !judged.has(each)) {
          judged.add(each);
          if (!world.hasForgotten) checkRest(each);
        }
      for (; seen < ledger.charges.length; seen++) {
        const charge = ledger.charges[seen];
        if (charge !== undefined && !charge.isOfPage) checkCharge(charge);
      }
    },
  };
}

/** @returns null: it may not be tried again by itself */
function leastWait(
  context: Context,
  order: PromisedSubscription,
  { declineClass, failureCode }: LedgerCharge,
  declines: number,
): { days?: number; minutes?: number } | null {
  const { retryAfterDays, tryAgainAfterMinutes, payday } = context.policyOf(order);
  switch (declineClass as string) {
    case "retry_later": {
      const days = retryAfterDays[declines - 1];
      if (days === undefined) return null;
      return payday && failureCode === "insufficient_funds" ? {} : { days };
    }
    case "try_again_soon": {
      const minutes = tryAgainAfterMinutes[declines - 1];
      return minutes === undefined ? null : { minutes };
    }
    case "unrecognized":
      return declines > 1 ? null : { days: 1 };
    default:
      // Never again by itself: the checks of dunning watch over those.
      return {};
  }
}

/** What a person added, or the rest of a period after a change: its line names its days. */
export function isExtra({ name }: LineItem): boolean {
  return name.startsWith("Extra ") || / \(\d{4}-\d\d-\d\d – \d{4}-\d\d-\d\d\)$/.test(name);
}

/** What was paid for the rest of a period that a change charges anew. */
export function isGivenBack({ code }: { readonly code: string }): boolean {
  return code === "prorrateo";
}

function extraLines({ lineItems = [] }: InvoiceSeen): readonly LineItem[] {
  return lineItems.filter(isExtra);
}

export function totalOf(lines: readonly LineItem[]): number {
  return lines.reduce((sum, { unitPriceCents, quantity }) => sum + unitPriceCents * quantity, 0);
}

/** A percentage is taken of the whole, and half a cent goes up. */
function discountOf(discount: Discount | null, whole: number): number {
  if (discount === null) return 0;
  return "percent" in discount ? Math.floor((whole * discount.percent) / 100 + 0.5) : discount.amountCents;
}

function percentOf({ rate }: Tax): number {
  return rate === "exempt" ? 0 : rate;
}

/** Half a cent goes up. */
function roundedCents(cents: number, by: number): number {
  return Math.floor(cents / by + 0.5);
}

function localDay(atMs: number, zone: string): number {
  const there = DateTime.fromMillis(atMs, { zone });
  return Math.floor((atMs + there.offset * MINUTE_MS) / DAY_MS);
}

function endOf(answer: unknown): number {
  return (answer as { endsAt?: Date } | null)?.endsAt?.getTime() ?? Infinity;
}

function skippedBy(answer: unknown): number | null {
  return (answer as { cycle?: number } | null)?.cycle ?? null;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function hours(ms: number): string {
  return (ms / HOUR_MS).toFixed(1);
}
