/** The table of codes: whole, unambiguous, and found by code and by failure code. */
import { describe, expect, test } from "@jest/globals";
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
      expect(treatment).toBe("look");
      expect(saysHasCharge(code)).toBe(true);
    },
  );
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
  ["processing.bank.never_heard_of", null, "nobody knows it"],
  ["never_heard_of", null, "nobody knows it"],
  ["", null, "nothing"],
];

test.each(LOOKUPS)("%j is %s: %s", (code, declineClass) => {
  expect(rowOf(code)?.declineClass ?? null).toBe(declineClass);
});

test("a decline without any text of Conekta's gets ours, in Spanish", () => {
  const decline = declineOf(rowOf("insufficient_funds"), { failureCode: "insufficient_funds", failureMessage: null });
  expect(decline.failureMessage).toBe("La tarjeta no tiene fondos suficientes.");
});
