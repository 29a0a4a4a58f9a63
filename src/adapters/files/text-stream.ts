/** The text of a file, bit by bit and line by line: UTF-8, and a regular file. */
import { createReadStream, statSync } from "node:fs";
import { InputInvalid } from "../../domain/errors.ts";

export type RowsOptions = {
  readonly path: string;
  /** As messages name it. */
  readonly fileName: string;
  /** Of rows that name none. */
  readonly timeZone: string;
};

export async function* linesOf(options: RowsOptions): AsyncGenerator<{ readonly text: string; readonly line: number }> {
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
export async function* textOf(options: RowsOptions): AsyncGenerator<string> {
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

export function unusable({ fileName }: RowsOptions, what: string): InputInvalid {
  return new InputInvalid("nothing was imported", [{ where: fileName, what }]);
}

export function count(text: string, what: string): number {
  let found = 0;
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) found += 1;
  return found;
}
