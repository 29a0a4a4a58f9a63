/** The values that rows are made of. */
import { z } from "zod";
import { DECLINE_CLASSES } from "../../../../domain/decline.ts";

export const text = z.string();
export const textOrNull = text.nullable();
export const whole = z.int();
export const wholeOrNull = whole.nullable();
export const cents = z.int();
export const centsOrNull = cents.nullable();
/** An instant in UTC. */
export const instant = z.iso.datetime();
export const instantOrNull = instant.nullable();
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words);
export const oneOfOrNull = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words).nullable();

export const taxRate = z.union([z.number(), z.literal("exempt")]);
export const tax = z.strictObject({ rate: taxRate, included: z.boolean(), confirmed_until: text.optional() });
export const lineTax = tax.partial({ included: true });
export const lineItem = z.strictObject({
  name: text,
  unit_price_cents: cents,
  quantity: whole,
  sku: text.optional(),
  description: text.optional(),
  clave_prod_serv: text.optional(),
  clave_unidad: text.optional(),
  tax: lineTax.optional(),
});
export const partTax = z.strictObject({ rate: taxRate, base_cents: cents, tax_cents: cents });
export const discount = z.union([z.strictObject({ percent: z.number() }), z.strictObject({ amount_cents: cents })]);
export const source = z.enum(["file", "cli", "code"]);
/** Whose invoice it is, and of which cycle. */
export const party = {
  invoiceId: text,
  subscriptionId: text,
  planId: text,
  planName: text,
  customerId: text,
  customerName: text,
  cycle: wholeOrNull,
};
export const card = { cardBrand: textOrNull, cardLast4: textOrNull };
export const failure = {
  declineClass: oneOfOrNull(DECLINE_CLASSES),
  failureCode: textOrNull,
  failureMessage: textOrNull,
};
