/**
 * Why something is not done: each reason has a code, the data that it is about, and its words in Spanish and English.
 *
 * The one home of these words. A terminal prints the English ones, the HTTP API those that the caller reads. None of them
 * names a command or an option: how to go on is told as data, by `Mend`.
 */
import { FIELD_WORDS } from "./field-words.ts";
import type { Language, Text } from "./language.ts";

const WORDS = {
  ...FIELD_WORDS,
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
  holds_nul: { en: "holds the character U+0000; leave it out", es: "contiene el carácter U+0000; quítelo" },
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

  // ---- plans
  plan_exists: { en: "there is a plan {id} already; choose another id", es: "ya existe el plan {id}; elija otro id" },
  plan_archived: {
    en: "plan {id} is archived, and takes no new subscription",
    es: "el plan {id} está archivado y no admite suscripciones nuevas",
  },
  plan_of_another: {
    en: "plan {id} was added by {source}, and is changed there",
    es: "el plan {id} se agregó desde {source}, y ahí se cambia",
  },
  plan_fixed: {
    en: "{fields} of plan {id} is fixed once it has subscriptions; make a plan with a new id",
    es: "{fields} del plan {id} ya no cambia: tiene suscripciones; cree un plan con otro id",
  },
  plan_too_cheap: {
    en: "plan {id} would charge {amountCents} cents; Conekta charges {leastCents} cents or more (MIN_CHARGE_CENTS), or nothing at all",
    es: "el plan {id} cobraría {amountCents} centavos; Conekta cobra {leastCents} o más (MIN_CHARGE_CENTS), o nada",
  },
  amount_too_small: {
    en: "the amount would be {amountCents} cents; Conekta charges {leastCents} cents or more (MIN_CHARGE_CENTS), or nothing at all",
    es: "el monto sería de {amountCents} centavos; Conekta cobra {leastCents} o más (MIN_CHARGE_CENTS), o nada",
  },
  line_tax: { en: "line {line} {why}", es: "el concepto {line}: {why}" },
  item_tax: { en: "the item {why}", es: "el extra: {why}" },
  tax_partly_told: {
    en: "says no tax, and another line does; write tax for the plan, or for each of its lines",
    es: "no dice su impuesto y otro sí; indique el impuesto del plan, o de cada concepto",
  },
  tax_unknown_rate: {
    en: "has a rate that IVA does not have (there is no rate of {rate}); expected {known}",
    es: "el IVA no tiene la tasa {rate}; se espera {known}",
  },
  tax_rate_ended: {
    en: "has the rate of {rate}, which ended on {lastDay} ({source}); write 16, or, if it was extended, confirmed_until: and the last day you vouch for",
    es: "la tasa de {rate} terminó el {lastDay} ({source}); escriba 16 o, si se prorrogó, confirmed_until: y el último día que le consta",
  },
  not_a_plan_id: { en: '"{given}" is no id of a plan: {why}', es: '"{given}" no es un id de plan: {why}' },

  // ---- subscriptions
  subscription_exists: {
    en: "there is a subscription {id} already; choose another id",
    es: "ya existe la suscripción {id}; elija otro id",
  },
  periods_over: {
    en: "all {count} periods of plan {planId} are over for a start at {start}; choose a later start, or bill the past on purpose",
    es: "los {count} periodos del plan {planId} ya pasaron con inicio en {start}; elija otro inicio, o cobre el pasado a propósito",
  },
  same_plan_twice: {
    en: "{customerId} is on plan {planId} already, as {otherId}{gone}; both would be charged",
    es: "{customerId} ya está en el plan {planId}, como {otherId}{gone}; se cobrarían ambas",
  },
  period_billed_already: {
    en: "{customerId} has been billed for this period already, by {otherId} (plan {otherPlanId}){gone}; this one would charge for it again at once",
    es: "a {customerId} ya se le cobró este periodo con {otherId} (plan {otherPlanId}){gone}; esta lo cobraría otra vez de inmediato",
  },
  goes_on_beside_file: {
    en: ", which is no longer in the file and goes on",
    es: ", que ya no está en el archivo y sigue vigente",
  },
  subscription_is: { en: "subscription {id} is {status} already", es: "la suscripción {id} ya está {status}" },
  subscription_paused: { en: "subscription {id} is paused already", es: "la suscripción {id} ya está en pausa" },
  pause_planned: {
    en: "a pause of subscription {id} is planned already; resume it first, which withdraws that",
    es: "la suscripción {id} ya tiene una pausa programada; reanúdela primero, lo que la retira",
  },
  pause_backwards: {
    en: "the pause would end before it begins: from {from} until {until}",
    es: "la pausa terminaría antes de empezar: de {from} a {until}",
  },
  pause_from_now: { en: "now", es: "ahora" },
  pause_over: { en: "the pause would be over already, on {until}", es: "la pausa ya habría terminado, el {until}" },
  pause_without_end: {
    en: "from goes with until, the day from which it is charged again",
    es: "from va con until, el día desde el que se cobra de nuevo",
  },
  not_paused: {
    en: "subscription {id} is {status}, neither paused nor unpaid",
    es: "la suscripción {id} está {status}, ni en pausa ni impaga",
  },
  nothing_to_skip_ends: {
    en: "subscription {id} ends before its next cycle; there is nothing to skip",
    es: "la suscripción {id} termina antes de su siguiente ciclo; no hay qué saltar",
  },
  nothing_to_skip: {
    en: "subscription {id} has no cycle left to skip",
    es: "la suscripción {id} no tiene ciclos por saltar",
  },
  subscription_ended: {
    en: "subscription {id} is {status}, and does not begin again; add one with a new id",
    es: "la suscripción {id} está {status} y no vuelve a empezar; agregue otra con un id nuevo",
  },
  not_canceled: { en: "subscription {id} is not canceled", es: "la suscripción {id} no está cancelada" },
  not_skipped: {
    en: "the next cycle of subscription {id} is not skipped",
    es: "el siguiente ciclo de la suscripción {id} no está saltado",
  },
  skipped_has_begun: {
    en: "the cycle that was skipped, {cycle}, has begun on {at} already",
    es: "el ciclo saltado, {cycle}, ya empezó el {at}",
  },
  no_cycle_to_come_of: {
    en: "subscription {id} has no cycle to come",
    es: "la suscripción {id} no tiene ciclos por venir",
  },
  change_wants_something: {
    en: "plan_id, quantity or both are needed",
    es: "hace falta plan_id, quantity o ambos",
  },
  preview_stale: {
    en: "the preview of this change is not what it would do any more. Nothing was changed",
    es: "la vista previa ya no es lo que el cambio haría. Nada cambió",
  },
  change_refused: { en: "subscription {id}: {why}", es: "la suscripción {id}: {why}" },
  change_nothing_changes: {
    en: "it is on this plan, in this quantity, already",
    es: "ya está en este plan y en esta cantidad",
  },
  change_ended: { en: "it has ended; add one with a new id", es: "ya terminó; agregue otra con un id nuevo" },
  change_ending: {
    en: "it is canceled at the end of its period; take that back first",
    es: "se cancela al terminar su periodo; retire eso primero",
  },
  change_own_lines: {
    en: "it has lines of its own, which a plan does not change",
    es: "tiene conceptos propios, que un plan no cambia",
  },
  change_other_currency: {
    en: "the plans are of different currencies",
    es: "los planes son de monedas distintas",
  },
  change_other_expiry: {
    en: "the plans differ in their number of charges, and it would end at another time",
    es: "los planes difieren en su número de cobros, y terminaría en otro momento",
  },
  change_other_interval: {
    en: "the plans are billed at different intervals; that begins a period of its own: apply it now or period_end",
    es: "los planes se cobran a intervalos distintos, lo que empieza un periodo propio: aplíquelo con now o period_end",
  },
  change_in_dunning: {
    en: "it owes an invoice that failed; apply it at period_end, or collect that first",
    es: "debe una factura que falló; aplíquelo con period_end, o cóbrela primero",
  },
  change_no_next_cycle: {
    en: "the last cycle of its plan is opened, and no other one comes",
    es: "ya se abrió el último ciclo de su plan y no viene otro",
  },
  change_no_period: {
    en: "no paid period is running; apply it at period_end",
    es: "no corre ningún periodo pagado; aplíquelo con period_end",
  },
  change_unpaid_period: {
    en: "its running period is not paid, so nothing of it can be given back; apply it at period_end",
    es: "su periodo en curso no está pagado y nada se puede devolver; aplíquelo con period_end",
  },
  change_earlier_change_waits: {
    en: "an earlier change waits for the next invoice; take that back first",
    es: "un cambio anterior espera la siguiente factura; retírelo primero",
  },
  change_earlier_change_unpaid: {
    en: "an earlier change of this period is not paid yet; collect that first, or apply it at period_end",
    es: "un cambio anterior de este periodo no está pagado; cóbrelo primero, o aplique este con period_end",
  },
  change_taxed_otherwise: {
    en: "its lines are not all taxed alike, of one rate and all of them included or all added; apply it at period_end",
    es: "sus conceptos no llevan el mismo impuesto, de una tasa y todos con él incluido o todos sin él; aplíquelo con period_end",
  },
  change_has_its_day: {
    en: "a day is for next_invoice and now: {apply} has its day already",
    es: "un día es para next_invoice y now: {apply} ya tiene el suyo",
  },
  change_begins_today: {
    en: "{given}: another interval begins today, {today}",
    es: "{given}: otro intervalo empieza hoy, {today}",
  },
  change_outside_period: {
    en: "{given} is no day of the running period, {from} to {to}",
    es: "{given} no es un día del periodo en curso, {from} a {to}",
  },
  undo_ended: { en: "it has ended; add one with a new id", es: "ya terminó; agregue otra con un id nuevo" },
  undo_none: { en: "nothing was changed that could be taken back", es: "no hay ningún cambio que retirar" },
  undo_took_effect: {
    en: "the last change has taken effect; change it back instead",
    es: "el último cambio ya surtió efecto; cámbiela de vuelta",
  },
  undo_charged: {
    en: "the last change was applied at once; change it back instead",
    es: "el último cambio se aplicó de inmediato; cámbiela de vuelta",
  },
  undo_spent: {
    en: "what the last change gave back was spent from the balance; change it back instead",
    es: "lo que devolvió el último cambio ya se gastó del saldo; cámbiela de vuelta",
  },
  no_cycle_to_come: { en: "no cycle is to come", es: "no hay ciclos por venir" },
  no_such_day: {
    en: "it would be billed on the {day}th, a day that not every period of {planId} has: cancel it at its end, and add one on the new plan. Nothing was changed",
    es: "se cobraría el día {day}, que no todo periodo de {planId} tiene: cancélela al final y agregue una en el plan nuevo. Nada cambió",
  },

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

  // ---- customers, cards, tax data
  same_person: {
    en: "{name} has this e-mail and this phone already",
    es: "{name} ya tiene este correo y este teléfono",
  },
  same_person_at_conekta: {
    en: "{name} ({customerId}) has this e-mail and this phone, and was made at Conekta by an earlier try that these books did not note",
    es: "{name} ({customerId}) tiene este correo y este teléfono, y se creó en Conekta en un intento anterior que estos libros no anotaron",
  },
  default_card: {
    en: "{sourceId} is the default card of {customerId}, which every charge uses; choose another first",
    es: "{sourceId} es la tarjeta predeterminada de {customerId}, la que usa cada cobro; elija otra primero",
  },
  card_not_banned: {
    en: "{id} is not banned: no decline keeps it from being charged",
    es: "{id} no está vetada: ningún rechazo impide cobrarla",
  },
  customer_id_alone: {
    en: "customer_id names one who exists at Conekta; leave the other fields out, or leave it out",
    es: "customer_id nombra a quien ya existe en Conekta; omita los demás campos, u omítalo",
  },
  customer_wants_more: {
    en: "a new customer needs name, email and phone; customer_id takes one who exists at Conekta",
    es: "un cliente nuevo necesita name, email y phone; customer_id toma a quien ya existe en Conekta",
  },
  rfc_public: {
    en: "{rfc} is the public in general: who has no RFC needs no tax data, and is in the global invoice",
    es: "{rfc} es público en general: quien no tiene RFC no necesita datos fiscales y va en la factura global",
  },
  rfc_form: {
    en: '"{rfc}" is no RFC; expected 13 characters of a person (GODE561231GR8) or 12 of a company (EKU9003173C9)',
    es: '"{rfc}" no es un RFC; se esperan 13 caracteres de persona física (GODE561231GR8) o 12 de moral (EKU9003173C9)',
  },
  rfc_date: {
    en: "{rfc} is no RFC: its digits {digits} are no date",
    es: "{rfc} no es un RFC: sus dígitos {digits} no son una fecha",
  },
  rfc_check_digit: {
    en: "{rfc} is no RFC: its last character is not the check digit of the others; one of them is wrong",
    es: "{rfc} no es un RFC: su último carácter no es el dígito verificador de los demás; alguno está mal",
  },
  tax_name: {
    en: "expected the name as the constancia has it, up to 300 characters and without |",
    es: "se espera el nombre como está en la constancia, hasta 300 caracteres y sin |",
  },
  tax_postal_code: {
    en: '"{given}" is no postal code; expected five digits, like 06700',
    es: '"{given}" no es un código postal; se esperan cinco dígitos, como 06700',
  },
  tax_regime: {
    en: '"{given}" is no régimen fiscal; expected one of {known}',
    es: '"{given}" no es un régimen fiscal; se espera uno de {known}',
  },
  tax_regime_abroad: {
    en: "the RFC of residents abroad goes with régimen 616 alone, not with {given}",
    es: "el RFC de residentes en el extranjero va solo con el régimen 616, no con {given}",
  },
  tax_regime_holder: {
    en: "{regime} ({name}) is for {holders}, and {rfc} is the RFC of {holder}",
    es: "{regime} ({name}) es para {holders}, y {rfc} es el RFC de {holder}",
  },
  tax_use: {
    en: '"{given}" is no uso CFDI; expected one of {known}',
    es: '"{given}" no es un uso CFDI; se espera uno de {known}',
  },
  tax_use_abroad: {
    en: "the RFC of residents abroad goes with the use S01 alone, not with {given}",
    es: "el RFC de residentes en el extranjero va solo con el uso S01, no con {given}",
  },
  tax_use_of_regime: {
    en: "{given} ({name}) is not for régimen {regime} ({regimeName}); expected one of {known}",
    es: "{given} ({name}) no es para el régimen {regime} ({regimeName}); se espera uno de {known}",
  },

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

  // ---- items, coupons, balance
  not_a_product_key: {
    en: '"{given}" is no key of the SAT\'s catalogue of products: expected eight digits, like 86121700',
    es: '"{given}" no es una clave de producto del SAT: se esperan ocho dígitos, como 86121700',
  },
  not_a_unit_key: {
    en: '"{given}" is no key of the SAT\'s catalogue of units: expected two or three letters or digits, like E48',
    es: '"{given}" no es una clave de unidad del SAT: se esperan dos o tres letras o dígitos, como E48',
  },
  item_exists: {
    en: "the key {key} is that of another item: {name}, {amount}, of {customerId}{removed}",
    es: "la clave {key} es de otro extra: {name}, {amount}, de {customerId}{removed}",
  },
  key_of_change: {
    en: "{key}: keys that begin with change: are those of changes of plan",
    es: "{key}: las claves que empiezan con change: son de cambios de plan",
  },
  item_of_change: {
    en: "item {key} is what change {number} of subscription {subscriptionId} costs for the rest of its period; take the change back instead",
    es: "el extra {key} es lo que cuesta el cambio {number} de la suscripción {subscriptionId} por el resto de su periodo; retire el cambio",
  },
  item_ends_with_period: {
    en: "subscription {id} has no next invoice: it ends with its period, or its last cycle is opened; charge the item now",
    es: "la suscripción {id} no tiene siguiente factura: termina con su periodo, o ya se abrió su último ciclo; cobre el extra ahora",
  },
  rest_undecided: {
    en: "what waits for the next invoice of subscription {id} would never be charged: {rest}. Say what becomes of the rest, charge or drop",
    es: "lo que espera la siguiente factura de la suscripción {id} nunca se cobraría: {rest}. Diga qué pasa con el resto, charge o drop",
  },
  which_was_removed: { en: ", which was removed", es: ", que se quitó" },
  item_of_one: {
    en: "an item is of a customer or of a subscription: give one of the two",
    es: "un extra es de un cliente o de una suscripción: dé uno de los dos",
  },
  item_no_next_invoice: {
    en: "subscription {id} is {status}, and has no next invoice",
    es: "la suscripción {id} está {status} y no tiene siguiente factura",
  },
  item_needs_subscription: {
    en: "customer {id} has {count} subscriptions that are billed; an invoice of its own needs one of them: give the subscription instead",
    es: "el cliente {id} tiene {count} suscripciones que se cobran; una factura propia necesita una: dé la suscripción",
  },
  item_no_tax_beside: {
    en: "the lines of subscription {id} tell no tax, so an item beside them cannot; leave its tax out",
    es: "los conceptos de la suscripción {id} no dicen impuesto, así que un extra junto a ellos tampoco; omítalo",
  },
  item_too_small: {
    en: "Conekta charges {leastCents} cents or more (MIN_CHARGE_CENTS), and this would be {amountCents}; let it ride on the next invoice",
    es: "Conekta cobra {leastCents} centavos o más (MIN_CHARGE_CENTS), y esto sería {amountCents}; déjelo para la siguiente factura",
  },
  item_billed: {
    en: "item {key} is a line of invoice {invoiceId} already",
    es: "el extra {key} ya es un concepto de la factura {invoiceId}",
  },
  coupon_exists: { en: "there is a coupon {code} already: {worth}", es: "ya existe el cupón {code}: {worth}" },
  coupon_not_given: { en: "coupon {code} {why}", es: "el cupón {code} {why}" },
  coupon_given_before: {
    en: "was given to {subscriptionId} before, and is given once",
    es: "ya se dio a {subscriptionId}, y se da una vez",
  },
  coupon_archived: { en: "is archived", es: "está archivado" },
  coupon_too_late: { en: "could be given until {day}", es: "se podía dar hasta el {day}" },
  coupon_used_up: { en: "was given {count} times, which is all", es: "se dio {count} veces, que son todas" },
  coupon_other_plan: { en: "is for the plans {plans}", es: "es para los planes {plans}" },
  coupon_other_currency: { en: "is an amount in {currency}", es: "es un monto en {currency}" },
  coupon_percent_or_amount: {
    en: "one of percent and amount_cents is needed",
    es: "hace falta uno de percent y amount_cents",
  },
  balance_too_small: {
    en: "{customerId} has {balance} to the good, less than the {amount} to be taken",
    es: "{customerId} tiene {balance} a favor, menos que los {amount} por quitar",
  },

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

  // ---- requests
  send_key: {
    en: "send a key: Authorization: Bearer pk_…",
    es: "envíe una llave: Authorization: Bearer pk_…",
  },
  scope_missing: {
    en: "it needs the scope {scope}; this key has {held}",
    es: "necesita el alcance {scope}; esta llave tiene {held}",
  },
  call_later: { en: "call again in {seconds} s", es: "llame de nuevo en {seconds} s" },
  fields_invalid: { en: "some fields are not valid", es: "hay campos que no son válidos" },
  idempotency_key_wanted: {
    en: "send an Idempotency-Key of your own, the same for each try of the same request",
    es: "envíe un Idempotency-Key propio, el mismo en cada intento de la misma petición",
  },
  idempotency_key_form: {
    en: "the Idempotency-Key has 1 to {most} characters, without spaces or accents",
    es: "el Idempotency-Key tiene de 1 a {most} caracteres, sin espacios ni acentos",
  },
  idempotency_key_reused: {
    en: "the key {key} was used with another body",
    es: "la llave {key} se usó con otro cuerpo",
  },
  request_in_progress: {
    en: "a request with the key {key} is in progress",
    es: "una petición con la llave {key} está en curso",
  },
  request_just_answered: {
    en: "a request with the key {key} is in progress, or was answered just now",
    es: "una petición con la llave {key} está en curso, o se acaba de responder",
  },
  stale: {
    en: "it is {version} by now; read it again, and decide anew",
    es: "ahora es {version}; léalo otra vez y decida de nuevo",
  },
  log_says_more: { en: "the log says more", es: "el registro dice más" },
  day_wanted: { en: "a day that exists, like 2026-12-15", es: "un día que exista, como 2026-12-15" },
  key_name_wanted: {
    en: "1 to 60 letters, digits, dots, dashes or underscores",
    es: "de 1 a 60 letras, dígitos, puntos, guiones o guiones bajos",
  },
  window_wanted: {
    en: "two instants, the earlier first: 2026-12-01T00:00:00Z,2027-01-01T00:00:00Z",
    es: "dos instantes, primero el anterior: 2026-12-01T00:00:00Z,2027-01-01T00:00:00Z",
  },

  // ---- Conekta
  gateway_unreadable: {
    en: "Conekta's answer could not be read (tried to {what}; status {status}). Check that CONEKTA_BASE_URL ({baseUrl}) is Conekta's API.",
    es: "No se pudo leer la respuesta de Conekta (estado {status}). Revise que CONEKTA_BASE_URL ({baseUrl}) sea su API.",
  },
  gateway_not_reached: {
    en: "Conekta could not be reached (tried to {what}): {because}. Nothing was done. Check the network, and CONEKTA_BASE_URL ({baseUrl}).",
    es: "No se pudo contactar a Conekta. Nada se hizo. Revise la red y CONEKTA_BASE_URL ({baseUrl}).",
  },
  gateway_silent: {
    en: "Conekta did not answer (tried to {what}): {because}. {doubt}Check the network, and CONEKTA_BASE_URL ({baseUrl}).",
    es: "Conekta no respondió a tiempo, o se cortó la conexión. {doubt}Revise la red y CONEKTA_BASE_URL ({baseUrl}).",
  },
  gateway_failed: {
    en: "Conekta could not {what}: status {status}. {doubt}Try again later.",
    es: "Conekta falló: estado {status}. {doubt}Intente más tarde.",
  },
  gateway_redirects: {
    en: "Conekta could not {what}: status {status}. {doubt}CONEKTA_BASE_URL ({baseUrl}) redirects elsewhere: set it to the final address.",
    es: "Conekta falló: estado {status}. {doubt}CONEKTA_BASE_URL ({baseUrl}) redirige a otra parte: indique la dirección final.",
  },
  gateway_unauthorized: {
    en: "Conekta does not accept the key (status {status}, tried to {what}). Check CONEKTA_API_KEY: that it is the private key, whole, active, and allowed from this address.",
    es: "Conekta no acepta la llave (estado {status}). Revise CONEKTA_API_KEY: que sea la llave privada, completa, activa y permitida desde esta dirección.",
  },
  gateway_in_doubt: {
    en: "It may have been done all the same: look before repeating. ",
    es: "Puede haberse hecho de todos modos: revise antes de repetir. ",
  },
  gateway_other_customer: {
    en: "Conekta was asked for the customer {customerId}, and answered with another: {otherId}.",
    es: "Se pidió a Conekta el cliente {customerId} y respondió con otro: {otherId}.",
  },
  gateway_endless_cards: {
    en: "Conekta's list of the payment sources of {customerId} does not end.",
    es: "La lista de Conekta de las tarjetas de {customerId} no termina.",
  },
  gateway_other_default: {
    en: "Conekta took {sourceId} as the default of {customerId}, and shows {shown}. Nothing was noted; reads may lag, so read the customer again.",
    es: "Conekta aceptó {sourceId} como predeterminada de {customerId} y muestra {shown}. Nada se anotó; sus lecturas pueden tardar: lea al cliente otra vez.",
  },
  gateway_no_card: { en: "no card", es: "ninguna tarjeta" },
  gateway_endless_orders: {
    en: "Conekta's list of orders could not be read to its end, so nothing is concluded from it.",
    es: "La lista de órdenes de Conekta no se pudo leer hasta el final, así que nada se concluye de ella.",
  },
  gateway_without_reason: { en: "without a reason", es: "sin decir por qué" },
  gateway_refused: {
    en: "Conekta refused to {what} (status {status}): {reasons}",
    es: "Conekta rechazó la petición (estado {status}): {reasons}",
  },
} as const satisfies Readonly<Record<string, Text>>;

export type Refusal = keyof typeof WORDS;

type NamesIn<Words extends string> = Words extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** A part of a sentence may be said itself. */
type Part = string | number | Said | Text;
type Datum<Code extends Refusal> = { readonly [Name in NamesIn<(typeof WORDS)[Code]["en"]>]: Part };

export type Said = { readonly code: Refusal; readonly datum: Readonly<Record<string, Part>> };

/** @param datum none where the words have no place for one */
export function said<const Code extends Refusal>(
  code: Code,
  ...[datum]: [NamesIn<(typeof WORDS)[Code]["en"]>] extends [never] ? [] : [Datum<Code>]
): Said {
  return { code, datum: datum ?? {} };
}

/** It left everything as it was. */
export function unchanged(why: Said): Said {
  return said("unchanged", { why });
}

export function inWords(what: Part, language: Language): string {
  if (typeof what !== "object") return String(what);
  if ("es" in what) return what[language];
  return WORDS[what.code][language].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const part = what.datum[name] ?? "";
    const isState = language === "es" && (name === "status" || name === "state");
    if (isState && typeof part === "string") return IN_SPANISH[part] ?? part;
    const text = inWords(part, language);
    // A line break in a name begins no line of ours.
    return name === "name" ? text.replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, " ") : text;
  });
}

/** Stored words of a subscription, an attempt: as a sentence in Spanish says them, where English says them as they are. */
export const IN_SPANISH: Readonly<Record<string, string>> = {
  ...{ trialing: "en prueba", active: "activa", past_due: "con atraso", unpaid: "sin cobro", paused: "en pausa" },
  ...{ canceled: "cancelada", completed: "terminada" },
  ...{ claimed: "apartado", sending: "en envío", pending: "pendiente", unknown: "sin resultado conocido" },
  ...{ paid: "pagado", paid_again: "pagado de nuevo", declined: "rechazado", refused: "no aceptado" },
  ...{ not_sent: "no enviado", released: "soltado", lapsed: "vencido" },
};

export function inEnglish(what: Part): string {
  return inWords(what, "en");
}

/** As the message of a check that has a text for it alone. */
export function saidAsText(what: Said): string {
  return JSON.stringify(what);
}

/** @returns null: it is some other text */
export function saidOfText(text: string): Said | null {
  if (Object.hasOwn(WORDS, text)) return { code: text as Refusal, datum: {} };
  if (!text.startsWith('{"code":"')) return null;
  const { code, datum } = JSON.parse(text) as Said;
  return Object.hasOwn(WORDS, code) ? { code, datum } : null;
}

export const REFUSALS = Object.keys(WORDS) as readonly Refusal[];
export const REFUSAL_WORDS: Readonly<Record<Refusal, Text>> = WORDS;
