/**
 * When is a subscription charged next, for which cycle and how much; or why is it not?
 *
 * Pure. Whatever announces a charge asks here: the commands and `status`, which print a date or a reason, and `explain`,
 * which has the words for every case. It says what will happen as things are; what a person, a new card or the day's
 * limit changes later, nobody knows yet.
 */
import assert from "node:assert/strict";
import { periodOf } from "./calendar/calendar.ts";
import {
  chargeDecisions,
  type ChargeDecision,
  type ChargedInvoice,
  type ChargeRules,
  type CustomerFacts,
} from "./charge-decision.ts";
import { firstUnpaidBefore, type FAILED_CHECKS, type MissedInvoice, type UnsettledInvoice } from "./charging-rules.ts";
import type { PaymentDispute } from "./dispute.ts";
import type { Rule } from "./dunning/dunning.ts";
import type { Invoice } from "./invoice.ts";
import { openInTurn, type DueSubscription } from "./opening.ts";
import type { Plan } from "./plan.ts";
import { shownContent, type ShownContent } from "./shown-content.ts";
import { runLimitReached, type RunLimit, type RunLimits, type Spent } from "./run-limits.ts";
import {
  cyclesIn,
  dueAt,
  isOpened,
  isSuspended,
  scheduleOf,
  suspension,
  type Subscription,
  type Suspended,
} from "./subscription.ts";
import { afterUses, contentOf, type Content } from "./waiting.ts";

// ---------------------------------------------------------------- the next cycle

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

// ---------------------------------------------------------------- what is asked with

/** The facts of one subscription, as the run would have them. */
export type ChargeOutlook = {
  readonly subscription: DueSubscription;
  /** The customer's others that may use what waits before it does; none where nothing waits that they share. */
  readonly beside: readonly DueSubscription[];
  readonly unsettled: readonly OutlookInvoice[];
  readonly customer: CustomerFacts;
  /** When an invoice of the subscription was last paid; null: none was. */
  readonly paidAt: Date | null;
  /** Of the subscription, all of them. */
  readonly missed: readonly MissedInvoice[];
  /** About invoices of the subscription, those that were won left out. */
  readonly disputes: readonly PaymentDispute[];
};

export type OutlookInvoice = UnsettledInvoice &
  Omit<ChargedInvoice, "timeZone"> &
  Pick<Invoice, "amountCents" | "currency">;

/** What concerns everybody: the settings, and where the whole stands. */
export type OutlookRules = Pick<ChargeRules, "maxChargesPerCustomerPerDay" | "budgets" | "policyOf"> & {
  readonly isHalted: boolean;
  readonly limits: Pick<RunLimits, "maxCharges" | "maxAmountCents">;
  /** Within the hour before now. */
  readonly spent: Spent;
};

// ---------------------------------------------------------------- an invoice that is open already

/** The first thing in an invoice's way. */
export type InvoiceOutlook =
  /**
   * `inVain`: why no charge would be made then, and dunning would go on without it; null: it is made. `putOff`: why it is
   * later than planned; null: it is not.
   */
  | {
      readonly do: "charge";
      readonly at: Date;
      readonly inVain: keyof typeof FAILED_CHECKS | null;
      readonly putOff: Rule | null;
    }
  | { readonly do: "wait"; readonly for: "earlier_invoice"; readonly cycle: number }
  /** The run that comes to it holds it, for a person. */
  | { readonly do: "wait"; readonly for: "hold"; readonly because: "daily_limit" | "earlier_unpaid" }
  /** The run ends at the limit, or holds the one invoice that is more than it. */
  | { readonly do: "wait"; readonly for: "run_limit"; readonly limit: RunLimit }
  /** `outcome`: of an attempt that may still move money. `person`: nothing happens by itself. */
  | { readonly do: "wait"; readonly for: "outcome" | "person" | "new_card" | "payment_link" | "grace" }
  | { readonly do: "nothing" };

/** @param books of its subscription; the invoice itself is among the unsettled */
export function invoiceOutlook(
  invoice: OutlookInvoice,
  books: ChargeOutlook,
  rules: OutlookRules,
  now: Date,
): InvoiceOutlook {
  const { status, openAttempt, nextAttemptAt, dunningStep } = invoice;
  if (status === "held") return { do: "wait", for: "person" };
  if (status !== "open") return { do: "nothing" };
  if (openAttempt !== null) return { do: "wait", for: "outcome" };
  if (nextAttemptAt !== null) return plannedOutlook(invoice, nextAttemptAt, books, rules, now);
  switch (dunningStep) {
    case "wait_for_card":
      return { do: "wait", for: "new_card" };
    case "payment_link":
    case "grace":
      return { do: "wait", for: dunningStep };
    case "retry":
    case null:
      return { do: "wait", for: "person" };
    default:
      return dunningStep satisfies never;
  }
}

function plannedOutlook(
  invoice: OutlookInvoice,
  plannedAt: Date,
  books: ChargeOutlook,
  rules: OutlookRules,
  now: Date,
): InvoiceOutlook {
  let at = plannedAt;
  let putOff: Rule | null = null;
  // One that is put off is decided again at its new time, which is always later.
  for (;;) {
    const decision = decisionAt({ ...invoice, nextAttemptAt: at }, books, rules, { at: at > now ? at : now, now });
    switch (decision.do) {
      case "charge":
        return limitOf(invoice, at, rules, now) ?? { do: "charge", at, inVain: null, putOff };
      case "fail":
        return { do: "charge", at, inVain: decision.failure.failureCode, putOff: decision.rule ?? putOff };
      case "hold":
        return { do: "wait", for: "hold", because: decision.because };
      case "put_off":
        assert(decision.until > at, `put off from ${at.toISOString()} to ${decision.until.toISOString()}`);
        ({ until: at, rule: putOff } = decision);
        continue;
      case "leave": {
        const cycle = firstUnpaidBefore(invoice, books.unsettled, at > now ? at : now);
        if (decision.because === "earlier_unpaid" && cycle !== null)
          return { do: "wait", for: "earlier_invoice", cycle };
        const { nextChargeAt } = books.customer;
        if (decision.because === "put_aside" && nextChargeAt !== null && nextChargeAt > at) {
          at = nextChargeAt;
          continue;
        }
        if (decision.because === "open_attempt") return { do: "wait", for: "outcome" };
        // Another charge of the customer is under way, and this one follows in the same run.
        return limitOf(invoice, at, rules, now) ?? { do: "charge", at, inVain: null, putOff };
      }
      case "read_customer":
        return { do: "charge", at, inVain: null, putOff };
      default:
        return decision satisfies never;
    }
  }
}

/** As the run decides at a time. What is due by now is decided by all facts; of a later day some are not known yet. */
function decisionAt(
  invoice: OutlookInvoice,
  books: ChargeOutlook,
  { maxChargesPerCustomerPerDay, budgets, policyOf }: OutlookRules,
  { at, now }: { readonly at: Date; readonly now: Date },
): ChargeDecision {
  const { subscription, customer, unsettled, missed, paidAt, disputes } = at > now ? undated(books) : books;
  const { customerId, timeZone, plan } = subscription;
  const facts = {
    ...{ invoice: { ...invoice, timeZone }, customerId, customer, unsettled, missed, paidAt, disputes },
    ...{ dunning: plan.dunning, catchUp: plan.catchUp, attempt: invoice.openAttempt },
  };
  const [decision] = chargeDecisions([facts], {
    ...{ now: at, limit: Infinity, maxChargesPerCustomerPerDay, budgets, policyOf },
    // What the database knows of the card is what counts: Conekta is not asked.
    readingOf: () => "read",
  });
  assert(decision, "each invoice has a decision");
  return decision;
}

/** Until then every other invoice has had its own day; what keeps others waiting without one still does. */
function undated(books: ChargeOutlook): ChargeOutlook {
  const unsettled = books.unsettled.map((each) => ({ ...each, nextAttemptAt: null }));
  return { ...books, unsettled, missed: [], paidAt: null };
}

/** @returns null: no limit of the whole keeps it from being charged */
function limitOf(
  { amountCents }: Pick<Invoice, "amountCents">,
  at: Date,
  { limits, spent }: OutlookRules,
  now: Date,
): InvoiceOutlook | null {
  const hour = at > now ? { charges: 0, amountCents: 0 } : spent;
  const limit = runLimitReached({ askedCharges: null, ...limits }, 0, hour, amountCents);
  return limit === null ? null : { do: "wait", for: "run_limit", limit };
}

// ---------------------------------------------------------------- the next charge of all

export type NoCharge =
  | keyof typeof FAILED_CHECKS
  | Extract<NextCycle, { because: string }>["because"]
  | Exclude<Extract<InvoiceOutlook, { do: "wait" }>["for"], "hold">
  | "nothing_to_collect"
  | "halted";

export type NextCharge =
  /** A cycle of null: something that is charged once. */
  | ({ readonly at: Date } & Pick<Invoice, "cycle" | "amountCents" | "currency">)
  | { readonly at: null; readonly because: NoCharge };

/** Cycles that fell due count as the next run opens them. @returns the earliest; it may be due already */
export function nextCharge(books: ChargeOutlook, rules: OutlookRules, now: Date): NextCharge {
  const { owed, facts } = owedOutlooks(books, rules, now);
  const all = [...owed, ofNextCycle(facts, rules, now)];
  const [first] = all
    .flatMap((each) => (each.at === null ? [] : [each]))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  // The oldest debt says why there is none.
  if (first === undefined) return all[0]!;
  if (rules.isHalted) return none("halted");
  // What the hour has no room for is charged long before a later cycle: there is no date for it, and none of that cycle's.
  const crowdedOut = all.find((each) => each.at === null && each.because === "run_limit");
  return crowdedOut !== undefined && first.at > now ? crowdedOut : first;
}

export type ForeseenCharge = Extract<NextCharge, { readonly at: Date }>;

/**
 * Every charge before a time, as if nobody declined and nobody halted: of what is owed, and of the cycles to come. Where the
 * next cycle has to wait for something, so do those after it.
 */
export function chargesBefore(books: ChargeOutlook, rules: OutlookRules, now: Date, before: Date): ForeseenCharge[] {
  const { owed, facts } = owedOutlooks(books, rules, now);
  const due = owed.flatMap((each) => (each.at !== null && each.at < before ? [each] : []));
  const next = ofNextCycle(facts, rules, now);
  if (next.at === null && next.because !== "nothing_to_collect") return due;
  const { subscription, beside } = facts;
  const { currency } = subscription.plan;
  const cycles: ForeseenCharge[] = [];
  for (const { at, cycle, frozen } of invoicesAhead(subscription, beside)) {
    if (at >= before) break;
    if (frozen.amountCents > 0) cycles.push({ at, cycle, amountCents: frozen.amountCents, currency });
  }
  return [...due, ...cycles];
}

/** Of the cycle that falls due next, behind all that is owed. */
export function nextCycleCharge(books: ChargeOutlook, rules: OutlookRules, now: Date): NextCharge {
  return ofNextCycle(owedOutlooks(books, rules, now).facts, rules, now);
}

/** Of the next cycle that is billed: what its invoice will say, as things are. */
export type ForeseenInvoice = ShownContent & {
  readonly cycle: number;
  readonly periodStart: Date;
  readonly periodEnd: Date;
};

/** The invoice that the run opens next for the subscription, with all that waits for it; null: none is to come. */
export function nextInvoice(books: Pick<ChargeOutlook, "subscription" | "beside">, now: Date): ForeseenInvoice | null {
  const { subscription } = books;
  const { plan } = subscription;
  const { opened: once, beside } = openInTurn(subscription, books.beside, now, () => "");
  const due = once.invoices.find(({ cycle, status }) => cycle !== null && status !== "void");
  if (due !== undefined) {
    const { cycle, periodStart, periodEnd } = due;
    return { cycle: cycle ?? 0, periodStart, periodEnd, ...shownContent(due) };
  }
  const { nextCycle: cursor, nextBillingAt, status, waiting } = once;
  const after = { ...subscription, nextCycle: cursor, nextBillingAt, status, waiting };
  const next = invoicesAhead(after, beside).next().value;
  if (next === undefined) return null;
  const { cycle, frozen } = next;
  const { start: periodStart, end: periodEnd } = periodOf(scheduleOf(after, plan), cycle);
  return { cycle, periodStart, periodEnd, ...shownContent({ ...frozen, currency: plan.currency }) };
}

/** What is owed once the cycles that fell due are opened. @returns `facts` as the next run leaves them */
function owedOutlooks(
  books: ChargeOutlook,
  rules: OutlookRules,
  now: Date,
): { readonly owed: readonly NextCharge[]; readonly facts: ChargeOutlook } {
  let facts = onceOpened(books, now);
  const owed = facts.unsettled
    .filter(({ status }) => status === "open" || status === "held")
    .toSorted((a, b) => (a.cycle ?? -1) - (b.cycle ?? -1));
  const all: NextCharge[] = [];
  for (const invoice of owed) {
    const outlook = invoiceOutlook(invoice, facts, rules, now);
    all.push(announced(invoice, outlook));
    // Later ones are decided beside what the next run makes of it.
    facts = {
      ...facts,
      unsettled: facts.unsettled.map((each) => (each === invoice ? afterRun(each, outlook, now) : each)),
    };
  }
  return { owed: all, facts };
}

function onceOpened(books: ChargeOutlook, now: Date): ChargeOutlook {
  const { subscription, unsettled, missed } = books;
  const { opened: once, beside } = openInTurn(subscription, books.beside, now, () => "");
  const { nextCycle: cycle, nextBillingAt, status, invoices, waiting } = once;
  const opened = invoices.map((invoice) => asAnnounced(invoice, now));
  return {
    ...books,
    subscription: { ...subscription, nextCycle: cycle, nextBillingAt, status, waiting },
    beside,
    unsettled: [...unsettled, ...opened],
    missed: [...missed, ...opened.filter((each) => each.missed).map((each) => ({ ...each, tries: [] }))],
  };
}

/** What is collected at once is announced for the day on which it fell due, not for the moment of asking. */
export function announcedAt({ nextAttemptAt: at, periodStart }: Invoice, now: Date): Date | null {
  return at !== null && at <= now ? periodStart : at;
}

function asAnnounced(invoice: Invoice, now: Date): OutlookInvoice {
  return { ...invoice, nextAttemptAt: announcedAt(invoice, now), openAttempt: null };
}

function announced({ cycle, amountCents, currency }: OutlookInvoice, outlook: InvoiceOutlook): NextCharge {
  if (outlook.do === "nothing") return none("person");
  if (outlook.do === "wait") return none(outlook.for === "hold" ? "person" : outlook.for);
  return outlook.inVain === null ? { at: outlook.at, cycle, amountCents, currency } : none(outlook.inVain);
}

/** What the next run holds or fails keeps later cycles waiting. */
function afterRun(invoice: OutlookInvoice, outlook: InvoiceOutlook, now: Date): OutlookInvoice {
  if (outlook.do === "wait" && outlook.for === "hold")
    return { ...invoice, status: "held", statusReason: outlook.because, nextAttemptAt: null };
  if (outlook.do === "wait" && outlook.for === "run_limit" && outlook.limit === "amount_beyond_limit")
    return { ...invoice, status: "held", statusReason: "refused", nextAttemptAt: null };
  if (outlook.do === "charge" && outlook.inVain !== null && outlook.at <= now)
    return { ...invoice, dunningStep: "wait_for_card", nextAttemptAt: null };
  return invoice;
}

function ofNextCycle(facts: ChargeOutlook, rules: OutlookRules, now: Date): NextCharge {
  const { subscription, beside } = facts;
  const next = nextCycle(subscription);
  const { plan } = subscription;
  const billed = invoicesAhead(subscription, beside).next().value;
  if (billed === undefined) return none(next.do === "bill" ? "last_cycle_opened" : next.because);
  const { cycle, at } = billed;
  const { amountCents } = billed.frozen;
  if (amountCents === 0) return none("nothing_to_collect");
  // As it will be opened: in time, and asked for by nobody.
  const invoice: OutlookInvoice = {
    ...{ id: "", cycle, periodEnd: at, amountCents, currency: plan.currency, status: "open", statusReason: null },
    ...{ missed: false, nextAttemptAt: at, declines: 0, firstDeclinedAt: null, retryRequestedAt: null },
    ...{ dunningStep: null, dunningDueAt: null, reopenedFrom: null, openAttempt: null },
  };
  return announced(invoice, invoiceOutlook(invoice, facts, rules, now));
}

function none(because: NoCharge): NextCharge {
  return { at: null, because };
}
