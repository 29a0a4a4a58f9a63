/** What became of a payment link: one sentence an event. */
import { decisionSentence } from "./decision-sentences.ts";
import { join, NOTHING, type Text } from "./text.ts";
import { bracketed, prefixed, timeIn, type Told, wordIn } from "./told.ts";
import { linkEndWords } from "./words.ts";

export const LINK_SENTENCES = {
  "invoice.payment_link_requested": ({ data }) => {
    const by = bracketed(wordIn(data, "by"));
    return { es: `Una persona pidió una liga de pago${by}.`, en: `A person asked for a payment link${by}.` };
  },
  "invoice.payment_link_created": (told) => {
    const until = timeIn(told, "expiresAt", { es: " hasta el ", en: " until " });
    const url = prefixed(": ", wordIn(told.data, "url"));
    return {
      es: `El cliente puede pagar por la liga${until.es}; mientras tanto no se cobra la tarjeta${url}`,
      en: `The customer may pay by the link${until.en}; the card is not charged meanwhile${url}`,
    };
  },
  "invoice.payment_link_lapsed": (told) =>
    join(
      { es: "La liga de pago terminó sin que nadie pagara.", en: "The payment link ended, and nobody had paid on it." },
      decisionSentence(told),
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
} satisfies Readonly<Record<`invoice.payment_link_${string}`, (told: Told) => Text>>;
