/**
 * What needs a person, and so ends a command with exit code 3, and is shown by `status`, the doctor and `/readyz`.
 *
 * Pure, and the one list of it: a command brings the numbers, and this says whether one of them needs a person. The
 * doctor's checks name the matters that they look at. The view `needs_attention` lists the invoices among it, row by row.
 * What is unknown is asked about by itself, and needs a person once that is given up: then its invoice is held.
 */
import type { AttemptState } from "./attempt.ts";
import type { InvoiceStatus } from "./invoice.ts";

/**
 * Each is a number; more than none needs a person.
 *
 * `undone`: something due was not tried, or what was tried is not in the database, so no light may be green: `/readyz`
 * is 503. `waits`: everything due was tried, and what is left is a decision.
 */
export const PERSON_MATTERS = {
  /** Charging is halted; nobody charges what is due; the last tick left something undone. */
  halted: "undone",
  uncharged: "undone",
  unfinished: "undone",
  /** Outcomes that stand in the log alone. */
  notRecorded: "undone",
  /** Subscriptions whose row cannot be understood. */
  setAside: "undone",
  /** Customers and orders that Conekta does not show, or does not charge. */
  unreadable: "undone",
  /** Invoices that were held, or paid a second time. */
  held: "waits",
  paidAgain: "waits",
  /** Payments of what was canceled: keep them, or give them back. */
  paidAfterCancel: "waits",
  /** That are not decided yet. */
  disputes: "waits",
  failedWebhooks: "waits",
  /** Events that the merchant's systems never took. */
  givenUpEvents: "waits",
  /** Orders at Conekta that differ from the database, and payments that Conekta does not show. */
  mismatched: "waits",
  missingAtGateway: "waits",
  /** Orders that cannot be read, and so were not compared. */
  unread: "waits",
  /** What the doctor alone looks for: it reads every subscription, and asks for it once a day rather than each minute. */
  longUnknown: "waits",
  missedCycles: "waits",
  wrongCursors: "waits",
  brokenGuard: "waits",
  endedTaxRates: "waits",
} as const;
export type PersonMatter = keyof typeof PERSON_MATTERS;
export type PersonMatters = Readonly<Partial<Record<PersonMatter, number>>>;

export function needsPerson(matters: PersonMatters): boolean {
  return Object.keys(PERSON_MATTERS).some((matter) => (matters[matter as PersonMatter] ?? 0) > 0);
}

type Undone = {
  [Matter in PersonMatter]: (typeof PERSON_MATTERS)[Matter] extends "undone" ? Matter : never;
}[PersonMatter];

/** Why not everything is done that is due, by the first of the given numbers that says so; null: none does. */
export function whyUndone<Matter extends Undone>(
  matters: Readonly<Record<Matter, number>>,
  words: Readonly<Record<Matter, string>>,
): string | null {
  const first = (Object.keys(words) as Matter[]).find((matter) => matters[matter] > 0);
  return first === undefined ? null : words[first];
}

/** What became of an invoice and its attempt: a person must decide, or give money back. */
export function outcomeNeedsPerson(
  status: InvoiceStatus,
  state: AttemptState | null,
  { isAfterCancel = false }: { readonly isAfterCancel?: boolean } = {},
): boolean {
  return status === "held" || state === "paid_again" || isAfterCancel;
}
