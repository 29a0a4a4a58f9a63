/**
 * The rows of a file of subscriptions, one after the other: CSV with commas or semicolons, or NDJSON.
 *
 * A row is judged by the rules of an entry of plans.yaml, with all its faults at once; nothing is guessed. The file is never
 * in memory as a whole.
 */
import { z } from "zod";
import type { ImportOrder, ImportRow } from "../../application/subscriptions/judged-rows.ts";
import { InputInvalid } from "../../domain/errors.ts";
import { type CsvRecord, records } from "./csv-records.ts";
import { didYouMean } from "./did-you-mean.ts";
import { subscriptionOf } from "./plans-file.ts";
import { subscriptionSchema } from "./plans-schema.ts";
import { readValue } from "./schema-faults.ts";
import { spreadsheetDateFault } from "./spreadsheet-date.ts";
import { count, linesOf, type RowsOptions, unusable } from "./text-stream.ts";
import { isRounded, type Path } from "./yaml-file.ts";

/** `raw`: the fields of its line, or the line itself. */
export type FileRow = ImportRow & { readonly raw: readonly string[] | string };

export type SubscriptionRows = {
  readonly format: { readonly kind: "ndjson" } | CsvFormat;
  readonly rows: AsyncIterable<FileRow>;
};
export type CsvFormat = { readonly kind: "csv"; readonly delimiter: "," | ";"; readonly header: readonly string[] };

/** What a file of rejected rows adds: it is mended, and imported as it is. */
export const REJECTED_BECAUSE = "rejected_because";

const CSV_COLUMNS = [
  ...["id", "plan", "customer", "email", "start", "time_zone", "quantity"],
  ...["discount_percent", "discount_cents", "line_items", "bill_past"],
];

const rowSchema = subscriptionSchema.omit({ customer: true }).extend({
  customer: subscriptionSchema.shape.customer.optional(),
  email: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/, "expected an e-mail, like ana@example.mx")
    .optional(),
});

/** @throws {InputInvalid} it is no such file, or its first line names no columns of ours */
export async function readSubscriptionRows(options: RowsOptions): Promise<SubscriptionRows> {
  const first = await firstLine(options);
  if (first.trimStart().startsWith("{")) return { format: { kind: "ndjson" }, rows: ndjsonRows(options) };
  const delimiter = count(first, ";") > count(first, ",") ? ";" : ",";
  const header = await headerOf(options, delimiter);
  return { format: { kind: "csv", delimiter, header }, rows: csvRows(options, { kind: "csv", delimiter, header }) };
}

async function firstLine(options: RowsOptions): Promise<string> {
  for await (const { text } of linesOf(options)) if (text.trim() !== "") return text;
  throw unusable(options, "is empty; the first line names the columns: plan,customer,start");
}

async function headerOf(options: RowsOptions, delimiter: "," | ";"): Promise<readonly string[]> {
  let header: CsvRecord | null = null;
  for await (const found of records(options, delimiter, 1)) header ??= found;
  const names = withoutEmptyEnd(header?.record ?? [], 0).map((name) => name.trim().toLowerCase());
  const faults: string[] = [];
  for (const [at, name] of names.entries()) {
    if (name === REJECTED_BECAUSE) continue;
    if (names.indexOf(name) !== at) faults.push(`the column ${name} is there twice; keep one`);
    else if (!CSV_COLUMNS.includes(name))
      faults.push(
        `there is no column ${JSON.stringify(name)}; ${didYouMean(name, CSV_COLUMNS) ?? `expected some of ${CSV_COLUMNS.join(", ")}`}`,
      );
  }
  for (const name of ["plan", "start"]) if (!names.includes(name)) faults.push(`the column ${name} is missing`);
  if (!names.includes("customer") && !names.includes("email"))
    faults.push("a column customer (cus_…) or email is missing");
  if (faults.length === 0) return names;
  const where = `${options.fileName}:${header?.line ?? 1}`;
  throw new InputInvalid(
    "nothing was imported",
    faults.map((what) => ({ where, what })),
  );
}

async function* csvRows(options: RowsOptions, { delimiter, header }: CsvFormat): AsyncGenerator<FileRow> {
  let isHeader = true;
  for await (const { record: fields, line } of records(options, delimiter)) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    const record = withoutEmptyEnd(fields, header.length);
    if (record.length !== header.length) {
      const what = `has ${record.length} fields, the first line names ${header.length} columns`;
      const mend = record.length > header.length ? `; a field with ${delimiter} inside is written in quotes` : "";
      yield { line, order: null, faults: [what + mend], raw: record };
      continue;
    }
    yield { ...judged(valuesOf(header, record), line, options), raw: record };
  }
}

/** @param least so many fields stay, empty or not */
function withoutEmptyEnd(fields: readonly string[], least: number): readonly string[] {
  const last = fields.findLastIndex((field) => field !== "");
  return fields.slice(0, Math.max(least, last + 1));
}

async function* ndjsonRows(options: RowsOptions): AsyncGenerator<FileRow> {
  for await (const { text, line } of linesOf(options)) {
    if (text.trim() === "") continue;
    const value = parsedJson(text);
    if (value === null) yield { line, order: null, faults: ["is not a JSON object on one line"], raw: text };
    else {
      const { [REJECTED_BECAUSE]: _because, discount_percent: percent, discount_cents: cents, ...rest } = value;
      const isFlat = percent !== undefined || cents !== undefined;
      const entry = isFlat ? { ...rest, discount: { percent, amount_cents: cents } } : rest;
      yield { ...judged({ entry, faults: [], written: numberIn(text) }, line, options), raw: text };
    }
  }
}

type Values = {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
  /** A number of the line by its name, as it stands there. */
  readonly written: (name: string) => string | null;
};

/** The texts of a line as the values that a file with types would have. An empty field is none. */
function valuesOf(header: readonly string[], record: readonly string[]): Values {
  const faults: string[] = [];
  const entry: Record<string, unknown> = {};
  const discount: Record<string, unknown> = {};
  for (const [at, name] of header.entries()) {
    const text = record[at] ?? "";
    if (text === "" || name === REJECTED_BECAUSE) continue;
    if (name === "quantity") entry[name] = numberOf(text);
    else if (name === "discount_percent") {
      const percent = numberOf(text);
      if (typeof percent === "number") discount["percent"] = percent;
      else faults.push(`discount_percent: "${text}" given, expected a number up to 100, like 10 or 12.5`);
    } else if (name === "discount_cents") discount["amount_cents"] = numberOf(text);
    else if (name === "bill_past") entry[name] = FLAGS[text.toLowerCase()] ?? text;
    else if (name === "line_items") {
      entry[name] = parsedJson(text, true);
      if (entry[name] === null)
        faults.push(`line_items: is no JSON; expected '[{"name":"Plan Oro","unit_price":20015}]'`);
    } else entry[name] = text;
  }
  if (Object.keys(discount).length > 0) entry["discount"] = discount;
  const written = Object.fromEntries(header.map((name, at) => [name, record[at] ?? ""]));
  return { entry, faults, written: (name) => written[name] ?? null };
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, "1": true, "0": false };

function numberOf(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** By the last part of its name; where it stands more than once, the value is shown instead. */
function numberIn(text: string): Values["written"] {
  return (name) => {
    const found = [...text.matchAll(/"(\w+)"\s*:\s*(-?\d+)/g)].filter(([, key]) => key === name);
    return found.length === 1 ? (found[0]?.[2] ?? null) : null;
  };
}

function judged({ entry, faults: given, written }: Values, line: number, options: RowsOptions): Omit<FileRow, "raw"> {
  const faults = [...given];
  const { start } = entry;
  const dateFault = typeof start === "string" || typeof start === "number" ? spreadsheetDateFault(String(start)) : null;
  if (dateFault !== null) faults.push(`start: ${dateFault}`);
  const read = readValue(
    {
      value: entry,
      lineOf: () => line,
      writtenAt: (path) => (isRounded(valueAt(entry, path)) ? written(String(path.at(-1))) : null),
      fault: (path, what) => {
        if (!isTold(path, dateFault !== null, given)) faults.push(`${nameOf(path)}: ${what}`);
      },
      throwFaults: () => undefined,
    },
    rowSchema,
    entry,
    [],
  );
  if (entry["customer"] === undefined && entry["email"] === undefined)
    faults.push("customer: missing; expected its id (cus_…) or its email");
  if (read === null || faults.length > 0) return { line, order: null, faults };
  const {
    where: _where,
    change: _change,
    ...order
  } = subscriptionOf({ ...read, customer: read.customer ?? "" }, options.timeZone, line);
  return { line, order: orderOf(order, read), faults: [] };
}

function orderOf(
  order: Omit<ReturnType<typeof subscriptionOf>, "where" | "change">,
  { id, customer, email }: z.output<typeof rowSchema>,
): ImportOrder {
  return { ...order, id: id ?? null, customerId: customer ?? null, email: email ?? null };
}

function valueAt(entry: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], entry);
}

/** A fault in our own words makes the schema's of the same field needless. */
function isTold([field]: Path, isDateTold: boolean, given: readonly string[]): boolean {
  return (field === "start" && isDateTold) || (field === "line_items" && given.length > 0);
}

/** `["discount", "percent"]` → "discount_percent" */
function nameOf(path: Path): string {
  const name = path.join(".");
  if (name === "discount.percent") return "discount_percent";
  if (name === "discount.amount_cents") return "discount_cents";
  return name === "" ? "the row" : name;
}

function parsedJson(text: string, isListToo = false): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isFit = typeof value === "object" && value !== null && (isListToo || !Array.isArray(value));
    return isFit ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
