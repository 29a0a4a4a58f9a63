/** The books for spreadsheets and other programs: the columns of each export, read page by page from where the last one ended. */
import type { ExportFilter, ExportName, ExportRecords, ExportRow } from "../../../application/ports/exports.ts";
import { PAID } from "../billing/attempt-states.ts";
import { flag, isoInstant, isoInstantOrNull, text, textOrNull, units, whole, wholeOrNull } from "../dialect/codec.ts";
import { inSnakeCase, REFUNDED_OF_INVOICE, termsIn, without } from "./columns.ts";
import { BILLING_VIEWS } from "./listings/billing-views.ts";
import { SUBSCRIPTIONS } from "./listings/subscriptions.ts";
import { type Condition, pageOfRows, type RowSource } from "../dialect/paged-rows.ts";
import { type Connected, ms, type Parameter, type RawRow } from "../dialect/sql.ts";

type Source = RowSource<ExportRow> & {
  readonly plan: string;
  readonly customer: string;
  /** What `status` looks at. */
  readonly status: string;
  /** What `since` and `before` look at, as it is stored; null: its rows have no day. */
  readonly at: readonly [sql: string, form: (instant: Date) => Parameter] | null;
};

const PAGE = 1000;

const unitsOrNull = (row: RawRow, column: string): number | null =>
  textOrNull(row, column) === null ? null : units(row, column);

const SOURCES: { readonly [Name in ExportName]: Source } = {
  history: {
    name: "export history",
    from: "billing_history",
    columns: {
      ...inSnakeCase(BILLING_VIEWS.history.columns),
      fee_cents: ["fee_cents", wholeOrNull],
      fee: ["fee", unitsOrNull],
      discount_cents: ["discount_cents", whole],
      balance_cents: ["balance_cents", whole],
    },
    order: { by: ["attempted_at", "invoice_id", "attempt"], direction: "asc" },
    plan: "plan_id",
    customer: "customer_id",
    status: "outcome",
    at: ["attempted_at", (instant) => instant.toISOString()],
  },
  invoices: {
    name: "export invoices",
    from: `invoice i join subscription s on s.id = i.subscription_id join plan p on p.id = s.plan_id
      join customer c on c.id = i.customer_id left join attempt a on a.invoice_id = i.id and a.state = ${PAID}`,
    columns: {
      invoice_id: ["i.id", text],
      subscription_id: ["i.subscription_id", text],
      plan_id: ["s.plan_id", text],
      plan_name: ["p.name", text],
      customer_id: ["i.customer_id", text],
      customer_name: ["c.name", text],
      cycle: ["i.cycle", wholeOrNull],
      period_start: ["i.period_start", isoInstant],
      period_end: ["i.period_end", isoInstant],
      amount_cents: ["i.amount_cents", whole],
      amount: ["i.amount_cents / 100.0", units],
      discount_cents: ["i.discount_cents", whole],
      currency: ["i.currency", text],
      status: ["i.status", text],
      status_reason: ["i.status_reason", textOrNull],
      missed: ["i.missed", flag],
      declines: ["i.declines", whole],
      opened_at: ["i.opened_at", isoInstant],
      paid_at: ["i.paid_at", isoInstantOrNull],
      next_attempt_at: ["i.next_attempt_at", isoInstantOrNull],
      order_id: ["coalesce(a.order_id, i.order_id)", textOrNull],
      charge_id: ["a.charge_id", textOrNull],
      payment_method: ["a.payment_method", textOrNull],
      ...inSnakeCase(REFUNDED_OF_INVOICE),
      fee_cents: ["a.fee_cents", wholeOrNull],
      fee: ["a.fee_cents / 100.0", unitsOrNull],
      base_cents: ["i.base_cents", wholeOrNull],
      tax_cents: ["i.tax_cents", wholeOrNull],
    },
    order: { by: ["i.opened_at", "i.id"], direction: "asc" },
    plan: "s.plan_id",
    customer: "i.customer_id",
    status: "i.status",
    at: ["i.opened_at", ms],
  },
  subscriptions: {
    name: "export subscriptions",
    from: "subscription_overview o join subscription s on s.id = o.subscription_id",
    // The plan's terms are the plan's.
    columns: inSnakeCase(without(SUBSCRIPTIONS.subscriptions.columns, [...Object.keys(termsIn("p")), "voidCycles"])),
    order: { by: ["s.id"], direction: "asc" },
    plan: "s.plan_id",
    customer: "s.customer_id",
    status: "s.status",
    at: null,
  },
  refunds: {
    name: "export refunds",
    from: `refund r join invoice i on i.id = r.invoice_id join attempt a on a.id = r.attempt_id
      join subscription s on s.id = i.subscription_id join customer c on c.id = i.customer_id`,
    columns: {
      refund_id: ["r.id", text],
      invoice_id: ["r.invoice_id", text],
      subscription_id: ["i.subscription_id", text],
      plan_id: ["s.plan_id", text],
      customer_id: ["i.customer_id", text],
      customer_name: ["c.name", text],
      attempt: ["a.number", whole],
      order_id: ["r.order_id", text],
      charge_id: ["a.charge_id", textOrNull],
      amount_cents: ["r.amount_cents", whole],
      amount: ["r.amount_cents / 100.0", units],
      currency: ["r.currency", text],
      state: ["r.state", text],
      reason: ["r.reason", text],
      note: ["r.note", textOrNull],
      requested_by: ["r.requested_by", text],
      gateway_refund_id: ["r.gateway_refund_id", textOrNull],
      failure_code: ["r.failure_code", textOrNull],
      failure_message: ["r.failure_message", textOrNull],
      created_at: ["r.created_at", isoInstant],
      settled_at: ["r.settled_at", isoInstantOrNull],
      base_cents: ["r.base_cents", wholeOrNull],
      tax_cents: ["r.tax_cents", wholeOrNull],
    },
    // Ids rise with the time.
    order: { by: ["r.id"], direction: "asc" },
    plan: "s.plan_id",
    customer: "i.customer_id",
    status: "r.state",
    at: ["r.created_at", ms],
  },
};

export function exportRecords({ read }: { readonly read: () => Connected }): ExportRecords {
  return {
    columns: async (name) => Object.keys(SOURCES[name].columns),
    page(name, filter, cursor) {
      const source = SOURCES[name];
      const from = cursor === null ? {} : { cursor };
      return pageOfRows(read(), source, conditionsOf(source, filter), { limit: PAGE, ...from });
    },
  };
}

function conditionsOf(source: Source, { since, before, planId, customerId, status }: ExportFilter): Condition[] {
  const conditions: Condition[] = [];
  const named = [
    [source.plan, planId],
    [source.customer, customerId],
    [source.status, status],
  ] as const;
  for (const [sql, value] of named) if (value !== undefined) conditions.push([`${sql} = ?`, value]);
  if (source.at === null) return conditions;
  const [sql, form] = source.at;
  if (since !== undefined) conditions.push([`${sql} >= ?`, form(since)]);
  if (before !== undefined) conditions.push([`${sql} < ?`, form(before)]);
  return conditions;
}
