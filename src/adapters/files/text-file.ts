/**
 * Reads a file that a person wrote: plans.yaml, dunning.yaml, `.env`, a file with a secret.
 *
 * Such a file is small, is a file, and is UTF-8. A pipe would be waited for without end, /dev/zero read without end, and
 * a byte of another encoding would become "\uFFFD" in a customer's receipt.
 */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { ConfigurationInvalid } from "../../domain/errors.ts";

/** Plans for 100,000 subscriptions take about 20 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** `what` completes a sentence that begins with the file's name: "config/plans.yaml is not UTF-8 …". */
export class TextFileUnusable extends Error {
  override readonly name = "TextFileUnusable";
  readonly what: string;
  constructor(what: string, options?: { readonly cause: unknown }) {
    super(what, options);
    this.what = what;
  }
}

/** @returns null: there is no such file. @throws {TextFileUnusable} */
export function readTextFile(file: string): string | null {
  const bytes = readBytes(file);
  if (bytes === null) return null;
  try {
    // A byte-order mark is text here: its reader decides what it thinks of it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const what = `is not UTF-8 (line ${firstBadLine(bytes)}); save it with the encoding UTF-8`;
    throw new TextFileUnusable(what, { cause: error });
  }
}

/** The same of a file of the configuration. @returns null: there is none. @throws {ConfigurationInvalid} */
export function readConfigurationFile(cwd: string, fileName: string): string | null {
  try {
    return readTextFile(path.join(cwd, fileName));
  } catch (error) {
    if (!(error instanceof TextFileUnusable)) throw error;
    throw new ConfigurationInvalid(`${fileName} is not valid`, [{ where: fileName, what: error.what }]);
  }
}

/** The same of a file that a person named. @throws what `unusable` makes of it: there is none, or it is no text */
export function readNamedFile(
  cwd: string,
  fileName: string,
  { unusable, absent }: { readonly unusable: (what: string) => Error; readonly absent: string },
): string {
  try {
    const text = readTextFile(path.resolve(cwd, fileName));
    if (text !== null) return text;
  } catch (error) {
    if (error instanceof TextFileUnusable) throw unusable(error.what);
    throw error;
  }
  throw unusable(absent);
}

function readBytes(file: string): Buffer | null {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new TextFileUnusable("is no regular file (a folder, a pipe or a device)");
    if (found.size > MAX_BYTES) throw new TextFileUnusable(`is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof TextFileUnusable) throw error;
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new TextFileUnusable(`cannot be read (${code}); check its permissions, and that it is a file`, {
      cause: error,
    });
  }
}

/** Counted from 1. No byte of a longer character is a line feed, so lines can be judged one by one. */
function firstBadLine(bytes: Buffer): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let start = 0, line = 1; start <= bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return 1;
}
