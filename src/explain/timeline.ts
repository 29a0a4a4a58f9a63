/** The lines of an explanation, in order: events, and what attempts, refunds and webhooks add beside them. */
import { hasPage } from "../domain/ways-to-pay.ts";
import { formatMoney } from "../domain/money.ts";
import { ASKED_AT_GATEWAY } from "../domain/refund.ts";
import { attemptName, underOrder, withCard } from "./attempt-sentences.ts";
import { bracketed, type Data, prefixed } from "./event-data.ts";
import type { AttemptStory, EventFacts, RefundFacts, WebhookStory } from "./facts.ts";
import type { Language, Text } from "../domain/language.ts";
import { dayAndTime, NOTHING } from "./text.ts";
import { methodList, refundReasonWords } from "./words.ts";
import { recordedIn } from "./recorded-words.ts";

export type Entry = {
  readonly at: Date;
  /** An event's type; or attempt.sent, attempt.evidence, refund.requested, webhook.received, which no event has. */
  readonly type: string;
  readonly attemptId: string | null;
  readonly text: Text;
  readonly data: Data;
};

/**
 * Events stay in the order in which they were written, whatever the clock said. Anything else comes before the first
 * event that is younger, or is as old and concerns the same attempt: what was sent comes before what became of it.
 */
export function inOrder(events: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  let waiting = others.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const ordered: Entry[] = [];
  for (const event of events) {
    const comesFirst = (other: Entry): boolean =>
      other.at < event.at || (other.at.getTime() === event.at.getTime() && isAboutTheSame(other, event));
    ordered.push(...waiting.filter(comesFirst), event);
    waiting = waiting.filter((other) => !comesFirst(other));
  }
  return [...ordered, ...waiting];
}

function isAboutTheSame(other: Entry, event: Entry): boolean {
  return other.attemptId === null || other.attemptId === event.attemptId;
}

export function attemptEntries(attempt: AttemptStory, events: readonly EventFacts[], timeZone: string): Entry[] {
  const { id: attemptId, number, flow, amountCents, currency, orderId, cardBrand, cardLast4, sentAt } = attempt;
  const data = { attempt: number, flow, amountCents, currency, orderId, cardBrand, cardLast4 };
  const sent: Entry[] =
    sentAt === null ? [] : [{ at: sentAt, type: "attempt.sent", attemptId, text: sendingOf(attempt, timeZone), data }];
  const recordedAt = new Set(events.filter((event) => event.attemptId === attemptId).map(({ at }) => at.getTime()));
  const inquiries = attempt.evidence
    // What was learned together with an event is in the event's sentence.
    .filter(({ at }) => !recordedAt.has(at.getTime()))
    .map(({ at, ...learned }): Entry => {
      const text = inquiryOf(attempt, learned.because);
      return { at, type: "attempt.evidence", attemptId, text, data: { attempt: number, ...learned } };
    });
  return [...sent, ...inquiries];
}

function sendingOf(attempt: AttemptStory, timeZone: string): Text {
  const { number, link } = attempt;
  const [money, card, order] = [
    formatMoney(attempt.amountCents, attempt.currency),
    withCard(attempt),
    underOrder(attempt),
  ];
  if (!hasPage(attempt))
    return {
      es: `Intento ${number}: se mandó cobrar ${money}${card.es}${order.es}.`,
      en: `Attempt ${number}: a charge of ${money} was sent${card.en}${order.en}.`,
    };
  const methods = link === null ? NOTHING : methodList(link.methods);
  const until = link === null ? NOTHING : dayAndTime(link.expiresAt, timeZone);
  const by = link === null || link.requestedBy === "dunning" ? "" : bracketed(link.requestedBy);
  return {
    es: `Liga de pago (intento ${number}): se pidió a Conekta una página de pago de ${money}${prefixed(" con ", methods.es)}${prefixed(", abierta hasta el ", until.es)}${by}${order.es}.`,
    en: `Payment link (attempt ${number}): a page to pay ${money} was asked of Conekta${prefixed(", by ", methods.en)}${prefixed(", open until ", until.en)}${by}${order.en}.`,
  };
}

function inquiryOf(attempt: AttemptStory, because: string): Text {
  const name = attemptName({ data: {}, attempt });
  return {
    es: `Se preguntó a Conekta por ${name.es} — registro: ${recordedIn(because, "es")}.`,
    en: `Conekta was asked about ${name.en} — ${because}.`,
  };
}

/** Asking for a refund writes no event; what became of it does. */
export function refundEntry(refund: RefundFacts): Entry {
  const { id: refundId, amountCents, currency, reason, note, requestedBy, state, createdAt } = refund;
  const money = formatMoney(amountCents, currency);
  const detailsIn = (language: Language) =>
    bracketed([reason && refundReasonWords(reason)[language], note].filter(Boolean).join(": "));
  return {
    at: createdAt,
    type: "refund.requested",
    attemptId: null,
    text:
      requestedBy === ASKED_AT_GATEWAY
        ? {
            es: `Se pidió devolver ${money} fuera de Puntual, en Conekta.`,
            en: `A refund of ${money} was asked for outside of Puntual, at Conekta.`,
          }
        : {
            es: `${requestedBy} pidió devolver ${money}${detailsIn("es")}.`,
            en: `${requestedBy} asked to refund ${money}${detailsIn("en")}.`,
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
export function hadConsequences({ receivedAt, processedAt }: WebhookStory, about: readonly EventFacts[]): boolean {
  if (processedAt === null) return false;
  return about.some(({ at }) => at >= receivedAt && at <= processedAt);
}
