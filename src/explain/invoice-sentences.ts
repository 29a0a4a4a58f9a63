/** What became of an invoice: one sentence an event. */
import { attemptName, howPaid, underOrder, withCard } from "./attempt-words.ts";
import { decisionSentence } from "./decision-sentences.ts";
import { declineSentence } from "./decline-sentence.ts";
import { join, NOTHING, sentence, type Text } from "./text.ts";
import { bracketed, moneyOf, numberIn, prefixed, timeIn, type Told, wordIn } from "./told.ts";
import { reasonWords, statusWords } from "./words.ts";

export const INVOICE_SENTENCES = {
  "invoice.opened": (told) => {
    const cycle = told.invoice?.cycle ?? numberIn(told.data, "cycle");
    const [which, money] = [prefixed(" ", cycle?.toString()), prefixed(": ", moneyOf(told))];
    return {
      es: `Venció el ciclo${which} y se abrió su cobro${money}.`,
      en: `Cycle${which} fell due and its invoice was opened${money}.`,
    };
  },
  "invoice.paid": (told) => {
    const why = bracketed(wordIn(told.data, "why"));
    if (wordIn(told.data, "by") === "person")
      return { es: `Una persona lo dio por pagado${why}.`, en: `A person marked it as paid${why}.` };
    if (told.attempt === null)
      return numberIn(told.data, "amountCents") === 0
        ? {
            es: "No había nada que cobrar: queda pagado sin cargo.",
            en: "There was nothing to collect: it is paid without a charge.",
          }
        : { es: "Quedó pagado.", en: "It was paid." };
    const [name, how, money] = [attemptName(told), howPaid(told), prefixed(": ", moneyOf(told))];
    const order = underOrder(told.attempt, told.attempt.chargeId);
    return sentence({
      es: `${name.es} lo pagó${money}${how.es}${order.es}.`,
      en: `${name.en} paid it${money}${how.en}${order.en}.`,
    });
  },
  "invoice.payment_failed": (told) => join(failure(told), decisionSentence(told)),
  "invoice.uncollectible": (told) => {
    const why = because(told);
    const written = { es: `El cobro se da por incobrable${why.es}.`, en: `The invoice was written off${why.en}.` };
    // A step of dunning says the same, with its rule.
    return wordIn(told.data, "nextStep") === null ? written : join(checkFailure(told), decisionSentence(told));
  },
  "invoice.held": (told) => {
    const why = because(told);
    const limit = wordIn(told.data, "statusReason") === "daily_limit" ? wordIn(told.data, "because") : null;
    return {
      es: `El cobro queda retenido hasta que decida una persona${why.es}${bracketed(limit)}.`,
      en: `The invoice is held until a person decides${why.en}${bracketed(limit)}.`,
    };
  },
  "invoice.voided": (told) => {
    const why = because(told);
    const note = bracketed(wordIn(told.data, "why"));
    const reason: Text =
      why.en === "" && note !== ""
        ? { es: `: lo decidió una persona${note}`, en: `: a person decided so${note}` }
        : { es: why.es + note, en: why.en + note };
    return { es: `El cobro se anuló${reason.es}.`, en: `The invoice was voided${reason.en}.` };
  },
  "invoice.retry_requested": (told) => {
    const was = wasWords(told);
    return {
      es: `Una persona pidió intentarlo de nuevo en la siguiente corrida${was.es}.`,
      en: `A person put it up for the next run${was.en}.`,
    };
  },
  "invoice.retry_scheduled": (told) => {
    const decision = decisionSentence(told);
    return decision.en === "" ? { es: "Se programó otro intento.", en: "Another try was scheduled." } : decision;
  },
  "invoice.postponed": (told) => {
    const at = timeIn(told, "nextAttemptAt", { es: " al ", en: " to " });
    return join(
      { es: `El primer intento se aplazó${at.es}.`, en: `Its first try was moved${at.en}.` },
      decisionSentence({ ...told, data: { rule: told.data["rule"] } }),
    );
  },
  "invoice.grace_started": (told) =>
    join({ es: "La espera terminó sin pago.", en: "The wait ended without money." }, decisionSentence(told)),
} satisfies Readonly<Record<`invoice.${string}`, (told: Told) => Text>>;

/** A try that was declined, a check that failed, or a wait that ended. */
function failure(told: Told): Text {
  if (told.attempt === null && wordIn(told.data, "outcome") === null) return checkFailure(told);
  const [name, card, order] = [attemptName(told), withCard(told.attempt), underOrder(told.attempt)];
  const decline = declineSentence(told);
  return sentence({
    es: `${name.es}${card.es} fue rechazado${order.es}${decline === null ? "." : `: ${decline.es}.`}`,
    en: `${name.en}${card.en} was declined${order.en}${decline === null ? "." : `: ${decline.en}.`}`,
  });
}

function checkFailure(told: Told): Text {
  const decline = declineSentence(told);
  if (decline === null) return { es: "La espera terminó sin pago.", en: "The wait ended without money." };
  return { es: `No se hizo ningún cargo: ${decline.es}.`, en: `Nothing was charged: ${decline.en}.` };
}

function because({ data }: Told): Text {
  const reason = wordIn(data, "statusReason") ?? wordIn(data, "reason");
  if (reason === null) return NOTHING;
  const words = reasonWords(reason);
  return { es: `: ${words.es}`, en: `: ${words.en}` };
}

function wasWords({ data }: Told): Text {
  const was = wordIn(data, "was");
  if (was === null) return NOTHING;
  const words = statusWords(was);
  return { es: ` (estaba ${words.es})`, en: ` (it was ${words.en})` };
}
