/**
 * A statement is prepared once and kept: SQLite takes longer to read most of ours than to run them on a book of some
 * thousand rows, and a run of the daemon asks the same thirty every minute.
 *
 * A kept one survives a change of the tables, since SQLite prepares it again by itself.
 *
 * SQLite also prepares a statement again at each call whose planner has looked at a bound value, and it looks at that of
 * `limit ?`: such a call took 160 µs, of which 7 were the work. It does not look into `? + 0`.
 * @see https://sqlite.org/c3ref/prepare.html, "recompiled", and `sqlite3ExprIsInteger` in its source (3.53)
 */
import type { Database, Statement } from "better-sqlite3";

/** The latest used are kept. A batch has a text of its own for each number of rows. */
const MOST_KEPT = 200;
const LONGEST_KEPT = 16_384;

export function keepStatements(database: Database): void {
  const prepare = database.prepare.bind(database) as (sql: string) => Statement;
  const kept = new Map<string, Statement>();
  database.prepare = ((sql: string) => {
    // A setting is changed while its statement is prepared.
    if (/^pragma\b/i.test(sql)) return prepare(sql);
    const found = kept.get(sql);
    const statement = found ?? prepare(sql.replaceAll(/\blimit \?/gi, "limit ? + 0"));
    if (sql.length > LONGEST_KEPT) return statement;
    // The order of a Map is that of insertion: what was used just now goes to its end.
    kept.delete(sql);
    kept.set(sql, statement);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return statement;
  }) as Database["prepare"];
}
