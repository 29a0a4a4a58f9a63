/** Tax data of customers, the month for the accountant, and the stamps that come back. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { FiscalRecords, MonthWindow } from "../../../application/ports/fiscal.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import {
  type Cfdi,
  type CfdiRecord,
  type GivenBack,
  type PaidBy,
  type PaidInvoice,
  taxesOfCredit,
} from "../../../domain/cfdi.ts";
import type { Stamp } from "../../../domain/cfdi-stamp.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import { type InvoiceLine, withDiscounts } from "../../../domain/money.ts";
import type { PartTax } from "../../../domain/tax.ts";
import type { TaxData } from "../../../domain/tax-data.ts";
import { PAID } from "../billing/attempt-states.ts";
import { instant, instantOrNull, json, jsonOrNull, text, textOrNull, whole, wordOrNull } from "../dialect/codec.ts";
import { all, batch, ms, type RawRow, run } from "../dialect/sql.ts";
import { mustNotBeArchived } from "./archives.ts";
import { appendEvents } from "../events.ts";
import { said } from "../../../domain/refusals.ts";
import { isSameContent } from "../../../domain/same-content.ts";

type Database = {
  readonly read: () => SqlEntityManager;
  readonly write: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

export function fiscalRecords({ read, write, random }: Database): FiscalRecords {
  return {
    taxDataOf: (customerId) => taxDataOf(read(), customerId),
    putTaxData: (customerId, data, now) => write((em) => putTaxData(em, customerId, data, now, random)),
    async month(window) {
      const em = read();
      return {
        invoices: await paidIn(em, window),
        refunds: [...(await givenBackIn(em, window)), ...(await creditedIn(em, window))],
      };
    },
    noteExported: (documents, now) => write((em) => noteExported(em, documents, now)),
    recordOf: (id) => recordOf(read(), id),
    stamp: (documentId, now, decide) => write((em) => stamp(em, documentId, now, decide, random)),
  };
}

// ---------------------------------------------------------------- tax data

async function taxDataOf(em: SqlEntityManager, customerId: string): Promise<TaxData | null> {
  const [row] = await all(em, `select ${TAX_DATA} from customer_tax t where t.customer_id = ?`, [customerId]);
  return row === undefined ? null : taxDataIn(row);
}

async function putTaxData(
  em: SqlEntityManager,
  customerId: string,
  data: TaxData,
  now: Date,
  random: Random,
): Promise<boolean> {
  const [customer] = await all(em, "select id from customer where id = ?", [customerId]);
  if (customer === undefined)
    throw new NotFound(said("no_customer", { id: customerId }), { mend: { do: "add_customer", customerId } });
  if (isSameContent(await taxDataOf(em, customerId), data)) return false;
  const { rfc, name, postalCode, regime, use } = data;
  await run(
    em,
    `insert into customer_tax (customer_id, rfc, name, postal_code, regime, cfdi_use, updated_at)
     values (?, ?, ?, ?, ?, ?, ?)
     on conflict (customer_id) do update set rfc = excluded.rfc, name = excluded.name,
       postal_code = excluded.postal_code, regime = excluded.regime, cfdi_use = excluded.cfdi_use,
       updated_at = excluded.updated_at`,
    [customerId, rfc, name, postalCode, regime, use, ms(now)],
  );
  // Nothing that names a person: events are kept for ever.
  await appendEvents(em, [{ type: "customer.tax_data_changed", customerId, data: { regime, use } }], now, random);
  return true;
}

const TAX_DATA = "t.rfc, t.name, t.postal_code, t.regime, t.cfdi_use";

function taxDataIn(row: RawRow): TaxData | null {
  if (textOrNull(row, "rfc") === null) return null;
  return {
    rfc: text(row, "rfc"),
    name: text(row, "name"),
    postalCode: text(row, "postal_code"),
    regime: text(row, "regime"),
    use: text(row, "cfdi_use"),
  };
}

// ---------------------------------------------------------------- the month

/** Of a document `d`. */
const RECORD = "d.id as cfdi_id, d.exported_at, d.uuid, d.status as cfdi_status";

/** Of the document `o` of the invoice whose money went back. */
const ORIGINAL = `o.id as original_id, o.exported_at as original_exported_at, o.uuid as original_uuid,
            o.status as original_status`;

/** The period that was running when a change `ch` was made. */
const CYCLE_OF_CHANGE = `(
       select max(r.cycle) from invoice r
       where r.subscription_id = ch.subscription_id and r.status <> 'void'
         and r.period_start <= ch.made_at and r.period_end > ch.made_at
     )`;

async function paidIn(em: SqlEntityManager, { from, until }: MonthWindow): Promise<PaidInvoice[]> {
  const rows = await all(
    em,
    `select i.id, i.currency, i.amount_cents + i.balance_cents as amount_cents, i.balance_cents, i.discount_cents,
            i.line_items, i.taxes, i.opened_at, i.paid_at, i.payment_form,
            a.payment_method, a.card_kind, ${TAX_DATA}, ${RECORD}
     from invoice i
     left join attempt a on a.invoice_id = i.id and a.state = ${PAID}
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = i.id left join cfdi d on d.id = part.cfdi_id
     where i.status = 'paid' and i.amount_cents + i.balance_cents > 0 and i.paid_at >= ? and i.paid_at < ?
     order by i.paid_at, i.id`,
    [ms(from), ms(until)],
  );
  return rows.map((row) => ({
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

async function givenBackIn(em: SqlEntityManager, { from, until }: MonthWindow): Promise<GivenBack[]> {
  const rows = await all(
    em,
    `select r.id, r.invoice_id, r.currency, r.amount_cents, r.taxes, r.settled_at, a.payment_method, a.card_kind,
            ${TAX_DATA}, ${RECORD}, ${ORIGINAL}
     from refund r join invoice i on i.id = r.invoice_id join attempt a on a.id = r.attempt_id
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = r.id left join cfdi d on d.id = part.cfdi_id
     left join cfdi_part paid on paid.subject_id = i.id left join cfdi o on o.id = paid.cfdi_id
     -- A second payment was no income: what goes back of it has no document to relate to.
     where r.state = 'done' and a.state = ${PAID} and r.settled_at >= ? and r.settled_at < ?
     order by r.settled_at, r.id`,
    [ms(from), ms(until)],
  );
  return rows.map((row) => ({
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
export async function creditedIn(em: SqlEntityManager, { from, until }: MonthWindow): Promise<GivenBack[]> {
  const rows = await all(
    em,
    `select ch.id, i.id as invoice_id, i.currency, ch.granted_cents as amount_cents, i.line_items, ch.made_at,
            ${TAX_DATA}, ${RECORD}, ${ORIGINAL}
     from subscription_change ch
     join invoice i on i.subscription_id = ch.subscription_id and i.cycle = ${CYCLE_OF_CHANGE}
     left join customer_tax t on t.customer_id = i.customer_id
     left join cfdi_part part on part.subject_id = ch.id left join cfdi d on d.id = part.cfdi_id
     left join cfdi_part paid on paid.subject_id = i.id left join cfdi o on o.id = paid.cfdi_id
     where ch.granted_cents > 0 and ch.undone_at is null and ch.made_at >= ? and ch.made_at < ?
     order by ch.made_at, ch.id`,
    [ms(from), ms(until)],
  );
  return rows.map((row) => {
    const amountCents = whole(row, "amount_cents");
    return {
      documentId: text(row, "id"),
      kind: "credit",
      invoiceId: text(row, "invoice_id"),
      currency: text(row, "currency"),
      amountCents,
      taxes: taxesOfCredit(json<readonly InvoiceLine[]>(row, "line_items"), amountCents),
      paidBy: null,
      receiver: taxDataIn(row),
      at: instant(row, "made_at"),
      record: recordIn(row),
      original: originalIn(row),
    };
  });
}

function paidByIn(row: RawRow): PaidBy | null {
  const method = wordOrNull<NonNullable<PaidBy["method"]>>(row, "payment_method");
  const form = "payment_form" in row ? wordOrNull<NonNullable<PaidBy["form"]>>(row, "payment_form") : null;
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

function recordIn(row: RawRow): CfdiRecord | null {
  const id = textOrNull(row, "cfdi_id");
  if (id === null) return null;
  return {
    id,
    exportedAt: instantOrNull(row, "exported_at"),
    uuid: textOrNull(row, "uuid"),
    status: wordOrNull(row, "cfdi_status"),
  };
}

// ---------------------------------------------------------------- handed out, and stamped

async function noteExported(em: SqlEntityManager, documents: readonly Cfdi[], now: Date): Promise<void> {
  await run(
    em,
    `insert into cfdi (id, exports, exported_at) select j.id, 1, ? from rows(?: id text) j where true
     on conflict (id) do update set exports = cfdi.exports + 1, exported_at = excluded.exported_at`,
    [ms(now), batch(documents.map(({ documentId: id }) => ({ id })))],
  );
  const parts = documents.flatMap(({ documentId, global }) =>
    (global?.invoiceIds ?? [documentId]).map((subjectId) => ({ subjectId, documentId })),
  );
  await putParts(em, parts);
}

async function putParts(
  em: SqlEntityManager,
  parts: readonly { readonly subjectId: string; readonly documentId: string }[],
): Promise<void> {
  await run(
    em,
    `insert into cfdi_part (subject_id, cfdi_id)
     select j.subject_id, j.document_id from rows(?: subjectId text, documentId text) j where true
     on conflict (subject_id) do update set cfdi_id = excluded.cfdi_id`,
    [batch(parts)],
  );
}

async function recordOf(em: SqlEntityManager, id: string): Promise<CfdiRecord | null> {
  const [row] = await all(
    em,
    `select ${RECORD} from cfdi d
     where d.id = coalesce((select part.cfdi_id from cfdi_part part where part.subject_id = ?), ?)`,
    [id, id],
  );
  return row === undefined ? null : recordIn(row);
}

async function stamp(
  em: SqlEntityManager,
  documentId: string,
  now: Date,
  decide: (known: CfdiRecord | null) => Stamp | null,
  random: Random,
): Promise<CfdiRecord> {
  const subject = await subjectOf(em, documentId);
  const [row] = await all(em, `select ${RECORD} from cfdi d where d.id = ?`, [documentId]);
  const known = row === undefined ? null : recordIn(row);
  const part = subject === null ? null : await recordOf(em, documentId);
  if (part !== null && part.id !== documentId && part.status === "stamped")
    throw new Refused(
      said("unnoted", { why: said("part_of_stamped", { id: documentId, globalId: part.id, uuid: part.uuid ?? "" }) }),
    );
  const given = decide(known);
  if (given === null && known !== null) return known;
  const { uuid, status } = given!;
  const [other] = await all(em, "select id from cfdi where lower(uuid) = lower(?) and id <> ?", [uuid, documentId]);
  if (other !== undefined)
    throw new Refused(said("unnoted", { why: said("uuid_taken", { id: text(other, "id"), uuid }) }));
  await run(
    em,
    `insert into cfdi (id, exports, uuid, status, stamped_at) values (?, 0, ?, ?, ?)
     on conflict (id) do update set uuid = excluded.uuid, status = excluded.status, stamped_at = excluded.stamped_at`,
    [documentId, uuid, status, ms(now)],
  );
  if (subject !== null) await putParts(em, [{ subjectId: documentId, documentId }]);
  const data = { documentId, uuid, status };
  await appendEvents(em, [{ type: "invoice.cfdi_noted", ...subject, data }], now, random);
  return { id: documentId, exportedAt: known?.exportedAt ?? null, uuid, status };
}

type Subject = { readonly invoiceId: string; readonly subscriptionId: string; readonly customerId: string };

/** Whose document it is; null: a global invoice's. */
async function subjectOf(em: SqlEntityManager, documentId: string): Promise<Subject | null> {
  const [row] = await all(
    em,
    `select i.id, i.subscription_id, i.customer_id, i.status = 'paid' as is_moved from invoice i where i.id = ?
     union all
     select i.id, i.subscription_id, i.customer_id, r.state = 'done' as is_moved
     from refund r join invoice i on i.id = r.invoice_id where r.id = ?
     union all
     select i.id, ch.subscription_id, i.customer_id, ch.granted_cents > 0 and ch.undone_at is null as is_moved
     from subscription_change ch join invoice i on i.subscription_id = ch.subscription_id and i.cycle = ${CYCLE_OF_CHANGE}
     where ch.id = ?`,
    [documentId, documentId, documentId],
  );
  if (row === undefined) {
    const [global] = await all(em, "select id from cfdi where id = ?", [documentId]);
    if (global !== undefined) return null;
    await mustNotBeArchived(em, documentId);
    throw new NotFound(said("no_document", { id: documentId }), {
      mend: { do: "list", what: "invoices" },
    });
  }
  if (!row["is_moved"]) throw new Refused(said("unnoted", { why: said("no_cfdi", { id: documentId }) }));
  return {
    invoiceId: text(row, "id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
  };
}
