/** Refunds: money that goes back through Conekta, by a committed row of its own. */
import { z } from "zod";
import { askAboutInvoice } from "../../../application/invoices/ask-about-invoice.ts";
import { refundInvoice, settleRefunds } from "../../../application/invoices/refund-invoice.ts";
import { REFUND_REASONS, REFUND_STATES } from "../../../domain/refund.ts";
import { PAGE, pageDocument, pageOf, wholePage } from "./documents.ts";
import { refundDocument, refundRow } from "./documents/invoices.ts";
import { type ChangeCall, changes, reads } from "./endpoint.ts";
import { theRow } from "./reading.ts";
import { settlingOf } from "./settling.ts";

/** What is only seen at Conekta is booked for nobody: the request's own effect, and its answer, is the refund alone. */
async function refundNeeds(call: Pick<ChangeCall, "app" | "store">) {
  const needs = await settlingOf(call);
  const { refunds, inbox } = call.store;
  return { ...needs, store: call.app.store, refunds, inbox, orders: needs.gateway, refunder: needs.gateway };
}

export const REFUND_ENDPOINTS = [
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
];
