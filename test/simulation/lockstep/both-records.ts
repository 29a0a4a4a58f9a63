/** The books of one person's transaction, open in both stores at once: what is done to SQLite's rows is done to both. */
import type { Records } from "../../../src/application/ports/records.ts";
import { difference, shown, type Tell } from "./difference.ts";

type Row = Record<string, unknown>;
type Method = (...parameters: unknown[]) => unknown;

export type BothRecords = {
  readonly records: Records;
  /** Writes to the drafts in memory what was written to SQLite's rows. */
  agree(): void;
};

export function bothRecords(drafts: Records, rows: Records, tell: Tell, remember: Tell): BothRecords {
  const pairs = new Map<Row, { readonly draft: Row; readonly seen: Row }>();

  /** What was assigned since; a row may be older than its table where SQLite was written past the mapper. */
  function agree(): void {
    for (const [row, { draft, seen }] of pairs)
      for (const key of Object.keys(draft))
        if (!Object.is(seen[key], row[key])) {
          draft[key] = row[key];
          seen[key] = row[key];
        }
  }

  /** Rows of both stores that are one row from now on. */
  function pair(row: unknown, draft: unknown): void {
    if (Array.isArray(row) && Array.isArray(draft)) row.forEach((each, index) => pair(each, draft[index]));
    else if (isRow(row) && isRow(draft) && !pairs.has(row)) pairs.set(row, { draft, seen: { ...row } });
  }

  function both(name: string, parameters: readonly unknown[]): unknown {
    agree();
    const row = (Reflect.get(rows, name) as Method).apply(rows, [...parameters]);
    const draft = (Reflect.get(drafts, name) as Method).apply(drafts, [...parameters]);
    if (!(row instanceof Promise)) {
      remember(`  ${name}(${parameters.map(shown).join(", ")})`);
      return row;
    }
    return Promise.all([row, draft as Promise<unknown>]).then(([one, other]) => {
      const differs = difference(plainRow(one, other), asNamed(other, one));
      if (differs !== null) tell(`${name}(${parameters.map(shown).join(", ")}) finds something else: ${differs}`);
      pair(one, other);
      return one;
    });
  }

  return {
    agree,
    records: new Proxy(rows, {
      get:
        (_rows, name) =>
        (...parameters: unknown[]) =>
          both(String(name), parameters),
    }),
  };
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null;
}

/** The mapper's row holds more than its columns. */
function plainRow(row: unknown, like: unknown): unknown {
  if (Array.isArray(row)) return row.map((each, index) => plainRow(each, (like as unknown[] | null)?.[index]));
  // Facts, not a row of the mapper's.
  if (row instanceof Map) return row;
  if (!isRow(row) || !isRow(like)) return row;
  return Object.fromEntries(Object.keys(asNamed(like, row) as Row).map((key) => [key, row[key]]));
}

/** A row in memory has an id, also where another column of SQLite's is its name: a coupon's code. */
function asNamed(row: unknown, stored: unknown): unknown {
  if (Array.isArray(row)) return row.map((each, index) => asNamed(each, (stored as unknown[] | null)?.[index]));
  if (!isRow(row) || !isRow(stored) || row instanceof Map || !("code" in row) || "id" in stored) return row;
  const { id: _id, ...named } = row;
  return named;
}
