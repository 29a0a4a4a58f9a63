/** `customers tax`: what the accountant needs to issue a CFDI to a customer. */
import type { Command } from "commander";
import { InputInvalid, UsageInvalid } from "../../domain/errors.ts";
import type { TaxData, TaxDataField } from "../../domain/tax-data.ts";
import { jsonOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { readStore, withStore } from "./session.ts";

type Options = Partial<TaxData> & { readonly json?: true };

const OPTIONS: Readonly<Record<TaxDataField, string>> = {
  rfc: "--rfc",
  name: "--name",
  postalCode: "--postal-code",
  regime: "--regime",
  use: "--use",
};

export function addTaxData(customers: Command): void {
  customers
    .command("tax")
    .description("keep a customer's data for the CFDI, as the constancia de situación fiscal has them")
    .argument("<customer>", "cus_…")
    .option("--rfc <rfc>", "13 characters of a person, 12 of a company")
    .option("--name <name>", "as the constancia has it, without the kind of company")
    .option("--postal-code <digits>", "of the fiscal domicile: 06700")
    .option("--regime <code>", "régimen fiscal: 601, 612, 626 …")
    .option("--use <code>", "uso CFDI: G03, D10, S01 …")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Without options it shows what is known. Who has no RFC needs none: such payments are in the month's global invoice.

Examples:
  $ npx puntual customers tax cus_2tTU5GdkwZvBmS3fN --rfc CACX7605101P8 --name "XOCHILT CASAS CHAVEZ" \\
      --postal-code 10740 --regime 612 --use G03
  $ npx puntual customers tax cus_2tTU5GdkwZvBmS3fN --json
`,
    )
    .action(tax);
}

async function tax(customerId: string, { json, ...given }: Options): Promise<void> {
  const missing = (Object.keys(OPTIONS) as TaxDataField[]).filter((key) => given[key] === undefined);
  if (missing.length === Object.keys(OPTIONS).length) return await show(customerId, json);
  if (missing.length > 0)
    throw new UsageInvalid(
      `${missing.map((key) => OPTIONS[key]).join(", ")} missing: a CFDI needs all five; nothing was changed`,
    );
  const { putTaxData } = await import("../../application/customers/change-customer.ts");
  await withStore(async (app) => {
    const data = await putTaxData(app, customerId, given as TaxData).catch((error: unknown) => {
      throw inOptions(error);
    });
    if (json) return printJson({ customerId, taxData: data });
    printLine(`${customerId} is invoiced as ${taxDataText(data)}.`);
  });
}

/** Its faults with the option that gave the field. */
function inOptions(error: unknown): unknown {
  if (!(error instanceof InputInvalid)) return error;
  return new InputInvalid(
    error.subject,
    error.faults.map(({ where, ...fault }) => ({ ...fault, where: OPTIONS[where as TaxDataField] })),
  );
}

async function show(customerId: string, json: true | undefined): Promise<void> {
  await readStore(async (app) => {
    await rowOf(app, "customers", { customerId }, "customer");
    const taxData = await app.store.fiscal.taxDataOf(customerId);
    if (json) return printJson({ customerId, taxData });
    printLine(
      taxData === null
        ? `${customerId} has given no tax data: payments are in the month's global invoice.`
        : `${customerId} is invoiced as ${taxDataText(taxData)}.`,
    );
  });
}

/** "CACX7605101P8, XOCHILT CASAS CHAVEZ, 10740, régimen 612, uso G03" */
export function taxDataText({ rfc, name, postalCode, regime, use }: TaxData): string {
  return `${rfc}, ${name}, ${postalCode}, régimen ${regime}, uso ${use}`;
}
