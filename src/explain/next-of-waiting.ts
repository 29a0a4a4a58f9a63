/**
 * What an invoice waits for when no charge of it has a time: an attempt that may still move money (nothing else is charged
 * before it ends), or a person (the invoice is held).
 */
import { isBeingMade, isOpen } from "../domain/attempt.ts";
import { hasPage } from "../domain/ways-to-pay.ts";
import type { StatusReason } from "../domain/invoice.ts";
import { attemptName, underOrder } from "./attempt-sentences.ts";
import { prefixed } from "./event-data.ts";
import type { AttemptStory, InvoiceStory } from "./facts.ts";
import type { Next } from "./next.ts";
import type { Text } from "../domain/language.ts";
import { dayAndTime, join, NOTHING, sentence } from "./text.ts";
import { linkEndWords, methodList, reasonWords } from "./words.ts";

export function nextOfAttempt(invoice: InvoiceStory, attempt: AttemptStory, timeZone: string, now: Date): Next {
  const { id: invoiceId, voidWhenSettled } = invoice;
  const then =
    voidWhenSettled === null
      ? NOTHING
      : {
          es: `Si termina sin dinero, el cobro se anula (${reasonWords(voidWhenSettled).es}).`,
          en: `If it ends without money, the invoice is voided (${reasonWords(voidWhenSettled).en}).`,
        };
  const { what, at, why } = waitFor(attempt, timeZone, now);
  const isLink = hasPage(attempt) && attempt.link?.cancelBecause === null;
  return {
    ...{ what, invoiceId, at, why: join(why, then) },
    command: isLink
      ? `puntual invoices cancel-link ${invoiceId}`
      : attempt.state === "unknown"
        ? `puntual unknown show ${attempt.id}`
        : null,
  };
}

function waitFor(attempt: AttemptStory, timeZone: string, now: Date): Pick<Next, "what" | "at" | "why"> {
  const [name, order] = [attemptName({ data: {}, attempt }), underOrder(attempt)];
  const asked = askedAgain(attempt.nextInquiryAt, timeZone, now);
  if (isBeingMade(attempt.state))
    return {
      ...{ what: "outcome", at: null },
      why: sentence({
        es: `${name.es} está en curso en este momento; primero llega su propia respuesta.`,
        en: `${name.en} is under way at this moment; its own answer comes first.`,
      }),
    };
  if (attempt.state === "unknown")
    return {
      ...{ what: "outcome", at: attempt.nextInquiryAt },
      why: sentence({
        es: `no se sabe si ${name.es} movió dinero${order.es}: nada más se cobra, o se podría cobrar dos veces.${asked.es}`,
        en: `it is not known whether ${name.en} moved money${order.en}: nothing else is charged, or it might be charged twice.${asked.en}`,
      }),
    };
  if (hasPage(attempt))
    return { what: "payment_link", at: attempt.link?.expiresAt ?? null, why: openLink(attempt, timeZone) };
  return {
    ...{ what: "outcome", at: attempt.nextInquiryAt },
    why: sentence({
      es: `${name.es} está en revisión o espera al cliente${order.es}; nada más se cobra mientras tanto.${asked.es}`,
      en: `${name.en} is under review or waits for the customer${order.en}; nothing else is charged meanwhile.${asked.en}`,
    }),
  };
}

function openLink({ link }: AttemptStory, timeZone: string): Text {
  const methods = methodList(link?.methods ?? []);
  const until = link === null ? NOTHING : dayAndTime(link.expiresAt, timeZone);
  const ending = link === null || link.cancelBecause === null ? null : linkEndWords(link.cancelBecause);
  const page = prefixed(": ", link?.url);
  if (ending !== null)
    return {
      es: `La liga de pago se está cerrando, porque ${ending.es}; la tarjeta no se cobra hasta que Conekta confirme que nadie pagó.`,
      en: `The payment link is being closed, as ${ending.en}; the card is not charged until Conekta shows that nobody paid.`,
    };
  return {
    es: `El cliente puede pagar por la liga (${methods.es}) hasta el ${until.es}; la tarjeta no se cobra antes, o se podría pagar dos veces${page}`,
    en: `The customer may pay by the link (${methods.en}) until ${until.en}; the card is not charged before, or it might be paid twice${page}`,
  };
}

function askedAgain(at: Date | null, timeZone: string, now: Date): Text {
  if (at === null) return NOTHING;
  if (at <= now)
    return {
      es: " Se vuelve a preguntar a Conekta en la siguiente corrida.",
      en: " Conekta is asked again at the next run.",
    };
  const time = dayAndTime(at, timeZone);
  return { es: ` Se vuelve a preguntar a Conekta el ${time.es}.`, en: ` Conekta is asked again on ${time.en}.` };
}

/** Those that hold an invoice; of any other the general advice is given. */
const ADVICE: Partial<Readonly<Record<StatusReason, Text>>> = {
  catch_up_ask: {
    es: "Decide si se cobra este periodo pasado (invoices retry) o no (invoices void).",
    en: "Decide whether this period of the past is collected (invoices retry) or not (invoices void).",
  },
  unknown_outcome: {
    es: "Busca el cargo en el panel de Conekta y di qué fue de él (unknown resolve).",
    en: "Look for the charge in Conekta's panel, and say what became of it (unknown resolve).",
  },
  answer_differs: {
    es: "Compara la orden en el panel de Conekta con lo que se pidió; después di si pagó este cobro (unknown resolve).",
    en: "Compare the order in Conekta's panel with what was asked for; then say whether it paid this invoice (unknown resolve).",
  },
  refused: {
    es: "Corrige lo que Conekta rechazó y vuelve a ponerlo a cobrar (invoices retry).",
    en: "Mend what Conekta refused, and put it up again (invoices retry).",
  },
  our_fault: {
    es: "Arregla la cuenta o los datos en Conekta y vuelve a ponerlo a cobrar (invoices retry).",
    en: "Mend the account or the data at Conekta, and put it up again (invoices retry).",
  },
  daily_limit: {
    es: "Mira por qué se cobró tantas veces; si está bien, ponlo a cobrar (invoices retry).",
    en: "See why it was charged so often; if that is right, put it up (invoices retry).",
  },
  earlier_unpaid: {
    es: "Resuelve primero el cobro anterior; después decide si este se cobra (invoices retry) o no (invoices void).",
    en: "Settle the earlier invoice first; then decide whether this one is collected (invoices retry) or not (invoices void).",
  },
};

const ANY: Text = {
  es: "Decide si se cobra (invoices retry) o no (invoices void).",
  en: "Decide whether it is collected (invoices retry) or not (invoices void).",
};

export function nextOfHeld(invoice: InvoiceStory, attempts: readonly AttemptStory[]): Next {
  const { id: invoiceId, statusReason } = invoice;
  const reason = statusReason === null ? null : reasonWords(statusReason);
  const uncertain = attempts.find(({ state }) => isOpen(state));
  return {
    ...{ what: "person", invoiceId, at: uncertain?.nextInquiryAt ?? null },
    command: uncertain === undefined ? `puntual invoices show ${invoiceId}` : `puntual unknown show ${uncertain.id}`,
    why: join(
      {
        es: `Espera a una persona${prefixed(": ", reason?.es)}.`,
        en: `It waits for a person${prefixed(": ", reason?.en)}.`,
      },
      (statusReason === null ? undefined : ADVICE[statusReason]) ?? ANY,
    ),
  };
}
