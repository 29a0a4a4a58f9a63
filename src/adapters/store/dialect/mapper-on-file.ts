/**
 * The mapper on a SQLite file that is open: on the same connection. Its transactions are parts of the one that is open there, or
 * transactions of their own where none is.
 */
import type { MikroORM } from "@mikro-orm/core";
import { type SqlEntityManager, SqliteDriver } from "@mikro-orm/sqlite";
import { type DatabaseConnection, SqliteDialect, SqliteDriver as KyselyDriver } from "kysely";
import { mapperOn } from "./mapper.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
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
  #isPart = false;

  constructor(connection: SqliteConnection) {
    super(connection);
    this.#connection = connection;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#isPart = this.#connection.database.inTransaction;
    if (this.#isPart) return;
    this.#connection.syncAs("at_commit");
    await super.beginTransaction(connection);
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (!this.#isPart) await super.commitTransaction(connection);
  }

  /** None is open where SQLite rolled back by itself; a part is rolled back with the whole, by what is thrown. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (!this.#isPart && this.#connection.database.inTransaction) await super.rollbackTransaction(connection);
  }

  /** The connection is whoever's who opened it. */
  override async destroy(): Promise<void> {}
}
