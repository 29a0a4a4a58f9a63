/**
 * The one door to kysely, MikroORM's own query layer: what goes past the mapper, what a fresh connection is set to, and how
 * a server is spoken to.
 */
import { CompiledQuery, type DatabaseConnection, PostgresDialect, PostgresDriver, type QueryResult } from "kysely";

export type { DatabaseConnection, QueryResult };
export { PostgresDialect as ServerDialect, PostgresDriver as ServerDriver };
export type Query = CompiledQuery;

export function rawQuery(sql: string, parameters: readonly unknown[] = []): Query {
  return CompiledQuery.raw(sql, [...parameters]);
}

/** @param connection as MikroORM hands it to `onCreateConnection` */
export async function setUp(connection: unknown, settings: readonly string[]): Promise<void> {
  for (const setting of settings) await (connection as DatabaseConnection).executeQuery(rawQuery(setting));
}
