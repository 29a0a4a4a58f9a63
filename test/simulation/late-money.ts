/**
 * The one way in which a cycle may be paid twice: money comes to a hosted page that the gateway shows as over, after
 * another collection was begun because it is over. Nobody can keep that from happening; it must be in the books, and
 * be shown until it is given back.
 */
import type { Store } from "../../src/application/ports/store.ts";
import type { AttemptSeen } from "./books-view.ts";
import { refundedCents, type Ledger, type LedgerCharge } from "./ledger.ts";
import type { Report } from "./checks/violation.ts";

/** @param sentAtMs when the charge or page of a reference was sent */
export function isRaceAllowed(
  ledger: Ledger,
  sentAtMs: ReadonlyMap<string, number>,
  one: LedgerCharge,
  other: LedgerCharge,
): boolean {
  return cameTooLate(one, other) || cameTooLate(other, one);

  function cameTooLate(late: LedgerCharge, ontime: LedgerCharge): boolean {
    const end = ledger.orders.get(late.orderId)?.page?.end;
    const begunAtMs = sentAtMs.get(ontime.reference);
    if (end === undefined || end === null || begunAtMs === undefined || late.orderId === ontime.orderId) return false;
    return paidAtMs(late) > end.atMs && begunAtMs >= end.atMs;
  }
}

/** Once nothing is on its way any more: every second payment is booked as one, and stands in `needs_attention`. */
export async function checkSecondPayments(
  checkers: {
    readonly attempts: ReadonlyMap<string, AttemptSeen>;
    readonly races: readonly (readonly LedgerCharge[])[];
  },
  store: Store,
  report: Report,
): Promise<void> {
  const attempts = [...checkers.attempts.values()];
  const again = new Set(attempts.filter(({ state }) => state === "paid_again").map(({ chargeId }) => chargeId));
  const shown = new Set((await store.list("attention", {})).map(({ invoiceId }) => invoiceId));
  for (const race of checkers.races) {
    if (race.some((charge) => refundedCents(charge) === charge.amountCents)) continue;
    // Of an order that cannot be read no charge is known: its attempt stays unknown, and is shown.
    const booked = attempts.filter(({ chargeId, reference, state }) =>
      race.some((charge) => charge.id === chargeId || (state === "unknown" && charge.reference === reference)),
    );
    const [late] = race.filter(({ id }) => again.has(id));
    if (late === undefined && !booked.some(({ state }) => state === "unknown"))
      report("I6", `${race.map(({ id, reference }) => `${id} (${reference})`).join(" and ")}: neither is paid_again`);
    else if (booked.every(({ invoiceId }) => !shown.has(invoiceId)))
      report("I6", `${late?.id} was paid beside what was owed, and nobody is shown it`);
  }
}

function paidAtMs({ history }: LedgerCharge): number {
  return history.find(({ status }) => status === "paid")?.atMs ?? Infinity;
}
