/** What was paid and given back in a month, with the documents that it has. */
import type { MonthWindow } from "../../../application/ports/fiscal.ts";
import type { CfdiRecord, GivenBack, PaidInvoice } from "../../../domain/cfdi/cfdi.ts";
import { hasDocument } from "../../../domain/cfdi/cfdi-subject.ts";
import type { PaidBy } from "../../../domain/cfdi/payment-form.ts";
import { type InvoiceLine, withDiscounts } from "../../../domain/money.ts";
import type { PartTax } from "../../../domain/tax.ts";
import { taxOfCredit } from "../../../domain/tax-of-refund.ts";
import { PAID } from "../billing/attempt-states.ts";
import { flag, instant, json, jsonOrNull, readableOnly, text, whole, wordOrNull } from "../dialect/codec.ts";
import { all, type Connected, ms, type RawRow } from "../dialect/sql.ts";
import {
  CREDIT_SUBJECT,
  INVOICE_SUBJECT,
  ofRunningPeriods,
  PERIOD,
  PERIODS_OF_CHANGE,
  RECORD,
  recordIn,
  REFUND_SUBJECT,
  subjectIn,
} from "./cfdi-stamps.ts";
import { TAX_DATA, taxDataIn } from "./tax-data.ts";

/** Of the document `o` of the invoice whose money went back. */
const ORIGINAL = `o.id as original_id, o.exported_at as original_exported_at, o.uuid as original_uuid,
            o.status as original_status`;

export async function paidIn(em: Connected, { from, until }: MonthWindow): Promise<PaidInvoice[]> {
  const rows = await all(
    em,
    `select i.id, i.currency, i.amount_cents + i.balance_cents as amount_cents, i.balance_cents, i.discount_cents,
            i.line_items, i.taxes, i.opened_at, i.paid_at, i.payment_form,
            a.payment_method, a.card_kind, ${INVOICE_SUBJECT}, ${TAX_DATA}, ${RECORD}
     from invoice i
     left join attempt a on a.invoice_id = i.id and a.state = ${PAID}
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = i.id left join cfdi d on d.id = part.cfdi_id
     where i.status = 'paid' and i.paid_at >= ? and i.paid_at < ?
     order by i.paid_at, i.id`,
    [ms(from), ms(until)],
  );
  return readableOnly(withDocument(rows), (row) => ({
    invoiceId: text(row, "id"),
    currency: text(row, "currency"),
    amountCents: whole(row, "amount_cents"),
    taxes: jsonOrNull<readonly PartTax[]>(row, "taxes"),
    paidBy: paidByIn(row),
    receiver: taxDataIn(row),
    at: instant(row, "paid_at"),
    record: recordIn(row),
    balanceCents: whole(row, "balance_cents"),
    lines: withDiscounts(json<readonly InvoiceLine[]>(row, "line_items"), whole(row, "discount_cents")),
    isOpenedThisMonth: instant(row, "opened_at") >= from,
  }));
}

export async function givenBackIn(em: Connected, { from, until }: MonthWindow): Promise<GivenBack[]> {
  const rows = await all(
    em,
    `select r.id, r.invoice_id, r.currency, r.amount_cents, r.taxes, r.settled_at, a.payment_method, a.card_kind,
            ${REFUND_SUBJECT}, ${TAX_DATA}, ${RECORD}, ${ORIGINAL}
     from refund r join invoice i on i.id = r.invoice_id join attempt a on a.id = r.attempt_id
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = r.id left join cfdi d on d.id = part.cfdi_id
     left join cfdi_part paid on paid.subject_id = i.id left join cfdi o on o.id = paid.cfdi_id
     where r.settled_at >= ? and r.settled_at < ?
     order by r.settled_at, r.id`,
    [ms(from), ms(until)],
  );
  return readableOnly(withDocument(rows), (row) => ({
    documentId: text(row, "id"),
    kind: "refund",
    invoiceId: text(row, "invoice_id"),
    currency: text(row, "currency"),
    amountCents: whole(row, "amount_cents"),
    taxes: jsonOrNull<readonly PartTax[]>(row, "taxes"),
    paidBy: paidByIn(row),
    receiver: taxDataIn(row),
    at: instant(row, "settled_at"),
    record: recordIn(row),
    original: originalIn(row),
  }));
}

/** What changes of plan gave to the balance for the rest of a period that was paid; one that was taken back gave nothing. */
export async function creditedIn(em: Connected, { from, until }: MonthWindow): Promise<GivenBack[]> {
  const rows = await all(
    em,
    `select ch.id, i.id as invoice_id, i.currency, ch.granted_cents as amount_cents, i.line_items, ch.made_at,
            ${PERIOD}, ${CREDIT_SUBJECT}, ${TAX_DATA}, ${RECORD}, ${ORIGINAL}
     from subscription_change ch
     join invoice i on ${PERIODS_OF_CHANGE}
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = ch.id left join cfdi d on d.id = part.cfdi_id
     left join cfdi_part paid on paid.subject_id = i.id left join cfdi o on o.id = paid.cfdi_id
     where ch.made_at >= ? and ch.made_at < ?
     order by ch.made_at, ch.id`,
    [ms(from), ms(until)],
  );
  return readableOnly(withDocument(ofRunningPeriods(rows)), (row) => {
    const amountCents = whole(row, "amount_cents");
    return {
      documentId: text(row, "id"),
      kind: "credit",
      invoiceId: text(row, "invoice_id"),
      currency: text(row, "currency"),
      amountCents,
      taxes: taxOfCredit(json<readonly InvoiceLine[]>(row, "line_items"), amountCents),
      paidBy: null,
      receiver: taxDataIn(row),
      at: instant(row, "made_at"),
      record: recordIn(row),
      original: originalIn(row),
    };
  });
}

/** What of a time is damaged, and so in neither its documents nor its report: ids of invoices, refunds and changes of plan. */
export async function unreadableIn(em: Connected, { from, until }: MonthWindow): Promise<string[]> {
  const damaged = [
    `select i.id, ${INVOICE_SUBJECT} from invoice i
     where i.status = 'paid' and i.paid_at >= ? and i.paid_at < ?
       and (readable(i.line_items) is null or i.taxes is not null and readable(i.taxes) is null)`,
    `select r.id, ${REFUND_SUBJECT} from refund r join attempt a on a.id = r.attempt_id
     where r.settled_at >= ? and r.settled_at < ? and r.taxes is not null and readable(r.taxes) is null`,
  ];
  const credits = `select ch.id, ch.made_at, ${PERIOD}, ${CREDIT_SUBJECT}, readable(i.line_items) is null as is_damaged
     from subscription_change ch join invoice i on ${PERIODS_OF_CHANGE}
     where ch.made_at >= ? and ch.made_at < ?`;
  const rows: RawRow[] = [];
  for (const sql of damaged) rows.push(...(await all(em, sql, [ms(from), ms(until)])));
  rows.push(
    ...ofRunningPeriods(await all(em, credits, [ms(from), ms(until)])).filter((row) => flag(row, "is_damaged")),
  );
  return withDocument(rows).map((row) => text(row, "id"));
}

/** A month brings what moved, and the rule says of what there is a document. */
function withDocument(rows: readonly RawRow[]): RawRow[] {
  return rows.filter((row) => hasDocument(subjectIn(row)));
}

function paidByIn(row: RawRow): PaidBy | null {
  const method = wordOrNull<NonNullable<PaidBy["method"]>>(row, "payment_method");
  const form = wordOrNull<NonNullable<PaidBy["form"]>>(row, "payment_form");
  return method === null && form === null ? null : { method, cardKind: wordOrNull(row, "card_kind"), form };
}

function originalIn(row: RawRow): CfdiRecord | null {
  return recordIn({
    cfdi_id: row["original_id"] ?? null,
    exported_at: row["original_exported_at"] ?? null,
    uuid: row["original_uuid"] ?? null,
    cfdi_status: row["original_status"] ?? null,
  });
}
