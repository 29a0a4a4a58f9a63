/** `/v1/invoices`: what is owed, and what a person or program may do about it. None of it charges; a run does. */
import { z } from "zod";
import { invoicesLike } from "../../../application/customers/find-in-books.ts";
import { noteStamp } from "../../../application/invoices/cfdi-documents.ts";
import { askAboutInvoice } from "../../../application/invoices/ask-about-invoice.ts";
import {
  BULK_ACTIONS,
  changeMany,
  invoicesMatching,
  type ManyChanged,
} from "../../../application/invoices/change-many.ts";
import {
  keepLatePayment,
  markInvoicePaid,
  retryInvoice,
  voidInvoice,
} from "../../../application/invoices/change-invoice.ts";
import { cancelLink, linkInvoice } from "../../../application/invoices/link-invoice.ts";
import { refundInvoice, settleRefunds } from "../../../application/invoices/refund-invoice.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { checkKey } from "../../../application/settling/check-key.ts";
import { CircuitBreaker } from "../../../application/settling/circuit-breaker.ts";
import { PAYMENT_METHODS } from "../../../domain/attempt.ts";
import { PAYMENT_FORMS } from "../../../domain/cfdi/payment-form.ts";
import { DAY_MS } from "../../../domain/duration.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../domain/invoice.ts";
import { REFUND_REASONS, REFUND_STATES } from "../../../domain/refund.ts";
import { documentOf, PAGE, pageDocument, pageOf, wholePage } from "./documents.ts";
import { dunningRow } from "./documents/billing-views.ts";
import { attemptRow, invoiceRow, refundDocument, refundRow } from "./documents/invoices.ts";
import { type ChangeCall, changes, reads } from "./endpoint.ts";
import { ApiProblem } from "./problem.ts";
import { BEFORE, beforeOf, BETWEEN, betweenOf, listed, Q, theRow } from "./reading.ts";
import { inWords, said, unchanged } from "../../../domain/refusals.ts";

const invoice = z
  .strictObject({
    ...invoiceRow.shape,
    attempts: z.array(attemptRow),
    refunds: z.array(refundRow),
  })
  .meta({ id: "InvoiceInFull" });

type OfInvoice = { readonly params: { readonly invoice_id: string } };

async function invoiceIn(
  reader: Pick<Reader, "list" | "refunds">,
  { params: { invoice_id: invoiceId } }: OfInvoice,
): Promise<never> {
  const row: object = documentOf(await theRow(reader, "invoices", { invoiceId }));
  const attempts = await reader.list("attempts", { where: { invoiceId } });
  const refunds = await reader.refunds.list({ invoiceId });
  return { ...row, attempts: attempts.map(documentOf), refunds: refunds.map(refundDocument) } as never;
}

const OF_ONE = { answer: invoice, resource: invoiceIn, answerOf: invoiceIn } as const;

/** Of the request's own store, so that what is booked of it is the asker's. */
async function settlingOf({ app, store }: Pick<ChangeCall, "app" | "store">) {
  const gateway = await app.gateway();
  const needs = { ...app.settling, store, gateway, breaker: new CircuitBreaker() };
  await checkKey(needs);
  return needs;
}

/** What is only seen at Conekta is booked for nobody: the request's own effect, and its answer, is the refund alone. */
async function refundNeeds(call: Pick<ChangeCall, "app" | "store">) {
  const needs = await settlingOf(call);
  const { refunds, inbox } = call.store;
  return { ...needs, store: call.app.store, refunds, inbox, orders: needs.gateway, refunder: needs.gateway };
}

const cfdiDocument = z.strictObject({
  document_id: z.string(),
  cfdi: z
    .strictObject({
      document_id: z.string().meta({ description: "Its own, or of the global invoice that it is part of." }),
      exported_at: z.iso.datetime().nullable(),
      uuid: z.string().nullable(),
      status: z.enum(["stamped", "canceled"]).nullable(),
    })
    .nullable(),
});
async function cfdiIn(
  reader: Pick<Reader, "fiscal">,
  { params: { document_id: documentId } }: { readonly params: { readonly document_id: string } },
) {
  const record = await reader.fiscal.recordOf(documentId);
  if (record === null) return { document_id: documentId, cfdi: null };
  const { id, exportedAt, uuid, status } = record;
  return { document_id: documentId, cfdi: documentOf({ documentId: id, exportedAt, uuid, status }) };
}

export const INVOICE_ENDPOINTS = [
  reads({
    path: "/v1/invoices",
    summary: "List invoices, the latest first.",
    commands: ["invoices list"],
    query: {
      ...PAGE,
      status: z.enum(INVOICE_STATUSES).optional(),
      status_reason: z.enum(STATUS_REASONS).optional(),
      subscription_id: z.string().optional(),
      customer_id: z.string().optional(),
      plan_id: z.string().optional(),
      opened_since: z.iso.datetime().optional(),
      due_before: BEFORE.meta({ description: "Tried next before then." }),
      paid_between: BETWEEN,
      q: Q,
    },
    answer: pageOf(invoiceRow),
    read: ({ app, query: { q, due_before: dueBefore, paid_between: paidBetween, ...query } }) =>
      listed(
        app,
        "invoices",
        query,
        {
          ...{ status: query.status, statusReason: query.status_reason, subscriptionId: query.subscription_id },
          ...{ customerId: query.customer_id, planId: query.plan_id },
        },
        query.opened_since,
        {
          within: { nextAttemptAt: beforeOf(dueBefore), paidAt: betweenOf(paidBetween) },
          ...(q !== undefined && { keeps: invoicesLike(q) }),
        },
      ),
  }),
  reads({
    path: "/v1/invoices/{invoice_id}",
    summary: "One invoice with its lines, taxes, attempts and refunds.",
    commands: ["invoices show"],
    answer: invoice,
    isResource: true,
    read: ({ app, params }) => invoiceIn(app.store, { params }),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/invoices/{invoice_id}/retry",
    summary: "Put it up for the next run. Charges nothing by itself.",
    commands: ["invoices retry"],
    scope: "write",
    status: 202,
    change: ({ app, store, params }) => retryInvoice({ ...app, store }, params.invoice_id),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/invoices/{invoice_id}/void",
    summary: "Do not collect it any more.",
    commands: ["invoices void"],
    scope: "money",
    change: ({ app, store, params, why }) => voidInvoice({ ...app, store }, params.invoice_id, why),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/invoices/{invoice_id}/mark-paid",
    summary: "Note that it was paid by other means, such as cash.",
    commands: ["invoices mark-paid"],
    scope: "money",
    body: {
      paid_at: z.iso.datetime().optional().meta({ description: "When; now if left out." }),
      payment_form: z
        .enum(PAYMENT_FORMS)
        .optional()
        .meta({ description: "The SAT's form of payment, for the CFDI: 01 cash, 03 transfer." }),
    },
    async change({ app, store, params, body, why }) {
      const now = app.clock.now();
      const paidAt = body.paid_at === undefined ? now : new Date(body.paid_at);
      if (paidAt > now) throw new UsageInvalid(unchanged(said("paid_at_ahead", { at: paidAt.toISOString() })));
      await markInvoicePaid({ ...app, store }, params.invoice_id, { why, paidAt, form: body.payment_form ?? null });
    },
  }),
  changes({
    ...OF_ONE,
    path: "/v1/invoices/{invoice_id}/accept",
    summary: "Keep money that came after the cancellation.",
    commands: ["invoices accept"],
    scope: "money",
    change: ({ app, store, params, why }) => keepLatePayment({ ...app, store }, params.invoice_id, why),
  }),
  changes({
    path: "/v1/invoices/{invoice_id}/link",
    summary: "Make a page at Conekta where the customer pays it; its card is not charged meanwhile.",
    commands: ["invoices link"],
    scope: "write",
    callsConekta: true,
    body: {
      methods: z
        .array(z.enum(PAYMENT_METHODS))
        .min(1)
        .max(3)
        .default([...PAYMENT_METHODS]),
      expires_after_days: z.int().min(1).max(365).default(5),
    },
    answer: z.strictObject({ ...invoice.shape, url: z.string().nullable() }),
    resource: invoiceIn,
    async change(call) {
      const { app, store, params, body, by, made } = call;
      await theRow(app.store, "invoices", { invoiceId: params.invoice_id });
      const needs = await settlingOf(call);
      const { gateway } = needs;
      const { inbox, sweep: records } = app.store;
      const sweep = { lister: gateway, records, inbox, flow: app.config.conekta.chargeFlow };
      const watched: typeof gateway = {
        ...gateway,
        async openPaymentLink(intent, terms) {
          const opened = await gateway.openPaymentLink(intent, terms);
          if (opened.kind === "pending" && opened.link !== undefined) made["url"] = opened.link.url;
          return opened;
        },
      };
      const methods = PAYMENT_METHODS.filter((method) => body.methods.includes(method));
      const expiresAt = new Date(app.clock.now().getTime() + body.expires_after_days * DAY_MS);
      const { leaseMs } = app.config.charging;
      const request = { invoiceId: params.invoice_id, methods, expiresAt, by, leaseMs };
      await linkInvoice({ ...needs, store, gateway: watched, sweep, webhooks: { orders: gateway } }, request);
    },
    answerOf: async (reader, call) =>
      ({ ...((await invoiceIn(reader, call)) as object), url: call.made["url"] ?? null }) as never,
  }),
  changes({
    ...OF_ONE,
    path: "/v1/invoices/{invoice_id}/cancel-link",
    summary: "Close its payment link, and read at Conekta whether it was paid.",
    commands: ["invoices cancel-link"],
    scope: "write",
    status: 202,
    callsConekta: true,
    async change(call) {
      const { charging, conekta } = call.app.config;
      const { timeoutMs } = conekta;
      await theRow(call.app.store, "invoices", { invoiceId: call.params.invoice_id });
      const limits = { concurrency: 1, timeoutMs, pendingMaxHours: charging.pendingMaxHours };
      await cancelLink(await settlingOf(call), limits, { invoiceId: call.params.invoice_id, by: call.by });
    },
  }),
  changes({
    path: "/v1/invoices/{invoice_id}/refunds",
    summary: "Give money back through Conekta; the invoice stays paid.",
    commands: ["invoices refund"],
    scope: "money",
    status: 201,
    callsConekta: true,
    body: {
      amount_cents: z.int().min(1).optional().meta({ description: "All that is left if left out." }),
      gateway_reason: z.enum(REFUND_REASONS).default("requested_by_client").meta({ description: "Conekta's word." }),
      attempt_id: z.string().optional().meta({ description: "A second payment of the same invoice." }),
    },
    answer: refundRow,
    async change(call) {
      const { params, body, by, why } = call;
      const { invoice_id: invoiceId } = params;
      const { status } = await theRow(call.app.store, "invoices", { invoiceId });
      const needs = await refundNeeds(call);
      // It may have been paid an hour ago by a link, and be known at its next inquiry only.
      if (status !== "paid") await askAboutInvoice(needs, invoiceId);
      const { gateway_reason: reason, amount_cents: amountCents = null, attempt_id: attemptId = null } = body;
      await refundInvoice(needs, { invoiceId, attemptId, amountCents, reason, note: why, by });
    },
    async answerOf(reader, { params, made }) {
      const rows = await reader.refunds.list({ invoiceId: params.invoice_id });
      // The latest is the first; it stays this one, whoever asks for another meanwhile.
      const row = rows.find(({ refundId }) => made["refundId"] === undefined || refundId === made["refundId"]);
      if (row === undefined) throw new Error("the refund that was just written is not there");
      made["refundId"] = row.refundId;
      return refundDocument(row);
    },
  }),
  changes({
    path: "/v1/invoices/{invoice_id}/refunds/settle",
    summary: "Read at Conekta what became of refunds whose answer was lost.",
    commands: ["invoices refund"],
    scope: "money",
    callsConekta: true,
    answer: pageOf(refundRow),
    async change(call) {
      const { invoice_id: invoiceId } = call.params;
      await theRow(call.app.store, "invoices", { invoiceId });
      await settleRefunds(await refundNeeds(call), invoiceId);
    },
    answerOf: async (reader, { params }) =>
      wholePage((await reader.refunds.list({ invoiceId: params.invoice_id })).map(refundDocument)),
  }),
  changes({
    path: "/v1/invoices/bulk",
    summary:
      "Retry or void all that match: without confirm what that would be, then with it and the count that was seen.",
    commands: ["invoices retry"],
    scope: "money",
    body: {
      filter: z.strictObject({
        status: z.enum(["open", "held", "uncollectible"]),
        status_reason: z.enum(STATUS_REASONS).optional(),
        plan_id: z.string().optional(),
        customer_id: z.string().optional(),
        subscription_id: z.string().optional(),
      }),
      action: z.enum(BULK_ACTIONS),
      confirm: z.boolean().default(false),
      expected_count: z.int().min(0).optional().meta({ description: "With confirm: how many the plan said." }),
    },
    answer: z.strictObject({
      action: z.enum(BULK_ACTIONS),
      confirmed: z.boolean(),
      count: z.int(),
      amounts: z.array(z.strictObject({ currency: z.string(), amount_cents: z.int() })),
      invoice_ids: z
        .array(z.string())
        .meta({ description: "Those that are changed, or would be; the others that match are left." }),
      left: z.array(z.strictObject({ invoice_id: z.string(), because: z.string() })),
    }),
    async change({ app, store, body, why, kept }) {
      const { filter, action, confirm, expected_count: expected } = body;
      const { status, status_reason: statusReason, plan_id: planId } = filter;
      const { customer_id: customerId, subscription_id: subscriptionId } = filter;
      const found = await invoicesMatching(app, { status, statusReason, planId, customerId, subscriptionId });
      kept["found"] = found;
      const ids = found.map(({ invoiceId }) => invoiceId);
      const how = { action, why, isPlan: !confirm };
      await changeMany({ store, clock: app.clock }, ids, how, (done) => {
        const count = done.changed.length;
        if (confirm && expected !== count) throw new ApiProblem("count_differs", said("count_differs", { count }));
        kept["done"] = done;
      });
    },
    answerOf: async (_reader, { body: { action, confirm }, kept, language }) => {
      const found = kept["found"] as Awaited<ReturnType<typeof invoicesMatching>>;
      const { changed, left } = kept["done"] as ManyChanged;
      const isChanged = new Set(changed);
      const those = found.filter(({ invoiceId }) => isChanged.has(invoiceId));
      const byCurrency = Map.groupBy(those, ({ currency }) => currency);
      return {
        ...{ action, confirmed: confirm, count: changed.length },
        amounts: [...byCurrency].map(([currency, rows]) => ({
          ...{ currency, amount_cents: rows.reduce((sum, { amountCents }) => sum + amountCents, 0) },
        })),
        invoice_ids: [...changed],
        left: left.map(({ invoiceId, because }) => ({ invoice_id: invoiceId, because: inWords(because, language) })),
      };
    },
  }),
  reads({
    path: "/v1/refunds",
    summary: "List refunds, the latest first.",
    commands: ["invoices refunds"],
    query: {
      ...PAGE,
      invoice_id: z.string().optional(),
      state: z.enum(REFUND_STATES).optional(),
    },
    answer: pageOf(refundRow),
    async read({ app, query }) {
      const { limit, cursor, invoice_id: invoiceId, state } = query;
      const { rows, nextCursor } = await app.store.refunds.page({
        limit,
        ...(cursor !== undefined && { cursor }),
        ...(invoiceId !== undefined && { invoiceId }),
        ...(state !== undefined && { states: [state] }),
      });
      return pageDocument({ rows: rows.map(refundDocument), nextCursor });
    },
  }),
  reads({
    path: "/v1/cfdi/{document_id}",
    summary: "What became of the CFDI of an invoice, a refund or a global invoice; null: nothing yet.",
    commands: ["invoices cfdi"],
    answer: cfdiDocument,
    isResource: true,
    read: ({ app, params }) => cfdiIn(app.store, { params }),
  }),
  changes({
    method: "PUT",
    path: "/v1/cfdi/{document_id}",
    summary: "Note its stamp, or that it was canceled. Nothing is stamped here.",
    commands: ["invoices cfdi"],
    scope: "write",
    body: { uuid: z.uuid().optional(), status: z.enum(["stamped", "canceled"]).optional() },
    echoes: cfdiDocument,
    answer: cfdiDocument,
    resource: cfdiIn,
    async change({ app, store, params, body }) {
      const { uuid = null, status } = body;
      // What was read, and nothing to note beside it.
      if ("cfdi" in body && uuid === null && status === undefined) return;
      await noteStamp({ store, clock: app.clock }, params.document_id, { uuid, status: status ?? "stamped" });
    },
    answerOf: cfdiIn,
  }),
  reads({
    path: "/v1/dunning",
    summary: "Invoices that failed and are not given up; the next one to be tried first.",
    commands: [],
    query: { ...PAGE, plan_id: z.string().optional(), customer_id: z.string().optional() },
    answer: pageOf(dunningRow),
    read: ({ app, query }) => listed(app, "dunning", query, { planId: query.plan_id, customerId: query.customer_id }),
  }),
];
