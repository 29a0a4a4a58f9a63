/** `export cfdi`: a month's documents for the accountant, a line each; of CSV a row a concept. */
import type { RowFormat } from "../../adapters/files/row-text.ts";
import type { Cfdi } from "../../domain/cfdi.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { type Sink, sinkFor } from "./export-sink.ts";
import { printLine, printNote } from "./print.ts";
import { withStore } from "./session.ts";
import { terminal } from "./terminal.ts";

type Options = {
  readonly month?: string;
  readonly format?: RowFormat;
  readonly output?: string;
};

export async function exportCfdi({ month, format = "ndjson", output }: Options): Promise<void> {
  if (month === undefined) throw new UsageInvalid("--month is missing: export cfdi --month 2026-12");
  const { readFiscal } = await import("../../adapters/files/fiscal-file.ts");
  const { cfdiDocuments, noteExported } = await import("../../application/invoices/cfdi-documents.ts");
  const { monthWindow } = await import("../month.ts");
  await withStore(async (app) => {
    const { issuer } = readFiscal(terminal().cwd);
    const window = monthWindow(month, app.config.billing.timeZone);
    const documents = await cfdiDocuments(app, { month, issuer, ...window });
    const sink: Sink = sinkFor(output);
    try {
      await sink.write(await textOf(format, documents));
      sink.done();
    } finally {
      sink.close();
    }
    await noteExported(app, documents);
    if (output !== undefined)
      printLine(`${output} holds ${documents.length} document${documents.length === 1 ? "" : "s"}.`);
    note(documents);
  });
}

/** What a person should know before the accountant does. */
function note(documents: readonly Cfdi[]): void {
  const counts: [number, string][] = [
    [documents.filter(({ missing }) => missing.length > 0).length, "miss something: see `missing`"],
    [documents.filter(({ exportedAt }) => exportedAt !== null).length, "were exported before: see `exportedAt`"],
    [documents.filter(({ status }) => status === "stamped").length, "are stamped already: see `uuid`"],
    [
      documents.filter(({ openedEarlier }) => openedEarlier).length,
      "were opened in an earlier month than paid: see `openedEarlier`",
    ],
  ];
  for (const [count, what] of counts) if (count > 0) printNote(`${count} of ${documents.length} documents ${what}.`);
}

async function textOf(format: RowFormat, documents: readonly Cfdi[]): Promise<string> {
  if (format === "ndjson") return documents.map((document) => `${JSON.stringify(document)}\n`).join("");
  const { headText, rowsText } = await import("../../adapters/files/row-text.ts");
  return headText("csv", COLUMNS) + rowsText("csv", COLUMNS, documents.flatMap(rowsOf));
}

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
