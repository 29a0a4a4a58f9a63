/**
 * Would a new subscription charge a customer for what another one of theirs is charged for already?
 *
 * Pure. It refuses nothing: a customer may well pay for two of the same plan. But an id that was renamed, or a new id
 * with the old start, looks exactly like that, and charges a paid month a second time at once; so a person is asked.
 */
import { DateTime } from "luxon";
import { BILLED_STATUSES, type Invoice } from "./invoice.ts";
import { isEnded, type Subscription } from "./subscription.ts";

/** Another subscription of the same customer. */
export type OtherSubscription = Pick<Subscription, "id" | "planId" | "status" | "startLocal" | "cancelAt"> & {
  /** `billedUntilOf` */
  readonly billedUntil: Date | null;
  /** It came from the file, stands there no longer, and goes on all the same. */
  readonly isDropped: boolean;
};

export type Doubt = {
  /** `same_plan`: both are charged from now on. `period_billed`: the other's present period is charged a second time. */
  readonly because: "same_plan" | "period_billed";
  readonly other: OtherSubscription;
  /** From here on the other one charges no more, or has charged for nothing yet; null: it goes on, and was never billed. */
  readonly freeFrom: Date | null;
};

/** The end of the last period that was billed, and is paid or still owed. What is charged once bills none. @returns null: none was */
export function billedUntilOf(invoices: readonly Pick<Invoice, "status" | "cycle" | "periodEnd">[]): Date | null {
  const billed = invoices.flatMap(({ cycle, status, periodEnd }) =>
    cycle !== null && BILLED_STATUSES.some((one) => one === status) ? [{ cycle, periodEnd }] : [],
  );
  return billed.toSorted((a, b) => a.cycle - b.cycle).at(-1)?.periodEnd ?? null;
}

/** @param others of the same customer @returns null: nothing looks like a mistake */
export function doubtAbout(
  fresh: Pick<Subscription, "planId" | "startLocal" | "nextBillingAt">,
  others: readonly OtherSubscription[],
  now: Date,
): Doubt | null {
  const firstAt = fresh.nextBillingAt;
  if (firstAt === null) return null;
  for (const other of others) {
    const { status, cancelAt, billedUntil } = other;
    if (other.planId === fresh.planId && !isEnded(status) && (cancelAt === null || firstAt < cancelAt))
      return { because: "same_plan", other, freeFrom: cancelAt ?? billedUntil };
    const isInItsPlace =
      isEnded(status) || cancelAt !== null || other.isDropped || other.startLocal === fresh.startLocal;
    if (isInItsPlace && firstAt <= now && billedUntil !== null && now < billedUntil)
      return { because: "period_billed", other, freeFrom: billedUntil };
  }
  return null;
}

/** The start to write, so that the first charge falls on this instant. */
export function startFor(firstChargeAt: Date, timeZone: string, trialDays: number): string {
  return DateTime.fromJSDate(firstChargeAt, { zone: timeZone })
    .minus({ days: trialDays })
    .toFormat("yyyy-MM-dd'T'HH:mm");
}
