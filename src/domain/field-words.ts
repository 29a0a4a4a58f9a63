/**
 * What is wrong with one field, in Spanish and English: what it must be, so that the same words fit a terminal and an answer.
 *
 * Part of refusals.ts, by which all of them are said.
 */
import type { Text } from "./language.ts";

export const FIELD_WORDS = {
  missing: { en: "is missing", es: "falta" },
  no_such_field: { en: "is no field of this", es: "no es un campo de esto" },
  no_such_field_near: {
    en: "is no field of this; did you mean {near}?",
    es: "no es un campo de esto; ¿quiso decir {near}?",
  },
  field_odd: { en: "is not valid", es: "no es válido" },
  field_of_type: { en: "must be {type}", es: "debe ser {type}" },
  type_text: { en: "text", es: "texto" },
  type_whole: { en: "a whole number", es: "un número entero" },
  type_number: { en: "a number", es: "un número" },
  type_boolean: { en: "true or false", es: "true o false" },
  type_list: { en: "a list", es: "una lista" },
  type_object: { en: "an object", es: "un objeto" },
  type_null: { en: "null", es: "nulo" },
  field_empty: { en: "must not be empty", es: "no puede estar vacío" },
  text_short: { en: "must have {least} characters or more", es: "debe tener {least} caracteres o más" },
  text_long: { en: "must have {most} characters or fewer", es: "debe tener {most} caracteres como máximo" },
  list_short: { en: "must have {least} entries or more", es: "debe tener {least} elementos o más" },
  list_long: { en: "must have {most} entries or fewer", es: "debe tener {most} elementos como máximo" },
  number_small: { en: "must be {least} or more", es: "debe ser {least} o más" },
  number_big: { en: "must be {most} or less", es: "debe ser {most} como máximo" },
  number_not_above: { en: "must be more than {bound}", es: "debe ser más de {bound}" },
  number_not_below: { en: "must be less than {bound}", es: "debe ser menos de {bound}" },
  number_step: { en: "must be a multiple of {step}", es: "debe ser múltiplo de {step}" },
  value_wanted: { en: "must be {value}", es: "debe ser {value}" },
  value_of: { en: "must be one of {values}", es: "debe ser uno de: {values}" },
  month_wanted: { en: "must be a month, like 2026-12", es: "debe ser un mes, como 2026-12" },
  email_wanted: { en: "must be an e-mail address", es: "debe ser un correo electrónico" },
  instant_wanted: {
    en: "must be an instant in UTC, like 2026-12-01T15:00:00Z",
    es: "debe ser un instante en UTC, como 2026-12-01T15:00:00Z",
  },
  uuid_wanted: { en: "must be a UUID", es: "debe ser un UUID" },
  form_wanted: { en: "must have the form {pattern}", es: "debe tener la forma {pattern}" },
  none_of_forms: {
    en: "has none of the forms that are described for it",
    es: "no tiene ninguna de las formas descritas para él",
  },

  // ---- of plans, subscriptions and coupons, in a file as well
  id_wanted: {
    en: "an id has letters without accents, digits, - _ . and begins with a letter or digit",
    es: "un id lleva letras sin acento, dígitos, - _ . y empieza con una letra o un dígito",
  },
  local_day_wanted: {
    en: "expected a day that exists, like 2027-01-01",
    es: "se espera un día que exista, como 2027-01-01",
  },
  tax_wanted: {
    en: "expected { rate: 16, included: true }, or the rate alone: 16, 8, 0 or exempt",
    es: "se espera { rate: 16, included: true }, o solo la tasa: 16, 8, 0 o exempt",
  },
  clave_prod_serv_wanted: {
    en: "expected eight digits in quotes, like '86121700'",
    es: "se esperan ocho dígitos entre comillas, como '86121700'",
  },
  clave_unidad_wanted: {
    en: "expected two or three capital letters or digits, like E48 (a service)",
    es: "se esperan dos o tres mayúsculas o dígitos, como E48 (un servicio)",
  },
  currency_form: { en: "expected three capital letters, like MXN", es: "se esperan tres mayúsculas, como MXN" },
  no_currency: {
    en: "there is no such currency; expected one like MXN",
    es: "no existe esa moneda; se espera una como MXN",
  },
  one_discount: {
    en: "expected exactly one of percent and amount_cents",
    es: "se espera solo uno de percent y amount_cents",
  },
  customer_id_wanted: {
    en: "expected the id Conekta gave the customer, like cus_2tTU5GdkwZvBmS3fN",
    es: "se espera el id que Conekta dio al cliente, como cus_2tTU5GdkwZvBmS3fN",
  },
  token_wanted: {
    en: "expected the card's token of Conekta, like tok_2nXJMzTrkeVWkNFpK",
    es: "se espera el token de la tarjeta que da Conekta, como tok_2nXJMzTrkeVWkNFpK",
  },
  blanks_around: { en: "expected no blanks around it", es: "se espera sin espacios alrededor" },
  zone_wanted: {
    en: "expected a zone of the IANA database, like America/Mexico_City",
    es: "se espera una zona de la base IANA, como America/Mexico_City",
  },
  zone_near: {
    en: "expected a zone of the IANA database, like America/Mexico_City; did you mean {near}?",
    es: "se espera una zona de la base IANA, como America/Mexico_City; ¿quiso decir {near}?",
  },
  start_year: { en: "expected a year from 2000 to 2199", es: "se espera un año de 2000 a 2199" },
  start_wanted: {
    en: "expected a local date and time, like 2026-12-01T09:00",
    es: "se espera una fecha y hora local, como 2026-12-01T09:00",
  },
  start_no_day: { en: "there is no {date} in the calendar", es: "no existe el {date} en el calendario" },
  start_no_time: {
    en: "the time of day is missing; write {date}T09:00",
    es: "falta la hora; escriba {date}T09:00",
  },
  start_odd_time: {
    en: "there is no such time of day; expected 00:00 to 23:59, like {date}T09:00",
    es: "no existe esa hora; se espera de 00:00 a 23:59, como {date}T09:00",
  },
  start_with_zone: {
    en: "expected the local time alone, its zone stands in time_zone; write {date}T{time}",
    es: "se espera solo la hora local, la zona va en time_zone; escriba {date}T{time}",
  },
} as const satisfies Readonly<Record<string, Text>>;
