/**
 * A PostgreSQL server that only answers: the mapper works on it as inside a transaction of somebody else's, and what it is
 * sent is noted. For what is said to a server in which order, and for what it says that no server can be made to say.
 */
import { openWithin } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import type { Orm } from "../../src/adapters/store/dialect/mapper.ts";
import { readDatabaseUrl } from "../../src/config/database-url.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";

export type Row = Readonly<Record<string, unknown>>;
/** What is said to whoever sends such a text; thrown, where it throws. */
export type Answer = readonly [pattern: RegExp, say: (text: string) => readonly Row[]];

export const ANSWERING = readDatabaseUrl("postgres://ana@db1/books") as PostgresDatabase;

const FIT = { version: "180000", encoding: "UTF8", read_only: "off", is_standby: false };
const OPEN = { database: "books", isolation: "read committed" };

/** @param found what it says of itself, where that is not what a fit one says */
export async function answeringServer(
  answer: (text: string) => readonly Row[],
  found: Row = {},
): Promise<{ readonly orm: Orm; readonly said: string[]; readonly values: (readonly unknown[])[] }> {
  const [said, values]: [string[], (readonly unknown[])[]] = [[], []];
  const rowsFor = (text: string): readonly Row[] => {
    if (text.includes("current_database()")) return [{ ...OPEN, ...found }];
    if (text.includes("server_version_num")) return [{ ...FIT, ...found }];
    // The mapper asks whether there is such a database, and makes it where there is none.
    if (text.includes("from pg_database")) return [{}];
    return answer(text);
  };
  const query = async (asked: { readonly text: string; readonly values: unknown[] }) => {
    const text = asked.text.replaceAll(/\s+/g, " ").trim();
    if (!text.includes("from pg_database")) {
      said.push(text);
      values.push(asked.values);
    }
    const rows = [...rowsFor(text)];
    return { rows, rowCount: rows.length, command: /^\w+/.exec(text)?.[0].toUpperCase() ?? "" };
  };
  const orm = await openWithin({ query }, ANSWERING);
  [said.length, values.length] = [0, 0];
  return { orm, said, values };
}
