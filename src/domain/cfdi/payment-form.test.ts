/** Forma de pago: of one payment, and of several, where the largest counts. */
import { expect, test } from "@jest/globals";
import { formaPagoOf, formaPagoOfMost, type PaidBy } from "./payment-form.ts";

const CREDIT: PaidBy = { method: "card", cardKind: "credit" };
const DEBIT: PaidBy = { method: "card", cardKind: "debit" };
const CASH: PaidBy = { method: "cash", cardKind: null };
const UNTOLD: PaidBy = { method: "card", cardKind: null };

test.each<[paidBy: PaidBy | null, form: string | null, because: string]>([
  [CREDIT, "04", "a credit card"],
  [DEBIT, "28", "a debit card"],
  [UNTOLD, null, "a card of which nobody knows the kind"],
  [CASH, "01", "cash"],
  [{ method: "bank_transfer", cardKind: null }, "03", "a transfer"],
  [{ method: null, cardKind: null, form: "02" }, "02", "as the person said"],
  [{ method: null, cardKind: null, form: null }, null, "a person who did not say"],
  [{ method: null, cardKind: null }, null, "noted before it was asked"],
  [{ ...CASH, form: "02" }, "01", "what Conekta shows counts"],
  [null, null, "nothing says it"],
])("%j is %p (%s)", (paidBy, form) => {
  expect(formaPagoOf(paidBy)).toBe(form);
});

test.each<
  [paid: readonly [PaidBy | null, cents: number, balanceCents: number][], form: string | null, because: string]
>([
  [[], null, "nothing was paid"],
  [[[CREDIT, 100, 0]], "04", "one payment"],
  [
    [
      [CREDIT, 100, 0],
      [CASH, 101, 0],
    ],
    "01",
    "the larger one",
  ],
  [
    [
      [CREDIT, 60, 0],
      [CASH, 100, 0],
      [CREDIT, 60, 0],
    ],
    "04",
    "together the larger one",
  ],
  [
    [
      [CREDIT, 100, 0],
      [CASH, 100, 0],
    ],
    "01",
    "of two alike, the first of the catalogue",
  ],
  [[[CREDIT, 100, 40]], "04", "the balance paid less"],
  [[[CREDIT, 100, 60]], "17", "the balance paid more: set off"],
  [[[CREDIT, 100, 100]], "17", "the balance paid all"],
  [[[CREDIT, 100, 900]], "17", "never more than all"],
  [[[CREDIT, 100, -50]], "04", "a debt of before is set off with nothing"],
  [
    [
      [CREDIT, 100, 0],
      [UNTOLD, 50, 0],
    ],
    "04",
    "what nobody told cannot be more",
  ],
  [
    [
      [CREDIT, 100, 0],
      [UNTOLD, 100, 0],
    ],
    "04",
    "nor as much, and then it counts all the same",
  ],
  [
    [
      [CREDIT, 100, 0],
      [UNTOLD, 101, 0],
    ],
    null,
    "it may be more",
  ],
  [
    [
      [CREDIT, 100, 0],
      [CASH, 60, 0],
      [UNTOLD, 41, 0],
    ],
    null,
    "it may make the second the largest",
  ],
  [
    [
      [CREDIT, 100, 0],
      [CASH, 60, 0],
      [UNTOLD, 40, 0],
    ],
    "04",
    "or only as large",
  ],
  [[[UNTOLD, 100, 0]], null, "nobody told anything"],
  [[[CREDIT, 1, 0]], "04", "a cent"],
  [[[CREDIT, 0, 0]], null, "no cent: nothing was paid, by whatever"],
  [
    [
      [UNTOLD, 0, 0],
      [CASH, 5, 0],
    ],
    "01",
    "what was not paid has no form",
  ],
])("of %j the form is %p (%s)", (paid, form) => {
  const invoices = paid.map(([paidBy, amountCents, balanceCents]) => ({ paidBy, amountCents, balanceCents }));
  expect(formaPagoOfMost(invoices)).toBe(form);
  expect(formaPagoOfMost(invoices.toReversed())).toBe(form);
});
