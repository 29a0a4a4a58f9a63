/** `/v1/invoices`: what is owed, and what a person or program may do about it. None of it charges; a run does. */
import { z } from "zod";
import { invoicesLike } from "../../../application/customers/find-in-books.ts";
import {
  keepLatePayment,
  markInvoicePaid,
  retryInvoice,
  voidInvoice,
} from "../../../application/invoices/change-invoice.ts";
import { cancelLink, linkInvoice } from "../../../application/invoices/link-invoice.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { PAYMENT_METHODS } from "../../../domain/attempt.ts";
import { PAYMENT_FORMS } from "../../../domain/cfdi/payment-form.ts";
import { DAY_MS } from "../../../domain/duration.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../../domain/invoice.ts";
import { documentOf, PAGE, pageOf } from "./documents.ts";
import { dunningRow } from "./documents/billing-views.ts";
import { attemptRow, invoiceRow, refundDocument, refundRow } from "./documents/invoices.ts";
import { changes, reads } from "./endpoint.ts";
import { BEFORE, beforeOf, BETWEEN, betweenOf, listed, Q, theRow } from "./reading.ts";
import { settlingOf } from "./settling.ts";
import { said, unchanged } from "../../../domain/refusals.ts";

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
          ...(q !== undefined && { sieve: invoicesLike(q) }),
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
  reads({
    path: "/v1/dunning",
    summary: "Invoices that failed and are not given up; the next one to be tried first.",
    commands: [],
    query: { ...PAGE, plan_id: z.string().optional(), customer_id: z.string().optional() },
    answer: pageOf(dunningRow),
    read: ({ app, query }) => listed(app, "dunning", query, { planId: query.plan_id, customerId: query.customer_id }),
  }),
];
