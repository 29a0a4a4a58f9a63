/** After the faults: everything has come to an end, or waits for a reason that a person can see. */
import { isOpen } from "../../../src/domain/attempt.ts";
import { horizonDays, type DunningPolicy } from "../../../src/domain/dunning/dunning.ts";
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import type { Checkers } from "./checkers.ts";
import { waitsAmong } from "../promises/promises-of.ts";
import type { Report } from "./violation.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The last inquiry is 24 hours after the charge; a pending one is cancelled after 72. */
const UNKNOWN_MS = 26 * HOUR_MS;
const PENDING_MS = 26 * HOUR_MS + 72 * HOUR_MS;
/** What a try with a pending outcome, and one that stays unknown, may add to dunning. */
const UNCERTAIN_DAYS = 6;
/** Of the tries, in what is reported. */
const LAST_SHOWN = 12;

export type LivenessNeeds = {
  readonly checkers: Checkers;
  /** Of the machine's clock, some weeks after the last fault. */
  readonly now: Date;
  /** When the last fault and the last person were. */
  readonly peaceSince: Date;
  readonly policyOf: (subscriptionId: string) => DunningPolicy;
  readonly report: Report;
};

export function checkLiveness(needs: LivenessNeeds): void {
  const { checkers, report, now } = needs;
  const attemptsOf = Map.groupBy(checkers.attempts.values(), ({ invoiceId }) => invoiceId);
  for (const attempt of checkers.attempts.values()) checkAttempt(needs, attempt);
  for (const invoice of checkers.invoices.values()) {
    if (invoice.status !== "open") continue;
    const attempts = attemptsOf.get(invoice.id) ?? [];
    const cycles = [...(checkers.cycles.get(invoice.subscriptionId)?.values() ?? [])];
    if (waitsAmong(invoice, cycles, (invoiceId) => attemptsOf.get(invoiceId) ?? []) !== null) continue;
    checkHorizon(needs, invoice, attempts);
    const { id, nextAttemptAt, openedAt } = invoice;
    // A retry is due by its own date; the other is left of the step before a last try.
    const dunningDueAt = invoice.dunningStep === "retry" ? null : (invoice.dunningDueAt ?? null);
    // What it waited for may have ended a moment ago: the next run takes it up.
    const others = cycles.filter((other) => other.id !== id).flatMap((other) => attemptsOf.get(other.id) ?? []);
    const freeMs = Math.max(0, ...others.map(({ settledAt }) => settledAt?.getTime() ?? 0));
    if (!waitsForSomething(checkers, invoice, attempts))
      report("liveness", `invoice ${id} is open and waits for nothing (${attempts.at(-1)?.state ?? "never tried"})`);
    for (const due of [nextAttemptAt, dunningDueAt])
      if (due !== null && now.getTime() - Math.max(due.getTime(), freeMs) > 6 * HOUR_MS)
        report("liveness", `invoice ${id} of ${openedAt.toISOString()} is due since ${due.toISOString()}`);
  }
}

function checkAttempt({ checkers, now, report }: LivenessNeeds, attempt: AttemptSeen): void {
  const { reference, invoiceId, state, flow, sentAt, nextInquiryAt } = attempt;
  const ageMs = now.getTime() - (sentAt?.getTime() ?? 0);
  const invoice = checkers.invoices.get(invoiceId)?.status;
  if (state === "claimed" || state === "sending") report("liveness", `attempt ${reference} is ${state} for ever`);
  // A payment link is pending until its page is over, which the horizon of its invoice bounds.
  if (state === "pending" && flow !== "link" && ageMs > PENDING_MS)
    report("liveness", `attempt ${reference} is pending for ever`);
  if (state === "unknown" && ageMs > UNKNOWN_MS && invoice === "open")
    report(
      "liveness",
      `attempt ${reference} is unknown, its next inquiry is ${nextInquiryAt?.toISOString()}, its invoice open`,
    );
}

/** A try, a step of dunning, or the outcome of an attempt. */
function waitsForSomething(checkers: Checkers, invoice: InvoiceSeen, attempts: readonly AttemptSeen[]): boolean {
  if (invoice.nextAttemptAt !== null || attempts.some(({ state }) => isOpen(state))) return true;
  return invoice.dunningDueAt === undefined ? checkers.hasFailed(invoice.id) : invoice.dunningDueAt !== null;
}

/** Dunning ends every failed invoice within what its policy grants, from when nothing earlier kept it waiting any more. */
function checkHorizon(
  { checkers, now, peaceSince, policyOf, report }: LivenessNeeds,
  { id, subscriptionId, firstDeclinedAt, cycle }: InvoiceSeen,
  attempts: readonly AttemptSeen[],
): void {
  if (firstDeclinedAt === undefined || firstDeclinedAt === null) return;
  const earlier = [...(checkers.cycles.get(subscriptionId)?.values() ?? [])].filter((other) => other.cycle < cycle);
  const policy = policyOf(subscriptionId);
  const begunMs = Math.max(
    ...[firstDeclinedAt.getTime(), peaceSince.getTime()],
    ...earlier.map(({ id: earlierId }) => checkers.endedAtMs(earlierId) ?? 0),
  );
  if (now.getTime() - begunMs > (horizonDays(policy) + UNCERTAIN_DAYS) * DAY_MS)
    report(
      "liveness",
      `invoice ${id} failed at ${firstDeclinedAt.toISOString()} and is open still, by the policy ${policy.name} ` +
        `(${attempts
          .map(({ flow, state }) => `${flow} ${state}`)
          .slice(-LAST_SHOWN)
          .join(", ")})`,
    );
}
