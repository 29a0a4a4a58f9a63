/**
 * Opens the SQLite file to write to it: its folder, its mode, its pragmas. What can be wrong with a file is worded in database-errors.ts.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import path from "node:path";
import type { IMigrator } from "@mikro-orm/core";
import { SqliteDriver, type SqlEntityManager } from "@mikro-orm/sqlite";
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { type DatabaseAccess, isMissing, MEMORY, mustBeFile } from "./database-access.ts";
import { explainDatabaseError, isObject } from "./database-errors.ts";
import { letCommitsSyncLater } from "./late-sync.ts";
import { mapperOn } from "./mapper.ts";
import { keepStatements } from "./prepared-statements.ts";
import { type DatabaseConnection, type Query, type QueryResult, setUp } from "./raw-query.ts";
import { MIGRATIONS } from "./sqlite-migrations.ts";
import { JOURNAL, PRAGMAS, statementOf } from "./pragmas.ts";

/** What we use of the mapper. */
export type Orm = {
  readonly em: SqlEntityManager;
  readonly migrator: IMigrator;
  close(): Promise<void>;
};

/**
 * @param databasePath a file, made with mode 0600, or ":memory:"
 * @throws {DatabaseUnusable}
 */
export async function openDatabase(databasePath: string, access: Exclude<DatabaseAccess, "read">): Promise<Orm> {
  try {
    if (databasePath === MEMORY) return await connect(databasePath);
    if (access === "make") prepareFile(databasePath);
    else mustBeFile(databasePath);
    keepToOwner(databasePath);
    return await connect(databasePath);
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

async function connect(databasePath: string): Promise<Orm> {
  const orm = mapperOn(SqliteDriver, {
    dbName: databasePath,
    migrations: { migrationsList: MIGRATIONS, snapshot: false, silent: true },
    // Runs once, before any other query, on the single connection.
    onCreateConnection: async (connection) => {
      await setUp(connection, [JOURNAL, ...PRAGMAS].map(statementOf));
      letRollbackBeDone(connection as DatabaseConnection);
      letCommitsSyncLater(connection as DatabaseConnection);
    },
  });
  try {
    const connection = orm.em.getConnection();
    await connection.execute("select count(*) from sqlite_master");
    keepStatements(await connection.getNativeClient());
    return orm;
  } catch (error) {
    await orm.close();
    throw error;
  }
}

/**
 * A full or broken disk makes SQLite roll back by itself. The rollback that follows then finds no transaction. As a failure it
 * would leave later commits unsynced (late-sync.ts), and a Kysely before 0.29.9 would keep the only connection for ever.
 */
function letRollbackBeDone(connection: DatabaseConnection): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <Row>(query: Query): Promise<QueryResult<Row>> => {
    try {
      return await execute<Row>(query);
    } catch (error) {
      if (query.sql === "rollback" && isObject(error) && String(error["message"]).includes("no transaction is active"))
        return { rows: [] };
      throw error;
    }
  };
}

function prepareFile(databasePath: string): void {
  makeFolder(path.dirname(path.resolve(databasePath)));
  const journal = `${databasePath}-wal`;
  // SQLite would delete it: it belongs to a database that was moved away or deleted, and holds what was written last.
  if (isMissing(databasePath) && existsSync(journal) && statSync(journal).size > 0)
    throw new DatabaseUnusable(
      `there is no database at ${path.resolve(databasePath)}, but its journal ${path.basename(journal)} is there: put the ` +
        "database back beside it; or, to begin with an empty one, move the journal away",
      { isMisconfigured: true },
    );
  // The write-ahead log takes the mode of the file it belongs to.
  closeSync(openSync(databasePath, "a", 0o600));
}

function keepToOwner(databasePath: string): void {
  if ((statSync(databasePath).mode & 0o077) !== 0) chmodSync(databasePath, 0o600);
  if ((statSync(databasePath).mode & 0o600) !== 0o600) return;
  // Whoever only read a file of mode 0400 left its journal in the same mode: it would keep everybody from writing for ever.
  for (const end of ["-wal", "-shm"]) {
    const beside = statSync(databasePath + end, { throwIfNoEntry: false });
    if (beside !== undefined && (beside.mode & 0o600) !== 0o600) chmodSync(databasePath + end, 0o600);
  }
}

/** One by one: Node's own recursive mkdir never returns where a file system takes no folders, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
