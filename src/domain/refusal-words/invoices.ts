/** Why something is not done with what is owed, tried, disputed or documented. */
import type { Text } from "../language.ts";

export const OF_INVOICES = {
  // ---- invoices
  invoice_is: { en: "invoice {id} {why}", es: "la factura {id} {why}" },
  invoice_archived: {
    en: "invoice {id} was archived: it lies in {file}, which can be read with DATABASE_URL=sqlite: and that path; nothing was changed",
    es: "la factura {id} se archivó: está en {file}, que se lee con DATABASE_URL=sqlite: y esa ruta; nada cambió",
  },
  no_late_payment: {
    en: "invoice {id} has no payment that came after a cancellation and waits for an answer",
    es: "la factura {id} no tiene un pago posterior a una cancelación que espere respuesta",
  },
  is_paid_refund: {
    en: "is paid; money is given back with a refund",
    es: "está pagada; el dinero se devuelve con un reembolso",
  },
  is_paid: { en: "is paid already", es: "ya está pagada" },
  is_void: { en: "is void already", es: "ya está anulada" },
  is_void_nothing_owed: { en: "is void; nothing is owed for it", es: "está anulada; nada se debe por ella" },
  is_of_nothing: { en: "is of nothing; there is nothing to pay", es: "es de cero; no hay nada que pagar" },
  has_link: { en: "has a payment link already", es: "ya tiene una liga de pago" },
  has_open_link: {
    en: "has a payment link that the customer may still pay; close it first",
    es: "tiene una liga de pago que el cliente aún puede pagar; ciérrela primero",
  },
  has_open_attempt: {
    en: "has an attempt that may still move money ({state}); wait until its outcome is known",
    es: "tiene un intento que aún puede mover dinero ({state}); espere a conocer su resultado",
  },
  card_is_forbidden: {
    en: "would be charged to a card whose bank says never to try it again; no run does that. Store another card, or allow this one where the bank lifted it",
    es: "se cobraría a una tarjeta que su banco prohibió volver a intentar, y no se hará; guarde otra tarjeta, o permita esta si el banco la liberó",
  },
  no_open_link: {
    en: "invoice {id} has no open payment link",
    es: "la factura {id} no tiene una liga de pago abierta",
  },
  too_many_match: {
    en: "more than {most} invoices match; narrow the filter",
    es: "coinciden más de {most} facturas; estreche el filtro",
  },
  count_differs: {
    en: "{count} would be changed by now; look at them again, and decide anew",
    es: "ahora cambiarían {count}; véalas otra vez y decida de nuevo",
  },
  daemon_busy: { en: "the daemon is busy with invoice {id}", es: "el cobrador está ocupado con la factura {id}" },
  paid_at_ahead: { en: "paid_at: {at} is in the future", es: "paid_at: {at} está en el futuro" },
  too_much_refund: {
    en: "{left} of what attempt {attemptId} paid can be given back, what was asked for and may have gone back counted; nothing was refunded",
    es: "de lo que pagó el intento {attemptId} se pueden devolver {left}, contando lo ya pedido; nada se reembolsó",
  },
  nothing_to_refund: {
    en: "no charge at Conekta has paid invoice {id}, so there is nothing to give back through it; a second payment is named by its attempt",
    es: "ningún cargo en Conekta pagó la factura {id} y no hay qué devolver por ahí; un segundo pago se nombra por su intento",
  },
  no_money_of_attempt: {
    en: "attempt {id} is {state}: no money came of it",
    es: "el intento {id} está {state}: no trajo dinero",
  },

  // ---- attempts and disputes
  attempt_is: { en: "attempt {id} is {state} already", es: "el intento {id} ya está {state}" },
  attempt_is_by_now: { en: "attempt {id} is {state} by now", es: "el intento {id} ahora está {state}" },
  attempt_being_made: {
    en: "attempt {id} is being made at this moment; its own answer comes first",
    es: "el intento {id} se está haciendo en este momento; primero llega su propia respuesta",
  },
  attempt_not_unknown: {
    en: "attempt {id} is {state}, not unknown; there is nothing to resolve",
    es: "el intento {id} está {state}, no desconocido; no hay qué resolver",
  },
  attempt_too_fresh: {
    en: "attempt {id} was sent at {sentAt}, and Conekta may still show it late; say so from {quietAt} on (RECHARGE_QUIET_MS)",
    es: "el intento {id} se envió a las {sentAt} y Conekta aún puede mostrarlo tarde; dígalo desde {quietAt} (RECHARGE_QUIET_MS)",
  },
  order_not_paid: { en: "order {id} is not paid: {because}", es: "la orden {id} no está pagada: {because}" },
  order_does_not_fit: {
    en: "order {orderId} does not fit attempt {attemptId}; nothing was changed:\n  {differences}",
    es: "la orden {orderId} no corresponde al intento {attemptId}; nada cambió:\n  {differences}",
  },
  gateway_shows_charge: {
    en: "Conekta shows a charge of attempt {id} ({because}); {outcome}",
    es: "Conekta muestra un cargo del intento {id} ({because}); {outcome}",
  },
  stays_unknown: { en: "it stays unknown", es: "sigue desconocido" },
  is_booked: { en: "that is booked: it is {state}", es: "se asentó: está {state}" },
  order_goes_with_paid: {
    en: "order_id goes with paid, and with nothing else",
    es: "order_id va con paid, y con nada más",
  },
  dispute_is: { en: "dispute {id} is {outcome} already", es: "la aclaración {id} ya está {outcome}" },

  // ---- CFDI
  not_a_uuid: {
    en: '"{given}" given, expected the folio fiscal, like 5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001',
    es: 'se dio "{given}", se espera el folio fiscal, como 5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001',
  },
  uuid_missing: { en: "the uuid is missing: {id} has no stamp yet", es: "falta el uuid: {id} aún no está timbrado" },
  stamped_as_another: {
    en: "{id} is stamped as {uuid}; note that it was canceled first",
    es: "{id} está timbrado como {uuid}; anote primero que se canceló",
  },
  stamp_canceled: {
    en: "{uuid} was canceled, and a canceled CFDI does not come back; stamp another one",
    es: "{uuid} se canceló, y un CFDI cancelado no vuelve; timbre otro",
  },
  part_of_stamped: {
    en: "{id} is part of {globalId}, which is stamped as {uuid}",
    es: "{id} es parte de {globalId}, timbrada como {uuid}",
  },
  uuid_taken: { en: "{id} has the uuid {uuid} already", es: "{id} ya tiene el uuid {uuid}" },
  no_cfdi: {
    en: "no money moved of {id}: it has no CFDI",
    es: "de {id} no se movió dinero: no tiene CFDI",
  },
} as const satisfies Readonly<Record<string, Text>>;
