/** Why something is not done with what the books hold: what is not there, and what concerns everybody. */
import type { Text } from "../language.ts";

export const OF_BOOKS = {
  // ---- what is not there
  no_plan: { en: "there is no plan {id}", es: "no existe el plan {id}" },
  customer_change_wants_something: {
    en: "give tax_data, language or metadata; nothing was changed",
    es: "indique tax_data, language o metadata; no se cambió nada",
  },
  metadata_name: { en: "a name has 1 to {most} characters", es: "un nombre lleva de 1 a {most} caracteres" },
  metadata_value: { en: "a value has {most} characters at most", es: "un valor lleva {most} caracteres cuando más" },
  metadata_many: {
    en: "{most} names at most, and this would be {given}",
    es: "{most} nombres cuando más, y serían {given}",
  },
  no_customer: { en: "there is no customer {id}", es: "no existe el cliente {id}" },
  no_subscription: { en: "there is no subscription {id}", es: "no existe la suscripción {id}" },
  row_damaged: {
    en: "what the database holds of {id} cannot be read; the doctor names what is damaged",
    es: "lo que la base de datos guarda de {id} no se puede leer; el doctor dice qué está dañado",
  },
  no_invoice: { en: "there is no invoice {id}", es: "no existe la factura {id}" },
  no_attempt: { en: "there is no attempt {id}", es: "no existe el intento {id}" },
  no_dispute: { en: "there is no dispute {id}", es: "no existe la aclaración {id}" },
  no_event: { en: "there is no event {id}", es: "no existe el evento {id}" },
  no_webhook: { en: "there is no event {id} of Conekta", es: "no existe el evento {id} de Conekta" },
  no_coupon: { en: "there is no coupon {id}", es: "no existe el cupón {id}" },
  no_item: { en: "there is no item {id}", es: "no existe el extra {id}" },
  no_key: { en: "there is no key {id}", es: "no existe la llave {id}" },
  no_row: { en: "there is no such row {id}", es: "no existe el renglón {id}" },
  no_card: {
    en: "no customer in these books has the card {id}",
    es: "ningún cliente de estos libros tiene la tarjeta {id}",
  },
  no_policy: {
    en: "there is no dunning policy {name}; there are {known}",
    es: "no existe la política de cobranza {name}; existen {known}",
  },
  no_document: {
    en: "there is no invoice, refund, credit or global invoice {id}",
    es: "no existe factura, reembolso, nota de crédito ni factura global {id}",
  },
  no_coupon_of: {
    en: "subscription {subscriptionId} has no coupon {code}",
    es: "la suscripción {subscriptionId} no tiene el cupón {code}",
  },
  no_invoice_of: {
    en: "subscription {subscriptionId} has no invoice {invoiceId}",
    es: "la suscripción {subscriptionId} no tiene la factura {invoiceId}",
  },
  no_attempt_of: {
    en: "invoice {invoiceId} has no attempt {attemptId}",
    es: "la factura {invoiceId} no tiene el intento {attemptId}",
  },
  no_order: { en: "Conekta knows no order {id}", es: "Conekta no conoce la orden {id}" },
  plan_gone: {
    en: "subscription {subscriptionId} names plan {planId}, which is gone",
    es: "la suscripción {subscriptionId} nombra el plan {planId}, que ya no está",
  },
  nothing_there: { en: "there is nothing of that id", es: "no hay nada con ese id" },
  nothing_of: { en: "there is nothing of that {name}", es: "no hay nada con ese {name}" },
  no_path: { en: "there is no {method} {path}", es: "no existe {method} {path}" },
  not_changed_here: {
    en: "is {is}, and is not changed here; send it as it was read, or leave it out",
    es: "es {is} y no se cambia aquí; envíelo como se leyó, o quítelo",
  },
  two_names: { en: "{name} and {other} name the same, and differ", es: "{name} y {other} son lo mismo, y difieren" },
  holds_unstorable: {
    en: "holds the character U+0000, or half of another one; leave it out",
    es: "contiene el carácter U+0000, o la mitad de otro; quítelo",
  },
  url_odd: { en: "the URL cannot be decoded", es: "la URL no se puede decodificar" },
  request_odd: { en: "the request cannot be read", es: "la petición no se puede leer" },
  body_too_large: { en: "a body has 1 MiB at most", es: "un cuerpo tiene 1 MiB como máximo" },
  body_no_json: { en: "the body is not valid JSON", es: "el cuerpo no es JSON válido" },
  body_of_other_type: {
    en: "send the body as JSON: Content-Type: application/json",
    es: "envíe el cuerpo como JSON: Content-Type: application/json",
  },
  no_call_within: {
    en: "Conekta is not called while a transaction is open; do it before you begin yours",
    es: "no se llama a Conekta con una transacción abierta; hágalo antes de empezar la suya",
  },
  took_too_long: {
    en: "it may have taken effect; ask again with the same Idempotency-Key",
    es: "puede haber surtido efecto; pregunte de nuevo con la misma Idempotency-Key",
  },
  /** What was asked for in one transaction left everything as it was. */
  unchanged: { en: "{why}; nothing was changed", es: "{why}; nada cambió" },
  unnoted: { en: "{why}; nothing was noted", es: "{why}; nada se anotó" },
  nothing_changed: { en: "nothing was changed", es: "nada cambió" },
  nothing_added: { en: "nothing was added", es: "nada se agregó" },
  nobody_added: { en: "nobody was added", es: "nadie se agregó" },

  // ---- everybody
  key_exists: {
    en: "there is a key {name} already, or there was; choose another name",
    es: "ya existe o existió una llave {name}; elija otro nombre",
  },
  event_not_sent: {
    en: "event {id} is {type}, which is not sent; docs/events.md lists what is",
    es: "el evento {id} es {type}, que no se envía; docs/events.md dice cuáles sí",
  },
  nobody_notified: {
    en: "nobody is told of events: NOTIFY_URL is not set",
    es: "a nadie se avisa de los eventos: falta NOTIFY_URL",
  },
  halt_not_lifted: {
    en: "charging is halted, and saying go does not mend it: {because}",
    es: "el cobro está detenido, y decir que siga no lo arregla: {because}",
  },
  halted: {
    en: "nothing was made: charging is halted: {because}",
    es: "nada se hizo: el cobro está detenido: {because}",
  },
  restore_unclear: {
    en: "nothing was made: Conekta's orders cannot be listed, so it is not known whether this database is older than what was last charged from it; try again when Conekta answers",
    es: "nada se hizo: no se pueden listar las órdenes de Conekta y no se sabe si esta base es anterior a lo último que cobró; intente cuando Conekta responda",
  },
  not_of_a_day: {
    en: "subscriptions are not of a day; since and until are for the other exports",
    es: "las suscripciones no son de un día; since y until son para las demás exportaciones",
  },
  until_before_since: { en: "until {until} is before since {since}", es: "until {until} es anterior a since {since}" },
  foreign_cursor: {
    en: 'the cursor "{cursor}" was not given by this list; begin again without one',
    es: 'el cursor "{cursor}" no es de esta lista; empiece de nuevo sin cursor',
  },
} as const satisfies Readonly<Record<string, Text>>;
