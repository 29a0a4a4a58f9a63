/**
 * The door to kysely, MikroORM's own query layer: what goes past the mapper, and what a fresh connection is set to. Its 255
 * files are loaded with the mapper, and not for this: a query is a plain object.
 */
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";

export type { DatabaseConnection, QueryResult };
export type Query = CompiledQuery;

/** By it a plugin of kysely would know a query again; we have none. */
const NONE = { queryId: "" };

/** As `CompiledQuery.raw` makes it. */
export function rawQuery(sql: string, parameters: readonly unknown[] = []): Query {
  const query = { kind: "RawNode", sqlFragments: [sql], parameters: [] } as const;
  return { sql, parameters, query, queryId: NONE };
}
