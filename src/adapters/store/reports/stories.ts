/**
 * Reading what explains a subscription. One statement reads its history, so that a daemon that writes meanwhile cannot
 * make one part of it disagree with another. What the next charge depends on is read as every announcement reads it.
 */
import type { Installation } from "../../../application/ports/installation.ts";
import { readInstallation } from "../records/installation.ts";
import type { StoryRecords } from "../../../application/ports/explain.ts";
import type { Facts } from "../../../explain/facts.ts";
import { Refused } from "../../../domain/errors.ts";
import { said } from "../../../domain/refusals.ts";
import { json } from "../dialect/codec.ts";
import { invoiceStoryOf, eventOf, webhookStoryOf, refundOf, subscriptionOf, attemptStoryOf } from "./story-rows.ts";
import { chargeOutlooks, plannedInvoices } from "./charge-outlooks.ts";
import { recovery } from "./recovery-report.ts";
import { taxReport } from "./tax-report.ts";
import { revenueReport } from "./revenue-report.ts";
import { all, type Connected, type RawRow } from "../dialect/sql.ts";

export function storyRecords({
  read,
  leastCents,
}: {
  readonly read: () => Connected;
  readonly leastCents: number;
}): StoryRecords {
  return {
    factsOf: (subscriptionId, now) => factsOf(read(), subscriptionId, now, leastCents),
    outlooksOf: (subscriptionIds, now) => chargeOutlooks(read(), subscriptionIds, now, leastCents),
    planned: (after, limit) => plannedInvoices(read(), after, limit),
    recovery: (window) => recovery(read(), window),
    revenue: (window) => revenueReport(read(), window),
    taxes: (window) => taxReport(read(), window),
  };
}

/** One JSON array of what `select` finds; each row an object of its columns. */
const rowsOf = (select: string, columns: readonly string[]): string =>
  `(select coalesce(json_group_array(json_object(${columns.map((column) => `'${column}', ${column}`).join(", ")})), '[]')
    from (${select}) each_row)`;

const INVOICE = ["id", "cycle", "period_start", "period_end", "amount_cents", "currency", "status", "status_reason"]
  .concat(["missed", "next_attempt_at", "faults", "void_when_settled", "dunning_step", "dunning_class"])
  .concat(["dunning_due_at", "retry_requested_at", "first_declined_at", "reopened_from"])
  .concat(["line_items", "discounts", "taxes", "discount_cents", "tax_cents", "balance_cents"]);
const ATTEMPT = ["id", "invoice_id", "number", "state", "flow", "amount_cents", "currency", "order_id", "charge_id"]
  .concat(["card_brand", "card_last4", "claimed_at", "sent_at", "next_inquiry_at", "payment_method", "evidence"])
  .concat(["link_id", "url", "methods", "requested_by", "expires_at", "cancel_because"]);
const REFUND = [
  "id",
  "invoice_id",
  "amount_cents",
  "currency",
  "state",
  "reason",
  "note",
  "requested_by",
  "created_at",
];
const EVENT = ["id", "at", "type", "invoice_id", "attempt_id", "data"];
const WEBHOOK = ["id", "type", "order_id", "received_at", "processed_at"];

const SNAPSHOT = `
  with own as (select * from subscription where id = ?),
  tries as (select a.* from attempt a join invoice i on i.id = a.invoice_id join own s on s.id = i.subscription_id)
  select s.*, p.name as plan_name, p.dunning, c.name as customer_name, c.deleted_at, c.payment_source_id,
    c.card_brand, c.card_last4, c.card_exp_month, c.card_exp_year,
    ${rowsOf(
      `select i.id, i.cycle, i.period_start, i.period_end, i.amount_cents, i.currency, i.status, i.status_reason, i.missed,
         i.next_attempt_at, i.faults, i.void_when_settled, i.dunning_step, i.dunning_class, i.dunning_due_at,
         i.retry_requested_at, i.first_declined_at, i.reopened_from,
         i.line_items, i.discounts, i.taxes, i.discount_cents, i.tax_cents, i.balance_cents
       from invoice i where i.subscription_id = s.id order by i.cycle is null, i.cycle, i.opened_at, i.id`,
      INVOICE,
    )} as invoices,
    ${rowsOf(
      `select a.*, l.id as link_id, l.url, l.methods, l.requested_by, l.expires_at, l.cancel_because
       from tries a left join payment_link l on l.attempt_id = a.id order by a.invoice_id, a.number`,
      ATTEMPT,
    )} as attempts,
    ${rowsOf(
      `select r.* from refund r join invoice i on i.id = r.invoice_id
       where i.subscription_id = s.id order by r.created_at, r.id`,
      REFUND,
    )} as refunds,
    ${rowsOf(
      // What concerns the customer, the plan or everybody has no subscription; it counts since this one was there.
      `select e.* from event e
       where e.subscription_id = s.id
         or e.subscription_id is null and e.sequence >= (select min(f.sequence) from event f where f.subscription_id = s.id)
            and (e.customer_id = s.customer_id
                 or e.customer_id is null and (readable(e.data) ->> 'planId' = s.plan_id or e.type like 'charging.%'))
       order by e.sequence`,
      EVENT,
    )} as events,
    ${rowsOf(
      `select w.* from webhook_event w
       where w.state = 'processed' and (
         w.order_id in (select order_id from tries where order_id is not null)
         or w.order_id is null and w.customer_id = s.customer_id
       )
       order by w.received_at, w.id`,
      WEBHOOK,
    )} as webhooks
  from own s join plan p on p.id = s.plan_id join customer c on c.id = s.customer_id`;

function haltIn({ haltReason, haltKind, haltReconcileSince }: Installation): Facts["halt"] {
  if (haltReason === null || haltKind === null) return null;
  return { because: haltReason, kind: haltKind, reconcileSince: haltReconcileSince };
}

async function factsOf(em: Connected, subscriptionId: string, now: Date, leastCents: number): Promise<Facts | null> {
  const [row] = await all(em, SNAPSHOT, [subscriptionId]);
  const outlook = (await chargeOutlooks(em, [subscriptionId], now, leastCents)).get(subscriptionId);
  if (row === undefined) return null;
  if (outlook === undefined) throw new Refused(said("row_damaged", { id: subscriptionId }));
  const rows = (name: string): readonly RawRow[] => json(row, name);
  return {
    subscription: subscriptionOf(row),
    outlook,
    invoices: rows("invoices").map(invoiceStoryOf),
    events: rows("events").map(eventOf),
    attempts: rows("attempts").map(attemptStoryOf),
    refunds: rows("refunds").map(refundOf),
    webhooks: rows("webhooks").map(webhookStoryOf),
    halt: haltIn(await readInstallation(em)),
  };
}
