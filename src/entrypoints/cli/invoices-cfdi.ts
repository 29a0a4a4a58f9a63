/** `invoices cfdi`: the stamp of a document, as the accountant gives it back. Nothing is stamped here. */
import { type Command, InvalidArgumentError } from "commander";
import type { CfdiRecord, CfdiStatus } from "../../domain/cfdi/cfdi.ts";
import { jsonOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { readStore, withStore } from "./session.ts";

type Options = { readonly uuid?: string; readonly status?: CfdiStatus; readonly json?: true };

export function addCfdi(invoices: Command): void {
  invoices
    .command("cfdi")
    .description("note the stamp of an invoice's CFDI, or that it was canceled")
    .argument(
      "<document>",
      "inv_…, ref_… of a refund, jorge-oro/1 of a change, or global-2026-12-MXN, as export cfdi says",
    )
    .option("--uuid <uuid>", "the folio fiscal")
    .option("--status <status>", "stamped or canceled (vigente or cancelado; default: stamped)", status)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Without options it shows what is known. Puntual stamps nothing: your accountant's PAC does.

Examples:
  $ npx puntual invoices cfdi inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --uuid 5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001
  $ npx puntual invoices cfdi inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --status canceled
`,
    )
    .action(cfdi);
}

const STATUSES: Readonly<Record<string, CfdiStatus>> = {
  stamped: "stamped",
  vigente: "stamped",
  canceled: "canceled",
  cancelado: "canceled",
};

function status(text: string): CfdiStatus {
  const known = STATUSES[text.toLowerCase()];
  if (known === undefined) throw new InvalidArgumentError("Expected stamped or canceled.");
  return known;
}

async function cfdi(documentId: string, { uuid, status: given, json }: Options): Promise<void> {
  if (uuid === undefined && given === undefined) {
    await readStore(async (app) => tell(documentId, await app.store.fiscal.recordOf(documentId), json));
    return;
  }
  const { noteStamp } = await import("../../application/invoices/cfdi-documents.ts");
  await withStore(async (app) => {
    const noted = await noteStamp(app, documentId, { uuid: uuid ?? null, status: given ?? "stamped" });
    tell(documentId, noted, json);
  });
}

function tell(documentId: string, record: CfdiRecord | null, json: true | undefined): void {
  if (json) return printJson({ documentId, cfdi: record && cfdiDocument(record) });
  printLine(`${documentId}: ${cfdiText(record) ?? "it was neither exported nor stamped"}.`);
}

export function cfdiDocument({ id, exportedAt, uuid, status: is }: CfdiRecord): Readonly<Record<string, unknown>> {
  return { documentId: id, exportedAt, uuid, status: is };
}

/** "stamped, 5B0F5B0E-…"; null: nothing became of it. */
export function cfdiText(record: CfdiRecord | null): string | null {
  if (record === null) return null;
  const { id, uuid, status: is, exportedAt } = record;
  const part = id.startsWith("global-") ? ` in ${id}` : "";
  if (uuid !== null) return `${is}${part}, ${uuid}`;
  return exportedAt === null ? null : `exported${part}, not stamped`;
}
