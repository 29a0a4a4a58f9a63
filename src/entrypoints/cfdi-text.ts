/**
 * CFDI as text for the accountant: NDJSON with a document a line, or CSV with a concept a row. What is damaged in the
 * database has a row as well, with its id alone: who reads the file only must not take the month for whole.
 */
import { headText, rowsText } from "../adapters/files/row-text.ts";
import type { RowFormat } from "../application/ports/exports.ts";
import type { CfdisOfMonth } from "../application/invoices/cfdi-documents.ts";
import type { Cfdi } from "../domain/cfdi/cfdi.ts";

export function cfdiText(format: RowFormat, { documents, damaged }: CfdisOfMonth): string {
  const lines = [...documents, ...damaged.map((documentId) => ({ documentId, missing: [ALL_OF_IT] }))];
  if (format === "ndjson") return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const rows = [...documents.flatMap(rowsOf), ...damaged.map((id) => ({ document_id: id, missing: ALL_OF_IT }))];
  return headText("csv", COLUMNS) + rowsText("csv", COLUMNS, rows);
}

/** In `missing`. */
const ALL_OF_IT = "document";

const COLUMNS = [
  ...["document_id", "type", "invoice_id", "refund_id", "moved_at", "opened_earlier"],
  ...["issuer_rfc", "issuer_name", "issuer_regime", "issuer_postal_code"],
  ...["receiver_rfc", "receiver_name", "receiver_postal_code", "receiver_regime", "receiver_use"],
  ...["clave_prod_serv", "clave_unidad", "no_identificacion", "description", "quantity", "valor_unitario", "importe"],
  ...["descuento", "base", "objeto_imp", "tasa_o_cuota", "iva"],
  ...["sub_total", "total_descuento", "traslados", "total", "currency", "metodo_pago", "forma_pago"],
  ...["relation_type", "relation_uuid", "periodicity", "months", "year", "missing", "exported_at", "uuid", "status"],
];

function rowsOf(document: Cfdi): Record<string, unknown>[] {
  const { issuer, receiver, relation, global } = document;
  return document.concepts.map((concept) => ({
    document_id: document.documentId,
    type: document.type,
    invoice_id: document.invoiceId,
    refund_id: document.refundId,
    moved_at: document.movedAt,
    opened_earlier: document.openedEarlier,
    issuer_rfc: issuer?.rfc,
    issuer_name: issuer?.name,
    issuer_regime: issuer?.regime,
    issuer_postal_code: issuer?.postalCode,
    receiver_rfc: receiver?.rfc,
    receiver_name: receiver?.name,
    receiver_postal_code: receiver?.postalCode,
    receiver_regime: receiver?.regime,
    receiver_use: receiver?.use,
    clave_prod_serv: concept.claveProdServ,
    clave_unidad: concept.claveUnidad,
    no_identificacion: concept.noIdentificacion,
    description: concept.description,
    quantity: concept.quantity,
    valor_unitario: concept.valorUnitario,
    importe: concept.importe,
    descuento: concept.descuento,
    base: concept.base,
    objeto_imp: concept.objetoImp,
    tasa_o_cuota: concept.tasaOCuota,
    iva: concept.iva,
    sub_total: document.subTotal,
    total_descuento: document.descuento,
    traslados: document.traslados,
    total: document.total,
    currency: document.currency,
    metodo_pago: document.metodoPago,
    forma_pago: document.formaPago,
    relation_type: relation?.type,
    relation_uuid: relation?.uuid,
    periodicity: global?.periodicity,
    months: global?.months,
    year: global?.year,
    missing: document.missing.join(" "),
    exported_at: document.exportedAt,
    uuid: document.uuid,
    status: document.status,
  }));
}
