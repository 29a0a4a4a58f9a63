/** Which documents were handed out, and the stamps that came back. */
import type { Random } from "../../../application/ports/runtime.ts";
import type { Cfdi, CfdiRecord } from "../../../domain/cfdi/cfdi.ts";
import type { Stamp } from "../../../domain/cfdi/cfdi-stamp.ts";
import { hasDocument, type CfdiSubject } from "../../../domain/cfdi/cfdi-subject.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import type { InvoiceStatus } from "../../../domain/invoice.ts";
import { runningInvoiceAt } from "../../../domain/running-invoice.ts";
import {
  grouped,
  instant,
  instantOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
  wordOrNull,
} from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { mustNotBeArchived } from "./archives.ts";
import { appendEvents } from "../events.ts";
import { said } from "../../../domain/refusals.ts";

/** Of a document `d`. */
export const RECORD = "d.id as cfdi_id, d.exported_at, d.uuid, d.status as cfdi_status";

/** What says whether there is a document: of an invoice `i`, of a refund `r` of the payment `a`, of a change `ch`. */
export const INVOICE_SUBJECT = "i.status as invoice_status, i.amount_cents + i.balance_cents as total_cents";
export const REFUND_SUBJECT = "r.state as refund_state, a.state as paid_state";
export const CREDIT_SUBJECT = "ch.granted_cents, ch.undone_at";
const NO_REFUND = "null as refund_state, null as paid_state";

export function subjectIn(row: RawRow): CfdiSubject {
  if (row["granted_cents"] != null)
    return {
      kind: "credit",
      grantedCents: whole(row, "granted_cents"),
      isUndone: instantOrNull(row, "undone_at") !== null,
    };
  if (row["refund_state"] != null)
    return { kind: "refund", state: word(row, "refund_state"), paidState: word(row, "paid_state") };
  return { kind: "invoice", status: word(row, "invoice_status"), totalCents: whole(row, "total_cents") };
}

/**
 * Of a change `ch`: the invoices `i` that the period it was made in may be among, for `ofRunningPeriods`, which decides. The
 * statement compares too, so that a month reads no subscription's whole history.
 */
export const PERIODS_OF_CHANGE = `i.subscription_id = ch.subscription_id and i.period_start <= ch.made_at and i.period_end >= ch.made_at`;
export const PERIOD = "i.status as invoice_status, i.cycle, i.period_start, i.period_end";

/** Of each change the row with the invoice of the period that ran. @param rows with `id` and `made_at` of the change */
export function ofRunningPeriods(rows: readonly RawRow[]): RawRow[] {
  const changes = grouped(rows, "id", (row) => ({
    row,
    madeAt: instant(row, "made_at"),
    status: word<InvoiceStatus>(row, "invoice_status"),
    cycle: wholeOrNull(row, "cycle"),
    periodStart: instant(row, "period_start"),
    periodEnd: instant(row, "period_end"),
  }));
  const running = [...changes.values()].map((periods) => runningInvoiceAt(periods, periods[0]!.madeAt));
  return running.flatMap((period) => (period === null ? [] : [period.row]));
}

export async function noteExported(em: Connected, documents: readonly Cfdi[], now: Date): Promise<void> {
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
  em: Connected,
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

export async function recordOf(em: Connected, id: string): Promise<CfdiRecord | null> {
  const [row] = await all(
    em,
    `select ${RECORD} from cfdi d
     where d.id = coalesce((select part.cfdi_id from cfdi_part part where part.subject_id = ?), ?)`,
    [id, id],
  );
  return row === undefined ? null : recordIn(row);
}

export async function stamp(
  em: Connected,
  documentId: string,
  now: Date,
  decide: (known: CfdiRecord | null) => Stamp | null,
  random: Random,
): Promise<CfdiRecord> {
  const subject = await subjectOf(em, documentId);
  const [row] = await all(em, `select ${RECORD} from cfdi d where d.id = ?`, [documentId]);
  const known = row === undefined ? null : recordIn(row);
  const part = await recordOf(em, documentId);
  if (part !== null && part.id !== documentId && part.status === "stamped")
    throw new Refused(
      said("unnoted", { why: said("part_of_stamped", { id: documentId, globalId: part.id, uuid: part.uuid ?? "" }) }),
    );
  const given = decide(known);
  // Only of what is known so already.
  if (given === null) return known!;
  const { uuid, status } = given;
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
async function subjectOf(em: Connected, documentId: string): Promise<Subject | null> {
  const [given] = await all(
    em,
    `select i.id as invoice_id, i.subscription_id, i.customer_id, ${INVOICE_SUBJECT}, ${NO_REFUND} from invoice i where i.id = ?
     union all
     select i.id, i.subscription_id, i.customer_id, ${INVOICE_SUBJECT}, ${REFUND_SUBJECT}
     from refund r join invoice i on i.id = r.invoice_id join attempt a on a.id = r.attempt_id where r.id = ?`,
    [documentId, documentId],
  );
  const row = given ?? (await creditOf(em, documentId));
  if (row === undefined) {
    const [global] = await all(em, "select id from cfdi where id = ?", [documentId]);
    if (global !== undefined) return null;
    await mustNotBeArchived(em, documentId);
    throw new NotFound(said("no_document", { id: documentId }), {
      mend: { do: "list", what: "invoices" },
    });
  }
  if (!hasDocument(subjectIn(row))) throw new Refused(said("unnoted", { why: said("no_cfdi", { id: documentId }) }));
  return {
    invoiceId: text(row, "invoice_id"),
    subscriptionId: text(row, "subscription_id"),
    customerId: text(row, "customer_id"),
  };
}

async function creditOf(em: Connected, changeId: string): Promise<RawRow | undefined> {
  const rows = await all(
    em,
    `select ch.id, ch.made_at, i.id as invoice_id, i.subscription_id, i.customer_id, ${PERIOD}, ${CREDIT_SUBJECT}
     from subscription_change ch join invoice i on ${PERIODS_OF_CHANGE} where ch.id = ?`,
    [changeId],
  );
  return ofRunningPeriods(rows)[0];
}

export function recordIn(row: RawRow): CfdiRecord | null {
  const id = textOrNull(row, "cfdi_id");
  if (id === null) return null;
  return {
    id,
    exportedAt: instantOrNull(row, "exported_at"),
    uuid: textOrNull(row, "uuid"),
    status: wordOrNull(row, "cfdi_status"),
  };
}
