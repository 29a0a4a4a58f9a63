/** Why a request is not taken, and what Conekta refused. */
import type { Text } from "../language.ts";

export const OF_REQUESTS = {
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
