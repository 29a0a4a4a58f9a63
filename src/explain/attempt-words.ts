/** How an attempt is named: what was tried, on which card, under which order, and how the money came. */
import type { AttemptStory } from "./facts.ts";
import { methodWords } from "./words.ts";
import { NOTHING, type Text } from "./text.ts";
import { bracketed, numberIn, type Told, wordIn } from "./told.ts";

/** "attempt 2"; "the attempt" where its number is not known. */
export function attemptName({ data, attempt }: Pick<Told, "data" | "attempt">): Text {
  const number = attempt?.number ?? numberIn(data, "attempt");
  if (number === null) return { es: "el intento", en: "the attempt" };
  return attempt?.flow === "link"
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
export function howPaid({ data, attempt }: Pick<Told, "data" | "attempt">): Text {
  const method = wordIn(data, "paymentMethod") ?? attempt?.paymentMethod ?? null;
  if (attempt?.flow !== "link") return withCard(attempt);
  if (method === null) return { es: " por la liga de pago", en: " by the payment link" };
  const words = methodWords(method);
  return { es: ` por la liga de pago, con ${words.es}`, en: ` by the payment link, by ${words.en}` };
}
