/** The records of a CSV file, one after the other, each with its line. */
import { CsvError, type InfoRecord, parse } from "csv-parse";
import { InputInvalid } from "../../domain/errors.ts";
import { count, type RowsOptions, textOf } from "./text-stream.ts";

export type CsvRecord = { readonly record: readonly string[]; readonly line: number };

export async function* records(options: RowsOptions, delimiter: "," | ";", to?: number): AsyncGenerator<CsvRecord> {
  const parser = parse({
    ...{ delimiter, info: true, relax_column_count: true, skip_empty_lines: true, trim: true },
    // Spreadsheets write the rows and columns that were once in use as commas.
    skip_records_with_empty_values: true,
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
  if (!(error instanceof CsvError)) return error;
  const line = Number(error["lines"] ?? 1);
  const what = /QUOTE/.test(error.code)
    ? 'a quote (") is open or misplaced here; write a quote inside of a quoted field twice'
    : error.message;
  return new InputInvalid("nothing was imported", [{ where: `${options.fileName}:${line}`, what }]);
}
