/**
 * The mapper on a SQLite file that is open: on the same connection. Its transactions are parts of the one that is open there, or
 * transactions of their own where none is.
 */
import type { MikroORM } from "@mikro-orm/core";
import { type SqlEntityManager, SqliteDriver } from "@mikro-orm/sqlite";
import { type DatabaseConnection, SqliteDialect, SqliteDriver as KyselyDriver } from "kysely";
import { mapperOn } from "./mapper.ts";
import { mustBeWithin, type SqliteConnection } from "./sqlite-connection.ts";
import { MIGRATIONS } from "./sqlite-migrations.ts";

export function mapperOnFile(connection: SqliteConnection): MikroORM<SqliteDriver, SqlEntityManager<SqliteDriver>> {
  return mapperOn(SqliteDriver, {
    dbName: connection.database.name,
    migrations: { migrationsList: MIGRATIONS, snapshot: false, silent: true },
    // A function, since what is not one is copied.
    driverOptions: () => new Dialect(connection),
  });
}

class Dialect extends SqliteDialect {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    super(connection);
    this.#connection = connection;
  }

  override createDriver(): KyselyDriver {
    return new Driver(this.#connection);
  }
}

class Driver extends KyselyDriver {
  readonly #connection: SqliteConnection;
  #open: "part" | "own" | null = null;

  constructor(connection: SqliteConnection) {
    super(connection);
    this.#connection = connection;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    return {
      executeQuery: async (query) => {
        if (this.#open !== null) mustBeWithin(this.#connection.database, query);
        return await connection.executeQuery(query);
      },
      streamQuery: (query, rowsAtOnce) => connection.streamQuery(query, rowsAtOnce),
    };
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const isPart = this.#connection.database.inTransaction;
    if (!isPart) {
      this.#connection.syncAs("at_commit");
      await super.beginTransaction(connection);
    }
    this.#open = isPart ? "part" : "own";
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#open === "own") await super.commitTransaction(connection);
    this.#open = null;
  }

  /** None is open where SQLite rolled back by itself; a part is rolled back with the whole, by what is thrown. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#open === "own" && this.#connection.database.inTransaction) await super.rollbackTransaction(connection);
    this.#open = null;
  }

  /** The connection is whoever's who opened it. */
  override async destroy(): Promise<void> {}
}
