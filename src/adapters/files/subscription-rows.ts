/**
 * The rows of a file of subscriptions, one after the other: CSV with commas or semicolons, or NDJSON.
 *
 * A row is judged by the rules of an entry of plans.yaml, with all its faults at once; nothing is guessed. The file is never
 * in memory as a whole.
 */
import { createReadStream, statSync } from "node:fs";
import { parse, type InfoRecord } from "csv-parse";
import { z } from "zod";
import type { ImportOrder, ImportRow } from "../../application/subscriptions/import-subscriptions.ts";
import { InputInvalid } from "../../domain/errors.ts";
import { didYouMean } from "./did-you-mean.ts";
import { subscriptionOf } from "./plans-file.ts";
import { subscriptionSchema } from "./plans-schema.ts";
import { readValue } from "./schema-faults.ts";
import { spreadsheetDateFault } from "./spreadsheet-date.ts";
import type { Path } from "./yaml-file.ts";

/** `raw`: the fields of its line, or the line itself. */
export type FileRow = ImportRow & { readonly raw: readonly string[] | string };

export type SubscriptionRows = {
  readonly format: { readonly kind: "ndjson" } | CsvFormat;
  readonly rows: AsyncIterable<FileRow>;
};
export type CsvFormat = { readonly kind: "csv"; readonly delimiter: "," | ";"; readonly header: readonly string[] };

export type RowsOptions = {
  readonly path: string;
  /** As messages name it. */
  readonly fileName: string;
  /** Of rows that name none. */
  readonly timeZone: string;
};

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
  const names = (header?.record ?? []).map((name) => name.trim().toLowerCase());
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

type CsvRecord = { readonly record: readonly string[]; readonly line: number };

async function* records(options: RowsOptions, delimiter: "," | ";", to?: number): AsyncGenerator<CsvRecord> {
  const parser = parse({
    ...{ delimiter, info: true, relax_column_count: true, skip_empty_lines: true, trim: true },
    ...(to !== undefined && { to }),
  });
  const feeding = feed(options, parser);
  try {
    for await (const found of parser as AsyncIterable<{ record: string[]; info: InfoRecord }>) {
      const { record, info } = found;
      // A quoted field may hold line breaks; the parser tells where the record ends.
      const inside = record.reduce((sum, field) => sum + count(field, "\n"), 0);
      yield { record, line: info.lines - inside };
    }
  } catch (error) {
    throw csvFault(options, error);
  } finally {
    parser.destroy();
    await feeding;
  }
}

/** Puts the text in, no faster than it is read. What goes wrong goes out at the parser's end. */
async function feed(options: RowsOptions, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const text of textOf(options)) {
      if (parser.destroyed) return;
      if (!parser.write(text)) await drained(parser);
    }
    parser.end();
  } catch (error) {
    parser.destroy(error as Error);
  }
}

async function drained(parser: ReturnType<typeof parse>): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      parser.off("drain", done).off("close", done);
      resolve();
    };
    parser.on("drain", done).on("close", done);
  });
}

function csvFault(options: RowsOptions, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !String(error.code).startsWith("CSV_")) return error;
  const line = "lines" in error ? Number(error.lines) : 1;
  const what = /QUOTE/.test(String(error.code))
    ? 'a quote (") is open or misplaced here; write a quote inside of a quoted field twice'
    : error.message;
  return new InputInvalid("nothing was imported", [{ where: `${options.fileName}:${line}`, what }]);
}

async function* csvRows(options: RowsOptions, { delimiter, header }: CsvFormat): AsyncGenerator<FileRow> {
  let isHeader = true;
  for await (const { record, line } of records(options, delimiter)) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    if (record.length !== header.length) {
      const what = `has ${record.length} fields, the first line names ${header.length} columns`;
      const mend = record.length > header.length ? `; a field with ${delimiter} inside is written in quotes` : "";
      yield { line, order: null, faults: [what + mend], raw: record };
      continue;
    }
    yield { ...judged(valuesOf(header, record), line, options), raw: record };
  }
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
      yield { ...judged({ entry, faults: [] }, line, options), raw: text };
    }
  }
}

type Values = { readonly entry: Readonly<Record<string, unknown>>; readonly faults: readonly string[] };

/** The texts of a line as the values that a file with types would have. An empty field is none. */
function valuesOf(header: readonly string[], record: readonly string[]): Values {
  const faults: string[] = [];
  const entry: Record<string, unknown> = {};
  const discount: Record<string, unknown> = {};
  for (const [at, name] of header.entries()) {
    const text = record[at] ?? "";
    if (text === "" || name === REJECTED_BECAUSE) continue;
    if (name === "quantity") entry[name] = numberOf(text);
    else if (name === "discount_percent") discount["percent"] = numberOf(text);
    else if (name === "discount_cents") discount["amount_cents"] = numberOf(text);
    else if (name === "bill_past") entry[name] = FLAGS[text.toLowerCase()] ?? text;
    else if (name === "line_items") {
      entry[name] = parsedJson(text, true);
      if (entry[name] === null)
        faults.push(`line_items: is no JSON; expected '[{"name":"Plan Oro","unit_price":20015}]'`);
    } else entry[name] = text;
  }
  if (Object.keys(discount).length > 0) entry["discount"] = discount;
  return { entry, faults };
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, "1": true, "0": false };

function numberOf(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function judged({ entry, faults: given }: Values, line: number, options: RowsOptions): Omit<FileRow, "raw"> {
  const faults = [...given];
  const { start } = entry;
  const dateFault = typeof start === "string" || typeof start === "number" ? spreadsheetDateFault(String(start)) : null;
  if (dateFault !== null) faults.push(`start: ${dateFault}`);
  const read = readValue(
    {
      value: entry,
      lineOf: () => line,
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

// ---------------------------------------------------------------- text

async function* linesOf(options: RowsOptions): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let rest = "";
  let line = 0;
  for await (const text of textOf(options)) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield { text: part.replace(/\r$/, ""), line: (line += 1) };
  }
  if (rest !== "") yield { text: rest, line: line + 1 };
}

/** Without the byte-order mark that spreadsheets put before it. */
async function* textOf(options: RowsOptions): AsyncGenerator<string> {
  mustBeFile(options);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lines = 1;
  let isFirst = true;
  const decoded = (bytes?: Buffer): string => {
    try {
      const text = bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
      lines += count(text, "\n");
      return text;
    } catch {
      throw unusable(options, `is not UTF-8 (after line ${lines}); save it as CSV with the encoding UTF-8`);
    }
  };
  for await (const bytes of createReadStream(options.path) as AsyncIterable<Buffer>) {
    if (isFirst && (bytes[0] === 0xff || bytes[0] === 0xfe))
      throw unusable(options, "is UTF-16; save it as CSV with the encoding UTF-8");
    if (isFirst && bytes.subarray(0, 2).toString("latin1") === "PK")
      throw unusable(options, "is a workbook of a spreadsheet; save the sheet as CSV with the encoding UTF-8");
    isFirst = false;
    yield decoded(bytes);
  }
  const last = decoded();
  if (last !== "") yield last;
}

function mustBeFile(options: RowsOptions): void {
  const found = statSync(options.path, { throwIfNoEntry: false });
  if (found === undefined) throw unusable(options, "is not there");
  if (!found.isFile()) throw unusable(options, "is no regular file (a folder, a pipe or a device)");
}

function unusable({ fileName }: RowsOptions, what: string): InputInvalid {
  return new InputInvalid("nothing was imported", [{ where: fileName, what }]);
}

function count(text: string, what: string): number {
  let found = 0;
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) found += 1;
  return found;
}
