/**
 * Opens the SQLite file: its folder, its mode, its pragmas. What can be wrong with a file is worded in database-errors.ts.
 */
import { chmodSync, closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { IMigrator } from "@mikro-orm/core";
import { SqliteDriver, type SqlEntityManager } from "@mikro-orm/sqlite";
import { DatabaseUnusable } from "../../../domain/errors.ts";
import { checkAside } from "./check-aside.ts";
import { type DatabaseAccess, isMissing, MEMORY } from "./database-access.ts";
import { errorCode, explainDatabaseError, isObject } from "./database-errors.ts";
import { letCommitsSyncLater } from "./late-sync.ts";
import { mapperOn } from "./mapper.ts";
import { keepStatements } from "./prepared-statements.ts";
import { type DatabaseConnection, type Query, type QueryResult, setUp } from "./raw-query.ts";
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
export async function openDatabase(databasePath: string, access: DatabaseAccess): Promise<Orm> {
  try {
    if (databasePath === MEMORY) return await connect(databasePath);
    if (access === "make") prepareFile(databasePath);
    else if (isMissing(databasePath)) throw missing(databasePath);
    if (statSync(databasePath).isDirectory()) throw folderInstead(databasePath);
    if (access !== "read") {
      keepToOwner(databasePath);
      return await connect(databasePath);
    }
    try {
      return await connect(databasePath, { readonly: true });
    } catch (error) {
      // SQLite needs to make files beside the database even to read it, where no process has it open.
      if (!errorCode(error)?.startsWith("SQLITE_CANTOPEN") && !errorCode(error)?.startsWith("SQLITE_READONLY"))
        throw error;
      return await connectToCopy(databasePath);
    }
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

async function connect(databasePath: string, { readonly = false } = {}): Promise<Orm> {
  // Who only reads has no use for them, and they are fifty files.
  const migrations = readonly ? [] : (await import("./sqlite-migrations.ts")).MIGRATIONS;
  const orm = mapperOn(SqliteDriver, {
    dbName: databasePath,
    migrations: { migrationsList: migrations, snapshot: false, silent: true },
    driverOptions: { readonly },
    // Runs once, before any other query, on the single connection.
    onCreateConnection: async (connection) => {
      await setUp(connection, (readonly ? PRAGMAS : [JOURNAL, ...PRAGMAS]).map(statementOf));
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

/** Reads a copy of the file and of its write-ahead log: for a folder that we may not write to. */
async function connectToCopy(databasePath: string): Promise<Orm> {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-"));
  try {
    const copy = path.join(folder, "copy.db");
    cpSync(databasePath, copy);
    if (existsSync(`${databasePath}-wal`)) cpSync(`${databasePath}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
    const orm = await connect(copy);
    return {
      em: orm.em,
      migrator: orm.migrator,
      async close() {
        await orm.close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

function folderInstead(databasePath: string): unknown {
  return explainDatabaseError({ code: "EISDIR" }, databasePath);
}

function missing(databasePath: string): DatabaseUnusable {
  return new DatabaseUnusable(
    `there is no database at ${path.resolve(databasePath)}; check DATABASE_URL (is the disk mounted, is this the right ` +
      "folder?)",
    { isMisconfigured: true, mend: { do: "make_database" } },
  );
}

/**
 * A full or broken disk makes SQLite roll back by itself. The rollback that follows then finds no transaction, and Kysely
 * would take that for a failure and keep the only connection for ever: every later call would wait in silence.
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

/** Up to here the check takes some milliseconds, and the process can wait for it: what is asked of it meanwhile waits, too. */
const ASIDE_ABOVE_BYTES = 2 * 1024 * 1024;

async function checkedHere(em: SqlEntityManager): Promise<readonly string[]> {
  const rows: readonly Record<string, unknown>[] = await em.execute("pragma quick_check(3)");
  return rows.map((row) => String(Object.values(row)[0]));
}

async function checkedAside(databasePath: string): Promise<readonly string[]> {
  try {
    return await checkAside(databasePath);
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

/** @throws {DatabaseUnusable} SQLite finds a damaged page */
export async function mustBeWhole(
  em: SqlEntityManager,
  databasePath: string,
  asideAboveBytes: number = ASIDE_ABOVE_BYTES,
): Promise<void> {
  const isLarge = databasePath !== MEMORY && statSync(databasePath).size > asideAboveBytes;
  const answers = isLarge ? await checkedAside(databasePath) : await checkedHere(em);
  const faults = answers.filter((answer) => answer !== "ok");
  if (faults.length === 0) return;
  const corrupt = Object.assign(new Error(faults.join("; ")), { code: "SQLITE_CORRUPT" });
  throw explainDatabaseError(corrupt, databasePath);
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
