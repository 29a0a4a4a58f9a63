/**
 * What needs a person, and so ends a command with exit code 3, and is shown by `status` and the doctor.
 *
 * Pure, and the one list of it: whoever counts brings the numbers, and this says whether one of them asks for somebody.
 * The view `needs_attention` lists the invoices among it, row by row. What is unknown is asked about by itself, and needs a
 * person once that is given up: then its invoice is held.
 */
import type { AttemptState } from "./attempt.ts";
import type { InvoiceStatus } from "./invoice.ts";

/** Each is a number; more than none needs a person. */
export const PERSON_MATTERS = [
  /** Invoices that were held, or paid a second time. */
  "held",
  "paidAgain",
  /** Payments of what was canceled: keep them, or give them back. */
  "paidAfterCancel",
  /** That are not decided yet. */
  "disputes",
  /** Customers and orders that Conekta does not show, or does not charge. */
  "unreadable",
  /** Subscriptions whose row cannot be understood. */
  "setAside",
  /** Outcomes that stand in the log alone. */
  "notRecorded",
  "failedWebhooks",
  /** Events that the merchant's systems never took. */
  "givenUpEvents",
  /** Orders at Conekta that differ from the database, and payments that Conekta does not show. */
  "mismatched",
  "missingAtGateway",
  /** Orders that cannot be read, and so were not compared. */
  "unread",
] as const;
export type PersonMatters = Readonly<Partial<Record<(typeof PERSON_MATTERS)[number], number>>>;

export function needsPerson(matters: PersonMatters): boolean {
  return PERSON_MATTERS.some((matter) => (matters[matter] ?? 0) > 0);
}

/** What became of an invoice and its attempt: a person must decide, or give money back. */
export function outcomeNeedsPerson(
  status: InvoiceStatus,
  state: AttemptState | null,
  { isAfterCancel = false }: { readonly isAfterCancel?: boolean } = {},
): boolean {
  return status === "held" || state === "paid_again" || isAfterCancel;
}
