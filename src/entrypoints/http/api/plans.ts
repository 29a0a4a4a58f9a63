/** `/v1/plans`: what is sold and how often. */
import { z } from "zod";
import { readFiscal } from "../../../adapters/files/fiscal-file.ts";
import { planOf } from "../../../adapters/files/plans-file.ts";
import { type PlanEntry, planSchema } from "../../../adapters/files/plans-schema.ts";
import { archivePlan, unarchivePlan } from "../../../application/plans/archive-plan.ts";
import { putPlan } from "../../../application/plans/put-plan.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { localDateTextOf } from "../../../domain/calendar/calendar.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { PAGE, pageOf } from "./documents.ts";
import { planRow } from "./documents/subscriptions.ts";
import { changes, reads } from "./endpoint.ts";
import { faultsIn } from "./field-faults.ts";
import { entryOfLines, lineItems } from "./entries.ts";
import { listed, theDocument } from "./reading.ts";
import { said } from "../../../domain/refusals.ts";

const { id: planId, ...fields } = planSchema.shape;
const price = z.strictObject({ from: planSchema.shape.prices.unwrap().element.shape.from, line_items: lineItems });

type OfPlan = { readonly params: { readonly plan_id: string } };
const planIn = (reader: Pick<Reader, "list">, { params }: OfPlan) =>
  theDocument(reader, "plans", { planId: params.plan_id });

function idOf({ plan_id: given }: OfPlan["params"]): string {
  const read = planId.safeParse(given);
  if (read.success) return read.data;
  const [fault] = faultsIn(read.error, planId);
  throw new UsageInvalid(said("not_a_plan_id", { given, why: fault?.detail ?? "" }));
}

async function planOrNone(reader: Reader, { params }: OfPlan): Promise<unknown> {
  const found = await reader.list("plans", { where: { planId: params.plan_id }, limit: 1 });
  return found.length === 0 ? null : await planIn(reader, { params });
}

export const PLAN_ENDPOINTS = [
  reads({
    path: "/v1/plans",
    summary: "List plans, by id.",
    commands: ["plans list"],
    query: PAGE,
    answer: pageOf(planRow),
    read: ({ app, query }) => listed(app, "plans", query, {}),
  }),
  reads({
    path: "/v1/plans/{plan_id}",
    summary: "One plan.",
    commands: ["plans show"],
    answer: planRow,
    isResource: true,
    read: ({ app, params }) => planIn(app.store, { params }),
  }),
  changes({
    method: "PUT",
    path: "/v1/plans/{plan_id}",
    summary: "Add a plan, or change it from the next invoice on. Those of plans.yaml are changed there.",
    commands: ["plans apply"],
    scope: "write",
    body: {
      ...fields,
      line_items: lineItems,
      prices: z.array(price).max(100).nullable().default(null).meta({ description: "Those that hold from a day on." }),
      tax: fields.tax.unwrap().nullable().optional().meta({
        description:
          "IVA: { rate: 16, included: true }, or the rate alone; null: none; that of fiscal.yaml if left out.",
      }),
    },
    echoes: planRow,
    answer: planRow,
    resource: planOrNone,
    async change({ app, store, params, body }) {
      const { reason: _reason, line_items: lines, prices, tax, ...rest } = body as typeof body & { reason?: string };
      const entry: PlanEntry = {
        ...rest,
        id: idOf(params),
        line_items: lines.map(entryOfLines),
        prices: (prices ?? []).map(({ from, line_items: ofThen }) => ({ from, line_items: ofThen.map(entryOfLines) })),
        ...(tax !== null && { tax }),
      };
      const plan = { ...planOf(entry, tax === null ? null : readFiscal(app.cwd).tax), source: "code" } as const;
      const { charging, billing } = app.config;
      const today = localDateTextOf(app.clock.now(), billing.timeZone);
      await putPlan({ ...app, store, minChargeCents: charging.minChargeCents }, plan, today);
    },
    answerOf: planIn,
  }),
  changes({
    path: "/v1/plans/{plan_id}/archive",
    summary: "Sell it no more: who is on it stays, nobody new is put on it.",
    commands: ["plans archive"],
    scope: "write",
    answer: planRow,
    resource: planIn,
    change: ({ app, store, params }) => archivePlan({ store, clock: app.clock }, params.plan_id),
    answerOf: planIn,
  }),
  changes({
    path: "/v1/plans/{plan_id}/unarchive",
    summary: "Sell it again.",
    commands: ["plans unarchive"],
    scope: "write",
    answer: planRow,
    resource: planIn,
    change: ({ app, store, params }) => unarchivePlan({ store, clock: app.clock }, params.plan_id),
    answerOf: planIn,
  }),
];
