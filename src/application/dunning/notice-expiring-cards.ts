/**
 * Tell, once a card and threshold, that a card will expire which the books mean to charge.
 *
 * Event and mark are one transaction: nobody is told twice, and nobody is forgotten by a crash.
 */
import { dueNotice, noticeKey } from "../../domain/dunning/card-notice.ts";
import { expiresAt } from "../../domain/plan.ts";
import { policyOf, type SettleNeeds } from "../settling/settle-attempts.ts";
import { HOUR_MS } from "../../domain/duration.ts";

/** When each store was last looked through: hourly is enough for days. */
const lookedAt = new WeakMap<object, number>();

/** @returns how many were told */
export async function noticeExpiringCards({ store, clock, policies, log }: SettleNeeds): Promise<number> {
  const now = clock.now();
  if (now.getTime() - (lookedAt.get(store) ?? -Infinity) < HOUR_MS) return 0;
  lookedAt.set(store, now.getTime());

  const longestDays = Math.max(0, ...[...policies.values()].flatMap(({ cardExpiringDays }) => cardExpiringDays));
  if (longestDays === 0) return 0;
  let told = 0;
  for (const card of await store.expiringCards(now, longestDays)) {
    const days = card.dunning.flatMap((name) => policyOf(policies, name).cardExpiringDays);
    const notice = dueNotice(card, days, now);
    if (notice === null) continue;
    const { customerId, paymentSourceId, brand, last4, expMonth, expYear } = card;
    await store.write(now, async (books) => {
      const customer = await books.customer(customerId);
      if (customer?.paymentSourceId !== paymentSourceId) return;
      await books.noteCardNotice(customerId, noticeKey(card, notice));
      const data = { paymentSourceId, cardBrand: brand, cardLast4: last4, expMonth, expYear };
      books.record({
        type: "card.expiring",
        customerId,
        data: { ...data, ...notice, expiresAt: expiresAt(card).toISOString() },
      });
    });
    told += 1;
  }
  if (told > 0) log.info("cards.expiring", { count: told });
  return told;
}
