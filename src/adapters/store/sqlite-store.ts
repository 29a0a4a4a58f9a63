/** The store on a file of SQLite, from which one process charges at a time. */
import { ensureInstallation } from "./records/installation.ts";
import { mustNotBeMoved } from "./records/moved.ts";
import { SOLE_RIGHT } from "./records/nodes.ts";
import { watchFiles } from "./dialect/file-watch.ts";
import { acquireChargeLock, type ChargeLock } from "./dialect/lock.ts";
import { explainDatabaseError } from "./dialect/database-errors.ts";
import { lateSync, type SyncFile } from "./dialect/late-sync.ts";
import { migrate, mustBeUpToDate } from "./dialect/migrate.ts";
import { isMissing, MEMORY } from "./dialect/database-access.ts";
import type { Orm } from "./dialect/mapper.ts";
import { openDatabase } from "./dialect/open-database.ts";
import { openToRead } from "./dialect/open-to-read.ts";
import { mustBeWhole } from "./dialect/whole-file.ts";
import { sqliteHealth } from "./dialect/sqlite-health.ts";
import { inTurn, writing } from "./dialect/transaction.ts";
import { NO_WRITES, type OpenDatabase, type OpenedStore, storeOn, type StoreOptions } from "./store.ts";

export type SqliteStoreOptions = StoreOptions & {
  /** A file, or ":memory:". */
  readonly databasePath: string;
  /** How a file reaches the disk, where that is not the machine's own way. */
  readonly syncFile?: SyncFile;
};

/**
 * Opens the file, making and migrating it where `access` allows it.
 *
 * @throws {AlreadyRunning} `exclusive`, and another process charges from this file
 * @throws {DatabaseUnusable} the file cannot be opened, written or understood
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<OpenedStore> {
  const { databasePath, random } = options;
  const isNew = isMissing(databasePath);
  const opened = options.access === "read" ? await readable(databasePath) : await writable(options, options.access);
  return storeOn({
    random,
    leastCents: options.leastCents,
    isNew,
    hints: null,
    health: (em) => sqliteHealth(em, databasePath),
    rightToCharge: SOLE_RIGHT,
    mustBeWhole: (em) => mustBeWhole(em, databasePath),
    explain: (error) => explainDatabaseError(error, databasePath),
    ...opened,
  });
}

type Opened = Pick<OpenDatabase, "read" | "appliedMigrations" | "writes" | "mustBeInPlace" | "close">;

async function readable(databasePath: string): Promise<Opened> {
  const connection = openToRead(databasePath);
  try {
    await mustBeUpToDate(connection, databasePath);
  } catch (error) {
    await connection.close();
    throw explainDatabaseError(error, databasePath);
  }
  return {
    read: () => connection,
    appliedMigrations: [],
    writes: NO_WRITES,
    mustBeInPlace() {},
    close: () => connection.close(),
  };
}

async function writable(
  { databasePath, random, now, exclusive, syncFile }: SqliteStoreOptions,
  access: Exclude<SqliteStoreOptions["access"], "read">,
): Promise<Opened> {
  const connection = openDatabase(databasePath, access);
  const log = lateSync(databasePath, syncFile);
  let lock: ChargeLock | null = null;
  let mapper: Orm | null = null;
  let appliedMigrations: string[] = [];
  try {
    if (exclusive && databasePath !== MEMORY) lock = acquireChargeLock(databasePath);
    appliedMigrations = await inTurn(databasePath, async () => {
      const applied = await migrate(connection, databasePath);
      await connection.transaction((em) => ensureInstallation(em, now, random));
      return applied;
    });
    await mustNotBeMoved(connection, databasePath);
  } catch (error) {
    lock?.release();
    await connection.close();
    throw explainDatabaseError(error, databasePath);
  }
  return {
    read: () => connection,
    appliedMigrations,
    writes: {
      alone: (work) => writing(connection, databasePath, work),
      async mapped(work) {
        // Before anybody waits for the transaction.
        const { mapperOnFile } = await import("./dialect/mapper-on-file.ts");
        mapper ??= mapperOnFile(connection);
        const { em } = mapper;
        // Of its own part of the transaction: what goes on in it when that is over is refused.
        return await writing(connection, databasePath, () => em.fork().transactional(work));
      },
      beside: (_whose, work) => log.after(() => writing(connection, databasePath, work, "later")),
    },
    mustBeInPlace: lock === null ? () => {} : watchFiles(databasePath),
    async close() {
      await log.close();
      await mapper?.close();
      await connection.close();
      lock?.release();
    },
  };
}
