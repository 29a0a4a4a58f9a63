/** The stored words in plain language: why an invoice failed, why it has its status, and how it can be paid. */
import type { PaymentMethod } from "../domain/attempt.ts";
import type { ConsentChannel } from "../domain/consent.ts";
import type { DeclineClass } from "../domain/decline.ts";
import type { FinalAction } from "../domain/dunning/dunning.ts";
import type { InvoiceStatus, StatusReason } from "../domain/invoice.ts";
import type { RefundReason } from "../domain/refund.ts";
import type { LinkEnd } from "../domain/payment-link.ts";
import type { SubscriptionStatus } from "../domain/subscription.ts";
import type { Language, Text } from "../domain/language.ts";
import { same } from "./text.ts";

/** What each class means for the next try. */
const CLASSES: Readonly<Record<DeclineClass, Text>> = {
  retry_later: { es: "la misma tarjeta puede pagar más adelante", en: "the same card may pay later" },
  try_again_soon: { es: "falla pasajera del banco o de la red", en: "a passing fault of the bank or the network" },
  new_card: { es: "hace falta otra tarjeta", en: "another card is needed" },
  customer_action: { es: "el cliente debe hacer algo", en: "the customer must do something" },
  never_again: { es: "esta tarjeta no debe volver a intentarse", en: "this card must never be tried again" },
  our_fault: { es: "la falla es de nuestro lado", en: "the fault is on our side" },
  unrecognized: { es: "código desconocido", en: "an unknown code" },
};

/** Why nothing was charged: codes of Puntual's own, which no gateway sends. */
const CHECKS: Readonly<Record<string, Text>> = {
  no_default_card: { es: "El cliente no tiene tarjeta predeterminada.", en: "The customer has no default card." },
  card_expired: { es: "La tarjeta venció.", en: "The card has expired." },
  customer_deleted: { es: "El cliente ya no existe en Conekta.", en: "The customer no longer exists at Conekta." },
  card_forbidden: {
    es: "La tarjeta fue rechazada de un modo que prohíbe volver a intentarla.",
    en: "The card was declined in a way that forbids ever trying it again.",
  },
  card_declined_elsewhere: {
    es: "La tarjeta fue rechazada en otro cobro del cliente y hace falta otra.",
    en: "The card was declined on another charge of the customer, and another card is needed.",
  },
  network_budget: {
    es: "La red de la tarjeta no permite más reintentos a tiempo.",
    en: "The card's network allows no other try in time.",
  },
};

const REASONS: Readonly<Record<StatusReason, Text>> = {
  paused: { es: "la suscripción estaba en pausa", en: "the subscription was paused" },
  unpaid: { es: "se había dejado de cobrar la suscripción", en: "collecting the subscription had been given up" },
  skipped: { es: "una persona saltó este ciclo", en: "a person skipped this cycle" },
  canceled: { es: "la suscripción se canceló", en: "the subscription was canceled" },
  voided_by_person: { es: "lo decidió una persona", en: "a person decided so" },
  catch_up_latest_only: {
    es: "su periodo ya había pasado y el plan solo cobra el último (catch_up: latest_only)",
    en: "its period was over already, and the plan collects the latest only (catch_up: latest_only)",
  },
  catch_up_ask: {
    es: "su periodo ya había pasado y el plan pide preguntar (catch_up: ask)",
    en: "its period was over already, and the plan wants to be asked (catch_up: ask)",
  },
  unknown_outcome: {
    es: "Conekta no mostró a tiempo qué fue del cargo",
    en: "Conekta did not show in time what became of the charge",
  },
  answer_differs: {
    es: "se movió dinero, pero no como se pidió",
    en: "money moved, but not as it was asked for",
  },
  refused: { es: "Conekta rechazó nuestra petición", en: "Conekta refused our request" },
  our_fault: {
    es: "la cuenta del comercio o los datos enviados impiden el cargo",
    en: "the merchant's account or the data that was sent prevents the charge",
  },
  daily_limit: {
    es: "llegó al máximo de cargos de un mismo cobro en 24 horas",
    en: "it reached the most charges of one invoice that are allowed within 24 hours",
  },
  earlier_unpaid: {
    es: "un cobro anterior sigue sin pagarse (later_cycles: hold), o su pago está en disputa (on_chargeback: hold)",
    en: "an earlier invoice is still unpaid (later_cycles: hold), or its payment is disputed (on_chargeback: hold)",
  },
  attempts_used_up: { es: "se agotaron los reintentos", en: "the retries are used up" },
  no_new_card: { es: "no llegó otra tarjeta", en: "no other card came" },
  link_not_paid: { es: "nadie pagó con la liga de pago", en: "nobody paid by the payment link" },
  collection_stopped: {
    es: "se dejó de cobrar la suscripción",
    en: "collecting the subscription was given up",
  },
};

const STATUSES: Readonly<Record<InvoiceStatus | SubscriptionStatus, Text>> = {
  open: { es: "abierto", en: "open" },
  paid: { es: "pagado", en: "paid" },
  uncollectible: { es: "incobrable", en: "uncollectible" },
  void: { es: "anulado", en: "void" },
  held: { es: "retenido", en: "held" },
  trialing: { es: "en prueba", en: "trialing" },
  active: { es: "activa", en: "active" },
  past_due: { es: "con atraso", en: "past due" },
  unpaid: { es: "sin cobro", en: "unpaid" },
  paused: { es: "en pausa", en: "paused" },
  canceled: { es: "cancelada", en: "canceled" },
  completed: { es: "terminada", en: "completed" },
};

const FINAL_ACTIONS: Readonly<Record<FinalAction, Text>> = {
  unpaid: {
    es: "la suscripción se conserva, pero ya no se cobra",
    en: "the subscription is kept, but no longer collected",
  },
  cancel: { es: "la suscripción se cancela", en: "the subscription is canceled" },
  pause: { es: "la suscripción queda en pausa", en: "the subscription is paused" },
};

const METHODS: Readonly<Record<PaymentMethod, Text>> = {
  card: { es: "tarjeta", en: "card" },
  cash: { es: "efectivo", en: "cash" },
  bank_transfer: { es: "transferencia SPEI", en: "bank transfer (SPEI)" },
};

const LINK_ENDS: Readonly<Record<LinkEnd, Text>> = {
  new_card: { es: "hay otra tarjeta que intentar", en: "there is another card to try" },
  person: { es: "lo pidió una persona", en: "a person asked for it" },
  voided: { es: "el cobro ya no se debe", en: "the invoice is no longer owed" },
};

/** Conekta's words, as a refund is asked for. */
const REFUNDS: Readonly<Record<RefundReason, Text>> = {
  requested_by_client: { es: "lo pidió el cliente", en: "requested_by_client" },
  cannot_be_fulfilled: { es: "no se puede cumplir", en: "cannot_be_fulfilled" },
  duplicated_transaction: { es: "cargo duplicado", en: "duplicated_transaction" },
  suspected_fraud: { es: "posible fraude", en: "suspected_fraud" },
  other: { es: "otra razón", en: "other" },
};

/** By which way a customer agreed. */
const CHANNELS: Readonly<Record<ConsentChannel, Text>> = {
  web: { es: "en la web", en: "on the web" },
  in_person: { es: "en persona", en: "in person" },
  phone: { es: "por teléfono", en: "by phone" },
  other: { es: "por otra vía", en: "by another way" },
};

/** A word that no table knows is shown as it is. */
function of(table: Readonly<Record<string, Text>>, word: string): Text {
  return (Object.hasOwn(table, word) ? table[word] : undefined) ?? same(word);
}

export const classWords = (word: string): Text => of(CLASSES, word);
export const reasonWords = (word: string): Text => of(REASONS, word);
export const statusWords = (word: string): Text => of(STATUSES, word);
export const finalActionWords = (word: string): Text => of(FINAL_ACTIONS, word);
export const linkEndWords = (word: string): Text => of(LINK_ENDS, word);
export const refundReasonWords = (word: string): Text => of(REFUNDS, word);
export const channelWords = (word: string): Text => of(CHANNELS, word);
export const methodWords = (word: string): Text => of(METHODS, word);

/** A code of the checks before a charge; null: it is a gateway's. */
export function checkText(code: string): Text | null {
  return (Object.hasOwn(CHECKS, code) ? CHECKS[code] : undefined) ?? null;
}

/** "card, cash or bank transfer (SPEI)" */
export function methodList(methods: readonly string[]): Text {
  const list = (language: Language, or: string): string => {
    const words = methods.map((method) => methodWords(method)[language]);
    return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${or} ${words.at(-1)}`;
  };
  return { es: list("es", "o"), en: list("en", "or") };
}
