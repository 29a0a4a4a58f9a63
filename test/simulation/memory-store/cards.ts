/** Cards that are about to expire, in the store in memory. */
import type { ExpiringCardOf } from "../../../src/application/ports/charging.ts";
import { DAY_MS } from "../../../src/domain/duration.ts";
import type { MemoryTables } from "./tables.ts";

/** Generously, by months: which of them is told, and when, is `card-notice.ts`. */
export function expiringCards(tables: MemoryTables, now: Date, days: number): ExpiringCardOf[] {
  const [from, to] = [-1, days].map((add) => monthOf(new Date(now.getTime() + add * DAY_MS)));
  const expiring = [...tables.customers.rows.values()].filter(({ paymentSourceId, cardExpYear, cardExpMonth }) => {
    if (paymentSourceId === null || cardExpYear === null || cardExpMonth === null) return false;
    const expiry = cardExpYear * 12 + cardExpMonth;
    return expiry >= (from ?? 0) && expiry <= (to ?? 0);
  });
  if (expiring.length === 0) return [];
  const live = [...tables.subscriptions.rows.values()].filter(({ nextBillingAt }) => nextBillingAt !== null);
  return expiring
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((customer): ExpiringCardOf[] => {
      const { id, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear, cardNotice } = customer;
      const paid = live.filter(({ customerId }) => customerId === id).map(({ planId }) => tables.plans.must(planId));
      if (paid.length === 0 || paymentSourceId === null || cardExpMonth === null || cardExpYear === null) return [];
      return [
        {
          ...{ customerId: id, paymentSourceId, brand: cardBrand, last4: cardLast4 },
          ...{ expMonth: cardExpMonth, expYear: cardExpYear, lastNotice: cardNotice },
          dunning: [...new Set(paid.map(({ dunning }) => dunning))].toSorted(),
        },
      ];
    });
}

function monthOf(at: Date): number {
  return at.getUTCFullYear() * 12 + at.getUTCMonth() + 1;
}
