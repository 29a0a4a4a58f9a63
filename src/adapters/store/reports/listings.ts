/** Reading the books for people: the public views and the tables, as plain rows in camelCase with ISO instants. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Listing, ListingName, ListRow } from "../../../application/ports/listings.ts";
import { all, type Parameter, type RawRow } from "../dialect/sql.ts";

const iso = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

/** What can be listed: where from, the columns, and in which order people expect it. */
const LISTINGS: Record<ListingName, { readonly from: string; readonly orderBy: string; readonly since?: string }> = {
  history: {
    from: "billing_history",
    orderBy: "attempted_at desc, invoice_id desc, attempt desc",
    since: "attempted_at",
  },
  subscriptions: {
    from: `(select o.*, p.interval, p.frequency, p.expiry_count, s.start_local, s.first_cycle, s.quantity, s.discount,
        s.line_items, s.bill_past, s.source
      from subscription_overview o join subscription s on s.id = o.subscription_id join plan p on p.id = o.plan_id)`,
    orderBy: "subscription_id",
  },
  dunning: { from: "dunning_queue", orderBy: "next_attempt_at is null, next_attempt_at, invoice_id" },
  attention: { from: "needs_attention", orderBy: "since, invoice_id" },
  revenue: { from: "revenue_by_day", orderBy: "day, plan_id", since: "day" },
  invoices: {
    from: `(select i.id as invoice_id, i.subscription_id, s.plan_id, i.customer_id, c.name as customer_name, i.cycle,
        ${iso("i.period_start")} as period_start, ${iso("i.period_end")} as period_end, i.amount_cents,
        i.amount_cents / 100.0 as amount, i.discount_cents, i.currency, i.status, i.status_reason, i.missed,
        i.declines, i.faults, ${iso("i.next_attempt_at")} as next_attempt_at, ${iso("i.opened_at")} as opened_at,
        ${iso("i.paid_at")} as paid_at, i.order_id, i.line_items
      from invoice i join subscription s on s.id = i.subscription_id join customer c on c.id = i.customer_id)`,
    orderBy: "opened_at desc, invoice_id desc",
    since: "opened_at",
  },
  attempts: {
    from: `(select a.id as attempt_id, a.invoice_id, a.number, a.state, a.reference, a.flow, a.amount_cents, a.moved_cents,
        a.currency, a.order_id, a.charge_id, a.payment_source_id, a.card_brand, a.card_last4, ${iso("a.claimed_at")} as claimed_at,
        ${iso("a.sent_at")} as sent_at, ${iso("a.settled_at")} as settled_at, ${iso("a.paid_at")} as paid_at, a.inquiries,
        ${iso("a.next_inquiry_at")} as next_inquiry_at, a.http_status, a.decline_class, a.failure_code, a.failure_message,
        a.auth_code, a.fee_cents, a.log_id, a.payment_method, a.evidence
      from attempt a)`,
    orderBy: "invoice_id, number",
    since: "claimed_at",
  },
  customers: {
    from: `(select id as customer_id, name, email, phone, payment_source_id, card_brand, card_last4, card_exp_month,
        card_exp_year from customer)`,
    orderBy: "customer_id",
  },
  plans: {
    from: `(select id as plan_id, name, currency, interval, frequency, trial_period_days, expiry_count, line_items, dunning,
        catch_up, source, (select count(*) from subscription s where s.plan_id = plan.id) as subscriptions from plan)`,
    orderBy: "plan_id",
  },
  events: {
    from: `(select id as event_id, ${iso("at")} as at, type, customer_id, subscription_id, invoice_id, attempt_id, data
      from event)`,
    orderBy: "event_id",
    since: "at",
  },
  webhooks: {
    from: `(select id as event_id, type, ${iso("received_at")} as received_at, state, because, order_id, customer_id, livemode,
        tries, ${iso("next_try_at")} as next_try_at, ${iso("processed_at")} as processed_at, payload from webhook_event)`,
    orderBy: "received_at desc, event_id desc",
    since: "received_at",
  },
};

const JSON_COLUMNS = new Set(["line_items", "discount", "evidence", "data", "payload"]);
const BOOLEAN_COLUMNS = new Set(["missed", "bill_past"]);

export async function list(em: SqlEntityManager, name: ListingName, listing: Listing): Promise<ListRow[]> {
  const { from, orderBy, since } = LISTINGS[name];
  const conditions: string[] = [];
  const parameters: Parameter[] = [];
  for (const [key, value] of Object.entries(listing.where ?? {})) {
    if (value === undefined) continue;
    conditions.push(`${snake(key)} = ?`);
    parameters.push(value);
  }
  if (listing.since !== undefined && since !== undefined) {
    conditions.push(`${since} >= ?`);
    parameters.push(since === "day" ? listing.since.toISOString().slice(0, 10) : listing.since.toISOString());
  }
  const where = conditions.length > 0 ? `where ${conditions.join(" and ")}` : "";
  parameters.push(listing.limit ?? -1);
  return (await all(em, `select * from ${from} ${where} order by ${orderBy} limit ?`, parameters)).map(listRow);
}

function listRow(raw: RawRow): ListRow {
  return Object.fromEntries(
    Object.entries(raw).map(([column, value]) => [
      camel(column),
      BOOLEAN_COLUMNS.has(column) ? value === 1 : readJson(column, value),
    ]),
  );
}

function readJson(column: string, value: unknown): unknown {
  return JSON_COLUMNS.has(column) && typeof value === "string" ? JSON.parse(value) : value;
}

function camel(column: string): string {
  return column.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
