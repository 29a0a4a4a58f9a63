/** What happens next, when, and why not earlier. */
import type { Text } from "../domain/language.ts";

export const NEXT_KINDS = [
  /** The card is charged. */
  "charge",
  /** A charge is under way, under review, or its outcome is unknown. */
  "outcome",
  /** The customer may pay by a link; or it is made. */
  "payment_link",
  "new_card",
  "grace",
  "earlier_invoice",
  /** Nothing happens without a person. */
  "person",
  /** No customer is charged: all charging is halted. */
  "halt",
  /** The next cycle falls due. */
  "billing",
  "nothing",
] as const;
export type NextKind = (typeof NEXT_KINDS)[number];

export type Next = {
  readonly what: NextKind;
  /** Null: about the whole subscription. */
  readonly invoiceId: string | null;
  /** Null: at no time that is known. */
  readonly at: Date | null;
  readonly why: Text;
  /** What a person may type; null: nothing. */
  readonly command: string | null;
};
