/** What is done with a subscription: pause, skip, cancel, and what takes each back. */
import { z } from "zod";
import { cancelSubscription, RESTS } from "../../../application/subscriptions/cancel-subscription.ts";
import {
  pauseSubscription,
  planPause,
  resumeSubscription,
} from "../../../application/subscriptions/pause-subscription.ts";
import { skipCycle } from "../../../application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../../application/subscriptions/take-back.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { said } from "../../../domain/refusals.ts";
import { changes } from "./endpoint.ts";
import { DAY, OF_SUBSCRIPTION } from "./one-subscription.ts";

export const SUBSCRIPTION_ACT_ENDPOINTS = [
  changes({
    ...OF_SUBSCRIPTION,
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
    ...OF_SUBSCRIPTION,
    path: "/v1/subscriptions/{subscription_id}/resume",
    summary: "Take a paused or unpaid subscription up again.",
    commands: ["subscriptions resume"],
    scope: "write",
    change: ({ app, store, params }) => resumeSubscription({ ...app, store }, params.subscription_id),
  }),
  changes({
    ...OF_SUBSCRIPTION,
    path: "/v1/subscriptions/{subscription_id}/skip",
    summary: "Do not bill the next cycle.",
    commands: ["subscriptions skip"],
    scope: "write",
    change: async ({ app, store, params }) => void (await skipCycle({ ...app, store }, params.subscription_id)),
  }),
  changes({
    ...OF_SUBSCRIPTION,
    path: "/v1/subscriptions/{subscription_id}/unskip",
    summary: "Bill the cycle that was skipped last after all.",
    commands: ["subscriptions unskip"],
    scope: "write",
    change: async ({ app, store, params }) => void (await unskipCycle({ ...app, store }, params.subscription_id)),
  }),
  changes({
    ...OF_SUBSCRIPTION,
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
    ...OF_SUBSCRIPTION,
    path: "/v1/subscriptions/{subscription_id}/uncancel",
    summary: "Take a cancellation back that has not taken effect.",
    commands: ["subscriptions uncancel"],
    scope: "write",
    change: ({ app, store, params }) => uncancelSubscription({ ...app, store }, params.subscription_id),
  }),
];
