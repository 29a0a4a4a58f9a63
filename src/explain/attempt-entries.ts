/** What an attempt adds to the history beside its events: its sending, and each look at the gateway that wrote none. */
import { formatMoney } from "../domain/money.ts";
import { attemptName, underOrder, withCard } from "./attempt-words.ts";
import type { Entry } from "./entry.ts";
import type { EventFacts, AttemptStory } from "./facts.ts";
import { dayAndTime } from "./local-time.ts";
import { NOTHING, type Text } from "./text.ts";
import { bracketed, prefixed } from "./told.ts";
import { methodList } from "./words.ts";

export function attemptEntries(attempt: AttemptStory, events: readonly EventFacts[], timeZone: string): Entry[] {
  const { id: attemptId, number, flow, amountCents, currency, orderId, cardBrand, cardLast4, sentAt } = attempt;
  const data = { attempt: number, flow, amountCents, currency, orderId, cardBrand, cardLast4 };
  const sent: Entry[] =
    sentAt === null ? [] : [{ at: sentAt, type: "attempt.sent", attemptId, text: sendingOf(attempt, timeZone), data }];
  const told = new Set(events.filter((event) => event.attemptId === attemptId).map(({ at }) => at.getTime()));
  const inquiries = attempt.evidence
    // What was learned together with an event is what the event tells.
    .filter(({ at }) => !told.has(at.getTime()))
    .map(({ at, ...learned }): Entry => {
      const text = lookOf(attempt, learned.because);
      return { at, type: "attempt.evidence", attemptId, text, data: { attempt: number, ...learned } };
    });
  return [...sent, ...inquiries];
}

function sendingOf(attempt: AttemptStory, timeZone: string): Text {
  const { number, flow, link } = attempt;
  const [money, card, order] = [
    formatMoney(attempt.amountCents, attempt.currency),
    withCard(attempt),
    underOrder(attempt),
  ];
  if (flow !== "link")
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

function lookOf(attempt: AttemptStory, because: string): Text {
  const name = attemptName({ data: {}, attempt });
  return {
    es: `Se preguntó a Conekta por ${name.es} — registro: ${because}.`,
    en: `Conekta was asked about ${name.en} — ${because}.`,
  };
}
