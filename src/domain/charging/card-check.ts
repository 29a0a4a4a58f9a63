/**
 * May this card be charged? The only place that says so.
 *
 * Pure. A store brings the facts and decides nothing: the run, its preview, `explain`, `status` and the simulation ask here.
 * `charge-decision.ts` says when it is asked, and what follows.
 */
import type { DeclineClass } from "../decline.ts";
import { type InvoiceStatus, isOwed } from "../invoice.ts";
import { isExpired, type Card } from "../plan.ts";

/** A card as attempts keep it. The id is null where only the gateway named the card, by its last four digits. */
export type NamedCard = { readonly paymentSourceId: string | null; readonly cardLast4: string | null };

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

/** A card that was declined, for an invoice of the customer's. */
export type CardDeclined = NamedCard & {
  readonly declineClass: DeclineClass | null;
  /** The card was renewed since, or a person allowed it. */
  readonly isCleared: boolean;
  readonly invoiceStatus: InvoiceStatus;
};

/** After these the card may be barred from other invoices, too. */
export const BARRING_CLASSES = ["never_again", "new_card"] as const satisfies readonly DeclineClass[];

/** A card that another one is needed for is free again when its invoice is settled. */
export function barredBy(declines: readonly CardDeclined[]): Pick<CardFacts, "neverAgain" | "toReplace"> {
  const standing = declines.filter(({ isCleared }) => !isCleared);
  const waiting = standing.filter(({ invoiceStatus }) => isOwed(invoiceStatus));
  const of = (from: typeof declines, barring: (typeof BARRING_CLASSES)[number]): NamedCard[] =>
    from
      .filter(({ declineClass }) => declineClass === barring)
      .map(({ paymentSourceId, cardLast4 }) => ({ paymentSourceId, cardLast4 }));
  return { neverAgain: of(standing, "never_again"), toReplace: of(waiting, "new_card") };
}

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
