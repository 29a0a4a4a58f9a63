/** A database read past the program, with SQL of our own: what was committed, and nothing else. One face for either kind. */
import Database from "better-sqlite3";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";

export type RawTables = AsyncDisposable & {
  /** By a statement that both understand; instants and money are numbers. */
  all<Row>(sql: string): Promise<Row[]>;
  /** Another value after each commit of anybody else. */
  version(): Promise<unknown>;
  /** Of all tables that the program writes. */
  names(): Promise<readonly string[]>;
  /** "ok", or what is broken. */
  integrity(): Promise<string>;
};

/** A path, or a database of a server. */
export type Place = string | PostgresDatabase;

export async function openTables(place: Place): Promise<RawTables> {
  return typeof place === "string" ? onSqlite(place) : await onServer(place);
}

/** For one look. */
export async function withTables<T>(place: Place, look: (tables: RawTables) => Promise<T>): Promise<T> {
  await using tables = await openTables(place);
  return await look(tables);
}

function onSqlite(path: string): RawTables {
  const database = new Database(path, { readonly: true });
  return {
    all: async <Row>(sql: string) => database.prepare(sql).all() as Row[],
    version: async () => database.pragma("data_version", { simple: true }),
    names: async () =>
      database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[],
    integrity: async () => String(database.pragma("integrity_check", { simple: true })),
    [Symbol.asyncDispose]: async () => void database.close(),
  };
}

async function onServer(place: PostgresDatabase): Promise<RawTables> {
  const orm = await openServer({ ...place, pool: 1 }, "read");
  const all = async <Row>(sql: string): Promise<Row[]> => (await orm.em.execute(sql)) as Row[];
  return {
    all,
    // The number that the next transaction that writes will have.
    version: async () => (await all<{ v: string }>("select pg_snapshot_xmax(pg_current_snapshot())::text as v"))[0]?.v,
    names: async () =>
      (
        await all<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public' order by 1")
      ).map(({ name }) => name),
    // It checks its pages as it reads them.
    integrity: async () => "ok",
    [Symbol.asyncDispose]: () => orm.close(),
  };
}
