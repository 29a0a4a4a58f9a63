/** Why something is not done with a customer, a card, or what waits for the next invoice. */
import type { Text } from "../language.ts";

export const OF_CUSTOMERS = {
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

  // ---- items, coupons, balance
  not_a_product_key: {
    en: '"{given}" is no key of the SAT\'s catalogue of products: expected eight digits, like 86121700',
    es: '"{given}" no es una clave de producto del SAT: se esperan ocho dígitos, como 86121700',
  },
  not_a_unit_key: {
    en: '"{given}" is no key of the SAT\'s catalogue of units: expected two or three letters or digits, like E48',
    es: '"{given}" no es una clave de unidad del SAT: se esperan dos o tres letras o dígitos, como E48',
  },
  item_name_length: {
    en: 'an item is called by {least} to {most} characters, as Conekta takes them, not "{name}"',
    es: 'el nombre de un extra tiene de {least} a {most} caracteres, como los acepta Conekta, no "{name}"',
  },
  item_too_large: {
    en: "Conekta takes lines of {mostCents} cents at most, and this would be {amountCents}",
    es: "Conekta acepta conceptos de {mostCents} centavos como máximo, y esto sería {amountCents}",
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
} as const satisfies Readonly<Record<string, Text>>;
