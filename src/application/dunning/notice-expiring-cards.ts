/**
 * Record, once for each card and threshold, that a card will expire which the books mean to charge.
 *
 * Event and mark are one transaction: a crash neither repeats nor loses a notice.
 */
import { dueNotice, noticeKey } from "../../domain/dunning/card-notice.ts";
import { expiresAt } from "../../domain/plan.ts";
import { policyOf, type SettleNeeds } from "../settling/settle-attempts.ts";
import { HOUR_MS } from "../../domain/duration.ts";

/** When each store had its last pass: hourly is enough for thresholds in days. */
const lastPassAt = new WeakMap<object, number>();

/** @returns how many notices were recorded */
export async function noticeExpiringCards(
  { store, clock, policies, log }: SettleNeeds,
  signal: AbortSignal,
): Promise<number> {
  const now = clock.now();
  if (now.getTime() - (lastPassAt.get(store) ?? -Infinity) < HOUR_MS) return 0;
  lastPassAt.set(store, now.getTime());

  const longestDays = Math.max(0, ...[...policies.values()].flatMap(({ cardExpiringDays }) => cardExpiringDays));
  if (longestDays === 0) return 0;
  let notices = 0;
  for (const card of await store.expiringCards(now, longestDays)) {
    const days = card.dunning.flatMap((name) => policyOf(policies, name).cardExpiringDays);
    const notice = dueNotice(card, days, now);
    if (signal.aborted || notice === null) continue;
    const { customerId, paymentSourceId, brand, last4, expMonth, expYear } = card;
    await store.write(now, async (records) => {
      const customer = await records.customer(customerId);
      if (customer?.paymentSourceId !== paymentSourceId) return;
      await records.noteCardNotice(customerId, noticeKey(card, notice));
      const data = { paymentSourceId, cardBrand: brand, cardLast4: last4, expMonth, expYear };
      records.record({
        type: "card.expiring",
        customerId,
        data: { ...data, ...notice, expiresAt: expiresAt(card).toISOString() },
      });
    });
    notices += 1;
  }
  if (notices > 0) log.info("cards.expiring", { count: notices });
  return notices;
}
