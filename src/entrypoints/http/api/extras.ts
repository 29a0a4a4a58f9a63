/** What lowers or raises the next invoices: items, coupons, and a customer's balance. */
import { z } from "zod";
import { lineItemSchema, planSchema, taxSchema } from "../../../adapters/files/plans-schema.ts";
import { changeBalance } from "../../../application/balance/change-balance.ts";
import { addCoupon, archiveCoupon, giveCoupon, takeCoupon } from "../../../application/coupons/coupons.ts";
import { addItem } from "../../../application/items/add-item.ts";
import { removeItem } from "../../../application/items/remove-item.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { AMOUNT_CENTS_MAX } from "../../../domain/money.ts";
import { isLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { NotFound, UsageInvalid } from "../../../domain/errors.ts";
import { documentOf, PAGE, pageOf, wholePage } from "./documents.ts";
import { balanceEntryRow, couponGrantRow, couponRow, itemRow } from "./documents/extras.ts";
import { invoiceRow } from "./documents/invoices.ts";
import { asCode, type ChangeCall, changes, reads } from "./endpoint.ts";
import { listed, theDocument, theRow } from "./reading.ts";
import { said, unchanged } from "../../../domain/refusals.ts";

const CENTS = z.int().min(1).max(9_999_999_999);
const CURRENCY = planSchema.shape.currency;
const LINE_CENTS = z.int().min(1).max(AMOUNT_CENTS_MAX);
const NAME = lineItemSchema.shape.name;
const ITEM_KEY = z.string().trim().min(1).max(200).meta({ description: "Your own: the same again changes nothing." });
const TAX = taxSchema.optional().meta({ description: "As the lines beside it, if left out." });

const item = {
  key: ITEM_KEY,
  name: NAME.meta({ description: "What the customer reads on the order." }),
  amount_cents: LINE_CENTS,
  customer_id: z.string().optional().meta({ description: "One of customer_id and subscription_id." }),
  subscription_id: z.string().optional(),
  currency: CURRENCY.unwrap().optional().meta({ description: "Of a customer's; a subscription's is its plan's." }),
  tax: TAX,
  clave_prod_serv: lineItemSchema.shape.clave_prod_serv,
  clave_unidad: lineItemSchema.shape.clave_unidad,
};

type ItemBody = { readonly [Key in keyof typeof item]: z.output<(typeof item)[Key]> };

async function add(call: Pick<ChangeCall, "app" | "store" | "by"> & { readonly body: ItemBody }, now: boolean) {
  const { app, store, by, body } = call;
  const { key, name, amount_cents: amountCents, tax } = body;
  const { customer_id: customerId = null, subscription_id: subscriptionId = null, currency = null } = body;
  if ((customerId === null) === (subscriptionId === null)) throw new UsageInvalid(unchanged(said("item_of_one")));
  return await addItem(
    { ...app, store },
    {
      ...{ key, name, amountCents, customerId, subscriptionId, currency, now, by },
      ...{ claveProdServ: body.clave_prod_serv ?? null, claveUnidad: body.clave_unidad ?? null },
      tax: tax === undefined ? null : taxOf(tax),
    },
  );
}

function taxOf(entry: z.output<typeof taxSchema>) {
  if (typeof entry !== "object") return { rate: entry };
  const { rate, included, confirmed_until: confirmedUntil } = entry;
  return {
    rate,
    ...(included !== undefined && { included }),
    ...(confirmedUntil !== undefined && { confirmedUntil }),
  };
}

const couponIn = (reader: Pick<Reader, "list">, { params }: { readonly params: { readonly code: string } }) =>
  theDocument(reader, "coupons", { code: params.code });

async function grantIn(
  reader: Pick<Reader, "list">,
  { params }: { readonly params: { readonly subscription_id: string; readonly code: string } },
): Promise<never> {
  const { subscription_id: subscriptionId, code } = params;
  const [grant] = await reader.list("couponGrants", { where: { subscriptionId, code } });
  if (grant === undefined) throw new NotFound(said("no_coupon_of", { subscriptionId, code }));
  return documentOf(grant);
}

function balanceOf(kind: "grant" | "take") {
  return changes({
    path: `/v1/customers/{customer_id}/balance/${kind}`,
    summary:
      kind === "grant" ? "Give a customer money to the good." : "Take money back that a customer has to the good.",
    commands: [`balance ${kind}`],
    scope: "money",
    status: 201,
    body: { amount_cents: CENTS, currency: CURRENCY },
    answer: balanceEntryRow,
    async change({ app, store, params, body, by, why }) {
      const { amount_cents: amountCents, currency } = body;
      const wanted = { customerId: params.customer_id, currency, amountCents, reason: why, by };
      await changeBalance({ store, clock: app.clock }, kind, wanted);
    },
    async answerOf(reader, { params, body }) {
      const entries = await reader.list("balanceEntries", {
        where: { customerId: params.customer_id, currency: body.currency },
      });
      return documentOf(entries.toSorted((a, b) => a.number - b.number).at(-1));
    },
  });
}

export const EXTRA_ENDPOINTS = [
  reads({
    path: "/v1/items",
    summary: "List items, the latest first.",
    commands: ["items list"],
    query: {
      ...PAGE,
      customer_id: z.string().optional(),
      subscription_id: z.string().optional(),
      state: itemRow.shape.state.optional(),
    },
    answer: pageOf(itemRow),
    read: ({ app, query }) =>
      listed(app, "items", query, {
        ...{ customerId: query.customer_id, subscriptionId: query.subscription_id, state: query.state },
      }),
  }),
  changes({
    path: "/v1/items",
    summary: "Add a line to the next invoice.",
    commands: ["items add"],
    scope: "write",
    status: 201,
    body: item,
    answer: itemRow,
    change: async (call) => void (await add(call, false)),
    answerOf: (reader, { body }) => theDocument(reader, "items", { key: body.key }),
  }),
  changes({
    path: "/v1/items/{key}/remove",
    summary: "Take an item back that waits.",
    commands: ["items remove"],
    scope: "write",
    answer: itemRow,
    change: ({ app, store, params }) => removeItem({ store, clock: app.clock }, params.key),
    answerOf: (reader, { params }) => theDocument(reader, "items", { key: params.key }),
  }),
  changes({
    path: "/v1/invoices",
    summary: "Open an invoice of one item, which the next run charges.",
    commands: ["items add"],
    scope: "money",
    status: 201,
    body: item,
    answer: invoiceRow,
    change: async (call) => void (await add(call, true)),
    async answerOf(reader, { body }) {
      const { invoiceId } = await theRow(reader, "items", { key: body.key });
      return await theDocument(reader, "invoices", { invoiceId: invoiceId ?? "" });
    },
  }),
  reads({
    path: "/v1/coupons",
    summary: "List coupons, by code.",
    commands: ["coupons list"],
    query: PAGE,
    answer: pageOf(couponRow),
    read: ({ app, query }) => listed(app, "coupons", query, {}),
  }),
  reads({
    path: "/v1/coupons/{code}",
    summary: "One coupon.",
    commands: ["coupons show"],
    answer: couponRow,
    isResource: true,
    read: ({ app, params }) => couponIn(app.store, { params }),
  }),
  changes({
    path: "/v1/coupons",
    summary: "Add a coupon that may be given.",
    commands: ["coupons add"],
    scope: "write",
    status: 201,
    body: {
      code: z.string().trim().min(1).max(100),
      percent: z.number().min(0.01).max(100).multipleOf(0.01).optional(),
      amount_cents: CENTS.optional(),
      currency: CURRENCY,
      cycles: z.int().min(1).max(9_999).nullable().default(null).meta({ description: "For so many; null: for ever." }),
      redeem_by: z
        .string()
        .refine((day) => isLocalDateTime(`${day}T00:00`), asCode("day_wanted"))
        .optional(),
      max_redemptions: z.int().min(1).max(999_999_999).optional(),
      plans: z.array(z.string()).min(1).max(100).optional(),
    },
    answer: couponRow,
    async change({ app, store, body }) {
      const { code, percent, amount_cents: amountCents, currency, cycles, redeem_by: redeemBy, plans } = body;
      if ((percent === undefined) === (amountCents === undefined))
        throw new UsageInvalid(unchanged(said("coupon_percent_or_amount")));
      await addCoupon(
        { store, clock: app.clock },
        {
          code,
          percentHundredths: percent === undefined ? null : Math.round(percent * 100),
          amountCents: amountCents ?? null,
          currency: amountCents === undefined ? null : currency,
          cycles,
          redeemBy: redeemBy ?? null,
          maxRedemptions: body.max_redemptions ?? null,
          planIds: plans ?? null,
          archivedAt: null,
          source: "code",
        },
      );
    },
    answerOf: (reader, { body }) => theDocument(reader, "coupons", { code: body.code }),
  }),
  changes({
    path: "/v1/coupons/{code}/archive",
    summary: "Let it not be given any more; who has it keeps it.",
    commands: ["coupons archive"],
    scope: "write",
    answer: couponRow,
    change: ({ app, store, params }) => archiveCoupon({ store, clock: app.clock }, params.code),
    answerOf: couponIn,
  }),
  reads({
    path: "/v1/subscriptions/{subscription_id}/coupons",
    summary: "Coupons that a subscription has, or had.",
    commands: ["coupons list"],
    answer: pageOf(couponGrantRow),
    async read({ app, params: { subscription_id: subscriptionId } }) {
      await theRow(app.store, "subscriptions", { subscriptionId });
      return wholePage(await app.store.list("couponGrants", { where: { subscriptionId } }));
    },
  }),
  changes({
    path: "/v1/subscriptions/{subscription_id}/coupons/{code}/give",
    summary: "Give a coupon to a subscription, from its next cycle on.",
    commands: ["coupons give"],
    scope: "write",
    answer: couponGrantRow,
    change: async ({ app, store, params: { subscription_id: id, code }, by }) =>
      void (await giveCoupon({ ...app, store }, id, { code, by })),
    answerOf: grantIn,
  }),
  changes({
    path: "/v1/subscriptions/{subscription_id}/coupons/{code}/take",
    summary: "Take a coupon away: the cycles to come are charged without it.",
    commands: ["coupons take"],
    scope: "write",
    answer: couponGrantRow,
    change: async ({ app, store, params: { subscription_id: id, code } }) =>
      void (await takeCoupon({ ...app, store }, id, code)),
    answerOf: grantIn,
  }),
  reads({
    path: "/v1/customers/{customer_id}/balance",
    summary: "What a customer has to the good, by currency, and every entry of the ledger.",
    commands: ["balance show"],
    answer: z.strictObject({
      customer_id: z.string(),
      balances: z.array(z.strictObject({ currency: z.string(), balance_cents: z.int() })),
      entries: z.array(balanceEntryRow),
    }),
    async read({ app, params: { customer_id: customerId } }) {
      await theRow(app.store, "customers", { customerId });
      const entries = await app.store.list("balanceEntries", { where: { customerId } });
      const balances = [...Map.groupBy(entries, ({ currency }) => currency)].map(([currency, rows]) => ({
        ...{ currency, balanceCents: rows.toSorted((a, b) => a.number - b.number).at(-1)?.balanceCents ?? 0 },
      }));
      return documentOf({ customerId, balances, entries });
    },
  }),
  balanceOf("grant"),
  balanceOf("take"),
];
