/** What one run did, counted as it happens; what `run` prints and the daemon logs. */
import { isPaid, type AttemptState } from "../../domain/attempt.ts";
import { BillingError } from "../../domain/errors.ts";
import { outcomeNeedsPerson } from "../../domain/needs-person.ts";
import type { ReachedLimit } from "../../domain/charging/run-limits.ts";
import type { ClockCheck } from "../../domain/clock-check.ts";
import type { ChargeIntent } from "../ports/gateway.ts";
import type { Log } from "../ports/runtime.ts";
import type { Settled } from "../ports/charging.ts";

export type RunSummary = {
  opened: number;
  /** Attempts by the state they came to in this run. */
  outcomes: Record<AttemptState, number>;
  /** Whole cents collected, by currency. */
  paidCents: Record<string, number>;
  /** Outcomes that could not be written, and stand in the log alone. */
  notRecorded: number;
  /** Invoices that a person must look at because of this run. */
  needsPerson: number;
  /** Subscriptions and invoices whose row could not be understood, or not written, and steps of the run that broke. */
  setAside: readonly string[];
  /** Customers and orders that the gateway does not show, and for which something waits, or was left in this run. */
  unreadable: number;
  /** Orders and customers that were to be read in this run, and were not: inquiries, rechecks, disputes, webhooks. */
  failedReads: number;
  /** The limit that ended the run early. */
  stoppedAt: ReachedLimit | null;
  /** Why the gateway does not let us charge anybody. */
  haltReason: string | null;
  /** How far our clock is ahead of the gateway's, when that kept invoices from being opened. */
  clockSkewMs: number | null;
  /** What is known of our clock; only if it is wrong, or nothing is known, no invoice was opened. */
  clock: ClockCheck["is"];
};

export function emptyRunSummary(): RunSummary {
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
    notRecorded: 0,
    needsPerson: 0,
    setAside: [],
    unreadable: 0,
    failedReads: 0,
    stoppedAt: null,
    haltReason: null,
    clockSkewMs: null,
    clock: "right",
  };
}

export function countSettled(
  summary: RunSummary,
  settled: Settled,
  intent: Pick<ChargeIntent, "amountCents" | "currency">,
): void {
  countOutcome(summary, settled);
  const { settlement } = settled;
  if (settlement === null || !isPaid(settlement.attempt.state)) return;
  summary.paidCents[intent.currency] = (summary.paidCents[intent.currency] ?? 0) + intent.amountCents;
}

/** Of what no money can have moved by: a page just made, a try that was left behind. */
export function countOutcome(summary: RunSummary, { settlement, notRecorded }: Settled): void {
  if (notRecorded) summary.notRecorded += 1;
  if (settlement === null) return;
  const { state } = settlement.attempt;
  summary.outcomes[state] += 1;
  if (outcomeNeedsPerson(settlement.invoice.status, state, settlement)) summary.needsPerson += 1;
}

/** What cannot be understood is left as it is, and said: no other waits for it. */
export function putRowAside(
  { log }: { readonly log: Log },
  summary: RunSummary,
  { invoiceId }: { readonly invoiceId: string },
  error: unknown,
): void {
  if (summary.setAside.includes(invoiceId)) return;
  summary.setAside = [...summary.setAside, invoiceId];
  log.error("invoice.set_aside", { invoiceId, error });
}

/** One step of a run breaks by a bug: the others are taken all the same. @throws what is no bug */
export async function takeStep(
  { log }: { readonly log: Log },
  summary: RunSummary,
  step: string,
  take: () => Promise<unknown>,
): Promise<void> {
  try {
    await take();
  } catch (error) {
    if (error instanceof BillingError) throw error;
    summary.setAside = [...summary.setAside, `the step ${step}`];
    log.error("step.set_aside", { step, error });
  }
}

export type RunReport = Readonly<
  Pick<
    RunSummary,
    | "opened"
    | "paidCents"
    | "notRecorded"
    | "needsPerson"
    | "setAside"
    | "stoppedAt"
    | "haltReason"
    | "clockSkewMs"
    | "clock"
    | "unreadable"
    | "failedReads"
  >
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

/** The summary in the words and the flat shape that people and scripts read. */
export function reportOf(summary: RunSummary): RunReport {
  const {
    outcomes,
    opened,
    paidCents,
    notRecorded,
    needsPerson,
    setAside,
    stoppedAt,
    haltReason,
    clockSkewMs,
    clock,
    unreadable,
    failedReads,
  } = summary;
  const { paid, declined, pending, refused, unknown, released, not_sent: notSent, paid_again: paidAgain } = outcomes;
  return {
    ...{ opened, paid, declined, pending, refused, notSent, unknown, paidAgain, released },
    ...{ paidCents, notRecorded, needsPerson, setAside, stoppedAt, haltReason, clockSkewMs, clock, unreadable },
    failedReads,
  };
}
