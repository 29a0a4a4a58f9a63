/**
 * Bodies of the customer and payment source calls.
 *
 * @see Conekta API 2.3.0 specification, schemas `customer`, `update_customer`, `payment_method_token_request`,
 *   `payment_method_card_request`; the guide "Cargo bajo demanda" for raw card numbers
 */
import { z } from "zod";
import { isCardNumber } from "../cards/card.ts";
import { metadataSchema } from "../api/metadata.ts";

/** First and last name; letters, spaces and `, . ' -` only. */
const HOLDER_NAME = /^[\p{L}\p{M},.'-]+(?: [\p{L}\p{M},.'-]+)+ ?$/u;

export const holderNameSchema = z
  .string()
  .max(249)
  .regex(HOLDER_NAME, { error: "needs first and last name, in letters" });

export const rawCardFields = {
  number: z
    .string()
    .transform((number) => number.replaceAll(" ", ""))
    .refine(isCardNumber, { error: "13 to 19 digits" }),
  name: holderNameSchema,
  exp_month: z.string().regex(/^(0[1-9]|1[0-2])$/, { error: "two digits, 01 to 12" }),
  exp_year: z.string().regex(/^(\d{2}|\d{4})$/, { error: "two or four digits" }),
  cvc: z.string().regex(/^\d{3,4}$/, { error: "three or four digits" }),
};

const tokenSource = z.strictObject({ type: z.literal("card"), token_id: z.string().min(1) });
const rawSource = z.strictObject({ type: z.literal("card"), ...rawCardFields });

export type SourceRequest = z.output<typeof tokenSource> | z.output<typeof rawSource>;

/** Which of the two it is decides which fields are asked for. */
export function sourceSchemaFor(body: unknown): z.ZodType<SourceRequest> {
  const isRaw = typeof body === "object" && body !== null && "number" in body;
  return isRaw ? rawSource : tokenSource;
}

const phone = z.string().regex(/^\+?\d[\d ]{6,18}$/, { error: "such as +5215555555555 or 5522997233" });

const optionalFields = {
  corporate: z.boolean().optional(),
  custom_reference: z.string().max(249).optional(),
  metadata: metadataSchema.optional(),
  payment_sources: z.array(z.unknown()).optional(),
  // Taken and not kept.
  antifraud_info: z.unknown().optional(),
  date_of_birth: z.string().optional(),
  national_id: z.string().optional(),
  fiscal_entities: z.array(z.unknown()).optional(),
  shipping_contacts: z.array(z.unknown()).optional(),
};

export const newCustomerSchema = z.strictObject({
  name: z.string().min(1).max(249),
  email: z.email(),
  phone,
  ...optionalFields,
});

export const customerChangeSchema = z.strictObject({
  name: z.string().min(1).max(249).optional(),
  email: z.email().optional(),
  phone: phone.optional(),
  default_payment_source_id: z.string().optional(),
  ...optionalFields,
});

export const sourceChangeSchema = z.strictObject({
  name: holderNameSchema.optional(),
  expires_at: z.int().min(1).optional(),
  // Answered with 200 and without effect, as the real service was seen to do.
  // See issue 181 of Conekta's PHP library.
  default: z.boolean().optional(),
});
