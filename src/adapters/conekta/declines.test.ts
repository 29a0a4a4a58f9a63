/** The table of codes: whole, unambiguous, and found by code and by failure code. */
import { describe, expect, test } from "@jest/globals";
import { FAILED_CHECKS } from "../../domain/charging/card-check.ts";
import { DECLINE_CLASSES } from "../../domain/decline.ts";
import { CODES, declineOf, rowOf, saysHasCharge } from "./declines.ts";

describe("the table", () => {
  test("has every code once", () => {
    const codes = CODES.map(({ code }) => code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  test.each(CODES)("$code has a class, texts in both languages, and a source", (row) => {
    expect(row.code).not.toMatch(/^conekta\.errors\./);
    expect(DECLINE_CLASSES).toContain(row.declineClass);
    for (const text of [row.es, row.en]) expect(text).toMatch(/^\p{Lu}.*\.$/u);
    expect(row.source).not.toBe("");
  });

  test.each(CODES.filter(({ code }) => code.startsWith("precondition_required")))(
    "$code is a reason to read the order",
    ({ code, treatment }) => {
      expect(treatment).toBe("inquire");
      expect(saysHasCharge(code)).toBe(true);
    },
  );
});

test.each(Object.keys(FAILED_CHECKS))("%s, which a check of ours finds, is no code of Conekta's", (code) => {
  expect(rowOf(code)).toBeNull();
});

/** What is known of Conekta's codes, by what they are to billing; `…` of the sources written out. */
// prettier-ignore
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "decline retry_later": [
    "processing.bank.insufficient_funds", "processing.bank_bindings.insufficient_funds", "insufficient_funds",
    "processing.bank.amount_over_limit", "processing.bank.attempts_over_limit",
    "processing.bank.declined", "processing.bank_bindings.declined", "card_declined", "processing.bank.card_declined",
  ],
  "inquire try_again_soon": [
    "processing.bank.timeout", "processing.bank.communication_error", "processing.bank.general_error",
    "api.system.general_failure",
  ],
  "decline customer_action": [
    "processing.bank.call_issuer", "restricted_card", "processing.charge.card_payment.declined_by_3ds",
  ],
  "decline new_card": [
    "processing.bank.invalid_expiration_date", "processing.bank.expired_card",
    "parameter_validation.expiration_date.expired", "processing.bank.card_not_supported", "processing.bank.invalid_card",
    "processing.bank.invalid_card_security_code", "parameter_validation.card.number", "parameter_validation.card.cvc",
    "parameter_validation.charge.invalid_number", "parameter_validation.charge.expired_cvv_dynamic",
    "parameter_validation.charge.blocked_payment_source", "parameter_validation.charge.international_card_not_allowed",
    "parameter_validation.charge.forbidden_card_for_company", "parameter_validation.charge.credit_forbidden_mcc",
    "parameter_validation.charge.mcc_forbidden", "parameter_validation.card.forbidden_mcc_sivale",
    "parameter_validation.card.forbidden_mcc_rappi",
  ],
  "decline never_again": [
    "processing.bank.pick_up_card", "lost_card", "stolen_card", "processing.charge.card_payment.suspicious_behaviour",
    "suspected_fraud", "processing.bank.suspected_fraud", "parameter_validation.charge.rejected_by_risk",
  ],
  "decline our_fault": [
    "processing.bank.invalid_transaction", "processing.bank.format_error", "processing.bank.invalid_merchant",
  ],
  "refuse our_fault": [
    "parameter_validation.charge.risk_validation_amount_reaching",
    "parameter_validation.combo.order.currency_type.card.maximum", "processing.tokenization.used",
    "parameter_validation.payment_method.token_id.nonexistent_token",
    "parameter_validation.payment_sources.token_id.nonexistent_token",
    "parameter_validation.token_id.incorrect_livemode_of_token", "parameter_validation.token_id.immutable",
    "parameter_validation.type.immutable", "parameter_validation.name.invalid", "parameter_validation.whitelist",
    "parameter_validation.line_items.missing", "parameter_validation.shipping_contact.missing",
    "parameter_validation.id.found", "parameter_validation.plan.id_collission",
    "parameter_validation.charge.disabled_msi_company",
    "parameter_validation.charge.monthly_installments_not_supported_for_debit",
    "parameter_validation.charge.monthly_installments_not_supported_for_international_cards",
    "parameter_validation.card.restricted_bank_18_msi_only", "resource_not_found.entity",
  ],
  "stop our_fault": ["authentication.missing_key", "forbidden.authentication.invalid_whitelist_access"],
  "inquire unrecognized": [
    "precondition_required.combo.order.cannot_be_updated_because_has_charge",
    "precondition_required.combo.order.cannot_be_updated_because_has_charge_paid",
  ],
};

describe("what is known of Conekta's codes", () => {
  test.each(Object.entries(KNOWN).flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)))(
    "%s is %s",
    (code, meaning) => {
      const row = rowOf(`conekta.errors.${code}`);
      expect(`${row?.treatment} ${row?.declineClass}`).toBe(meaning);
    },
  );

  test("is the whole table", () => {
    expect(CODES.map(({ code }) => code).toSorted()).toEqual(Object.values(KNOWN).flat().toSorted());
  });

  test("has a code of each class", () => {
    expect(new Set(CODES.map(({ declineClass }) => declineClass))).toEqual(new Set(DECLINE_CLASSES));
  });

  test("a payday can mend exactly the codes that mean too little money", () => {
    const codes = CODES.filter(({ lacksFunds }) => lacksFunds).map(({ code }) => code);
    expect(codes).toEqual(CODES.map(({ code }) => code).filter((code) => code.endsWith("insufficient_funds")));
    expect(codes).toHaveLength(3);
  });
});

// prettier-ignore
const LOOKUPS: readonly (readonly [code: string, declineClass: string | null, because: string])[] = [
  ["conekta.errors.processing.bank.insufficient_funds", "retry_later", "as `details[].code` carries it"],
  ["processing.bank.insufficient_funds", "retry_later", "without the prefix"],
  ["insufficient_funds", "retry_later", "as `failure_code` carries it"],
  ["suspected_fraud", "never_again", "a failure code that no code ends with"],
  ["pick_up_card", "never_again", "a failure code taken for the last word of a bank's code"],
  ["expired_card", "new_card", "as above"],
  ["declined_by_3ds", "customer_action", "the last word of a charge's code"],
  ["timeout", "try_again_soon", "a bank that did not say, once the charge is seen declined"],
  ["number", null, "the last word of a field's code is no reason of a bank"],
  ["used", null, "as above"],
  ["conekta.errors.processing.bank.stolen_card", "never_again", "the word counts, whatever stands before it"],
  ["processing.bank.lost_card", "never_again", "as above"],
  ["processing.bank_bindings.expired_card", "new_card", "the bank's word behind another prefix"],
  ["processing.bank_bindings.timeout", "try_again_soon", "as above: the order is read first"],
  ["parameter_validation.anything.stolen_card", null, "a field of ours is not the bank"],
  ["processing.", null, "no word at all"],
  ["processing.bank.never_heard_of", null, "unknown"],
  ["never_heard_of", null, "unknown"],
  ["", null, "nothing"],
];

test.each(LOOKUPS)("%j is %s: %s", (code, declineClass) => {
  expect(rowOf(code)?.declineClass ?? null).toBe(declineClass);
});

test("a decline without any text of Conekta's gets ours, in Spanish", () => {
  const decline = declineOf(rowOf("insufficient_funds"), { failureCode: "insufficient_funds", failureMessage: null });
  expect(decline.failureMessage).toBe("La tarjeta no tiene fondos suficientes.");
});

test.each<[code: string, lacksFunds: true | undefined, because: string]>([
  ["processing.bank.insufficient_funds", true, "the account lacked money"],
  ["insufficient_funds", true, "by the failure code alone"],
  ["processing.bank.amount_over_limit", undefined, "a limit is no lack of funds: payday does not lift it"],
  ["never_heard_of", undefined, "nothing is guessed"],
])("a decline with %s lacks funds: %p (%s)", (code, lacksFunds, _because) => {
  const decline = declineOf(rowOf(code), { failureCode: code, failureMessage: null });
  expect(decline.lacksFunds).toBe(lacksFunds);
});
