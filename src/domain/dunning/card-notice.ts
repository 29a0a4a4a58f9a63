/**
 * Notices that a card is about to expire: at most one a card and threshold, so that nobody is told twice.
 */
import { DAY_MS } from "../duration.ts";
import { expiresAt } from "../plan.ts";

export type CardNotice = {
  /** The threshold that was reached: 30 or 7, as the policy has them. */
  readonly noticeDays: number;
  /** Whole days until the card can no longer be charged; 0 on its last day. */
  readonly daysLeft: number;
};

export type ExpiringCard = {
  readonly paymentSourceId: string;
  readonly expMonth: number;
  readonly expYear: number;
  /** The last notice, of any card: "src_…:30:2026-12", until 2026 without its month; null: none yet. */
  readonly lastNotice: string | null;
};

/** @returns null: it is too early, the notice was given, or the card has expired already */
export function dueNotice(card: ExpiringCard, noticeDays: readonly number[], now: Date): CardNotice | null {
  if (now >= expiresAt(card)) return null;
  const daysLeft = Math.floor((expiresAt(card).getTime() - now.getTime()) / DAY_MS);
  // After downtime only the nearest threshold gives a notice.
  const reached = noticeDays.filter((days) => daysLeft <= days);
  if (reached.length === 0) return null;
  const nearest = Math.min(...reached);
  const [source, noticedDays, month = monthOf(card)] = (card.lastNotice ?? "").split(":");
  // A card that was renewed keeps its id.
  const isThisCard = source === card.paymentSourceId && month === monthOf(card);
  const isNotified = isThisCard && Number(noticedDays) <= nearest;
  return isNotified ? null : { noticeDays: nearest, daysLeft };
}

export function noticeKey(card: ExpiringCard, { noticeDays }: CardNotice): string {
  return `${card.paymentSourceId}:${noticeDays}:${monthOf(card)}`;
}

function monthOf({ expMonth, expYear }: ExpiringCard): string {
  return `${expYear}-${String(expMonth).padStart(2, "0")}`;
}
