/** What was learned of an attempt: one sentence an event. */
import { attemptName, underOrder, withCard } from "./attempt-words.ts";
import { declineSentence } from "./decline-sentence.ts";
import { join, sentence, type Text } from "./text.ts";
import { bracketed, moneyOf, prefixed, timeIn, type Told, wordIn } from "./told.ts";

export const ATTEMPT_SENTENCES = {
  "attempt.declined": (told) => {
    const [name, card, decline] = [attemptName(told), withCard(told.attempt), declineSentence(told)];
    return sentence({
      es: `${name.es}${card.es} fue rechazado, lo que ya no cambia nada${prefixed(": ", decline?.es)}.`,
      en: `${name.en}${card.en} was declined, which changes nothing any more${prefixed(": ", decline?.en)}.`,
    });
  },
  "attempt.refused": (told) => {
    const [name, code] = [attemptName(told), bracketed(wordIn(told.data, "failureCode"))];
    return sentence({
      es: `Conekta rechazó nuestra petición de ${name.es}${code}; no se hizo ningún cargo.`,
      en: `Conekta refused our request for ${name.en}${code}; nothing was charged.`,
    });
  },
  "attempt.pending": (told) => {
    const [name, order] = [attemptName(told), underOrder(told.attempt)];
    return told.attempt?.flow === "link"
      ? sentence({ es: `${name.es}${order.es} sigue abierta.`, en: `${name.en}${order.en} is still open.` })
      : sentence({
          es: `${name.es}${order.es} está en revisión o espera al cliente; se vuelve a preguntar a Conekta.`,
          en: `${name.en}${order.en} is under review or waits for the customer; Conekta is asked again.`,
        });
  },
  "attempt.unknown": (told) => {
    const [name, because] = [attemptName(told), wordIn(told.data, "because")];
    const note = { es: prefixed(" — registro: ", because), en: prefixed(" — ", because) };
    return sentence({
      es: `no se sabe si ${name.es} movió dinero; nada más se cobra hasta saberlo${note.es}.`,
      en: `it is not known whether ${name.en} moved money; nothing else is charged until it is${note.en}.`,
    });
  },
  "attempt.inquiry_made": (told) => {
    const [name, because] = [attemptName(told), wordIn(told.data, "because")];
    return {
      es: `Se preguntó a Conekta, y sigue sin saberse si ${name.es} movió dinero${prefixed(" — registro: ", because)}.`,
      en: `Conekta was asked, and it is still not known whether ${name.en} moved money${prefixed(" — ", because)}.`,
    };
  },
  "attempt.not_sent": (told) => {
    const [name, again] = [attemptName(told), timeIn(told, "nextAttemptAt", { es: " el ", en: " on " })];
    const next = { es: prefixed("; se intenta de nuevo", again.es), en: prefixed("; it is tried again", again.en) };
    return sentence({
      es: `${name.es} no llegó a cobrar nada: Conekta seguro no actuó, y no cuenta como rechazo${next.es}.`,
      en: `${name.en} charged nothing: Conekta surely did not act, and it counts as no decline${next.en}.`,
    });
  },
  "attempt.released": (told) => {
    const name = attemptName(told);
    return sentence({
      es: `${name.es} se soltó antes de enviarse; el cobro queda pendiente para la siguiente corrida.`,
      en: `${name.en} was given back before it was sent; the invoice is due for the next run.`,
    });
  },
  "attempt.paid_again": (told) => {
    const [name, order, money] = [attemptName(told), underOrder(told.attempt), prefixed(" ", moneyOf(told))];
    return sentence({
      es: `${name.es} también cobró${money}${order.es}: es un segundo pago que hay que devolver.`,
      en: `${name.en} took${money} as well${order.en}: a second payment, which is to be given back.`,
    });
  },
  "attempt.resolved": (told) => {
    const { data } = told;
    const name = attemptName(told);
    const who = bracketed([wordIn(data, "by"), wordIn(data, "why")].filter((part) => part !== null).join(": ") || null);
    return wordIn(data, "resolution") === "paid"
      ? sentence({
          es: `una persona dijo que ${name.es} sí cobró${who}.`,
          en: `a person said that ${name.en} did charge${who}.`,
        })
      : sentence({
          es: `una persona dijo que ${name.es} no cobró nada${who}.`,
          en: `a person said that ${name.en} charged nothing${who}.`,
        });
  },
  "attempt.imported": (told) => {
    const order = prefixed(" ", wordIn(told.data, "orderId"));
    return join({
      es: `Los libros habían perdido un intento que Conekta sí conoce (orden${order}): se volvió a anotar.`,
      en: `The books had lost an attempt that Conekta knows (order${order}): it was taken into them again.`,
    });
  },
} satisfies Readonly<Record<`attempt.${string}`, (told: Told) => Text>>;
