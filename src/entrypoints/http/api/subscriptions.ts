/** `/v1/subscriptions`: one customer on one plan. */
import { z } from "zod";
import { subscriptionOf } from "../../../adapters/files/plans-file.ts";
import { rowOf as declineOf } from "../../../adapters/conekta/declines.ts";
import { outlookRules } from "../../../application/charging/outlook-rules.ts";
import { addSubscription } from "../../../application/subscriptions/add-subscription.ts";
import { explainSubscription } from "../../../application/subscriptions/explain-subscription.ts";
import { subscriptionsLike } from "../../../application/customers/find-in-books.ts";
import { nextCharge } from "../../../domain/charging/next-charge.ts";
import { billingDates } from "../../../domain/charging/cycles-ahead.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";
import { changes, reads } from "./endpoint.ts";
import { PAGE, pageOf } from "./documents.ts";
import { subscriptionRow } from "./documents/subscriptions.ts";
import { entryOfLines, explanation, explanationDocument, lineItems } from "./entries.ts";
import { entryOfNamed, NAMED } from "./named-subscription.ts";
import { subscriptionIn } from "./one-subscription.ts";
import { BEFORE, beforeOf, listed, Q, theDocument, theRow } from "./reading.ts";
const CONFIRM = z
  .boolean()
  .default(false)
  .meta({ description: "true: it is meant, though it looks like a mistake (needs_confirmation)." });

const nextChargeSchema = z.union([
  z.strictObject({
    at: z.iso.datetime(),
    cycle: z.int().nullable(),
    amount_cents: z.int(),
    currency: z.string(),
  }),
  z.strictObject({ at: z.null(), because: z.string() }),
]);

export const SUBSCRIPTION_ENDPOINTS = [
  reads({
    path: "/v1/subscriptions",
    summary: "List subscriptions, by id.",
    commands: ["subscriptions list"],
    query: {
      ...PAGE,
      status: z.enum(SUBSCRIPTION_STATUSES).optional(),
      plan_id: z.string().optional(),
      customer_id: z.string().optional(),
      due_before: BEFORE.meta({ description: "Billed next before then." }),
      q: Q,
    },
    answer: pageOf(subscriptionRow),
    read: ({ app, query: { q, due_before: dueBefore, ...query } }) =>
      listed(
        app,
        "subscriptions",
        query,
        { status: query.status, planId: query.plan_id, customerId: query.customer_id },
        undefined,
        {
          within: { nextBillingAt: beforeOf(dueBefore) },
          ...(q !== undefined && { sieve: subscriptionsLike(q) }),
        },
      ),
  }),
  reads({
    path: "/v1/subscriptions/{subscription_id}",
    summary: "One subscription.",
    commands: ["subscriptions show"],
    answer: subscriptionRow,
    isResource: true,
    read: ({ app, params }) => subscriptionIn(app.store, { params }),
  }),
  changes({
    path: "/v1/subscriptions",
    summary: "Put a customer on a plan.",
    commands: ["subscriptions add"],
    scope: "write",
    status: 201,
    body: { ...NAMED, line_items: lineItems.nullable().default(null), confirm: CONFIRM },
    answer: subscriptionRow,
    async change({ app, store, body, made }) {
      const {
        confirm: confirmed,
        reason: _reason,
        line_items: lines,
        ...rest
      } = body as typeof body & {
        reason?: string;
      };
      const {
        where: _where,
        change: _none,
        ...order
      } = subscriptionOf(
        { ...entryOfNamed(rest), line_items: lines === null ? null : lines.map(entryOfLines) },
        ...([app.config.billing.timeZone, 0] as const),
      );
      made["subscriptionId"] = order.id;
      const { minChargeCents } = app.config.charging;
      await addSubscription({ ...app, store, minChargeCents }, order, "code", { confirmed });
    },
    answerOf: (reader, { made }) =>
      theDocument(reader, "subscriptions", { subscriptionId: made["subscriptionId"] ?? "" }),
  }),
  reads({
    path: "/v1/subscriptions/{subscription_id}/explain",
    summary: "What happened and why, and what happens next.",
    commands: ["explain"],
    query: { invoice_id: z.string().optional() },
    answer: explanation,
    async read({ app, params, query, language }) {
      const needs = { ...app.foreseeing, records: app.store.explaining, clock: app.clock, declineText: declineOf };
      const { subscription_id: subscriptionId } = params;
      const told = await explainSubscription(needs, { subscriptionId, invoiceId: query.invoice_id ?? null });
      return explanationDocument(told, language);
    },
  }),
  reads({
    path: "/v1/subscriptions/{subscription_id}/schedule",
    summary: "When its next cycles are billed, and the next charge.",
    commands: ["subscriptions show"],
    query: { count: z.coerce.number().int().min(1).max(100).default(12) },
    answer: z.strictObject({ dates: z.array(z.iso.datetime()), next_charge: nextChargeSchema }),
    async read({ app, params, query }) {
      const row = await theRow(app.store, "subscriptions", { subscriptionId: params.subscription_id });
      const now = app.clock.now();
      const toDate = (at: string | null) => (at === null ? null : new Date(at));
      const dates = { nextBillingAt: toDate(row.nextBillingAt), cancelAt: toDate(row.cancelAt) };
      const pause = { pauseFrom: toDate(row.pauseFrom), pauseUntil: toDate(row.pauseUntil) };
      const subscription = { ...row, ...dates, ...pause };
      const outlooks = await app.store.explaining.outlooksOf([row.subscriptionId], now);
      const outlook = outlooks.get(row.subscriptionId);
      const next = outlook === undefined ? null : nextCharge(outlook, await outlookRules(app.foreseeing, now), now);
      return {
        dates: billingDates(subscription, row, query.count).map((at) => at.toISOString()),
        next_charge:
          next === null || next.at === null
            ? { at: null, because: next?.because ?? "nothing_to_collect" }
            : {
                ...{ at: next.at.toISOString(), cycle: next.cycle, amount_cents: next.amountCents },
                currency: next.currency,
              },
      };
    },
  }),
];
