/**
 * Declines: the bank or the antifraud said no. A business outcome, hence a value.
 *
 * Which of Conekta's codes belongs to which class is told in adapters/conekta/declines.ts, with its sources.
 */
import type { Text } from "./language.ts";

export const DECLINE_CLASSES = [
  "retry_later",
  "try_again_soon",
  "new_card",
  "customer_action",
  "never_again",
  "our_fault",
  "unrecognized",
] as const;
export type DeclineClass = (typeof DECLINE_CLASSES)[number];

export type Decline = {
  readonly declineClass: DeclineClass;
  /** Conekta's `failure_code`, or the `details[].code` where the charge carries none. */
  readonly failureCode: string | null;
  /** In the language we asked for (Spanish); fit to be shown to the customer. */
  readonly failureMessage: string | null;
  /** The account had too little money: worth trying again on a payday. */
  readonly lacksFunds?: true;
  /** Nobody answered what the bank asked of the cardholder (3DS): it was not the card that failed. */
  readonly isUnanswered?: true;
};

/** What a gateway's code means, for people; null: the code is unknown. */
export type DeclineText = (code: string) => Text | null;
