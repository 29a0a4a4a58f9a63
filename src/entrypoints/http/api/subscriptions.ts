/** `/v1/subscriptions`: one customer on one plan. */
import { z } from "zod";
import { subscriptionOf } from "../../../adapters/files/plans-file.ts";
import { rowOf as declineOf } from "../../../adapters/conekta/declines.ts";
import { outlookRules } from "../../../application/charging/outlook-rules.ts";
import { addSubscription } from "../../../application/subscriptions/add-subscription.ts";
import { cancelSubscription, RESTS } from "../../../application/subscriptions/cancel-subscription.ts";
import {
  changeSubscription,
  previewChange,
  type WantedChange,
} from "../../../application/subscriptions/change-subscription.ts";
import { undoChange } from "../../../application/subscriptions/undo-change.ts";
import { explainSubscription } from "../../../application/subscriptions/explain-subscription.ts";
import {
  pauseSubscription,
  planPause,
  resumeSubscription,
} from "../../../application/subscriptions/pause-subscription.ts";
import { subscriptionsLike } from "../../../application/customers/find-in-books.ts";
import { skipCycle } from "../../../application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../../application/subscriptions/take-back.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { nextCharge } from "../../../domain/charging/next-charge.ts";
import { billingDates } from "../../../domain/charging/cycles-ahead.ts";
import { isLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { APPLIES } from "../../../domain/proration.ts";
import { SUBSCRIPTION_STATUSES } from "../../../domain/subscription.ts";
import { digestOf } from "../../digest.ts";
import { asCode, type ChangeCall, changes, reads } from "./endpoint.ts";
import { documentOf, PAGE, pageOf } from "./documents.ts";
import { subscriptionRow } from "./documents/subscriptions.ts";
import { entryOfLines, explanation, explanationDocument, lineItems } from "./entries.ts";
import { entryOfNamed, NAMED } from "./named-subscription.ts";
import { BEFORE, beforeOf, listed, Q, theDocument, theRow } from "./reading.ts";
import { said, unchanged } from "../../../domain/refusals.ts";

const CONFIRM = z
  .boolean()
  .default(false)
  .meta({ description: "true: it is meant, though it looks like a mistake (needs_confirmation)." });

const DAY = z.string().refine((day) => isLocalDateTime(`${day}T00:00`), asCode("day_wanted"));

const WANTED = {
  plan_id: z.string().optional(),
  apply: z
    .enum(APPLIES)
    .optional()
    .meta({ description: "period_end where it costs less, next_invoice where it costs more, if left out." }),
  on: DAY.optional().meta({ description: "The first local day of the new terms, inside the running period." }),
};
const quantity = z.int().min(1).max(10_000);

type Wanted = {
  readonly plan_id?: string | undefined;
  readonly quantity?: number | undefined;
  readonly apply?: (typeof APPLIES)[number] | undefined;
  readonly on?: string | undefined;
};

function wantedOf({ plan_id: planId, quantity: wanted, apply, on }: Wanted): WantedChange {
  if (planId === undefined && wanted === undefined) throw new UsageInvalid(unchanged(said("change_wants_something")));
  return { planId: planId ?? null, quantity: wanted ?? null, apply: apply ?? null, on: on ?? null };
}

const changePreview = z.strictObject({
  subscription_id: z.string(),
  apply: z.enum(APPLIES),
  on: z.string(),
  lines: z.array(
    z.strictObject({
      kind: z.enum(["credit", "debit"]),
      name: z.string(),
      from: z.string(),
      to: z.string(),
      amount_cents: z.int(),
    }),
  ),
  net_cents: z.int(),
  charged_now_cents: z.int(),
  granted_cents: z.int().meta({ description: "To the customer's balance." }),
  next_amount_cents: z.int().nullable(),
  next_billing_at: z.iso.datetime().nullable(),
  token: z.string(),
});

type OfSubscription = { readonly params: { readonly subscription_id: string } };

const subscriptionIn = (reader: Pick<Reader, "list">, { params }: OfSubscription) =>
  theDocument(reader, "subscriptions", { subscriptionId: params.subscription_id });

const OF_ONE = { answer: subscriptionRow, resource: subscriptionIn, answerOf: subscriptionIn } as const;

/** By either name: what is changed of a subscription is its plan and its quantity. */
const CHANGE = {
  ...OF_ONE,
  commands: ["subscriptions change"],
  scope: "write",
  body: { ...WANTED, quantity: quantity.optional(), token: z.string().max(100).optional() },
} as const;

async function change({ app, store, params, body, by }: ChangeCall<`${string}{subscription_id}`, typeof CHANGE.body>) {
  const { token = null, ...wanted } = body;
  const needs = { ...app, store, digest: digestOf };
  await changeSubscription(needs, params.subscription_id, wantedOf(wanted), { token, by });
}

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
          ...(q !== undefined && { keeps: subscriptionsLike(q) }),
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
      else throw new UsageInvalid(said("pause_without_end"));
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
      rest: z.enum(RESTS).optional().meta({
        description: "Of what waits for its next invoice; needed where collecting stops, charge if it does not.",
      }),
    },
    async change({ app, store, params, body }) {
      const { at_once: atOnce, stop_collecting: stopCollecting = atOnce, rest = null } = body;
      await cancelSubscription({ ...app, store }, params.subscription_id, { atOnce, stopCollecting, rest });
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
    path: "/v1/subscriptions/{subscription_id}/preview",
    summary: "What another plan or quantity would do. Changes nothing; the token holds a change to it.",
    commands: ["subscriptions change"],
    query: { ...WANTED, quantity: z.coerce.number().pipe(quantity).optional() },
    answer: changePreview,
    async read({ app, params, query }) {
      const needs = { ...app, digest: digestOf };
      return documentOf(await previewChange(needs, params.subscription_id, wantedOf(query)));
    },
  }),
  changes({
    ...CHANGE,
    method: "PATCH",
    path: "/v1/subscriptions/{subscription_id}",
    summary: "Put it on another plan, or change its quantity: what POST …/change does. As it is, nothing changes.",
    echoes: subscriptionRow,
    async change(call) {
      const { store, params, body } = call;
      const { planId, quantity: is } = await theRow(store, "subscriptions", { subscriptionId: params.subscription_id });
      const { plan_id: wanted, quantity: many } = body;
      const isAsked = wanted !== undefined || many !== undefined;
      if (isAsked && (wanted ?? planId) === planId && (many ?? is) === is) return;
      await change(call);
    },
  }),
  changes({
    ...CHANGE,
    path: "/v1/subscriptions/{subscription_id}/change",
    summary: "Put it on another plan, or change its quantity. With a token: as its preview said, or not at all.",
    change,
  }),
  changes({
    ...OF_ONE,
    path: "/v1/subscriptions/{subscription_id}/change/undo",
    summary: "Take the last change back, while it has not taken effect.",
    commands: ["subscriptions change"],
    scope: "write",
    change: async ({ app, store, params, by }) =>
      void (await undoChange({ ...app, store }, params.subscription_id, by)),
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
