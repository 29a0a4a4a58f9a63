/**
 * What a bank, the antifraud or the gateway may say instead of taking the money.
 *
 * The codes are those seen in Conekta's specification, captured answers and public integrations. Which
 * `failure_code` goes with which code is known for card_declined, insufficient_funds, suspected_fraud and
 * restricted_card; the others are our guess, and so is every text not quoted from a captured answer.
 *
 * @see "Errores", developers.conekta.com/reference/errores; Conekta API 2.3.0 specification, schema `error`
 */
export type Decline = {
  /** Without the prefix `conekta.errors.` */
  readonly code: string;
  readonly failureCode: string;
  /** 402 leaves an order with a declined charge behind; 422 leaves nothing (our guess). */
  readonly status: 402 | 422;
  readonly es: string;
  readonly en: string;
};

export const DECLINES = {
  card_declined: {
    code: "processing.bank.declined",
    failureCode: "card_declined",
    status: 402,
    es: "La tarjeta ingresada ha sido declinada. Por favor intenta con otro método de pago.",
    en: "The card was declined. Please try another payment method.",
  },
  insufficient_funds: {
    code: "processing.bank.insufficient_funds",
    failureCode: "insufficient_funds",
    status: 402,
    es: "Esta tarjeta no tiene suficientes fondos para completar la compra.",
    en: "This card does not have sufficient funds to complete the purchase.",
  },
  expired_card: {
    code: "processing.bank.invalid_expiration_date",
    failureCode: "expired_card",
    status: 402,
    es: "La tarjeta ha expirado.",
    en: "The card has expired.",
  },
  stolen_card: {
    code: "processing.bank.pick_up_card",
    failureCode: "stolen_card",
    status: 402,
    es: "La tarjeta fue reportada como robada o extraviada.",
    en: "The card was reported lost or stolen.",
  },
  fraud: {
    code: "processing.charge.card_payment.suspicious_behaviour",
    failureCode: "suspected_fraud",
    status: 402,
    es: "Este cargo ha sido declinado porque el comportamiento del comprador es sospechoso.",
    en: "This charge was declined because the buyer's behaviour is suspicious.",
  },
  call_issuer: {
    code: "processing.bank.call_issuer",
    failureCode: "restricted_card",
    status: 402,
    es: "Tarjeta rechazada por el antifraude del banco. Pídale al tarjetahabiente que se comunique con el banco.",
    en: "The card was refused by the bank's antifraud. Ask the cardholder to call the bank.",
  },
  amount_over_limit: {
    code: "processing.bank.amount_over_limit",
    failureCode: "amount_over_limit",
    status: 402,
    es: "El monto excede el límite de la tarjeta.",
    en: "The amount is over the card's limit.",
  },
  attempts_over_limit: {
    code: "processing.bank.attempts_over_limit",
    failureCode: "attempts_over_limit",
    status: 402,
    es: "Se excedió el número de intentos permitidos para esta tarjeta.",
    en: "Too many attempts were made with this card.",
  },
  card_not_supported: {
    code: "processing.bank.card_not_supported",
    failureCode: "card_not_supported",
    status: 402,
    es: "La tarjeta no es compatible con este tipo de cargo.",
    en: "The card does not support this kind of charge.",
  },
  invalid_card: {
    code: "processing.bank.invalid_card",
    failureCode: "invalid_card",
    status: 402,
    es: "La tarjeta no es válida.",
    en: "The card is invalid.",
  },
  declined_by_3ds: {
    code: "processing.charge.card_payment.declined_by_3ds",
    failureCode: "declined_by_3ds",
    status: 402,
    es: "El cargo fue declinado por la autenticación 3DS.",
    en: "The charge was declined by 3DS authentication.",
  },
  invalid_transaction: {
    code: "processing.bank.invalid_transaction",
    failureCode: "invalid_transaction",
    status: 402,
    es: "El banco no reconoce la transacción.",
    en: "The bank does not recognise the transaction.",
  },
  bank_timeout: {
    code: "processing.bank.timeout",
    failureCode: "timeout",
    status: 402,
    es: "El banco no respondió a tiempo.",
    en: "The bank did not answer in time.",
  },
  communication_error: {
    code: "processing.bank.communication_error",
    failureCode: "communication_error",
    status: 402,
    es: "No fue posible comunicarse con el banco.",
    en: "The bank could not be reached.",
  },
  // A code that no list knows: how a client treats it says more than the others together.
  unheard_of: {
    code: "processing.bank.sandbox_unheard_of",
    failureCode: "sandbox_unheard_of",
    status: 402,
    es: "El banco respondió con un motivo desconocido.",
    en: "The bank gave an unknown reason.",
  },
  blocked_source: {
    code: "parameter_validation.charge.blocked_payment_source",
    failureCode: "blocked_payment_source",
    status: 422,
    es: "El método de pago está bloqueado.",
    en: "The payment source is blocked.",
  },
  rejected_by_risk: {
    code: "parameter_validation.charge.rejected_by_risk",
    failureCode: "rejected_by_risk",
    status: 422,
    es: "El cargo fue rechazado por riesgo.",
    en: "The charge was rejected by risk rules.",
  },
} as const satisfies Record<string, Decline>;

export type DeclineName = keyof typeof DECLINES;

export function isDeclineName(text: string): text is DeclineName {
  return Object.hasOwn(DECLINES, text);
}
