/**
 * Reads what `report recovery` counts: the invoices of which an event names a class of decline, with their tries.
 *
 * Page by page, since a year of them is read beside who charges; what of it is a failure, and what recovered it, says
 * `recovered.ts`.
 */
import {
  type DeclineEvent,
  type FailedInvoice,
  type RecoveredInvoice,
  recoveredInvoice,
  type TryOfFailed,
} from "../../../domain/recovered.ts";
import type { RecoveryRow, RecoveryWindow } from "../../../domain/recovery.ts";
import { recoveryRows } from "../../../domain/recovery-rows.ts";
import { grouped, instant, instantOrNull, text, textOrNull, whole, wholeOrNull, word } from "../dialect/codec.ts";
import { all, batch, type Connected, type RawRow } from "../dialect/sql.ts";

const INVOICES_AT_ONCE = 500;

const NAMES_DECLINE = "readable(e.data) ->> 'declineClass' is not null";

export async function recovery(em: Connected, window: RecoveryWindow): Promise<readonly RecoveryRow[]> {
  const recovered: RecoveredInvoice[] = [];
  for (let after = ""; ;) {
    const rows = await all(
      em,
      `select distinct e.invoice_id from event e where e.invoice_id > ? and ${NAMES_DECLINE} order by e.invoice_id limit ?`,
      [after, INVOICES_AT_ONCE],
    );
    const ids = rows.map((row) => text(row, "invoice_id"));
    const last = ids.at(-1);
    if (last === undefined) return recoveryRows(recovered);
    after = last;
    const invoices = await failedInvoices(em, ids, window);
    recovered.push(...invoices.flatMap((invoice) => recoveredInvoice(invoice, window) ?? []));
  }
}

async function failedInvoices(
  em: Connected,
  ids: readonly string[],
  { planId }: Pick<RecoveryWindow, "planId">,
): Promise<readonly FailedInvoice[]> {
  const rows = await all(
    em,
    `select i.id, i.status, i.currency, i.amount_cents, i.paid_at
     from invoice i join subscription s on s.id = i.subscription_id
     where i.id in (select value from json_each(?)) and s.plan_id = coalesce(?, s.plan_id)`,
    [batch(ids), planId],
  );
  const declines = await all(
    em,
    `select e.invoice_id, e.type, e.at, e.sequence, e.attempt_id, readable(e.data) ->> 'declineClass' as decline_class,
            readable(e.data) ->> 'failureCode' as failure_code, readable(e.data) ->> 'outcome' as outcome
     from event e where e.invoice_id in (select value from json_each(?)) and ${NAMES_DECLINE}`,
    [batch(ids)],
  );
  const tries = await all(
    em,
    `select a.invoice_id, a.id, a.number, a.state, a.flow, a.payment_source_id, a.payment_method, a.sent_at
     from attempt a where a.invoice_id in (select value from json_each(?))`,
    [batch(ids)],
  );
  const [declinesOf, triesOf] = [grouped(declines, "invoice_id", declineOf), grouped(tries, "invoice_id", tryOf)];
  return rows.map((row) => ({
    status: word(row, "status"),
    currency: text(row, "currency"),
    amountCents: whole(row, "amount_cents"),
    paidAt: instantOrNull(row, "paid_at"),
    declines: declinesOf.get(text(row, "id")) ?? [],
    tries: triesOf.get(text(row, "id")) ?? [],
  }));
}

function declineOf(row: RawRow): DeclineEvent {
  return {
    type: text(row, "type"),
    at: instant(row, "at"),
    sequence: wholeOrNull(row, "sequence") ?? 0,
    attemptId: textOrNull(row, "attempt_id"),
    declineClass: word(row, "decline_class"),
    failureCode: textOrNull(row, "failure_code"),
    outcome: textOrNull(row, "outcome"),
  };
}

function tryOf(row: RawRow): TryOfFailed {
  return {
    id: text(row, "id"),
    number: whole(row, "number"),
    state: word(row, "state"),
    flow: word(row, "flow"),
    paymentSourceId: textOrNull(row, "payment_source_id"),
    paymentMethod: textOrNull(row, "payment_method"),
    sentAt: instantOrNull(row, "sent_at"),
  };
}
