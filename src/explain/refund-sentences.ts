/** Sentences about money that went back or may go back: refunds, and what Conekta reports of an order. */
import { bracketed, moneyOf, prefixed, timeIn, type EventStory, wordIn } from "./event-data.ts";
import type { Text } from "../domain/language.ts";
import { NOTHING } from "./text.ts";
import { refundReasonWords } from "./words.ts";

export const MONEY_BACK_SENTENCES = {
  "invoice.refunded": (event) => refund(event, { es: "Se devolvieron", en: "Refunded" }),
  "invoice.refund_refused": (event) =>
    refund(event, { es: "Conekta rechazó devolver", en: "Conekta refused to refund" }),
  "invoice.refund_not_sent": (event) =>
    refund(event, {
      es: "No se pudo pedir la devolución de",
      en: "Nothing was refunded; the call could not be made for",
    }),
  "invoice.refund_unknown": (event) =>
    refund(event, { es: "No se sabe si se devolvieron", en: "It is not known whether money went back:" }),
  "invoice.cfdi_noted": ({ data }) => {
    const uuid = prefixed(" ", wordIn(data, "uuid"));
    if (wordIn(data, "status") === "canceled")
      return { es: `Se anotó que el CFDI${uuid} se canceló.`, en: `The CFDI${uuid} was noted as canceled.` };
    return { es: `Se anotó que el CFDI${uuid} está timbrado.`, en: `The CFDI${uuid} was noted as stamped.` };
  },
  "order.refunded": (event) =>
    order(event, { es: "Conekta avisa que la orden se reembolsó", en: "Conekta tells that the order was refunded" }),
  "order.partially_refunded": (event) =>
    order(event, {
      es: "Conekta avisa que parte de la orden se reembolsó",
      en: "Conekta tells that a part of the order was refunded",
    }),
  "order.charged_back": (event) =>
    order(event, {
      es: "El banco se llevó de vuelta el dinero de la orden (contracargo)",
      en: "The bank took the money of the order back (chargeback)",
    }),
  "order.fraudulent": (event) =>
    order(event, { es: "Conekta considera fraudulenta la orden", en: "Conekta takes the order for a fraud" }),
  "order.chargeback.created": (event) =>
    order(event, { es: "El titular disputa el pago", en: "The cardholder disputes the payment" }),
  "order.chargeback.updated": (event) =>
    order(event, { es: "Algo cambió en la disputa del pago", en: "Something changed in the dispute of the payment" }),
  "order.chargeback.under_review": (event) =>
    order(event, { es: "La disputa está en revisión", en: "The dispute is under review" }),
  "order.chargeback.lost": (event) => order(event, { es: "La disputa se perdió", en: "The dispute was lost" }),
  "order.chargeback.won": (event) => order(event, { es: "La disputa se ganó", en: "The dispute was won" }),
  "order.set_aside": ({ data }) => {
    const [id, why] = [prefixed(" ", wordIn(data, "orderId")), bracketed(wordIn(data, "why"))];
    return { es: `Una persona dejó de lado la orden${id}${why}.`, en: `A person set the order${id} aside${why}.` };
  },
  "dispute.opened": (event) =>
    dispute(event, { es: "El titular disputa ante su banco", en: "The cardholder disputes at the bank" }),
  "dispute.updated": (event) =>
    dispute(event, { es: "Cambió la disputa por", en: "Something changed in the dispute about" }),
  "dispute.closed": (event) => {
    const outcome = wordIn(event.data, "disputeOutcome");
    if (outcome === "won") return dispute(event, { es: "Se ganó la disputa por", en: "The dispute was won, about" });
    if (outcome === "lost")
      return dispute(event, {
        es: "Se perdió la disputa, y con ella el dinero:",
        en: "The dispute was lost, and with it the money:",
      });
    if (outcome === "withdrawn")
      return dispute(event, {
        es: "No era disputa: un reembolso cubre",
        en: "It was no dispute: a refund covers",
      });
    return dispute(event, { es: "Terminó la disputa por", en: "The dispute is over, about" });
  },
} satisfies Readonly<
  Record<`${"invoice.refund" | "invoice.cfdi" | "order." | "dispute."}${string}`, (event: EventStory) => Text>
>;

function dispute(event: EventStory, begin: Text): Text {
  const money = moneyOf(event);
  const [status, reason] = [wordIn(event.data, "status"), wordIn(event.data, "reason")];
  const words = [status, reason].filter((part) => part !== null).join(", ");
  const due = timeIn(event, "evidenceDueBy", {
    es: "; las pruebas se entregan antes del ",
    en: "; evidence is due before ",
  });
  const isOver = ["won", "lost", "withdrawn"].includes(wordIn(event.data, "disputeOutcome") ?? "");
  const by = bracketed(
    [wordIn(event.data, "by"), wordIn(event.data, "why")].filter((part) => part !== null).join(": ") || null,
  );
  const [es, en] = [money ?? "el pago", money ?? "the payment"];
  const details = words === "" ? "" : ` (${words})`;
  return {
    es: `${begin.es} ${es}${details}${isOver ? "" : due.es}${by}.`,
    en: `${begin.en} ${en}${details}${isOver ? "" : due.en}${by}.`,
  };
}

function refund(event: EventStory, begin: Text): Text {
  const orderId = wordIn(event.data, "orderId");
  const money = prefixed(" ", moneyOf({ ...event, attempt: null, invoice: null }));
  const word = wordIn(event.data, "reason");
  const reason = word === null ? NOTHING : refundReasonWords(word);
  return {
    es: `${begin.es}${money}${prefixed(" de la orden ", orderId)}${bracketed(reason.es || null)}.`,
    en: `${begin.en}${money}${prefixed(" of order ", orderId)}${bracketed(reason.en || null)}.`,
  };
}

/** The invoice stays paid: these only report. */
function order({ data }: EventStory, what: Text): Text {
  const [id, shows] = [wordIn(data, "orderId"), wordIn(data, "shows")];
  const money = moneyOf({ data, attempt: null, invoice: null });
  const details = [id, shows, money].filter((part) => part !== null).join(", ");
  const brackets = details === "" ? NOTHING : { es: bracketed(details), en: bracketed(details) };
  return { es: `${what.es}${brackets.es}.`, en: `${what.en}${brackets.en}.` };
}
