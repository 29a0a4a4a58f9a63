/** `/v1/subscriptions`: one customer on one plan. */
import { z } from "zod";
import { type SubscriptionEntry, subscriptionSchema } from "../../../adapters/files/plans-schema.ts";
import { subscriptionOf } from "../../../adapters/files/plans-file.ts";
import { rowOf as declineOf } from "../../../adapters/conekta/declines.ts";
import { outlookRules } from "../../../application/charging/outlook-rules.ts";
import { addSubscription } from "../../../application/subscriptions/add-subscription.ts";
import { cancelSubscription } from "../../../application/subscriptions/cancel-subscription.ts";
import { explainSubscription } from "../../../application/subscriptions/explain-subscription.ts";
import {
  pauseSubscription,
  planPause,
  resumeSubscription,
} from "../../../application/subscriptions/pause-subscription.ts";
import { skipCycle } from "../../../application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../../application/subscriptions/take-back.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { billingDates, nextCharge } from "../../../domain/next-charge.ts";
import { isLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";
import { changes, reads } from "./endpoint.ts";
import { PAGE, pageOf, subscriptionRow } from "./documents.ts";
import { entryOfLines, explanation, explanationDocument, lineItems } from "./entries.ts";
import { listed, theDocument, theRow } from "./reading.ts";

const CONFIRM = z
  .boolean()
  .default(false)
  .meta({ description: "true: it is meant, though it looks like a mistake (needs_confirmation)." });

const DAY = z.string().refine((day) => isLocalDateTime(`${day}T00:00`), "a day that exists, like 2026-12-15");

type OfSubscription = { readonly params: { readonly subscription_id: string } };

const subscriptionIn = (reader: Pick<Reader, "list">, { params }: OfSubscription) =>
  theDocument(reader, "subscriptions", { subscriptionId: params.subscription_id });

const OF_ONE = { answer: subscriptionRow, resource: subscriptionIn, answerOf: subscriptionIn } as const;

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
    },
    answer: pageOf(subscriptionRow),
    read: ({ app, query }) =>
      listed(app, "subscriptions", query, {
        ...{ status: query.status, planId: query.plan_id, customerId: query.customer_id },
      }),
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
    body: { ...subscriptionSchema.shape, line_items: lineItems.nullable().default(null), confirm: CONFIRM },
    answer: subscriptionRow,
    async change({ app, store, body, made }) {
      const {
        confirm: confirmed,
        reason: _reason,
        line_items: lines,
        ...entry
      } = body as typeof body & { reason?: string };
      const whole: SubscriptionEntry = { ...entry, line_items: lines === null ? null : lines.map(entryOfLines) };
      const { where: _where, ...order } = subscriptionOf(whole, app.config.billing.timeZone, 0);
      made["subscriptionId"] = order.id;
      const { minChargeCents } = app.config.charging;
      await addSubscription({ ...app, store, minChargeCents }, order, "code", { confirmed });
    },
    answerOf: (reader, { made }) =>
      theDocument(reader, "subscriptions", { subscriptionId: made["subscriptionId"] ?? "" }),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/pause",
    summary: "Cycles that fall due are void, until it is resumed; or from one local day until another.",
    commands: ["subscriptions pause"],
    scope: "write",
    body: {
      from: DAY.optional().meta({ description: "With until: from this day on, in its time zone; now if left out." }),
      until: DAY.optional().meta({ description: "It is charged again by itself, from this day on." }),
    },
    async change({ app, store, params, body: { from = null, until } }) {
      const { subscription_id: subscriptionId } = params;
      if (until !== undefined) await planPause({ ...app, store }, subscriptionId, { from, until });
      else if (from === null) await pauseSubscription({ ...app, store }, subscriptionId);
      else throw new UsageInvalid("from goes with until, the day from which it is charged again");
    },
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/resume",
    summary: "Take a paused or unpaid subscription up again.",
    commands: ["subscriptions resume"],
    scope: "write",
    change: ({ app, store, params }) => resumeSubscription({ ...app, store }, params.subscription_id),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/skip",
    summary: "Do not bill the next cycle.",
    commands: ["subscriptions skip"],
    scope: "write",
    change: async ({ app, store, params }) => void (await skipCycle({ ...app, store }, params.subscription_id)),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/unskip",
    summary: "Bill the cycle that was skipped last after all.",
    commands: ["subscriptions unskip"],
    scope: "write",
    change: async ({ app, store, params }) => void (await unskipCycle({ ...app, store }, params.subscription_id)),
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/cancel",
    summary: "End it with its period, or now.",
    commands: ["subscriptions cancel"],
    scope: "write",
    body: {
      at_once: z.boolean().default(false).meta({ description: "true: now; open invoices are void." }),
      stop_collecting: z
        .boolean()
        .optional()
        .meta({ description: "What is owed is not collected any more; as at_once if left out." }),
    },
    async change({ app, store, params, body }) {
      const { at_once: atOnce, stop_collecting: stopCollecting = atOnce } = body;
      await cancelSubscription({ ...app, store }, params.subscription_id, { atOnce, stopCollecting });
    },
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/uncancel",
    summary: "Take a cancellation back that has not taken effect.",
    commands: ["subscriptions uncancel"],
    scope: "write",
    change: ({ app, store, params }) => uncancelSubscription({ ...app, store }, params.subscription_id),
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
