/** What rows of several listings have in common. */
import type { DeclineClass } from "../../../domain/decline.ts";
import type { Card } from "../../../domain/plan.ts";

export type Amount = {
  readonly amountCents: number;
  /** The same in units: 200.15. */
  readonly amount: number;
  readonly currency: string;
};

export type Failure = {
  readonly declineClass: DeclineClass | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
};

export type CardOf<Columns extends keyof Card> = Pick<Card, Columns>;

/** What surely went back of it. */
export type Refunded = { readonly refundedCents: number; readonly refunded: number };

/** Whose invoice it is, and of which cycle; null: it is of none. */
export type InvoiceParty = {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly planId: string;
  readonly planName: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly cycle: number | null;
};
