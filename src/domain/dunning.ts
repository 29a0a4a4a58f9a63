/**
 * Dunning: what to do after a charge is declined.
 *
 * Pure. The time of the decline comes in; a decision goes out; nothing is read or written.
 */
import assert from "node:assert/strict";
import { plusLocalDays } from "./calendar.ts";
import type { DeclineClass } from "./decline.ts";

export const FINAL_ACTIONS = ["unpaid", "cancel", "pause"] as const;
/** What becomes of the subscription whose invoice is written off. */
export type FinalAction = (typeof FINAL_ACTIONS)[number];

export type DunningPolicy = {
  /** Whole calendar days, in the subscription's zone, to wait after the 1st, 2nd, … decline. */
  readonly retryAfterDays: readonly number[];
  readonly finalAction: FinalAction;
};

export type NextStep =
  | { readonly do: "retry"; readonly at: Date }
  /** The card will not pay again by itself: the invoice stays open, and waits for another card or a person. */
  | { readonly do: "wait_for_card" }
  | { readonly do: "write_off"; readonly because: "attempts_used_up"; readonly finalAction: FinalAction }
  | { readonly do: "hold"; readonly because: "our_fault" };

/** A bank or network fault passes in an hour or not today. */
const SOON_MS = 3_600_000;

/**
 * @param declines declines so far on this invoice, this one included; so at least 1
 * @param timeZone the subscription's: a day is added there, so 09:00 stays 09:00 over a clock change
 */
export function nextStep(
  policy: DunningPolicy,
  decline: DeclineClass,
  declines: number,
  declinedAt: Date,
  timeZone: string,
): NextStep {
  assert(Number.isInteger(declines) && declines >= 1, `declines must be a count from 1, got ${declines}`);
  const waitDays = policy.retryAfterDays[declines - 1];

  switch (decline) {
    case "retry_later":
      if (waitDays === undefined) return writeOff(policy);
      return { do: "retry", at: plusLocalDays(declinedAt, waitDays, timeZone) };
    case "try_again_soon":
      if (waitDays === undefined) return writeOff(policy);
      return { do: "retry", at: new Date(declinedAt.getTime() + SOON_MS) };
    case "unrecognized":
      // A code nobody has seen may pass by itself: one more try, then it counts as a bad card.
      if (declines > 1 || waitDays === undefined) return { do: "wait_for_card" };
      return { do: "retry", at: plusLocalDays(declinedAt, waitDays, timeZone) };
    case "new_card":
    case "customer_action":
    case "never_again":
      return { do: "wait_for_card" };
    case "our_fault":
      return { do: "hold", because: "our_fault" };
    default:
      return decline satisfies never;
  }
}

function writeOff(policy: DunningPolicy): NextStep {
  return { do: "write_off", because: "attempts_used_up", finalAction: policy.finalAction };
}
