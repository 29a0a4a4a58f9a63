/**
 * config/fiscal.yaml → what is true of all invoices of a merchant, or every fault of the file at once.
 *
 * The file is the merchant's own, and may be missing: then nothing is told of the tax of a plan that names none.
 */
import { z } from "zod";
import type { Tax } from "../../domain/tax.ts";
import { normalizedRfc } from "../../domain/rfc.ts";
import { type Issuer, issuerFaults } from "../../domain/tax-data.ts";
import { wholeTaxOf } from "./plans-file.ts";
import { taxSchema } from "./plans-schema.ts";
import { readValue } from "./schema-faults.ts";
import { readConfigurationFile } from "./text-file.ts";
import { readYaml } from "./yaml-file.ts";
import { inEnglish } from "../../domain/refusals.ts";

const FILE_NAME = "config/fiscal.yaml";

const issuerSchema = z.strictObject({
  rfc: z.string().meta({ description: "Your RFC: 13 characters of a person, 12 of a company." }),
  name: z.string().meta({ description: "Your name as it stands on your constancia de situación fiscal." }),
  regime: z.string().meta({ description: "Your régimen fiscal, in quotes: '601', '612', '626'." }),
  postal_code: z.string().meta({ description: "The place of issue: five digits in quotes, '06700'." }),
});

export const fiscalFileSchema = z
  .strictObject({
    tax: taxSchema.optional().meta({ description: "IVA of every plan that names none: { rate: 16, included: true }." }),
    issuer: issuerSchema
      .optional()
      .meta({ description: "Who issues the CFDI of paid invoices; `export cfdi` hands it to your accountant." }),
  })
  .meta({ title: "Puntual: what the law asks of all invoices (config/fiscal.yaml)" });

type FiscalSettings = {
  /** Null: nothing is told. */
  readonly tax: Tax | null;
  /** Null: `export cfdi` says that it is missing. */
  readonly issuer: Issuer | null;
};

/** @throws {ConfigurationInvalid} with every fault of the file */
export function parseFiscalFile(text: string): FiscalSettings {
  const file = readYaml(text, FILE_NAME);
  if (file.value === undefined) file.throwFaults();
  const entry = readValue(file, fiscalFileSchema, file.value ?? {}, []);
  const issuer = entry?.issuer === undefined ? null : issuerOf(entry.issuer);
  for (const { field, what } of issuer === null ? [] : issuerFaults(issuer))
    file.fault(["issuer", KEYS[field]], inEnglish(what));
  file.throwFaults();
  return { tax: entry?.tax === undefined ? null : wholeTaxOf(entry.tax), issuer };
}

const KEYS = { rfc: "rfc", name: "name", postalCode: "postal_code", regime: "regime", use: "use" } as const;

function issuerOf({ rfc, name, regime, postal_code: postalCode }: z.output<typeof issuerSchema>): Issuer {
  return { rfc: normalizedRfc(rfc), name: name.trim(), regime, postalCode };
}

/** @throws {ConfigurationInvalid} with every fault of the file */
export function readFiscal(cwd: string): FiscalSettings {
  return parseFiscalFile(readConfigurationFile(cwd, FILE_NAME) ?? "");
}
