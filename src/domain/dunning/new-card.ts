/** The customer has another default card: what becomes of an invoice that waits in dunning. */
import { isOpen, isUnsent, type AttemptState } from "../attempt.ts";
import { type AttemptFlow, hasPage, wayOf } from "../ways-to-pay.ts";
import { OUT_OF_DUNNING } from "../invoice.ts";
import { transition, type InvoiceBefore, type InvoiceChange, type InvoiceMove } from "../invoice-transition.ts";
import { cardFault, type CardFacts, type NamedCard } from "../charging/card-check.ts";
import { reattemptsOf, type CardDecline } from "./network-budget.ts";
import { budgetFor, firstFreeAt, VISA_REATTEMPTS } from "./network-budget.ts";

export type TriedCard = NamedCard & {
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  /** The card was renewed since, or a person allowed it. */
  readonly isCleared: boolean;
  /** Of a page: it is to be closed. */
  readonly isClosing: boolean;
};

export type NewCard = { readonly paymentSourceId: string; readonly cardLast4: string | null };

export type NewCardDecision =
  /** The card is tried in the next run. */
  | { readonly do: "try"; readonly change: InvoiceChange }
  /** The card is tried as soon as the open payment link is over. */
  | { readonly do: "close_link" };

/**
 * A charge that is under way with the older card is judged, when it is declined, by the card of that moment.
 *
 * @param tries all attempts of the invoice @returns null: it goes on as it is
 */
export function tryNewCard(
  invoice: InvoiceBefore,
  tries: readonly TriedCard[],
  card: NewCard,
  now: Date,
): NewCardDecision | null {
  if (!mayBeMended(invoice) || tries.some((each) => wasMadeWith(each, card))) return null;
  const open = tries.find(({ state }) => isOpen(state));
  if (open !== undefined) return hasPage(open) ? { do: "close_link" } : null;
  return { do: "try", change: transition(invoice, tryOf(invoice, now)) };
}

/** A page that a person wanted, and that was not made, is no step of dunning: what never failed is due in its order again. */
function tryOf({ firstDeclinedAt }: InvoiceBefore, now: Date): InvoiceMove {
  return firstDeclinedAt === null
    ? { status: "open", nextAttemptAt: now, ...OUT_OF_DUNNING }
    : { nextAttemptAt: now, dunningStep: "retry", dunningDueAt: null };
}

/** Of a customer who was read, and has the card that the books know. */
export type KnownCardFacts = CardFacts & {
  /** Of the default card. */
  readonly declines: readonly CardDecline[];
};

/**
 * The customer has no other card, and the one there is was never tried for this invoice: it failed its check while the
 * card was dead for another invoice, which is settled since. It is tried once, as a new card would be.
 *
 * @param tries all attempts of the invoice @returns null: it goes on as it is
 */
export function tryKnownCard(
  invoice: InvoiceBefore,
  tries: readonly TriedCard[],
  facts: KnownCardFacts,
  now: Date,
): NewCardDecision | null {
  const { paymentSourceId, cardLast4 } = facts.card;
  // What is tried again anyway keeps its day, and what never failed waits for a person's page, not for a card.
  if (paymentSourceId === null || invoice.dunningStep === "retry" || invoice.firstDeclinedAt === null) return null;
  if (isInVain(facts, now)) return null;
  if (tries.some(({ state, isClosing }) => isOpen(state) && isClosing)) return null;
  // A person who asks for one invoice's card to be tried again asks nothing for this one.
  const asTried = tries.map((each) => ({ ...each, isCleared: false }));
  return tryNewCard(invoice, asTried, { paymentSourceId, cardLast4 }, now);
}

/**
 * Before an invoice is given up the default card is tried once for it, if it never was. That it was declined for another
 * invoice forbids nothing then, unless its issuer said "never again".
 */
export function hasUntriedCard(invoiceId: string, facts: KnownCardFacts, now: Date): boolean {
  return !isInVain({ ...facts, toReplace: [] }, now) && facts.declines.every((each) => each.invoiceId !== invoiceId);
}

/** The next check would fail as well, and again each day. */
function isInVain(facts: KnownCardFacts, now: Date): boolean {
  if (cardFault(facts, now) !== null) return true;
  const budget = budgetFor(facts.card.cardBrand, { visaReattemptsIn30Days: VISA_REATTEMPTS.least });
  return firstFreeAt(budget, reattemptsOf(facts.declines), now) !== null;
}

/** What waits for the customer; of what is tried again anyway, what a card may mend. Another one than the stolen one is no thief's. */
function mayBeMended({ status, dunningStep, dunningClass, reopenedFrom }: InvoiceBefore): boolean {
  // A person's page of what is held, or was given up, is no wait for a card.
  if (status !== "open" || dunningStep === null || reopenedFrom !== null) return false;
  return dunningStep !== "retry" || dunningClass === "retry_later" || dunningClass === "new_card";
}

/**
 * An unpaid subscription is collected again with another card than those that failed: its next cycle is charged, and what
 * was written off stays so.
 *
 * @param tries of its invoices that were written off
 */
export function mendsUnpaid(facts: CardFacts, tries: readonly TriedCard[], now: Date): boolean {
  const { paymentSourceId, cardLast4 } = facts.card;
  if (paymentSourceId === null || cardFault({ ...facts, toReplace: [] }, now) !== null) return false;
  return !tries.some((each) => wasMadeWith(each, { paymentSourceId, cardLast4 }));
}

/** Whether the default card has another id by now than the one that was charged. */
export function isAnotherSource(charged: NamedCard, present: NamedCard): boolean {
  const [was, is] = [charged.paymentSourceId, present.paymentSourceId];
  return was !== null && is !== null && was !== is;
}

/** And whether it was never tried for this invoice. @param tries all attempts of the invoice */
export function isOtherCard(charged: NamedCard, present: NamedCard, tries: readonly Tried[]): boolean {
  return isAnotherSource(charged, present) && !tries.some((each) => wasMadeWith(each, present));
}

type Tried = Omit<TriedCard, "isClosing">;

/** The gateway may have named the card before we knew its id. */
function wasMadeWith(tried: Tried, { paymentSourceId, cardLast4 }: NamedCard): boolean {
  if (isUnsent(tried.state) || tried.isCleared) return false;
  if (tried.paymentSourceId !== null) return tried.paymentSourceId === paymentSourceId;
  return wayOf(tried).chargesStoredCard && tried.cardLast4 !== null && tried.cardLast4 === cardLast4;
}
