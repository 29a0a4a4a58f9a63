/** What became of a customer and the default card: one sentence an event. */
import { cardName } from "./attempt-words.ts";
import { NOTHING, type Text } from "./text.ts";
import { numberIn, prefixed, type Told, wordIn } from "./told.ts";

export const CUSTOMER_SENTENCES = {
  "customer.created": (told) =>
    card(told, { es: "El cliente entró a los libros", en: "The customer was taken into the books" }),
  "customer.updated": (told) =>
    card(told, { es: "Los datos del cliente cambiaron en Conekta", en: "What Conekta knows of the customer changed" }),
  "customer.deleted": () => ({
    es: "Conekta ya no conoce al cliente: no hay a quién cobrar.",
    en: "Conekta no longer knows the customer: nobody can be charged.",
  }),
  "card.added": (told) => card(told, { es: "Se agregó una tarjeta", en: "A card was added" }),
  "card.changed": (told) =>
    card(told, { es: "El cliente tiene otra tarjeta predeterminada", en: "The customer has another default card" }),
  "card.default_changed": (told) =>
    card(told, { es: "Aquí se eligió otra tarjeta predeterminada", en: "Another default card was chosen here" }),
  "card.removed": (told) => card(told, { es: "Se quitó una tarjeta", en: "A card was removed" }),
  "card.expiring": ({ data }) => {
    const name = prefixed(" ", nameOf(data));
    const [month, year] = [numberIn(data, "expMonth"), numberIn(data, "expYear")];
    const until = month === null || year === null ? "" : ` ${String(month).padStart(2, "0")}/${year}`;
    const daysLeft = numberIn(data, "daysLeft");
    const left = daysLeft === null ? NOTHING : { es: `, en ${daysLeft} días`, en: `, in ${daysLeft} days` };
    return {
      es: `La tarjeta${name} vence pronto${prefixed(":", until)}${left.es}; se avisó.`,
      en: `The card${name} expires soon${prefixed(":", until)}${left.en}; it was told.`,
    };
  },
} satisfies Readonly<Record<`${"customer" | "card"}.${string}`, (told: Told) => Text>>;

function card({ data }: Told, what: Text): Text {
  const name = nameOf(data);
  if (name === null && "paymentSourceId" in data)
    return { es: `${what.es}; no hay tarjeta predeterminada.`, en: `${what.en}; there is no default card.` };
  return {
    es: `${what.es}${prefixed("; la predeterminada es ", name)}.`,
    en: `${what.en}${prefixed("; the default is ", name)}.`,
  };
}

function nameOf(data: Told["data"]): string | null {
  return cardName({ cardBrand: wordIn(data, "cardBrand"), cardLast4: wordIn(data, "cardLast4") });
}
