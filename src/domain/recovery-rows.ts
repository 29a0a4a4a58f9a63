/** The rows of `report recovery`: every invoice that failed is in exactly one. Pure. */
import { isOwed } from "./invoice.ts";
import type { RecoveredInvoice } from "./recovered.ts";
import { RECOVERY_WAYS, type RecoveryRow, type RecoveryWay } from "./recovery.ts";

/** By currency, class, code and retry, in that order; what has no code comes first. */
export function recoveryRows(invoices: readonly RecoveredInvoice[]): readonly RecoveryRow[] {
  const kinds = Map.groupBy(invoices, ({ currency, declineClass, failureCode }) =>
    JSON.stringify([currency, declineClass, failureCode ?? ""]),
  );
  return [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, ofKind]) => rowsOfKind(ofKind));
}

function rowsOfKind(invoices: readonly RecoveredInvoice[]): readonly RecoveryRow[] {
  const retries = [...Map.groupBy(invoices, ({ retry }) => retry)].toSorted(([a], [b]) => a - b);
  return retries.flatMap(([retry, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { currency, declineClass, failureCode } = first;
    const paid = own.filter(({ way }) => way !== null);
    const days = paid.flatMap((each) => each.days ?? []).toSorted((a, b) => a - b);
    const ways = RECOVERY_WAYS.map((way) => [way, paid.filter((each) => each.way === way).length]);
    return [
      {
        ...{ currency, declineClass, failureCode, retry },
        reached: invoices.filter((each) => each.retry >= retry).length,
        ...{ invoices: own.length, recovered: paid.length },
        open: own.filter(({ status }) => isOwed(status)).length,
        lost: own.filter(({ status }) => status !== "paid" && !isOwed(status)).length,
        ...{ amountCents: centsOf(own), recoveredCents: centsOf(paid) },
        by: Object.fromEntries(ways) as Record<RecoveryWay, number>,
        ...{ medianDays: inTenths(medianOf(days)), meanDays: inTenths(meanOf(days)) },
      },
    ];
  });
}

function centsOf(invoices: readonly RecoveredInvoice[]): number {
  return invoices.reduce((sum, { amountCents }) => sum + amountCents, 0);
}

/** The middle one, or the mean of the two in the middle. @param days in their order */
function medianOf(days: readonly number[]): number | null {
  return meanOf(days.slice(Math.ceil(days.length / 2) - 1, Math.floor(days.length / 2) + 1));
}

function meanOf(days: readonly number[]): number | null {
  return days.length === 0 ? null : days.reduce((sum, each) => sum + each, 0) / days.length;
}

function inTenths(days: number | null): number | null {
  return days === null ? null : Math.round(days * 10) / 10;
}
