/** After the faults: everything has come to an end, or waits for a reason that a person can see. */
import type { Checkers } from "./checkers.ts";
import type { Report } from "./violation.ts";

const HOUR_MS = 3_600_000;
/** The last look is 24 hours after the charge; a pending one is cancelled after 72. */
const UNKNOWN_MS = 26 * HOUR_MS;
const PENDING_MS = 26 * HOUR_MS + 72 * HOUR_MS;

/** @param now of the machine's clock, some weeks after the last fault */
export function checkLiveness(checkers: Checkers, now: Date, report: Report): void {
  const lastOf = new Map<string, { number: number; state: string }>();
  for (const { invoiceId, number, state } of checkers.attempts.values())
    if (number > (lastOf.get(invoiceId)?.number ?? 0)) lastOf.set(invoiceId, { number, state });

  for (const { reference, invoiceId, state, sentAt, nextLookAt } of checkers.attempts.values()) {
    const ageMs = now.getTime() - (sentAt?.getTime() ?? 0);
    const invoice = checkers.invoices.get(invoiceId)?.status;
    if (state === "claimed" || state === "sending") report("liveness", `attempt ${reference} is ${state} for ever`);
    if (state === "pending" && ageMs > PENDING_MS) report("liveness", `attempt ${reference} is pending for ever`);
    if (state === "unknown" && ageMs > UNKNOWN_MS && invoice === "open")
      report(
        "liveness",
        `attempt ${reference} is unknown, its next look is ${nextLookAt?.toISOString()}, its invoice open`,
      );
  }
  for (const { id, status, nextAttemptAt, openedAt } of checkers.invoices.values()) {
    if (status !== "open") continue;
    const last = lastOf.get(id)?.state ?? "never tried";
    if (nextAttemptAt === null && last !== "declined" && last !== "unknown" && last !== "pending")
      report("liveness", `invoice ${id} is open, waits for nothing, and its last attempt is ${last}`);
    if (nextAttemptAt !== null && now.getTime() - nextAttemptAt.getTime() > 6 * HOUR_MS)
      report("liveness", `invoice ${id} of ${openedAt.toISOString()} is due since ${nextAttemptAt.toISOString()}`);
  }
}
