/** Money that went back, or may: refunds asked for here, and what Conekta tells of an order. One sentence an event. */
import { NOTHING, type Text } from "./text.ts";
import { bracketed, moneyOf, prefixed, type Told, wordIn } from "./told.ts";

export const MONEY_BACK_SENTENCES = {
  "invoice.refunded": (told) => refund(told, { es: "Se devolvió", en: "Refunded" }),
  "invoice.refund_refused": (told) => refund(told, { es: "Conekta rechazó devolver", en: "Conekta refused to refund" }),
  "invoice.refund_not_sent": (told) =>
    refund(told, {
      es: "No se pudo pedir la devolución de",
      en: "Nothing was refunded; the call could not be made for",
    }),
  "invoice.refund_unknown": (told) =>
    refund(told, { es: "No se sabe si se devolvió", en: "It is not known whether money went back:" }),
  "order.refunded": (told) =>
    order(told, { es: "Conekta avisa que la orden se reembolsó", en: "Conekta tells that the order was refunded" }),
  "order.partially_refunded": (told) =>
    order(told, {
      es: "Conekta avisa que parte de la orden se reembolsó",
      en: "Conekta tells that a part of the order was refunded",
    }),
  "order.charged_back": (told) =>
    order(told, {
      es: "El banco se llevó de vuelta el dinero de la orden (contracargo)",
      en: "The bank took the money of the order back (chargeback)",
    }),
  "order.fraudulent": (told) =>
    order(told, { es: "Conekta considera fraudulenta la orden", en: "Conekta takes the order for a fraud" }),
  "order.chargeback.created": (told) =>
    order(told, { es: "El titular disputa el pago", en: "The cardholder disputes the payment" }),
  "order.chargeback.updated": (told) =>
    order(told, { es: "Algo cambió en la disputa del pago", en: "Something changed in the dispute of the payment" }),
  "order.chargeback.under_review": (told) =>
    order(told, { es: "La disputa está en revisión", en: "The dispute is under review" }),
  "order.chargeback.lost": (told) => order(told, { es: "La disputa se perdió", en: "The dispute was lost" }),
  "order.chargeback.won": (told) => order(told, { es: "La disputa se ganó", en: "The dispute was won" }),
  "order.set_aside": ({ data }) => {
    const [id, why] = [prefixed(" ", wordIn(data, "orderId")), bracketed(wordIn(data, "why"))];
    return { es: `Una persona dejó de lado la orden${id}${why}.`, en: `A person set the order${id} aside${why}.` };
  },
} satisfies Readonly<Record<`${"invoice.refund" | "order."}${string}`, (told: Told) => Text>>;

function refund(told: Told, begin: Text): Text {
  const orderId = wordIn(told.data, "orderId");
  const money = prefixed(" ", moneyOf({ ...told, attempt: null, invoice: null }));
  const reason = bracketed(wordIn(told.data, "reason"));
  return {
    es: `${begin.es}${money}${prefixed(" de la orden ", orderId)}${reason}.`,
    en: `${begin.en}${money}${prefixed(" of order ", orderId)}${reason}.`,
  };
}

/** The invoice stays paid: these only tell. */
function order({ data }: Told, what: Text): Text {
  const [id, shows] = [wordIn(data, "orderId"), wordIn(data, "shows")];
  const details = [id, shows].filter((part) => part !== null).join(", ");
  const brackets = details === "" ? NOTHING : { es: bracketed(details), en: bracketed(details) };
  return { es: `${what.es}${brackets.es}.`, en: `${what.en}${brackets.en}.` };
}
