/**
 * What a charge is paid with: a card, or a reference that the customer takes to a shop or to a bank.
 *
 * @see Conekta API 2.3.0 specification, schemas `payment_method_card`, `payment_method_cash` and
 *   `payment_method_bank_transfer`
 */
import type { Card } from "../cards/card.ts";
import { decimalDigits } from "../id.ts";
import type { Random } from "../random.ts";

export type Method = "card" | "cash" | "bank_transfer";
export type OfflineMethod = Exclude<Method, "card">;

/** @property reference the number under the bar code, or the CLABE */
export type Reference = {
  readonly by: OfflineMethod;
  readonly reference: string;
  readonly expiresAtSeconds: number;
};

export type Means = { readonly by: "card"; readonly card: Card } | Reference;

/** STP's CLABEs begin so. */
const CLABE_START = "646180";
const CLABE_DIGITS = 18;
const REFERENCE_DIGITS = 14;

export function newReference(random: Random, by: OfflineMethod, expiresAtSeconds: number): Reference {
  const reference =
    by === "cash"
      ? decimalDigits(random, REFERENCE_DIGITS)
      : CLABE_START + decimalDigits(random, CLABE_DIGITS - CLABE_START.length);
  return { by, reference, expiresAtSeconds };
}

export function referenceView({ by, reference, expiresAtSeconds }: Reference): object {
  if (by === "cash") {
    return {
      service_name: "Cash",
      barcode_url: `https://barcodes.conekta.com/cash/cashin/datalogic/${reference}.png`,
      auth_code: null,
      object: "cash_payment",
      type: "cash",
      expires_at: expiresAtSeconds,
      reference,
      product_type: "cash_in",
    };
  }
  return {
    bank: "STP",
    clabe: reference,
    description: null,
    executed_at: null,
    expires_at: expiresAtSeconds,
    object: "bank_transfer_payment",
    // No example shows it: our guess, after the older name of the method.
    type: "spei",
    receiving_account_bank: "STP",
    receiving_account_number: reference,
    reference_number: null,
    tracking_code: null,
  };
}
