/**
 * Forma de pago: how the money came, in the words of the SAT.
 *
 * Pure. Null where nothing says it: a person noted the invoice as paid, and not how.
 */
import type { CardKind, PaymentMethod } from "../attempt.ts";

/** How the money came; null where nothing says it: a person noted the invoice as paid, and not how. */
export type PaidBy = {
  readonly method: PaymentMethod | null;
  readonly cardKind: CardKind | null;
  /** As the person said who noted it. */
  readonly form?: PaymentForm | null;
};

/**
 * The forms in which a person may note money that came by other means.
 * @see SAT, catalogue c_FormaPago
 */
export const PAYMENT_FORMS = ["01", "02", "03", "04", "05", "06", "08", "28", "29"] as const;
export type PaymentForm = (typeof PAYMENT_FORMS)[number];

/** Compensación: what the merchant owes the customer is set off against what the customer owes. */
export const SET_OFF = "17";

/** @see SAT, catalogue c_FormaPago */
export function formaPagoOf(paidBy: PaidBy | null): string | null {
  if (paidBy === null) return null;
  if (paidBy.method === null) return paidBy.form ?? null;
  switch (paidBy.method) {
    case "cash":
      return "01";
    case "bank_transfer":
      return "03";
    case "card":
      if (paidBy.cardKind === null) return null;
      return paidBy.cardKind === "credit" ? "04" : "28";
    default:
      return paidBy.method satisfies never;
  }
}

type Paid = {
  readonly paidBy: PaidBy | null;
  readonly amountCents: number;
  /** What of it the customer's balance paid; below 0: a debt of before joined it. */
  readonly balanceCents: number;
};

/**
 * Of several payments: that by which most of the money came; what the balance paid was set off. Null where what nobody told may
 * be of another form than the largest one known, and make that one the largest.
 * @see SAT, Anexo 20, guide of CFDI 4.0, FormaPago: where it is paid in several forms, that of the largest amount
 */
export function formaPagoOfMost(invoices: readonly Paid[]): string | null {
  const parts = invoices.flatMap(({ paidBy, amountCents, balanceCents }) => {
    const setOffCents = Math.min(Math.max(balanceCents, 0), amountCents);
    return [
      { form: formaPagoOf(paidBy), cents: amountCents - setOffCents },
      { form: SET_OFF, cents: setOffCents },
    ].filter(({ cents: paidCents }) => paidCents > 0);
  });
  const sums = [...Map.groupBy(parts, ({ form }) => form)]
    .map(([form, paid]) => ({ form, cents: paid.reduce((sum, { cents: paidCents }) => sum + paidCents, 0) }))
    .toSorted((a, b) => b.cents - a.cents || (a.form ?? "~").localeCompare(b.form ?? "~"));
  const untoldCents = sums.find(({ form }) => form === null)?.cents ?? 0;
  const [most, next] = sums.filter(({ form }) => form !== null);
  return most === undefined || most.cents < (next?.cents ?? 0) + untoldCents ? null : most.form;
}
