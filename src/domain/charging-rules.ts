/**
 * May this invoice be charged now? Each rule is one function, and this file is the only place that states it.
 *
 * Pure. A store brings the facts and decides nothing: the run, its preview, `explain`, `status` and the simulation ask
 * here. `charge-decision.ts` says in which order the rules are asked, and what follows from each.
 */
import { isBeingMade, isOpen, isUncertain, isUnsent, type AttemptFlow, type AttemptState } from "./attempt.ts";
import { kindOf } from "./attempt-kinds.ts";
import type { CatchUp, MissedAndDue } from "./calendar/catch-up.ts";
import { DAY_MS } from "./duration.ts";
import { isOldDebt, type Invoice } from "./invoice.ts";
import { isExpired, type Card } from "./plan.ts";

// ---------------------------------------------------------------- the card

/** A card as attempts keep it. The id is null where only the gateway named the card, by its last four digits. */
export type NamedCard = { readonly paymentSourceId: string | null; readonly cardLast4: string | null };

export type CardDecline = { readonly invoiceId: string; readonly number: number; readonly sentAt: Date };

export type CardFacts = {
  /** The default card, as Conekta last told us. */
  readonly card: Card;
  /** Conekta no longer knows the customer. */
  readonly isDeleted: boolean;
  /** The customer's cards that were declined in a way that forbids ever trying them again. */
  readonly neverAgain: readonly NamedCard[];
  /** Those that another card is needed for, on an invoice that still waits for one. */
  readonly toReplace: readonly NamedCard[];
};

/** What a charge would be in vain for, as codes that no gateway sends, and the class of decline that each counts as. */
export const FAILED_CHECKS = {
  customer_deleted: "new_card",
  no_default_card: "new_card",
  card_expired: "new_card",
  card_forbidden: "never_again",
  card_declined_elsewhere: "new_card",
  network_budget: "new_card",
} as const;

export type CardFault = Exclude<keyof typeof FAILED_CHECKS, "network_budget">;

/**
 * Why the card may not be charged at this moment; null: it may.
 *
 * A card that needs replacing is not tried again for another invoice: one dead card of a customer with three
 * subscriptions is declined once. It is once it was renewed, where a person asks for the try, or before the other invoice
 * is given up.
 */
export function cardFault(
  { card, isDeleted, neverAgain, toReplace }: CardFacts,
  at: Date,
  { isAskedFor = false }: { readonly isAskedFor?: boolean } = {},
): CardFault | null {
  if (isDeleted) return "customer_deleted";
  if (card.paymentSourceId === null) return "no_default_card";
  if (isExpired(card, at)) return "card_expired";
  if (neverAgain.some((named) => isSameCard(named, card))) return "card_forbidden";
  return !isAskedFor && toReplace.some((named) => isSameCard(named, card)) ? "card_declined_elsewhere" : null;
}

export function isSameCard(named: NamedCard, card: NamedCard): boolean {
  if (named.paymentSourceId !== null) return named.paymentSourceId === card.paymentSourceId;
  return named.cardLast4 !== null && named.cardLast4 === card.cardLast4;
}

/** @returns when the card was declined again on an invoice on which it had been declined before, ascending */
export function reattemptsOf(declines: readonly CardDecline[]): Date[] {
  const first = new Map<string, number>();
  for (const { invoiceId, number } of declines)
    first.set(invoiceId, Math.min(number, first.get(invoiceId) ?? Infinity));
  return declines
    .filter(({ invoiceId, number }) => number > (first.get(invoiceId) ?? Infinity))
    .map(({ sentAt }) => sentAt)
    .toSorted((a, b) => a.getTime() - b.getTime());
}

// ---------------------------------------------------------------- a person's word

/**
 * A person asked for the next try, and it was not made yet. What keeps the program from charging in a loop, or too often
 * on one day, does not stop a person who looked at it.
 */
export function isRetryRequested({ retryRequestedAt }: Pick<Invoice, "retryRequestedAt">): boolean {
  return retryRequestedAt !== null;
}

// ---------------------------------------------------------------- earlier invoices of the subscription

export type UnsettledInvoice = Pick<
  Invoice,
  "cycle" | "status" | "statusReason" | "dunningStep" | "reopenedFrom" | "missed" | "nextAttemptAt" | "firstDeclinedAt"
> & {
  /** Of the attempt that may still move money; null: there is none. */
  readonly openAttempt: AttemptState | null;
};

/** What decides whether it waits for another. */
export type InOrder = Pick<Invoice, "cycle" | "missed" | "retryRequestedAt" | "firstDeclinedAt" | "dunningStep">;

/**
 * The earliest invoice of the subscription that is to be paid before this one: it is failing, held or uncertain. One that
 * waits for an answer about the past keeps nobody waiting. A missed one waits only while another card, or a payment, is
 * waited for. An invoice that waited its day, and was never tried, waits for a later one that fails, or may fail yet, too:
 * one fails at a time.
 *
 * @param unsettled of the subscription; the invoice itself and later ones may be among them
 * @returns its cycle; null: none comes first
 */
export function earlierUnpaidCycle(invoice: InOrder, unsettled: readonly UnsettledInvoice[]): number | null {
  return firstCycle(earlierUnpaid(invoice, unsettled));
}

/**
 * The earliest of them that a person must decide: without that this one waits for ever. @returns its cycle; null: there is
 * none, so that it waits for something that ends by itself, or for nothing
 */
export function earlierHeldCycle(...invoices: Parameters<typeof earlierUnpaidCycle>): number | null {
  return firstCycle(earlierUnpaid(...invoices).filter(({ status }) => status === "held"));
}

function earlierUnpaid(invoice: InOrder, unsettled: readonly UnsettledInvoice[]): readonly UnsettledInvoice[] {
  if (isRetryRequested(invoice)) return [];
  if (invoice.missed) return unsettled.filter((each) => isEarlier(each, invoice) && waitsForCustomer(each));
  return unsettled.filter((each) =>
    isEarlier(each, invoice) ? keepsOthersWaiting(each) : !hasFailed(invoice) && failsBeside(invoice, each),
  );
}

/** By their cycles; what is charged once, and is of none, comes before nothing and after nothing. */
function isEarlier(one: Pick<Invoice, "cycle">, other: Pick<Invoice, "cycle">): boolean {
  return one.cycle !== null && other.cycle !== null && one.cycle < other.cycle;
}

function byCycle(a: Pick<Invoice, "cycle">, b: Pick<Invoice, "cycle">): number {
  return (a.cycle ?? -1) - (b.cycle ?? -1);
}

function failsBeside(invoice: Pick<Invoice, "cycle">, other: UnsettledInvoice): boolean {
  return isEarlier(invoice, other) && !other.missed && !isOldDebt(other) && (isFailing(other) || mayFail(other));
}

/** Its bank may decline it yet: nobody knows, or it was asked. */
function mayFail({ status, openAttempt }: UnsettledInvoice): boolean {
  return status === "open" && openAttempt !== null && isUncertain(openAttempt);
}

/** In a step of dunning, or on its way back to one: what was held since is tried again, and was declined before. */
function isFailing({ status, ...invoice }: UnsettledInvoice): boolean {
  return invoice.dunningStep !== null || (status === "open" && hasFailed(invoice));
}

/**
 * Of an open one: dunning has its date. Whether others wait for it, and whether it waits for them, is asked with the same
 * word: two that answered it differently waited for each other for ever.
 */
function hasFailed({ dunningStep, firstDeclinedAt }: Pick<Invoice, "dunningStep" | "firstDeclinedAt">): boolean {
  return dunningStep !== null || firstDeclinedAt !== null;
}

/** It has failed, and the card has no try left: a missed one after it would only fail as well, with a page of its own. */
function waitsForCustomer(invoice: UnsettledInvoice): boolean {
  const { status, dunningStep } = invoice;
  return status === "open" && dunningStep !== null && dunningStep !== "retry" && !isOldDebt(invoice);
}

function firstCycle(invoices: readonly UnsettledInvoice[]): number | null {
  return invoices.length === 0 ? null : Math.min(...invoices.flatMap(({ cycle }) => cycle ?? []));
}

function keepsOthersWaiting(invoice: UnsettledInvoice): boolean {
  const { status, statusReason, openAttempt } = invoice;
  if (isOldDebt(invoice)) return false;
  if (status !== "open" && status !== "held") return false;
  if (isFailing(invoice) || (status === "held" && statusReason !== "catch_up_ask")) return true;
  return openAttempt !== null && isUncertain(openAttempt);
}

/**
 * An earlier one is due as well: it goes first, so that one after the other is decided, and one fails at a time. One that
 * fails already goes on: the earlier one waits for it.
 */
export function isBehindDue(...asked: Parameters<typeof earlierDue>): boolean {
  return earlierDue(...asked).length > 0;
}

function earlierDue(invoice: InOrder, unsettled: readonly UnsettledInvoice[], now: Date): readonly UnsettledInvoice[] {
  if (hasFailed(invoice) || isRetryRequested(invoice)) return [];
  return unsettled.filter(
    (each) => isEarlier(each, invoice) && !isOldDebt(each) && each.nextAttemptAt !== null && each.nextAttemptAt <= now,
  );
}

/**
 * The earliest that a person must decide before what is due before it goes on: without that it waits for ever, too.
 * @returns its cycle; null: there is none
 */
export function heldBeforeDue(...[invoice, unsettled, now]: Parameters<typeof earlierDue>): number | null {
  const held = earlierDue(invoice, unsettled, now).flatMap((each) =>
    earlierUnpaid({ ...each, retryRequestedAt: null }, unsettled).filter(({ status }) => status === "held"),
  );
  return firstCycle(held);
}

/** The earliest that it waits for, whether that one fails or is due as well. @returns its cycle; null: it need not wait */
export function firstUnpaidBefore(...[invoice, unsettled, now]: Parameters<typeof earlierDue>): number | null {
  return earlierUnpaidCycle(invoice, unsettled) ?? firstCycle(earlierDue(invoice, unsettled, now));
}

// ---------------------------------------------------------------- the day of one invoice

export type CustomerTry = {
  readonly invoiceId: string;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  /** Null: no byte has left. */
  readonly sentAt: Date | null;
};

/** MAX_CHARGES_PER_CUSTOMER_PER_DAY counts tries of one invoice for so long: any 24 hours, not a calendar day. */
export const DAILY_LIMIT_WINDOW_MS = DAY_MS;

export type DailyLimit =
  /** A retry that dunning planned has time. */
  | { readonly do: "put_off"; readonly until: Date }
  /** Anything else is a sign that something is wrong: a person must look. */
  | { readonly do: "hold" };

/**
 * It guards against repetition: a customer with four subscriptions, or with weeks to catch up, pays each of them once.
 *
 * @param tries the customer's, of the last 24 hours at least @returns null: the limit is not reached, or does not count
 */
export function dailyLimit(
  invoice: Pick<Invoice, "id" | "declines" | "retryRequestedAt">,
  tries: readonly CustomerTry[],
  maxPerDay: number,
  now: Date,
): DailyLimit | null {
  const sentMs = chargesOfDay(
    tries.filter(({ invoiceId }) => invoiceId === invoice.id),
    now,
  );
  if (sentMs.length < maxPerDay || isRetryRequested(invoice)) return null;
  if (invoice.declines === 0) return { do: "hold" };
  // Below the limit again when enough of the oldest are a day old.
  const leaving = sentMs[sentMs.length - maxPerDay] ?? now.getTime();
  return { do: "put_off", until: new Date(leaving + DAILY_LIMIT_WINDOW_MS) };
}

/** Whatever the bank may have been asked counts, paid or not. A payment link asks nobody. */
function chargesOfDay(tries: readonly CustomerTry[], now: Date): number[] {
  const since = now.getTime() - DAILY_LIMIT_WINDOW_MS;
  return tries
    .filter((each) => each.state !== "not_sent" && kindOf(each).chargesStoredCard)
    .flatMap(({ sentAt }) => (sentAt !== null && sentAt.getTime() > since ? [sentAt.getTime()] : []))
    .toSorted((a, b) => a - b);
}

/** One charge of a customer at a time. */
export function isInFlight(tries: readonly Pick<CustomerTry, "state">[]): boolean {
  return tries.some(({ state }) => isBeingMade(state));
}

/** An attempt that may still move money, or has: its invoice is not charged beside it. */
export function blocksCharge(state: AttemptState): boolean {
  return isOpen(state) || state === "paid";
}

// ---------------------------------------------------------------- the turn of what was missed

/** An invoice of the subscription that was missed. */
export type MissedInvoice = Pick<Invoice, "cycle" | "nextAttemptAt" | "firstDeclinedAt"> & {
  readonly tries: readonly (Omit<CustomerTry, "invoiceId"> & { readonly claimedAt: Date })[];
};

/**
 * `oldest_first`: what decides whose turn it is, for `paceAt`. A person who asks for a retry decides the turn.
 *
 * @param missed the subscription's, the invoice itself among them
 * @returns null: the invoice is not one of those that wait for a turn
 */
export function turnOf(
  invoice: Pick<Invoice, "cycle" | "missed" | "nextAttemptAt" | "retryRequestedAt">,
  { catchUp, timeZone, missed }: { catchUp: CatchUp; timeZone: string; missed: readonly MissedInvoice[] },
): MissedAndDue | null {
  const { cycle, nextAttemptAt: plannedAt } = invoice;
  if (catchUp !== "oldest_first" || !invoice.missed || plannedAt === null || isRetryRequested(invoice)) return null;
  if (missed.some((each) => each.cycle === cycle && !isUntried(each))) return null;
  const older = missed.filter((each) => isEarlier(each, invoice) && isUntried(each));
  const firstTries = missed.flatMap((each) => firstTryAt(each) ?? []);
  return {
    plannedAt,
    olderPlannedAt: older.toSorted(byCycle).flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []),
    lastTriedAt: firstTries.length === 0 ? null : new Date(Math.max(...firstTries.map(Number))),
    timeZone,
  };
}

/**
 * An invoice was opened in time, and had to wait for an earlier one until its period was over: like a missed one it goes
 * on a day of its own, besides the newly due one, so that who pays after months does not pay them all in one minute.
 *
 * @param paidAt when an invoice of the subscription was last paid, free ones left out; null: none was
 * @returns for `paceAt`; null: it did not wait
 */
export function turnOfWaiting(
  invoice: InOrder & Pick<Invoice, "periodEnd" | "nextAttemptAt">,
  {
    paidAt,
    timeZone,
    unsettled,
  }: { readonly paidAt: Date | null; readonly timeZone: string; readonly unsettled: readonly UnsettledInvoice[] },
  now: Date,
): MissedAndDue | null {
  const { cycle, missed, periodEnd, nextAttemptAt: plannedAt } = invoice;
  // What is charged once has no period to be late in.
  if (cycle === null) return null;
  if (missed || plannedAt === null || periodEnd > now || hasFailed(invoice) || isRetryRequested(invoice)) return null;
  const older = unsettled.filter(
    (each) => isEarlier(each, invoice) && !each.missed && each.status === "open" && !hasFailed(each),
  );
  return {
    plannedAt,
    olderPlannedAt: older.toSorted(byCycle).flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []),
    lastTriedAt: paidAt,
    timeZone,
  };
}

/** Never charged, and never failed a check before a charge: from then on dunning has it. */
function isUntried(missed: MissedInvoice): boolean {
  return missed.firstDeclinedAt === null && firstTryAt(missed) === null;
}

function firstTryAt({ tries }: MissedInvoice): Date | null {
  const made = tries.filter((each) => !isUnsent(each.state) && kindOf(each).chargesStoredCard);
  return made.length === 0
    ? null
    : new Date(Math.min(...made.map(({ sentAt, claimedAt }) => Number(sentAt ?? claimedAt))));
}
