/** Sentences about one attempt: its events, its name, its card and order, and why it failed. */
import { hasPage } from "../domain/ways-to-pay.ts";
import { bracketed, moneyOf, numberIn, prefixed, timeIn, type EventStory, wordIn } from "./event-data.ts";
import type { AttemptStory } from "./facts.ts";
import type { Language, Text } from "../domain/language.ts";
import { join, NOTHING, sentence } from "./text.ts";
import { checkText, classWords, methodWords } from "./words.ts";
import { recordedIn } from "./recorded-words.ts";

export const ATTEMPT_SENTENCES = {
  "attempt.declined": (event) => {
    const [name, card, decline] = [attemptName(event), withCard(event.attempt), declineSentence(event)];
    return sentence({
      es: `${name.es}${card.es} fue rechazado, lo que ya no cambia nada${prefixed(": ", decline?.es)}.`,
      en: `${name.en}${card.en} was declined, which changes nothing any more${prefixed(": ", decline?.en)}.`,
    });
  },
  "attempt.refused": (event) => {
    const [name, code] = [attemptName(event), bracketed(wordIn(event.data, "failureCode"))];
    return sentence({
      es: `Conekta rechazó nuestra petición de ${name.es}${code}; no se hizo ningún cargo.`,
      en: `Conekta refused our request for ${name.en}${code}; nothing was charged.`,
    });
  },
  "attempt.pending": (event) => {
    const [name, order] = [attemptName(event), underOrder(event.attempt)];
    return isPage(event.attempt)
      ? sentence({ es: `${name.es}${order.es} sigue abierta.`, en: `${name.en}${order.en} is still open.` })
      : sentence({
          es: `${name.es}${order.es} está en revisión o espera al cliente; se vuelve a preguntar a Conekta.`,
          en: `${name.en}${order.en} is under review or waits for the customer; Conekta is asked again.`,
        });
  },
  "attempt.unknown": (event) => {
    const [name, because] = [attemptName(event), wordIn(event.data, "because")];
    const note = { es: prefixed(" — registro: ", because && recordedIn(because, "es")), en: prefixed(" — ", because) };
    return sentence({
      es: `no se sabe si ${name.es} movió dinero; nada más se cobra hasta saberlo${note.es}.`,
      en: `it is not known whether ${name.en} moved money; nothing else is charged until it is${note.en}.`,
    });
  },
  "attempt.inquiry_made": (event) => {
    const [name, because] = [attemptName(event), wordIn(event.data, "because")];
    return {
      es: `Se preguntó a Conekta, y sigue sin saberse si ${name.es} movió dinero${prefixed(" — registro: ", because && recordedIn(because, "es"))}.`,
      en: `Conekta was asked, and it is still not known whether ${name.en} moved money${prefixed(" — ", because)}.`,
    };
  },
  "attempt.not_sent": (event) => {
    const [name, again] = [attemptName(event), timeIn(event, "nextAttemptAt", { es: " el ", en: " on " })];
    const next = { es: prefixed("; se intenta de nuevo", again.es), en: prefixed("; it is tried again", again.en) };
    return sentence({
      es: `${name.es} no llegó a cobrar nada: Conekta seguro no actuó, y no cuenta como rechazo${next.es}.`,
      en: `${name.en} charged nothing: Conekta surely did not act, and it counts as no decline${next.en}.`,
    });
  },
  "attempt.released": (event) => {
    const name = attemptName(event);
    return sentence({
      es: `${name.es} se soltó antes de enviarse; el cobro queda pendiente para la siguiente corrida.`,
      en: `${name.en} was given back before it was sent; the invoice is due for the next run.`,
    });
  },
  "attempt.paid_again": (event) => {
    const [name, order, money] = [attemptName(event), underOrder(event.attempt), prefixed(" ", moneyOf(event))];
    return sentence({
      es: `${name.es} también cobró${money}${order.es}: es un segundo pago que hay que devolver.`,
      en: `${name.en} took${money} as well${order.en}: a second payment, which is to be given back.`,
    });
  },
  "attempt.resolved": (event) => {
    const { data } = event;
    const name = attemptName(event);
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
  "attempt.imported": (event) => {
    const order = prefixed(" ", wordIn(event.data, "orderId"));
    return join({
      es: `Los libros habían perdido un intento que Conekta sí conoce (orden${order}): se volvió a anotar.`,
      en: `The books had lost an attempt that Conekta knows (order${order}): it was taken into them again.`,
    });
  },
} satisfies Readonly<Record<`attempt.${string}`, (event: EventStory) => Text>>;

/** "The card has insufficient funds (insufficient_funds, retry_later: the same card may pay later)". Null: no failure. */
export function declineSentence({ data, declineText }: Pick<EventStory, "data" | "declineText">): Text | null {
  const declineClass = wordIn(data, "declineClass");
  const code = wordIn(data, "failureCode");
  if (declineClass === null && code === null) return null;
  const text = code === null ? null : (checkText(code) ?? declineText(code));
  const words = declineClass === null ? null : classWords(declineClass);
  const inLanguage = (language: Language): string => {
    const names = [code, declineClass].filter((part) => part !== null).join(", ");
    const details = [names, words?.[language]].filter(Boolean).join(": ");
    return [text?.[language].replace(/\.$/, ""), `(${details})`].filter(Boolean).join(" ");
  };
  return { es: inLanguage("es"), en: inLanguage("en") };
}

/** "attempt 2"; "the attempt" where its number is not known. */
export function attemptName({ data, attempt }: Pick<EventStory, "data" | "attempt">): Text {
  const number = attempt?.number ?? numberIn(data, "attempt");
  if (number === null) return { es: "el intento", en: "the attempt" };
  return isPage(attempt)
    ? { es: `la liga de pago (intento ${number})`, en: `the payment link (attempt ${number})` }
    : { es: `el intento ${number}`, en: `attempt ${number}` };
}

/** " with visa •4242", or nothing. */
export function withCard(attempt: Pick<AttemptStory, "cardBrand" | "cardLast4"> | null): Text {
  const card = attempt === null ? null : cardName(attempt);
  return card === null ? NOTHING : { es: ` con ${card}`, en: ` with ${card}` };
}

export function cardName({ cardBrand, cardLast4 }: Pick<AttemptStory, "cardBrand" | "cardLast4">): string | null {
  return cardLast4 === null ? null : `${cardBrand ?? ""} •${cardLast4}`.trim();
}

/** " (order ord_1)", or nothing. */
export function underOrder(attempt: Pick<AttemptStory, "orderId"> | null, charge: string | null = null): Text {
  const orderId = attempt?.orderId ?? null;
  if (orderId === null) return NOTHING;
  const and = charge === null ? "" : `, ${charge}`;
  return { es: bracketed(`orden ${orderId}${and}`), en: bracketed(`order ${orderId}${and}`) };
}

/** " in cash" and the like for a payment of a link; the card for a charge of ours. */
export function howPaid({ data, attempt }: Pick<EventStory, "data" | "attempt">): Text {
  const method = wordIn(data, "paymentMethod") ?? attempt?.paymentMethod ?? null;
  if (!isPage(attempt)) return withCard(attempt);
  if (method === null) return { es: " por la liga de pago", en: " by the payment link" };
  const words = methodWords(method);
  return { es: ` por la liga de pago, con ${words.es}`, en: ` by the payment link, by ${words.en}` };
}

function isPage(attempt: Pick<AttemptStory, "flow"> | null | undefined): boolean {
  return attempt != null && hasPage(attempt);
}
