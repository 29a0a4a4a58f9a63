/** The rows of an import that were not added, as they stood, each with why: mended, it is imported as it is. */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { Refused } from "../../domain/errors.ts";
import { type FileRow, REJECTED_BECAUSE, type SubscriptionRows } from "./subscription-rows.ts";

export type RejectFile = { add(row: FileRow, because: readonly string[]): void; close(): void };

/** Made with the first rejected row, of mode 0600: it holds e-mails. @throws {Refused} there is such a file */
export function rejectFile(path: string, fileName: string, format: SubscriptionRows["format"]): RejectFile {
  if (existsSync(path)) throw new Refused(`${fileName} exists already; nothing is overwritten, move it away`);
  let file: number | null = null;
  const line = (record: readonly string[]): string =>
    format.kind === "csv" ? stringify([record], { delimiter: format.delimiter }) : "";
  return {
    add({ raw }, because) {
      if (file === null) {
        file = openSync(path, "wx", 0o600);
        if (format.kind === "csv")
          writeSync(file, line([...withoutReason(format.header, format.header), REJECTED_BECAUSE]));
      }
      const reason = because.join("; ");
      if (typeof raw === "string") writeSync(file, `${withReason(raw, reason)}\n`);
      else if (format.kind === "csv") writeSync(file, line([...filled(format.header, raw), reason]));
    },
    close() {
      if (file !== null) closeSync(file);
    },
  };
}

/** A file that was rejected before has the column already. */
function withoutReason(header: readonly string[], record: readonly string[]): readonly string[] {
  const at = header.indexOf(REJECTED_BECAUSE);
  return at < 0 ? record : record.toSpliced(at, 1);
}

/** A row with fewer fields than the header gets empty ones, so that the reason stands in its own column. */
function filled(header: readonly string[], record: readonly string[]): readonly string[] {
  const missing = Math.max(0, header.length - record.length);
  return withoutReason(header, [...record, ...Array.from({ length: missing }, () => "")]);
}

function withReason(line: string, reason: string): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return JSON.stringify({ ...value, [REJECTED_BECAUSE]: reason });
  } catch {
    // It is shown as it is.
  }
  return JSON.stringify({ line, [REJECTED_BECAUSE]: reason });
}
