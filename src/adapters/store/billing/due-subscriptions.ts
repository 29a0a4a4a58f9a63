/** Opening what is due: reads subscriptions that fell due, writes their invoices and moves their cursors. */
import type { Random } from "../../../application/ports/runtime.ts";
import type { OpeningBatch } from "../../../application/ports/charging.ts";
import { RowUnreadable } from "../../../domain/errors.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import type { DueSubscription } from "../../../domain/opening.ts";
import type { Tax } from "../../../domain/tax.ts";
import type { DatedPrice } from "../../../domain/plan.ts";
import { instantOrNull, json, readableOnly, text, textOrNull, whole, wholeOrNull, word } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { all, batch, type Connected, ms, type Parameter, type RawRow, run } from "../dialect/sql.ts";
import { subscriptionOf } from "./subscription-row.ts";
import { VOID_CYCLES } from "./void-cycles.ts";
import { refreshStatuses } from "./subscription-status.ts";
import { asTheyWere, waitingOf, writeUses } from "./waiting.ts";

/** Of a subscription `s` and its plan `p`, for `dueSubscriptionsOf`. */
export const DUE_SUBSCRIPTION = `s.*, p.name as plan_name, p.currency, p.interval, p.frequency, p.trial_period_days,
  p.expiry_count, p.expiry_counts, ${VOID_CYCLES} as void_cycles,
  p.line_items as plan_line_items, p.prices as plan_prices, p.tax as plan_tax,
  p.dunning, p.catch_up, p.source as plan_source,
  (select max(i.next_attempt_at) from invoice i
    where i.subscription_id = s.id and i.status = 'open' and i.missed = true) as last_missed_at`;

export async function dueSubscriptions(
  em: Connected,
  now: Date,
  limit: number,
  except: readonly string[],
  from: number,
  leastCents: number,
): Promise<DueSubscription[]> {
  const read = async (where: string, order: string, parameters: readonly Parameter[], most: number) =>
    await all(
      em,
      `select ${DUE_SUBSCRIPTION}
       from subscription s join plan p on p.id = s.plan_id
       where ${where} and s.id not in (select value from json_each(?))
       order by ${order}, s.id limit ? offset ?`,
      [...parameters, batch(except), most, from],
    );
  const due = await read("s.next_billing_at <= ?", "s.next_billing_at", [ms(now)], limit);
  // Those that end before their next cycle: it was skipped, and then they were canceled.
  const ending =
    from > 0
      ? []
      : await read("s.cancel_at <= ? and s.next_billing_at > ?", "s.cancel_at", [ms(now), ms(now)], limit - due.length);
  return await dueSubscriptionsOf(em, [...due, ...ending], leastCents, (id, cause) => {
    throw new RowUnreadable(id, { cause });
  });
}

/** With what waits for their next invoices. @param unreadable what becomes of one whose row cannot be read; by default it is left out */
export async function dueSubscriptionsOf(
  em: Connected,
  rows: readonly RawRow[],
  leastCents: number,
  unreadable: (id: string, error: SyntaxError) => void = () => {},
): Promise<DueSubscription[]> {
  const read = readableOnly(rows, dueSubscriptionOf, (row, error) => unreadable(text(row, "id"), error));
  const waiting = await waitingOf(
    em,
    read.map(({ id, customerId, plan: { currency } }) => ({ id, customerId, currency })),
    leastCents,
    unreadable,
  );
  return read.flatMap((each) => {
    const waits = waiting.get(each.id);
    return waits === undefined ? [] : [{ ...each, waiting: waits }];
  });
}

function dueSubscriptionOf(row: RawRow): Omit<DueSubscription, "waiting"> {
  return {
    ...subscriptionOf(row),
    lastMissedAt: instantOrNull(row, "last_missed_at"),
    voidCycles: whole(row, "void_cycles"),
    plan: {
      id: text(row, "plan_id"),
      name: text(row, "plan_name"),
      currency: text(row, "currency"),
      interval: word(row, "interval"),
      frequency: whole(row, "frequency"),
      trialPeriodDays: whole(row, "trial_period_days"),
      expiryCount: wholeOrNull(row, "expiry_count"),
      expiryCounts: word(row, "expiry_counts"),
      lineItems: json(row, "plan_line_items"),
      ...(textOrNull(row, "plan_prices") !== null && { prices: json<readonly DatedPrice[]>(row, "plan_prices") }),
      ...(textOrNull(row, "plan_tax") !== null && { tax: json<Tax>(row, "plan_tax") }),
      dunning: text(row, "dunning"),
      catchUp: word(row, "catch_up"),
      source: word(row, "plan_source"),
    },
  };
}

/** @returns how many invoices were opened */
export async function open(em: Connected, given: readonly OpeningBatch[], now: Date, random: Random): Promise<number> {
  const batches = await asTheyWere(em, given);
  // A column that is set is written anew in the indexes that have it, whatever its value.
  const isStatusSet = batches.some(({ status, expected }) => status !== expected.status);
  const moved = await all(
    em,
    `update subscription
     set next_cycle = j.next_cycle, next_billing_at = j.next_billing_at${isStatusSet ? ", status = j.status" : ""}
     from rows(?:
       nextCycle int, nextBillingAt int, status text, id text, expectedCycle int, expectedStatus text,
       expectedCancelAt int, expectedPauseFrom int, expectedPauseUntil int
     ) j
     where subscription.id = j.id
       -- As it was read: one that a person changed since is left for the next pass.
       and subscription.next_cycle = j.expected_cycle
       and subscription.status = j.expected_status
       and subscription.cancel_at is not distinct from j.expected_cancel_at
       and subscription.pause_from is not distinct from j.expected_pause_from
       and subscription.pause_until is not distinct from j.expected_pause_until
     returning subscription.id`,
    [
      batch(
        batches.map((each) => ({
          id: each.subscriptionId,
          nextCycle: each.nextCycle,
          nextBillingAt: ms(each.nextBillingAt),
          status: each.status,
          expectedCycle: each.expected.nextCycle,
          expectedStatus: each.expected.status,
          expectedCancelAt: ms(each.expected.cancelAt) ?? undefined,
          expectedPauseFrom: ms(each.expected.pauseFrom) ?? undefined,
          expectedPauseUntil: ms(each.expected.pauseUntil) ?? undefined,
        })),
      ),
    ],
  );
  const movedIds = new Set(moved.map((row) => text(row, "id")));
  const opened = batches.filter((each) => movedIds.has(each.subscriptionId));
  const invoices = opened.flatMap((each) => each.invoices);
  const written = await run(
    em,
    `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents,
       currency, line_items, taxes, base_cents, tax_cents, discounts, balance_cents, status, status_reason, missed, next_attempt_at, order_id, declines, faults,
       void_when_settled, opened_at, paid_at)
     select j.id, j.subscription_id, j.customer_id, j.cycle, j.period_start, j.period_end, j.amount_cents,
            j.discount_cents, j.currency, j.line_items, j.taxes, j.base_cents, j.tax_cents, j.discounts, j.balance_cents, j.status, j.status_reason, j.missed, j.next_attempt_at, null, 0, 0,
            null, ?, j.paid_at
     from rows(?:
       id text, subscriptionId text, customerId text, cycle int, periodStart int, periodEnd int, amountCents int,
       discountCents int, currency text, lineItems json, taxes json, baseCents int, taxCents int, discounts json, balanceCents int, status text, statusReason text, missed flag,
       nextAttemptAt int, paidAt int
     ) j`,
    [ms(now), batch(invoices.map(newRowOf))],
  );
  await writeUses(
    em,
    opened.map(({ uses }) => uses),
    now,
  );
  const statusEvents = await refreshStatuses(
    em,
    opened.filter((each) => each.nextBillingAt === null).map((each) => each.subscriptionId),
  );
  await appendEvents(em, [...opened.flatMap((each) => each.events), ...statusEvents], now, random);
  return written;
}

/** What is not in it is null. Each column is sought among all that are in its row, so that it has no others. */
function newRowOf(invoice: Invoice): Record<string, unknown> {
  const { id, subscriptionId, customerId, cycle, amountCents, discountCents, balanceCents, currency } = invoice;
  return {
    ...{ id, subscriptionId, customerId, cycle, amountCents, discountCents, balanceCents, currency },
    ...{ lineItems: invoice.lineItems, discounts: invoice.discounts, status: invoice.status },
    missed: invoice.missed ? 1 : 0,
    periodStart: ms(invoice.periodStart),
    periodEnd: ms(invoice.periodEnd),
    taxes: invoice.taxes ?? undefined,
    baseCents: invoice.baseCents ?? undefined,
    taxCents: invoice.taxCents ?? undefined,
    statusReason: invoice.statusReason ?? undefined,
    nextAttemptAt: ms(invoice.nextAttemptAt) ?? undefined,
    paidAt: ms(invoice.paidAt) ?? undefined,
  };
}
