/** Raw rows to values: the one place where what SQLite returned is believed to be what the tables promise. */
import type { RawRow } from "./sql.ts";

export function text(row: RawRow, column: string): string {
  return String(row[column]);
}

export function textOrNull(row: RawRow, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}

export function whole(row: RawRow, column: string): number {
  return Number(row[column]);
}

export function flag(row: RawRow, column: string): boolean {
  return Number(row[column]) === 1; // or true, where a dialect has booleans
}

export function flagOrNull(row: RawRow, column: string): boolean | null {
  return row[column] === null ? null : flag(row, column);
}

export function instant(row: RawRow, column: string): Date {
  return new Date(Number(row[column]));
}

export function instantOrNull(row: RawRow, column: string): Date | null {
  const value = row[column];
  return value === null || value === undefined ? null : new Date(Number(value));
}

/**
 * A JSON column: text, or what a driver has read of it already. Its shape was checked when it was written; only this
 * program writes it.
 */
export function json<T>(row: RawRow, column: string): T {
  const value: unknown = row[column];
  return (typeof value === "object" ? value : JSON.parse(text(row, column))) as T;
}

/**
 * For who looks at many rows: a damaged column reads as `instead`, so that it keeps nobody from the others; the doctor
 * names its row. What decides about money reads with `json`, and sets the row aside.
 */
export function jsonShown<T extends object | null>(row: RawRow, column: string, instead: T): T {
  if (textOrNull(row, column) === null) return instead;
  try {
    const value = json<unknown>(row, column);
    return typeof value === "object" && Array.isArray(value) === Array.isArray(instead ?? value)
      ? (value as T)
      : instead;
  } catch {
    return instead;
  }
}

/** As `jsonShown`: null where there is none, or where it is damaged. */
export function jsonShownOrNull<T extends object>(row: RawRow, column: string): T | null {
  return jsonShown<T | null>(row, column, null);
}

/** Those rows that can be read. @param unreadable what becomes of another; by default it is left out, and the doctor names it */
export function readableOnly<T>(
  rows: readonly RawRow[],
  of: (row: RawRow) => T,
  unreadable: (row: RawRow, error: SyntaxError) => void = () => {},
): T[] {
  return rows.flatMap((row) => {
    try {
      return [of(row)];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      unreadable(row, error);
      return [];
    }
  });
}

/** A word the table's CHECK limits to the members of `T`. */
export function word<T extends string>(row: RawRow, column: string): T {
  return text(row, column) as T;
}

export function wordOrNull<T extends string>(row: RawRow, column: string): T | null {
  return textOrNull(row, column) === null ? null : word<T>(row, column);
}

export function wholeOrNull(row: RawRow, column: string): number | null {
  return textOrNull(row, column) === null ? null : whole(row, column);
}

/** For people: instants as ISO-8601 text in UTC. */
export function isoInstant(row: RawRow, column: string): string {
  return instant(row, column).toISOString();
}

export function isoInstantOrNull(row: RawRow, column: string): string | null {
  return instantOrNull(row, column)?.toISOString() ?? null;
}

/** Money in units, or a sum of it. */
export function units(row: RawRow, column: string): number {
  return Number(row[column]);
}

export function jsonOrNull<T>(row: RawRow, column: string): T | null {
  return textOrNull(row, column) === null ? null : json<T>(row, column);
}

/** Rows by the text of one of their columns. */
export function grouped<T>(rows: readonly RawRow[], column: string, of: (row: RawRow) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = text(row, column);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [of(row)]);
    else group.push(of(row));
  }
  return groups;
}
