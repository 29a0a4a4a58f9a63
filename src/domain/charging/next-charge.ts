/**
 * When is a subscription charged next, for which cycle and how much; or why is it not?
 *
 * Pure. Whatever announces a charge asks here: the commands and `status`, which print a date or a reason, and `explain`,
 * which has the words for every case. What is open already is in `invoice-outlook.ts`, what is to come in `cycles-ahead.ts`.
 */
import assert from "node:assert/strict";
import { periodOf } from "../calendar/calendar.ts";
import type { Invoice } from "../invoice.ts";
import { openInTurn } from "../opening-turns.ts";
import { shownContent, type ShownContent } from "../shown-content.ts";
import { scheduleOf } from "../subscription.ts";
import type { FAILED_CHECKS } from "./card-check.ts";
import { invoicesAhead, nextCycle, type NextCycle } from "./cycles-ahead.ts";
import { byCycle } from "./invoice-order.ts";
import {
  type ChargeOutlook,
  invoiceOutlook,
  type InvoiceOutlook,
  type OutlookInvoice,
  type OutlookRules,
} from "./invoice-outlook.ts";

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
  const due = once.invoices.find(({ status }) => status !== "void");
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
  const owed = facts.unsettled.filter(({ status }) => status === "open" || status === "held").toSorted(byCycle);
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
  assert(outlook.do !== "nothing", "what is open or held is charged, or waits for something");
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
