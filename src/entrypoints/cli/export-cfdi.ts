/** `export cfdi`: a month's documents for the accountant, a line each; of CSV a row a concept. */
import type { RowFormat } from "../../application/ports/exports.ts";
import type { Cfdi } from "../../domain/cfdi/cfdi.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { type Sink, sinkFor } from "./export-sink.ts";
import { printLine, printNote } from "./print.ts";
import { noteUnreadable } from "./unreadable.ts";
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
  const { cfdiText } = await import("../cfdi-text.ts");
  await withStore(async (app) => {
    const { issuer } = readFiscal(terminal().cwd);
    const window = monthWindow(month, app.config.billing.timeZone);
    const { documents, damaged } = await cfdiDocuments(app, { month, issuer, ...window });
    const sink: Sink = sinkFor(output);
    try {
      await sink.write(cfdiText(format, { documents, damaged }));
      sink.done();
    } finally {
      sink.close();
    }
    await noteExported(app, documents);
    if (output !== undefined)
      printLine(`${output} holds ${documents.length} document${documents.length === 1 ? "" : "s"}.`);
    note(documents);
    noteUnreadable(damaged, "in the file by id alone");
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
