/** Deliveries whose turn has come, each with what its event is about: one read for many. */
import type { DueDelivery, Notification } from "../../../application/ports/notify.ts";
import { shownTaxes } from "../../../domain/shown-content.ts";
import {
  flag,
  instant,
  json,
  jsonShown,
  jsonShownOrNull,
  readableOnly,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "../dialect/codec.ts";
import { all, type Connected, ms, type RawRow } from "../dialect/sql.ts";

export async function dueDeliveries(em: Connected, now: Date, limit: number): Promise<DueDelivery[]> {
  const rows = await all(
    em,
    `select d.tries, e.id, e.type, e.at, e.data, (select livemode from installation) as livemode,
            c.id as customer_id, c.name as customer_name, c.email, c.card_brand as default_brand,
            c.card_last4 as default_last4, c.card_exp_month, c.card_exp_year,
            s.id as subscription_id, s.time_zone, p.id as plan_id, p.name as plan_name,
            i.id as invoice_id, i.cycle, i.period_start, i.period_end, i.amount_cents, i.currency,
            i.balance_cents, i.discount_cents, i.tax_cents, i.taxes,
            a.id as attempt_id, a.number, coalesce(a.order_id, i.order_id) as order_id, a.charge_id, a.payment_method,
            a.card_brand, a.card_last4,
            l.id as link_id, l.url, l.expires_at, l.methods
     from event_delivery d
     join event e on e.id = d.event_id
     left join customer c on c.id = e.customer_id
     left join subscription s on s.id = e.subscription_id
     left join plan p on p.id = s.plan_id
     left join invoice i on i.id = e.invoice_id
     left join attempt a on a.id = e.attempt_id
     left join payment_link l on l.attempt_id = a.id
     where d.next_try_at <= ?
     order by d.next_try_at, e.sequence limit ?`,
    [ms(now), limit],
  );
  return rows.map((row) => ({
    eventId: text(row, "id"),
    tries: whole(row, "tries"),
    type: text(row, "type"),
    event: readableOnly([row], toldEvent)[0] ?? null,
  }));
}

function toldEvent(row: RawRow): Notification {
  const has = (column: string): boolean => row[column] !== null;
  return {
    type: text(row, "type"),
    at: instant(row, "at"),
    livemode: has("livemode") ? flag(row, "livemode") : null,
    data: json(row, "data"),
    customer: has("customer_id")
      ? {
          id: text(row, "customer_id"),
          name: text(row, "customer_name"),
          email: textOrNull(row, "email"),
          cardBrand: textOrNull(row, "default_brand"),
          cardLast4: textOrNull(row, "default_last4"),
          cardExpMonth: wholeOrNull(row, "card_exp_month"),
          cardExpYear: wholeOrNull(row, "card_exp_year"),
        }
      : null,
    subscription: has("subscription_id")
      ? { id: text(row, "subscription_id"), planId: text(row, "plan_id"), planName: text(row, "plan_name") }
      : null,
    invoice: has("invoice_id")
      ? {
          id: text(row, "invoice_id"),
          cycle: wholeOrNull(row, "cycle"),
          periodStart: instant(row, "period_start"),
          periodEnd: instant(row, "period_end"),
          amountCents: whole(row, "amount_cents"),
          balanceCents: whole(row, "balance_cents"),
          discountCents: whole(row, "discount_cents"),
          taxCents: wholeOrNull(row, "tax_cents"),
          taxes: shownTaxes(jsonShownOrNull(row, "taxes")),
          currency: text(row, "currency"),
          timeZone: text(row, "time_zone"),
        }
      : null,
    attempt: has("attempt_id")
      ? {
          id: text(row, "attempt_id"),
          number: whole(row, "number"),
          orderId: textOrNull(row, "order_id"),
          chargeId: textOrNull(row, "charge_id"),
          paymentMethod: textOrNull(row, "payment_method"),
          cardBrand: textOrNull(row, "card_brand"),
          cardLast4: textOrNull(row, "card_last4"),
        }
      : null,
    paymentLink: has("link_id")
      ? { url: textOrNull(row, "url"), expiresAt: instant(row, "expires_at"), methods: jsonShown(row, "methods", []) }
      : null,
  };
}
