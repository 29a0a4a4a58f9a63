/** What one run did, counted as it happens; what `run` prints and the daemon logs. */
import type { AttemptState } from "../../domain/attempt.ts";
import type { ChargeIntent, Settled } from "../ports/store.ts";

export type Tally = {
  opened: number;
  /** Attempts by the state they came to in this run. */
  outcomes: Record<AttemptState, number>;
  /** Whole cents collected, by currency. */
  paidCents: Record<string, number>;
  /** Invoices that a person must look at because of this run. */
  needsPerson: number;
  /** Subscriptions whose row could not be understood. */
  setAside: readonly string[];
  /** The limit that ended the run early. */
  stoppedAt: string | null;
  /** Why the gateway does not let us charge anybody. */
  gateClosed: string | null;
  /** How far our clock is ahead of the gateway's, when that kept invoices from being opened. */
  clockSkewMs: number | null;
};

export function emptyTally(): Tally {
  return {
    opened: 0,
    outcomes: {
      claimed: 0,
      sending: 0,
      paid: 0,
      declined: 0,
      pending: 0,
      refused: 0,
      not_sent: 0,
      unknown: 0,
      paid_again: 0,
      released: 0,
      lapsed: 0,
    },
    paidCents: {},
    needsPerson: 0,
    setAside: [],
    stoppedAt: null,
    gateClosed: null,
    clockSkewMs: null,
  };
}

export function countSettled(
  tally: Tally,
  { settlement }: Settled,
  intent: Pick<ChargeIntent, "amountCents" | "currency">,
): void {
  if (settlement === null) return;
  const { state } = settlement.attempt;
  tally.outcomes[state] += 1;
  if (state === "paid" || state === "paid_again")
    tally.paidCents[intent.currency] = (tally.paidCents[intent.currency] ?? 0) + intent.amountCents;
  if (settlement.invoice.status === "held" || state === "paid_again") tally.needsPerson += 1;
}

export type Summary = Readonly<
  Pick<Tally, "opened" | "paidCents" | "needsPerson" | "setAside" | "stoppedAt" | "gateClosed" | "clockSkewMs">
> & {
  readonly paid: number;
  readonly declined: number;
  readonly pending: number;
  readonly refused: number;
  readonly notSent: number;
  readonly unknown: number;
  readonly paidAgain: number;
  readonly released: number;
};

/** The tally in the words and the flat shape that people and scripts read. */
export function summaryOf(tally: Tally): Summary {
  const { outcomes, opened, paidCents, needsPerson, setAside, stoppedAt, gateClosed, clockSkewMs } = tally;
  const { paid, declined, pending, refused, unknown, released, not_sent: notSent, paid_again: paidAgain } = outcomes;
  return {
    ...{ opened, paid, declined, pending, refused, notSent, unknown, paidAgain, released },
    ...{ paidCents, needsPerson, setAside, stoppedAt, gateClosed, clockSkewMs },
  };
}
