/** Another plan or quantity for a subscription: the preview, the change, and its undo. */
import { z } from "zod";
import {
  changeSubscription,
  previewChange,
  type WantedChange,
} from "../../../application/subscriptions/change-subscription.ts";
import { undoChange } from "../../../application/subscriptions/undo-change.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { APPLIES } from "../../../domain/proration.ts";
import { said, unchanged } from "../../../domain/refusals.ts";
import { digestOf } from "../../digest.ts";
import { documentOf } from "./documents.ts";
import { subscriptionRow } from "./documents/subscriptions.ts";
import { type ChangeCall, changes, reads } from "./endpoint.ts";
import { DAY, OF_SUBSCRIPTION } from "./one-subscription.ts";
import { theRow } from "./reading.ts";

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

/** By either name: what is changed of a subscription is its plan and its quantity. */
const CHANGE = {
  ...OF_SUBSCRIPTION,
  commands: ["subscriptions change"],
  scope: "write",
  body: { ...WANTED, quantity: quantity.optional(), token: z.string().max(100).optional() },
} as const;

async function change({ app, store, params, body, by }: ChangeCall<`${string}{subscription_id}`, typeof CHANGE.body>) {
  const { token = null, ...wanted } = body;
  const needs = { ...app, store, digest: digestOf };
  await changeSubscription(needs, params.subscription_id, wantedOf(wanted), { token, by });
}

export const SUBSCRIPTION_CHANGE_ENDPOINTS = [
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
    ...OF_SUBSCRIPTION,
    path: "/v1/subscriptions/{subscription_id}/change/undo",
    summary: "Take the last change back, while it has not taken effect.",
    commands: ["subscriptions change"],
    scope: "write",
    change: async ({ app, store, params, by }) =>
      void (await undoChange({ ...app, store }, params.subscription_id, by)),
  }),
];
