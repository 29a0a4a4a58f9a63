/** `/v1/invoices/bulk`: the same act on all that match, once somebody saw what that would be. */
import { z } from "zod";
import {
  BULK_ACTIONS,
  changeMany,
  invoicesMatching,
  type ManyChanged,
} from "../../../application/invoices/change-many.ts";
import { STATUS_REASONS } from "../../../domain/invoice.ts";
import { inWords, said } from "../../../domain/refusals.ts";
import { changes } from "./endpoint.ts";
import { ApiProblem } from "./problem.ts";

export const BULK_ENDPOINTS = [
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
      if (confirm && expected === undefined)
        throw new ApiProblem("invalid_request", said("fields_invalid"), [
          { pointer: "/expected_count", detail: said("missing") },
        ]);
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
];
