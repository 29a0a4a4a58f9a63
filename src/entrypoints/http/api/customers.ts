/** `/v1/customers`: who pays. They live at Conekta; the books keep what billing needs of them. */
import { z } from "zod";
import { subscriptionSchema } from "../../../adapters/files/plans-schema.ts";
import { allowCard } from "../../../application/customers/allow-card.ts";
import {
  addCard,
  changeDefaultCard,
  createCustomer,
  importCustomer,
  removeCard,
} from "../../../application/customers/customers.ts";
import { changeCustomer, putTaxData } from "../../../application/customers/change-customer.ts";
import { customersLike, findInBooks } from "../../../application/customers/find-in-books.ts";
import type { PaymentSource } from "../../../application/ports/gateway.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { LANGUAGES } from "../../../domain/language.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import type { TaxData } from "../../../domain/tax-data.ts";
import { documentOf, PAGE, pageOf, wholePage } from "./documents.ts";
import { customerRow } from "./documents/subscriptions.ts";
import { asCode, type ChangeCall, changes, reads } from "./endpoint.ts";
import { ApiProblem } from "./problem.ts";
import { listed, Q, theDocument, theRow } from "./reading.ts";
import { said } from "../../../domain/refusals.ts";

const TOKEN = z
  .string()
  .regex(/^tok_[A-Za-z0-9_]{1,100}$/, asCode("token_wanted"))
  .meta({ description: "The card's token, made in the customer's browser: tok_…" });

type OfCustomer = { readonly params: { readonly customer_id: string } };
const customerIn = (reader: Pick<Reader, "list">, { params }: OfCustomer) =>
  theDocument(reader, "customers", { customerId: params.customer_id });

const OF_ONE = { answer: customerRow, resource: customerIn, answerOf: customerIn } as const;

const card = z.strictObject({
  payment_source_id: z.string(),
  is_default: z.boolean(),
  brand: z.string().nullable(),
  last4: z.string().nullable(),
  exp_month: z.int().nullable(),
  exp_year: z.int().nullable(),
  status: z.string().nullable(),
});
const cardDocument = ({ id, ...rest }: PaymentSource): object => documentOf({ paymentSourceId: id, ...rest });

const needsOf = async ({ app, store }: Pick<ChangeCall, "app" | "store">) => ({
  ...{ store, clock: app.clock, gateway: await app.gateway() },
});

const TAX_DATA = { rfc: z.string(), name: z.string(), postal_code: z.string(), regime: z.string(), use: z.string() };
const taxDocument = z.strictObject({ customer_id: z.string(), tax_data: z.strictObject(TAX_DATA).nullable() });
type TaxBody = { readonly [Name in keyof typeof TAX_DATA]: string };
function taxDataOf({ rfc, name, postal_code: postalCode, regime, use }: TaxBody): TaxData {
  return { rfc, name, postalCode, regime, use };
}

async function taxDataIn(reader: Pick<Reader, "fiscal">, { params: { customer_id: customerId } }: OfCustomer) {
  return documentOf({ customerId, taxData: await reader.fiscal.taxDataOf(customerId) });
}

export const CUSTOMER_ENDPOINTS = [
  reads({
    path: "/v1/customers",
    summary: "List customers, by id; with q those of a name, e-mail, phone, RFC, id or last four digits.",
    commands: ["customers list"],
    query: { ...PAGE, q: Q },
    answer: pageOf(customerRow),
    read: ({ app, query }) =>
      listed(app, "customers", query, {}, undefined, query.q === undefined ? {} : { sieve: customersLike(query.q) }),
  }),
  reads({
    path: "/v1/customers/{customer_id}",
    summary: "One customer.",
    commands: ["customers show"],
    answer: customerRow,
    isResource: true,
    read: ({ app, params }) => customerIn(app.store, { params }),
  }),
  changes({
    path: "/v1/customers",
    summary: "Create a customer at Conekta, or take one who exists there into the books (customer_id).",
    commands: ["customers add"],
    scope: "write",
    status: 201,
    callsConekta: true,
    body: {
      customer_id: subscriptionSchema.shape.customer.optional(),
      name: z.string().trim().min(1).max(250).optional(),
      email: z.email().max(250).optional(),
      phone: z.string().trim().min(8).max(30).optional(),
      token_id: TOKEN.optional(),
      confirm: z.boolean().default(false).meta({ description: "true: somebody else of the same e-mail and phone." }),
    },
    answer: customerRow,
    async change(call) {
      const { body, made } = call;
      const { customer_id: customerId, name, email, phone, token_id: tokenId, confirm: confirmed } = body;
      const needs = await needsOf(call);
      if (customerId !== undefined) {
        if ([name, email, phone, tokenId].some((each) => each !== undefined))
          throw new UsageInvalid(said("customer_id_alone"));
        made["customerId"] = customerId;
        await importCustomer(needs, customerId);
        return;
      }
      if (name === undefined || email === undefined || phone === undefined)
        throw new UsageInvalid(said("customer_wants_more"));
      const customer = { name, email, phone, ...(tokenId !== undefined && { card: { tokenId } }) };
      await createCustomer(needs, customer, {
        ...{ request: call.label, confirmed },
        onMade(madeId) {
          call.noteMade();
          if (madeId !== null) made["customerId"] = madeId;
        },
      });
    },
    answerOf: (reader, { made }) => theDocument(reader, "customers", { customerId: made["customerId"] ?? "" }),
  }),
  changes({
    ...OF_ONE,
    method: "PATCH",
    path: "/v1/customers/{customer_id}",
    summary: "Change what the merchant keeps of a customer: tax data, language, metadata. What is left out stays.",
    commands: ["customers tax"],
    scope: "write",
    body: {
      tax_data: z.strictObject(TAX_DATA).optional(),
      language: z
        .enum(LANGUAGES)
        .nullable()
        .optional()
        .meta({ description: "In which the customer is written to; null: as the merchant decides." }),
      metadata: z
        .record(z.string(), z.string().nullable())
        .nullable()
        .optional()
        .meta({ description: "The merchant's own, up to 50 names; null takes a name away, or all of them." }),
    },
    echoes: customerRow,
    async change({ app, store, params: { customer_id: customerId }, body: { tax_data: taxData, language, metadata } }) {
      const needs = { store, clock: app.clock };
      if (taxData === undefined && language === undefined && metadata === undefined)
        throw new UsageInvalid(said("customer_change_wants_something"));
      const given = taxData === undefined ? {} : { taxData: taxDataOf(taxData) };
      await changeCustomer(needs, customerId, { language, metadata, ...given });
    },
  }),
  reads({
    path: "/v1/customers/{customer_id}/cards",
    summary: "A customer's cards, as Conekta has them now.",
    commands: ["cards list"],
    answer: pageOf(card),
    async read({ app, params }) {
      await theRow(app.store, "customers", { customerId: params.customer_id });
      return wholePage((await (await app.gateway()).listPaymentSources(params.customer_id)).map(cardDocument));
    },
  }),
  changes({
    ...OF_ONE,
    path: "/v1/customers/{customer_id}/cards",
    summary: "Store one more card, by its token; the first one becomes the default.",
    commands: ["cards add"],
    scope: "write",
    status: 201,
    callsConekta: true,
    body: { token_id: TOKEN },
    change: async (call) =>
      void (await addCard(await needsOf(call), call.params.customer_id, { tokenId: call.body.token_id })),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/customers/{customer_id}/cards/{payment_source_id}/default",
    summary: "Charge this card from now on.",
    commands: ["cards default"],
    scope: "write",
    callsConekta: true,
    async change(call) {
      const { customer_id: customerId, payment_source_id: sourceId } = call.params;
      await changeDefaultCard(await needsOf(call), customerId, sourceId);
    },
  }),
  changes({
    ...OF_ONE,
    path: "/v1/customers/{customer_id}/cards/{payment_source_id}/remove",
    summary: "Delete a card that is not the default.",
    commands: ["cards remove"],
    scope: "write",
    callsConekta: true,
    async change(call) {
      const { customer_id: customerId, payment_source_id: sourceId } = call.params;
      await theRow(call.app.store, "customers", { customerId });
      await removeCard(await needsOf(call), customerId, sourceId);
    },
  }),
  changes({
    path: "/v1/cards/{payment_source_id}/allow",
    summary: "Lift the ban on a card that a decline said is never to be tried again.",
    commands: ["cards allow"],
    scope: "money",
    answer: z.strictObject({ payment_source_id: z.string(), allowed: z.boolean() }),
    change: async ({ app, store, params, by, why }) =>
      void (await allowCard({ store, clock: app.clock }, params.payment_source_id, { by, why })),
    answerOf: async (_reader, { params }) => ({ payment_source_id: params.payment_source_id, allowed: true }),
  }),
  reads({
    path: "/v1/customers/{customer_id}/tax-data",
    summary: "What is needed to issue a CFDI to a customer; null: none was given.",
    commands: ["customers tax"],
    answer: taxDocument,
    isResource: true,
    async read({ app, params }) {
      await theRow(app.store, "customers", { customerId: params.customer_id });
      return await taxDataIn(app.store, { params });
    },
  }),
  changes({
    method: "PUT",
    path: "/v1/customers/{customer_id}/tax-data",
    summary: "Keep a customer's data for the CFDI, as the constancia de situación fiscal has them.",
    commands: ["customers tax"],
    scope: "write",
    body: {
      ...z.strictObject(TAX_DATA).partial().shape,
      tax_data: z
        .strictObject(TAX_DATA)
        .nullable()
        .optional()
        .meta({ description: "All of them as they are read, instead of one by one." }),
    },
    echoes: taxDocument,
    answer: taxDocument,
    resource: taxDataIn,
    async change({ app, store, params, body }) {
      const { tax_data: whole, rfc, name, postal_code, regime, use } = body;
      const given = whole ?? { rfc, name, postal_code, regime, use };
      if (whole === null && Object.values(given).every((each) => each === undefined)) {
        const known = await store.fiscal.taxDataOf(params.customer_id);
        if (known === null) return;
      }
      const missing = Object.entries(given).filter(([, value]) => value === undefined);
      if (missing.length > 0)
        throw new ApiProblem(
          "invalid_request",
          said("fields_invalid"),
          missing.map(([field]) => ({ pointer: `/${field}`, detail: said("missing") })),
        );
      await putTaxData({ store, clock: app.clock }, params.customer_id, taxDataOf(given as TaxBody));
    },
    answerOf: taxDataIn,
  }),
  reads({
    path: "/v1/find",
    summary: "Whatever a person has in hand: a name, e-mail, phone, last four digits, or any id.",
    commands: ["find"],
    query: { q: z.string().trim().min(1).max(200) },
    answer: pageOf(
      z.strictObject({
        kind: z.enum(["customer", "subscription", "plan", "invoice", "attempt"]),
        id: z.string(),
        customer_id: z.string().nullable(),
        customer_name: z.string().nullable(),
        subscription_id: z.string().nullable(),
        invoice_id: z.string().nullable(),
        what: z.string(),
      }),
    ),
    read: async ({ app, query, language }) => wholePage(await findInBooks(app, query.q, language)),
  }),
];
