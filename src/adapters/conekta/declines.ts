/**
 * What Conekta's codes mean for billing: one row a code, with where the code is known from.
 *
 * Conekta publishes no classes: the class is our judgement, the source is for the code. A code that no row knows is
 * never guessed at: with a declined charge it is `unrecognized`, without one the outcome is unknown.
 *
 * Sources, read 2026-11-23:
 * - F: code list of Conekta's hosted-checkout front end
 * - P: code map of the Shoperti/PayMe integrations
 * - A: code map of a public integrator
 * - S: Conekta API 2.3.0 specification
 * - M: captured answers of the real service
 * - N: not seen; our reading of the name
 * @see "Errores", developers.conekta.com/reference/errores (read 2026-11-23)
 */
import type { Decline, DeclineClass } from "../../domain/decline.ts";
import type { Text } from "../../domain/language.ts";

/**
 * - decline: the card or its bank said no, on whichever 4xx it comes
 * - inquire: money may have moved, or may yet: the order must be read before anything else
 * - refuse: our data is wrong, and no charge was tried
 * - stop: the key is not accepted, whatever the order: nothing is charged until it is
 */
type Treatment = "decline" | "inquire" | "refuse" | "stop";

export type CodeRow = Text & {
  /** Without `conekta.errors.`; a `failure_code` is one word. */
  readonly code: string;
  readonly treatment: Treatment;
  readonly declineClass: DeclineClass;
  readonly source: string;
  /** The account had too little money: a payday may mend it. */
  readonly lacksFunds?: true;
};

type Texts = readonly [es: string, en: string];

const NO_FUNDS: Texts = ["La tarjeta no tiene fondos suficientes.", "The card has insufficient funds."];
const DECLINED: Texts = ["El banco declinó la tarjeta.", "The bank declined the card."];
const CALL_BANK: Texts = [
  "El banco pide que el titular se comunique con él.",
  "The bank asks the cardholder to call it.",
];
const OVER_LIMIT: Texts = ["El monto excede el límite de la tarjeta.", "The amount is over the card's limit."];
const TOO_OFTEN: Texts = ["Demasiados intentos con esta tarjeta.", "Too many attempts with this card."];
const NO_ANSWER: Texts = ["El banco no dio una respuesta clara.", "The bank gave no clear answer."];
const EXPIRED: Texts = ["La tarjeta venció o su fecha es incorrecta.", "The card expired or its date is wrong."];
const BAD_CARD: Texts = ["La tarjeta no es válida.", "The card is not valid."];
const BAD_CVC: Texts = ["El código de seguridad no es válido.", "The security code is not valid."];
const UNSUPPORTED: Texts = ["La tarjeta no admite este cargo.", "The card does not support this charge."];
const BLOCKED: Texts = ["El método de pago está bloqueado.", "The payment source is blocked."];
const NOT_ALLOWED: Texts = [
  "El comercio no puede cobrar a este tipo de tarjeta.",
  "The merchant may not charge this kind of card.",
];
const AUTHENTICATE: Texts = ["El cliente no pasó la autenticación 3DS.", "The customer did not pass 3DS."];
const LOST: Texts = ["El banco retiró la tarjeta (robo o extravío).", "The bank withdrew the card (lost or stolen)."];
const FRAUD: Texts = ["El antifraude rechazó el cargo.", "The antifraud refused the charge."];
const RISK_CAP: Texts = ["La cuenta alcanzó su tope por riesgo.", "The account reached its risk cap."];
const MAXIMUM: Texts = ["El monto excede el máximo por cargo.", "The amount is over the maximum of one charge."];
const MERCHANT: Texts = [
  "La cuenta del comercio no puede procesar el cargo.",
  "The merchant's account cannot process the charge.",
];
const TOKEN: Texts = ["El token no existe o ya se usó.", "The token does not exist or was used."];
const OUR_DATA: Texts = ["Los datos enviados no son válidos.", "The data that was sent is not valid."];
const INSTALLMENTS: Texts = ["Los meses sin intereses no están permitidos.", "Installments are not allowed."];
const GONE: Texts = [
  "El cliente o su método de pago ya no existe.",
  "The customer or its payment source no longer exists.",
];
const KEY: Texts = ["Conekta no acepta la llave del comercio.", "Conekta does not accept the merchant's key."];
const HAS_CHARGE: Texts = ["La orden ya tiene un cargo.", "The order already has a charge."];

const BANK = "processing.bank";
const CHARGE = "parameter_validation.charge";
const CARD = "parameter_validation.card";

// prettier-ignore
export const CODES: readonly CodeRow[] = [
  // The card may pay later.
  { ...row(`${BANK}.insufficient_funds`, "decline", "retry_later", NO_FUNDS, "F, P"), lacksFunds: true },
  { ...row("processing.bank_bindings.insufficient_funds", "decline", "retry_later", NO_FUNDS, "F, P"), lacksFunds: true },
  { ...row("insufficient_funds", "decline", "retry_later", NO_FUNDS, "M: failure_code"), lacksFunds: true },
  row(`${BANK}.amount_over_limit`, "decline", "retry_later", OVER_LIMIT, "F"),
  row(`${BANK}.attempts_over_limit`, "decline", "retry_later", TOO_OFTEN, "F"),
  row(`${BANK}.declined`, "decline", "retry_later", DECLINED, "F, P"),
  row("processing.bank_bindings.declined", "decline", "retry_later", DECLINED, "F, P"),
  row("card_declined", "decline", "retry_later", DECLINED, "M: failure_code"),
  row(`${BANK}.card_declined`, "decline", "retry_later", DECLINED, "A, low confidence"),

  // The bank did not say: the order is read first; a charge that is then seen declined may be tried again soon.
  row(`${BANK}.timeout`, "inquire", "try_again_soon", NO_ANSWER, "F"),
  row(`${BANK}.communication_error`, "inquire", "try_again_soon", NO_ANSWER, "F"),
  row(`${BANK}.general_error`, "inquire", "try_again_soon", NO_ANSWER, "F"),
  row("api.system.general_failure", "inquire", "try_again_soon", NO_ANSWER, "S"),

  // The customer has to do something.
  row(`${BANK}.call_issuer`, "decline", "customer_action", CALL_BANK, "F"),
  row("restricted_card", "decline", "customer_action", CALL_BANK, "M: failure_code"),
  row("processing.charge.card_payment.declined_by_3ds", "decline", "customer_action", AUTHENTICATE, "F"),

  // This card will not pay again.
  row(`${BANK}.invalid_expiration_date`, "decline", "new_card", EXPIRED, "F"),
  row(`${BANK}.expired_card`, "decline", "new_card", EXPIRED, "A, low confidence"),
  row("parameter_validation.expiration_date.expired", "decline", "new_card", EXPIRED, "P"),
  row(`${BANK}.card_not_supported`, "decline", "new_card", UNSUPPORTED, "F, A"),
  row(`${BANK}.invalid_card`, "decline", "new_card", BAD_CARD, "F, A"),
  row(`${BANK}.invalid_card_security_code`, "decline", "new_card", BAD_CVC, "F"),
  row(`${CARD}.number`, "decline", "new_card", BAD_CARD, "P, M"),
  row(`${CARD}.cvc`, "decline", "new_card", BAD_CVC, "P"),
  row(`${CHARGE}.invalid_number`, "decline", "new_card", BAD_CARD, "F"),
  row(`${CHARGE}.expired_cvv_dynamic`, "decline", "new_card", BAD_CVC, "F"),
  row(`${CHARGE}.blocked_payment_source`, "decline", "new_card", BLOCKED, "F"),
  row(`${CHARGE}.international_card_not_allowed`, "decline", "new_card", NOT_ALLOWED, "F"),
  row(`${CHARGE}.forbidden_card_for_company`, "decline", "new_card", NOT_ALLOWED, "F"),
  row(`${CHARGE}.credit_forbidden_mcc`, "decline", "new_card", NOT_ALLOWED, "F"),
  row(`${CHARGE}.mcc_forbidden`, "decline", "new_card", NOT_ALLOWED, "F"),
  row(`${CARD}.forbidden_mcc_sivale`, "decline", "new_card", NOT_ALLOWED, "F"),
  row(`${CARD}.forbidden_mcc_rappi`, "decline", "new_card", NOT_ALLOWED, "F"),

  // Never again automatically.
  row(`${BANK}.pick_up_card`, "decline", "never_again", LOST, "F"),
  row("lost_card", "decline", "never_again", LOST, "N"),
  row("stolen_card", "decline", "never_again", LOST, "N"),
  row("processing.charge.card_payment.suspicious_behaviour", "decline", "never_again", FRAUD, "M, F, P"),
  row("suspected_fraud", "decline", "never_again", FRAUD, "M, S: failure_code"),
  row(`${BANK}.suspected_fraud`, "decline", "never_again", FRAUD, "A, low confidence"),
  row(`${CHARGE}.rejected_by_risk`, "decline", "never_again", FRAUD, "F"),

  // The merchant's account or our request: a person must mend it. With a declined charge it is booked as a decline.
  row(`${BANK}.invalid_transaction`, "decline", "our_fault", MERCHANT, "A"),
  row(`${BANK}.format_error`, "decline", "our_fault", MERCHANT, "F"),
  row(`${BANK}.invalid_merchant`, "decline", "our_fault", MERCHANT, "F"),
  row(`${CHARGE}.risk_validation_amount_reaching`, "refuse", "our_fault", RISK_CAP, "F"),
  row("parameter_validation.combo.order.currency_type.card.maximum", "refuse", "our_fault", MAXIMUM, "F"),
  row("processing.tokenization.used", "refuse", "our_fault", TOKEN, "S (402, though it is no decline)"),
  row("parameter_validation.payment_method.token_id.nonexistent_token", "refuse", "our_fault", TOKEN, "S"),
  row("parameter_validation.payment_sources.token_id.nonexistent_token", "refuse", "our_fault", TOKEN, "S"),
  row("parameter_validation.token_id.incorrect_livemode_of_token", "refuse", "our_fault", TOKEN, "F"),
  row("parameter_validation.token_id.immutable", "refuse", "our_fault", TOKEN, "F"),
  row("parameter_validation.type.immutable", "refuse", "our_fault", OUR_DATA, "F"),
  row("parameter_validation.name.invalid", "refuse", "our_fault", OUR_DATA, "F"),
  row("parameter_validation.whitelist", "refuse", "our_fault", OUR_DATA, "S: a field that Conekta does not know"),
  row("parameter_validation.id.found", "refuse", "our_fault", OUR_DATA, "M: a plan of that id exists"),
  row("parameter_validation.plan.id_collission", "refuse", "our_fault", OUR_DATA, "M (sic): as above"),
  row("parameter_validation.line_items.missing", "refuse", "our_fault", OUR_DATA, "S"),
  row("parameter_validation.shipping_contact.missing", "refuse", "our_fault", OUR_DATA, "CHANGELOG of conekta's MCP server"),
  row(`${CHARGE}.disabled_msi_company`, "refuse", "our_fault", INSTALLMENTS, "F"),
  row(`${CHARGE}.monthly_installments_not_supported_for_debit`, "refuse", "our_fault", INSTALLMENTS, "F"),
  row(`${CHARGE}.monthly_installments_not_supported_for_international_cards`, "refuse", "our_fault", INSTALLMENTS, "F"),
  row(`${CARD}.restricted_bank_18_msi_only`, "refuse", "our_fault", INSTALLMENTS, "F"),

  row("resource_not_found.entity", "refuse", "our_fault", GONE, "S (404)"),

  // No charge of anybody can succeed: the whole run stops.
  row("authentication.missing_key", "stop", "our_fault", KEY, "S (401)"),
  row("forbidden.authentication.invalid_whitelist_access", "stop", "our_fault", KEY, "S (403)"),

  // Money may already have moved.
  row("precondition_required.combo.order.cannot_be_updated_because_has_charge", "inquire", "unrecognized", HAS_CHARGE, "S (428)"),
  row("precondition_required.combo.order.cannot_be_updated_because_has_charge_paid", "inquire", "unrecognized", HAS_CHARGE, "F; 422 in woocommerce 6.2.3"),
];

function row(code: string, treatment: Treatment, declineClass: DeclineClass, [es, en]: Texts, source: string): CodeRow {
  return { code, treatment, declineClass, es, en, source };
}

/**
 * @param code of `details[].code` or a charge's `failure_code`: one word, of which only four were seen; any other is
 *   taken for the last word of a bank's code. So is what stands behind a prefix of `processing.` that no row has: the
 *   same word does not mean another thing there, and a stolen card is not charged again for its prefix
 */
export function rowOf(code: string): CodeRow | null {
  const bare = code.replace(/^conekta\.errors\./, "");
  const exact = CODES.find((candidate) => candidate.code === bare);
  if (exact !== undefined) return exact;
  if (bare.startsWith("processing.")) return rowOf(bare.slice(bare.lastIndexOf(".") + 1));
  if (bare.includes(".")) return null;
  return CODES.find(({ code: known }) => LAST_WORD_COUNTS.test(known) && known.endsWith(`.${bare}`)) ?? null;
}

const LAST_WORD_COUNTS = /^(processing\.bank|processing\.charge\.card_payment|parameter_validation\.charge)\./;

/** `…cannot_be_updated_because_has_charge`, `…_paid`, and whatever else says that the order has one. */
export function saysHasCharge(code: string): boolean {
  return code.includes("has_charge");
}

/** The decline that a charge, or an error without one, tells of. */
export function declineOf(
  meaning: CodeRow | null,
  charge: { readonly failureCode: string | null; readonly failureMessage: string | null } | null,
  detail: { readonly code: string | null; readonly message: string | null } | null = null,
): Decline {
  return {
    declineClass: meaning?.declineClass ?? "unrecognized",
    failureCode: charge?.failureCode ?? detail?.code ?? null,
    failureMessage: charge?.failureMessage ?? detail?.message ?? meaning?.es ?? null,
    ...(meaning?.lacksFunds && { lacksFunds: true }),
  };
}
