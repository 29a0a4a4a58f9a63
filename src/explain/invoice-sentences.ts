/** Sentences about an invoice and its payment link: one for each event. */
import { attemptName, declineSentence, howPaid, underOrder, withCard } from "./attempt-sentences.ts";
import { contentSentence } from "./content-sentences.ts";
import { decisionSentence } from "./dunning-sentences.ts";
import { bracketed, moneyOf, numberIn, prefixed, timeIn, type EventStory, wordIn } from "./event-data.ts";
import { formatMoney } from "../domain/money.ts";
import type { Text } from "../domain/language.ts";
import { join, NOTHING, sentence } from "./text.ts";
import { checkText, linkEndWords, reasonWords, statusWords } from "./words.ts";
import { recordedIn } from "./recorded-words.ts";

export const INVOICE_SENTENCES = {
  "invoice.opened": (event) => {
    const cycle = event.invoice?.cycle ?? numberIn(event.data, "cycle");
    const [which, money] = [prefixed(" ", cycle?.toString()), prefixed(": ", moneyOf(event))];
    const content = event.invoice === null ? NOTHING : contentSentence(event.invoice.content);
    const opened =
      event.data["cycle"] === null
        ? { es: `Se abrió un cobro único${money}.`, en: `A one-off invoice was opened${money}.` }
        : {
            es: `Venció el ciclo${which} y se abrió su cobro${money}.`,
            en: `Cycle${which} fell due and its invoice was opened${money}.`,
          };
    return join(opened, content, balanceOf(event));
  },
  "invoice.paid": (event) => {
    const why = bracketed(wordIn(event.data, "why"));
    if (wordIn(event.data, "by") === "person")
      return { es: `Una persona lo dio por pagado${why}.`, en: `A person marked it as paid${why}.` };
    if (event.attempt === null)
      return numberIn(event.data, "amountCents") === 0
        ? (numberIn(event.data, "balanceCents") ?? 0) > 0
          ? { es: "Lo pagó el saldo del cliente, sin cargo.", en: "The customer's balance paid it, without a charge." }
          : {
              es: "No había nada que cobrar: queda pagado sin cargo.",
              en: "There was nothing to collect: it is paid without a charge.",
            }
        : { es: "Quedó pagado.", en: "It was paid." };
    const [name, how, money] = [attemptName(event), howPaid(event), prefixed(": ", moneyOf(event))];
    const order = underOrder(event.attempt, event.attempt.chargeId);
    return sentence({
      es: `${name.es} lo pagó${money}${how.es}${order.es}.`,
      en: `${name.en} paid it${money}${how.en}${order.en}.`,
    });
  },
  "invoice.paid_after_cancel": () => ({
    es: "El pago llegó después de la cancelación: una persona decide si se devuelve.",
    en: "The money came after the cancellation: a person decides whether it is given back.",
  }),
  "invoice.late_payment_kept": ({ data }) => {
    const why = bracketed(wordIn(data, "why"));
    return {
      es: `Una persona decidió que el pago que llegó después de la cancelación no se devuelve${why}.`,
      en: `A person decided that the money that came after the cancellation is not given back${why}.`,
    };
  },
  "invoice.payment_failed": (event) => join(failure(event), decisionSentence(event)),
  "invoice.uncollectible": (event) => {
    const why = because(event);
    const written = { es: `El cobro se da por incobrable${why.es}.`, en: `The invoice was written off${why.en}.` };
    // A step of dunning says the same, with its rule.
    return wordIn(event.data, "nextStep") === null ? written : join(checkFailure(event), decisionSentence(event));
  },
  "invoice.held": (event) => {
    const why = because(event);
    const limit = wordIn(event.data, "statusReason") === "daily_limit" ? wordIn(event.data, "because") : null;
    return {
      es: `El cobro queda retenido hasta que decida una persona${why.es}${bracketed(limit && recordedIn(limit, "es"))}.`,
      en: `The invoice is held until a person decides${why.en}${bracketed(limit)}.`,
    };
  },
  "invoice.kept_waiting": (event) => {
    const cycle = numberIn(event.data, "heldCycle");
    const which: Text =
      cycle === null
        ? { es: "uno anterior", en: "an earlier one" }
        : { es: `el del ciclo ${cycle}`, en: `that of cycle ${cycle}` };
    return {
      es: `El cobro espera: antes una persona debe decidir ${which.es}.`,
      en: `The invoice waits: a person must decide ${which.en} first.`,
    };
  },
  "invoice.voided": (event) => {
    const why = because(event);
    const note = bracketed(wordIn(event.data, "why"));
    const reason: Text =
      why.en === "" && note !== ""
        ? { es: `: lo decidió una persona${note}`, en: `: a person decided so${note}` }
        : { es: why.es + note, en: why.en + note };
    return { es: `El cobro se anuló${reason.es}.`, en: `The invoice was voided${reason.en}.` };
  },
  "invoice.retry_requested": (event) => {
    const was = wasWords(event);
    return {
      es: `Una persona pidió intentarlo de nuevo en la siguiente corrida${was.es}.`,
      en: `A person put it up for the next run${was.en}.`,
    };
  },
  "invoice.retry_scheduled": (event) => {
    const decision = decisionSentence(event);
    return decision.en === "" ? { es: "Se programó otro intento.", en: "Another try was scheduled." } : decision;
  },
  "invoice.postponed": (event) => {
    const at = timeIn(event, "nextAttemptAt", { es: " al ", en: " to " });
    return join(
      { es: `El primer intento se aplazó${at.es}.`, en: `Its first try was moved${at.en}.` },
      decisionSentence({ ...event, data: { rule: event.data["rule"] } }),
    );
  },
  "invoice.grace_started": (event) =>
    join({ es: "La espera terminó sin pago.", en: "The wait ended without money." }, decisionSentence(event)),
} satisfies Readonly<Record<`invoice.${string}`, (event: EventStory) => Text>>;

/** "The balance paid $50.00 MXN of it.", or what of before joined it; or nothing. */
function balanceOf({ data, invoice }: EventStory): Text {
  const [cents, currency] = [numberIn(data, "balanceCents") ?? 0, wordIn(data, "currency") ?? invoice?.currency];
  if (cents === 0 || currency === undefined) return NOTHING;
  const money = formatMoney(Math.abs(cents), currency);
  return cents > 0
    ? { es: `El saldo del cliente pagó ${money}.`, en: `The customer's balance paid ${money} of it.` }
    : { es: `Se le sumaron ${money} de antes.`, en: `${money} of before joined it.` };
}

/** A try that was declined, a check that failed, or a wait that ended. */
function failure(event: EventStory): Text {
  const code = wordIn(event.data, "failureCode");
  // Conekta refused what has no customer or no card by now: no bank has said a word.
  const isCheck = code !== null && checkText(code) !== null;
  if (isCheck || (event.attempt === null && wordIn(event.data, "outcome") === null)) return checkFailure(event);
  const [name, card, order] = [attemptName(event), withCard(event.attempt), underOrder(event.attempt)];
  const decline = declineSentence(event);
  return sentence({
    es: `${name.es}${card.es} fue rechazado${order.es}${decline === null ? "." : `: ${decline.es}.`}`,
    en: `${name.en}${card.en} was declined${order.en}${decline === null ? "." : `: ${decline.en}.`}`,
  });
}

function checkFailure(event: EventStory): Text {
  const decline = declineSentence(event);
  if (decline === null) return { es: "La espera terminó sin pago.", en: "The wait ended without money." };
  return { es: `No se hizo ningún cargo: ${decline.es}.`, en: `Nothing was charged: ${decline.en}.` };
}

function because({ data }: EventStory): Text {
  const reason = wordIn(data, "statusReason") ?? wordIn(data, "reason");
  if (reason === null) return NOTHING;
  const words = reasonWords(reason);
  return { es: `: ${words.es}`, en: `: ${words.en}` };
}

function wasWords({ data }: EventStory): Text {
  const was = wordIn(data, "was");
  if (was === null) return NOTHING;
  const words = statusWords(was);
  return { es: ` (estaba ${words.es})`, en: ` (it was ${words.en})` };
}

export const LINK_SENTENCES = {
  "invoice.payment_link_requested": ({ data }) => {
    const by = bracketed(wordIn(data, "by"));
    return { es: `Una persona pidió una liga de pago${by}.`, en: `A person asked for a payment link${by}.` };
  },
  "invoice.payment_link_created": (event) => {
    const until = timeIn(event, "expiresAt", { es: " hasta el ", en: " until " });
    const url = prefixed(": ", wordIn(event.data, "url"));
    return {
      es: `El cliente puede pagar por la liga${until.es}; mientras tanto no se cobra la tarjeta${url}`,
      en: `The customer may pay by the link${until.en}; the card is not charged meanwhile${url}`,
    };
  },
  "invoice.payment_link_lapsed": (event) =>
    join(
      { es: "La liga de pago terminó sin que nadie pagara.", en: "The payment link ended, and nobody had paid on it." },
      decisionSentence(event),
    ),
  "invoice.payment_link_closing": ({ data }) => {
    const reason = wordIn(data, "because");
    const why = reason === null ? NOTHING : linkEndWords(reason);
    return {
      es: `La liga de pago se va a cerrar${prefixed(": ", why.es)}.`,
      en: `The payment link is to be closed${prefixed(": ", why.en)}.`,
    };
  },
  "invoice.payment_link_cancel_requested": ({ data }) => {
    const by = bracketed(wordIn(data, "by"));
    return {
      es: `Una persona pidió cerrar la liga de pago${by}.`,
      en: `A person asked to close the payment link${by}.`,
    };
  },
} satisfies Readonly<Record<`invoice.payment_link_${string}`, (event: EventStory) => Text>>;
