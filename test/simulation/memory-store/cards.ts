/** What the store in memory knows of cards: the conditions of `dunning.ts` in SQLite. */
import type { ExpiringCardOf } from "../../../src/application/ports/store.ts";
import type { CardFacts } from "../../../src/domain/dunning/check-before-charge.ts";
import { cardMonthAt } from "../../../src/domain/plan.ts";
import type { AttemptRow, CustomerRow } from "./rows.ts";
import type { MemoryTables } from "./tables.ts";

const DAY_MS = 86_400_000;

/** Months since year 0 of the month in which cards that expire in it are still good. */
function monthOf(now: Date): number {
  const month = cardMonthAt(now);
  return month.getUTCFullYear() * 12 + month.getUTCMonth() + 1;
}

function expiryOf({ cardExpYear, cardExpMonth }: CustomerRow): number | null {
  return cardExpYear === null || cardExpMonth === null ? null : cardExpYear * 12 + cardExpMonth;
}

/** No card that could be charged. */
export function isCardMissing(customer: CustomerRow, now: Date): boolean {
  if (customer.paymentSourceId === null || customer.deletedAt !== null) return true;
  return (expiryOf(customer) ?? Infinity) < monthOf(now);
}

/** The default card was declined in a way that forbids ever trying it again. */
export function isCardForbidden({ attempts }: MemoryTables, { id, paymentSourceId, cardLast4 }: CustomerRow): boolean {
  const names = [paymentSourceId, cardLast4 === null ? null : `${id} ${cardLast4}`];
  return names.some((name) => name !== null && attempts.group("forbidden_card", name).size > 0);
}

/** Declines of the default card within 30 days. */
export function declinesOfCard(tables: MemoryTables, { paymentSourceId }: CustomerRow, now: Date): AttemptRow[] {
  if (paymentSourceId === null) return [];
  const since = now.getTime() - 30 * DAY_MS;
  return tables.attempts
    .inGroup("declined_card", paymentSourceId)
    .filter(({ sentAt }) => sentAt !== null && sentAt.getTime() > since);
}

export function cardFacts(tables: MemoryTables, customer: CustomerRow, now: Date): CardFacts {
  return {
    paymentSourceId: customer.paymentSourceId,
    brand: customer.cardBrand,
    isMissing: isCardMissing(customer, now),
    isForbidden: isCardForbidden(tables, customer),
    reattemptsAt: declinesOfCard(tables, customer, now)
      .filter((decline) => wasDeclinedBefore(tables, decline))
      .flatMap(({ sentAt }) => sentAt ?? [])
      .toSorted((a, b) => a.getTime() - b.getTime()),
  };
}

/** The same card, on the same invoice. */
function wasDeclinedBefore({ attempts }: MemoryTables, { invoiceId, number, paymentSourceId }: AttemptRow): boolean {
  return attempts
    .inGroup("invoice", invoiceId)
    .some((each) => each.number < number && each.paymentSourceId === paymentSourceId && each.declineClass !== null);
}

export function expiringCards(tables: MemoryTables, now: Date, days: number): ExpiringCardOf[] {
  const [from, to] = [monthOf(now), monthOf(new Date(now.getTime() + days * DAY_MS))];
  const expiring = [...tables.customers.rows.values()].filter((customer) => {
    const expiry = expiryOf(customer);
    return customer.paymentSourceId !== null && expiry !== null && expiry >= from && expiry <= to;
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
