/** A SQLite file with the mapper on it, for what a test asks in the mapper's words, or migrates by steps. */
import { mapperOnFile } from "../../src/adapters/store/dialect/mapper-on-file.ts";
import type { Orm } from "../../src/adapters/store/dialect/mapper.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";
import type { SqliteConnection } from "../../src/adapters/store/dialect/sqlite-connection.ts";

export type MappedFile = Orm & { readonly connection: SqliteConnection };

export function openMapped(databasePath: string): MappedFile {
  const connection = openDatabase(databasePath, "make");
  const orm = mapperOnFile(connection);
  return {
    ...{ connection, em: orm.em, migrator: orm.migrator },
    async close() {
      await orm.close();
      await connection.close();
    },
  };
}
