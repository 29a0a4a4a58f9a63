/**
 * The balance: what a customer has to the good, or owes from an amount that was too small to charge.
 *
 * Pure. A ledger to which entries are only added, numbered from 1 for each customer and currency; each keeps the balance
 * after it. An entry that was made from an older balance has a number that is taken, so no cent is spent twice.
 */
import assert from "node:assert/strict";

/** What Conekta charges at least, in Mexico: 3 pesos; MIN_CHARGE_CENTS says otherwise. */
export const LEAST_CHARGE_CENTS = 300;

/** `applied`: it paid an invoice, or part of it, or a small debt of before joined it. `returned`: that invoice became void. */
export const BALANCE_KINDS = ["grant", "take", "applied", "returned"] as const;
export type BalanceKind = (typeof BALANCE_KINDS)[number];

export type BalanceEntry = {
  /** "cus_2tTU5GdkwZvBmS3fN/MXN/3" */
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  /** From 1, one further for each entry of the customer and currency. */
  readonly number: number;
  readonly kind: BalanceKind;
  /** Above 0: to the customer's good. */
  readonly amountCents: number;
  /** The balance after it. Below 0: the customer owes it, and it joins the next invoice. */
  readonly balanceCents: number;
  readonly invoiceId: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
};

/** Where a customer's ledger stands; the number of its last entry. */
export type Balance = Pick<BalanceEntry, "number" | "balanceCents">;

export const NO_BALANCE: Balance = { number: 0, balanceCents: 0 };

export type NewBalanceEntry = Omit<BalanceEntry, "at">;

export function entryAfter(
  { number, balanceCents }: Balance,
  entry: Omit<NewBalanceEntry, "id" | "number" | "balanceCents">,
): NewBalanceEntry {
  assert(Number.isSafeInteger(entry.amountCents) && entry.amountCents !== 0, `an entry of ${entry.amountCents} cents`);
  const next = number + 1;
  const id = `${entry.customerId}/${entry.currency}/${next}`;
  return { ...entry, id, number: next, balanceCents: balanceCents + entry.amountCents };
}

/**
 * What of an invoice the balance pays, and what is left to charge. A rest below the least that can be charged is paid from
 * a balance that goes below 0 by it: it joins the next invoice, is never charged alone and never lost.
 *
 * @param totalCents what the invoice comes to
 * @param leastCents the least that Conekta charges
 * @returns `appliedCents` below 0: so much of before joins this invoice
 */
export function paidByBalance(
  totalCents: number,
  { balanceCents }: Balance,
  leastCents: number,
): { readonly appliedCents: number; readonly amountCents: number } {
  const restCents = totalCents - balanceCents;
  if (restCents < leastCents) return { appliedCents: totalCents, amountCents: 0 };
  return { appliedCents: balanceCents, amountCents: restCents };
}

/** What a void invoice gives back of what the balance paid for it. */
export function returnedEntry(
  balance: Balance,
  invoice: { readonly id: string } & Pick<BalanceEntry, "customerId" | "currency" | "balanceCents">,
): NewBalanceEntry {
  const { id: invoiceId, customerId, currency, balanceCents: amountCents } = invoice;
  return entryAfter(balance, {
    ...{ customerId, currency, kind: "returned", amountCents, invoiceId },
    ...{ reason: "invoice void", actor: "puntual" },
  });
}

/** What is left of each grant: the oldest is spent first. @param entries in the order of their numbers */
export function leftOfGrants(
  entries: readonly Pick<BalanceEntry, "number" | "amountCents">[],
): readonly { readonly number: number; readonly leftCents: number }[] {
  let spentCents = -entries.reduce((sum, { amountCents }) => sum + Math.min(0, amountCents), 0);
  return entries
    .filter(({ amountCents }) => amountCents > 0)
    .map(({ number, amountCents }) => {
      const ofThisCents = Math.min(spentCents, amountCents);
      spentCents -= ofThisCents;
      return { number, leftCents: amountCents - ofThisCents };
    });
}
