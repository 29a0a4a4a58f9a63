/** What refunds and webhooks add to the history beside events. */
import { formatMoney } from "../domain/money.ts";
import type { Entry } from "./entry.ts";
import type { EventFacts, WebhookStory, RefundFacts } from "./facts.ts";
import { bracketed, prefixed } from "./told.ts";

/** Asking for a refund writes no event; what became of it does. */
export function refundEntry(refund: RefundFacts): Entry {
  const { id: refundId, amountCents, currency, reason, note, requestedBy, state, createdAt } = refund;
  const money = formatMoney(amountCents, currency);
  const details = bracketed([reason, note].filter(Boolean).join(": "));
  return {
    at: createdAt,
    type: "refund.requested",
    attemptId: null,
    text: {
      es: `${requestedBy} pidió devolver ${money}${details}.`,
      en: `${requestedBy} asked to refund ${money}${details}.`,
    },
    data: { refundId, amountCents, currency, reason, note, requestedBy, state },
  };
}

export function webhookEntry({ id: webhookEventId, type, orderId, receivedAt, processedAt }: WebhookStory): Entry {
  const about = { es: prefixed(" de la orden ", orderId), en: prefixed(" about order ", orderId) };
  return {
    at: receivedAt,
    type: "webhook.received",
    attemptId: null,
    text: {
      es: `Conekta avisó ${type}${about.es}; se leyó de nuevo, y de ahí viene lo que sigue.`,
      en: `Conekta sent ${type}${about.en}; it was read again, and what follows came of that.`,
    },
    data: { webhookEventId, type, orderId, processedAt: processedAt?.toISOString() ?? null },
  };
}

/** Something was written about its subject between its arrival and its end. */
export function ledToSomething({ receivedAt, processedAt }: WebhookStory, about: readonly EventFacts[]): boolean {
  if (processedAt === null) return false;
  return about.some(({ at }) => at >= receivedAt && at <= processedAt);
}
