/** `/v1/attempts` and `/v1/disputes`: what became of each charge, and what only a person can decide. */
import { z } from "zod";
import { resolveNotCharged, resolvePaid } from "../../../application/reconcile/resolve-unknown.ts";
import { resolveDispute } from "../../../application/webhooks/resolve-dispute.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { checkKey } from "../../../application/settling/check-key.ts";
import { ATTEMPT_STATES } from "../../../domain/attempt.ts";
import { DISPUTE_OUTCOMES } from "../../../domain/dispute.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { PAGE, pageOf } from "./documents.ts";
import { attentionRow, historyRow } from "./documents/billing-views.ts";
import { attemptRow, disputeRow } from "./documents/invoices.ts";
import { changes, reads } from "./endpoint.ts";
import { listed, theDocument, theRow } from "./reading.ts";
import { said, unchanged } from "../../../domain/refusals.ts";

const attemptIn = (reader: Pick<Reader, "list">, { params }: { readonly params: { readonly attempt_id: string } }) =>
  theDocument(reader, "attempts", { attemptId: params.attempt_id });
const disputeIn = (reader: Pick<Reader, "list">, { params }: { readonly params: { readonly dispute_id: string } }) =>
  theDocument(reader, "disputes", { disputeId: params.dispute_id });

export const ATTEMPT_ENDPOINTS = [
  reads({
    path: "/v1/attempts",
    summary: "List attempts, by invoice and number.",
    commands: ["unknown list"],
    query: {
      ...PAGE,
      state: z.enum(ATTEMPT_STATES).optional(),
      invoice_id: z.string().optional(),
      claimed_since: z.iso.datetime().optional(),
    },
    answer: pageOf(attemptRow),
    read: ({ app, query }) =>
      listed(app, "attempts", query, { state: query.state, invoiceId: query.invoice_id }, query.claimed_since),
  }),
  reads({
    path: "/v1/attempts/{attempt_id}",
    summary: "One attempt with its evidence.",
    commands: ["unknown show"],
    answer: attemptRow,
    isResource: true,
    read: ({ app, params }) => attemptIn(app.store, { params }),
  }),
  changes({
    path: "/v1/attempts/{attempt_id}/resolve",
    summary: "A person's word on an outcome that stays unknown, after one more look at Conekta.",
    commands: ["unknown resolve"],
    scope: "money",
    callsConekta: true,
    body: {
      as: z.enum(["paid", "not_charged"]),
      order_id: z.string().min(1).max(100).optional().meta({ description: "With paid: the order that paid it." }),
    },
    answer: attemptRow,
    resource: attemptIn,
    async change({ app, store, params, body, by, why }) {
      const { as, order_id: orderId } = body;
      if ((as === "paid") !== (orderId !== undefined)) throw new UsageInvalid(unchanged(said("order_goes_with_paid")));
      await theRow(app.store, "attempts", { attemptId: params.attempt_id });
      const gateway = await app.gateway();
      const settling = { ...app.settling, store };
      await checkKey({ ...settling, gateway });
      const { timeoutMs } = app.config.conekta;
      const needs = {
        ...settling,
        orders: gateway,
        lister: gateway,
        inbox: store.inbox,
        together: store.together,
        timeoutMs,
      };
      if (orderId === undefined) await resolveNotCharged(needs, params.attempt_id, { why, by });
      else await resolvePaid(needs, params.attempt_id, { orderId, why, by });
    },
    answerOf: attemptIn,
  }),
  reads({
    path: "/v1/attention",
    summary: "What waits for a person or for certainty; the oldest first.",
    commands: ["unknown list"],
    query: { ...PAGE, kind: attentionRow.shape.kind.optional(), customer_id: z.string().optional() },
    answer: pageOf(attentionRow),
    read: ({ app, query }) => listed(app, "attention", query, { kind: query.kind, customerId: query.customer_id }),
  }),
  reads({
    path: "/v1/history",
    summary: "Every attempt with its invoice, plan and customer; the latest first.",
    commands: ["history"],
    query: {
      ...PAGE,
      outcome: z.enum(ATTEMPT_STATES).optional(),
      subscription_id: z.string().optional(),
      customer_id: z.string().optional(),
      plan_id: z.string().optional(),
      since: z.iso.datetime().optional(),
    },
    answer: pageOf(historyRow),
    read: ({ app, query }) =>
      listed(
        app,
        "history",
        query,
        {
          ...{ outcome: query.outcome, subscriptionId: query.subscription_id },
          ...{ customerId: query.customer_id, planId: query.plan_id },
        },
        query.since,
      ),
  }),
  reads({
    path: "/v1/disputes",
    summary: "List disputed payments; open ones first, by when evidence is due.",
    commands: ["disputes list"],
    query: {
      ...PAGE,
      outcome: z.enum(DISPUTE_OUTCOMES).optional(),
      subscription_id: z.string().optional(),
      customer_id: z.string().optional(),
    },
    answer: pageOf(disputeRow),
    read: ({ app, query }) =>
      listed(app, "disputes", query, {
        ...{ outcome: query.outcome, subscriptionId: query.subscription_id, customerId: query.customer_id },
      }),
  }),
  reads({
    path: "/v1/disputes/{dispute_id}",
    summary: "One disputed payment.",
    commands: ["disputes show"],
    answer: disputeRow,
    isResource: true,
    read: ({ app, params }) => disputeIn(app.store, { params }),
  }),
  changes({
    path: "/v1/disputes/{dispute_id}/resolve",
    summary: "Say how one ended, where Conekta's orders never show it.",
    commands: ["disputes resolve"],
    scope: "money",
    body: { as: z.enum(["won", "lost"]) },
    answer: disputeRow,
    resource: disputeIn,
    change: ({ app, store, params, body, by, why }) =>
      resolveDispute({ ...app.settling, store }, params.dispute_id, { outcome: body.as, by, why }),
    answerOf: disputeIn,
  }),
];
