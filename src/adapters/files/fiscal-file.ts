/**
 * config/fiscal.yaml → what is true of all invoices of a merchant, or every fault of the file at once.
 *
 * The file is the merchant's own, and may be missing: then nothing is told of the tax of a plan that names none.
 */
import path from "node:path";
import { z } from "zod";
import { ConfigurationInvalid } from "../../domain/errors.ts";
import type { Tax } from "../../domain/tax.ts";
import { wholeTaxOf } from "./plans-file.ts";
import { taxSchema } from "./plans-schema.ts";
import { readValue } from "./schema-faults.ts";
import { readTextFile, TextFileUnusable } from "./text-file.ts";
import { readYaml } from "./yaml-file.ts";

const FILE_NAME = "config/fiscal.yaml";

export const fiscalFileSchema = z
  .strictObject({
    tax: taxSchema.optional().meta({ description: "IVA of every plan that names none: { rate: 16, included: true }." }),
  })
  .meta({ title: "Puntual: what the law asks of all invoices (config/fiscal.yaml)" });

type FiscalSettings = {
  /** Null: nothing is told. */
  readonly tax: Tax | null;
};

/** @throws {ConfigurationInvalid} with every fault of the file */
export function parseFiscalFile(text: string): FiscalSettings {
  const file = readYaml(text, FILE_NAME);
  if (file.value === undefined) file.throwFaults();
  const entry = readValue(file, fiscalFileSchema, file.value ?? {}, []);
  file.throwFaults();
  return { tax: entry?.tax === undefined ? null : wholeTaxOf(entry.tax) };
}

/** @throws {ConfigurationInvalid} with every fault of the file */
export function readFiscal(cwd: string): FiscalSettings {
  return parseFiscalFile(readOwn(path.join(cwd, FILE_NAME)) ?? "");
}

function readOwn(file: string): string | null {
  try {
    return readTextFile(file);
  } catch (error) {
    if (!(error instanceof TextFileUnusable)) throw error;
    throw new ConfigurationInvalid(`${FILE_NAME} is not valid`, [{ where: FILE_NAME, what: error.what }]);
  }
}
