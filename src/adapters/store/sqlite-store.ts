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
  const database = openToRead(databasePath);
  try {
    await mustBeUpToDate(database.em, databasePath);
  } catch (error) {
    await database.close();
    throw explainDatabaseError(error, databasePath);
  }
  return {
    read: () => database.em,
    appliedMigrations: [],
    writes: NO_WRITES,
    mustBeInPlace() {},
    close: () => database.close(),
  };
}

async function writable(
  { databasePath, random, now, exclusive, syncFile }: SqliteStoreOptions,
  access: Exclude<SqliteStoreOptions["access"], "read">,
): Promise<Opened> {
  const { openDatabase } = await import("./dialect/open-database.ts");
  const orm = await openDatabase(databasePath, access);
  const log = lateSync(databasePath, syncFile);
  let lock: ChargeLock | null = null;
  let appliedMigrations: string[] = [];
  try {
    if (exclusive && databasePath !== MEMORY) lock = acquireChargeLock(databasePath);
    appliedMigrations = await inTurn(databasePath, async () => {
      const applied = await migrate(orm, databasePath);
      await orm.em.fork().transactional((em) => ensureInstallation(em, now, random));
      return applied;
    });
    await mustNotBeMoved(orm.em.fork(), databasePath);
  } catch (error) {
    lock?.release();
    await orm.close();
    throw explainDatabaseError(error, databasePath);
  }
  return {
    read: () => orm.em.fork(),
    appliedMigrations,
    writes: {
      alone: (work) => writing(orm, databasePath, work),
      beside: (_whose, work) => log.after(() => writing(orm, databasePath, work)),
    },
    mustBeInPlace: lock === null ? () => {} : watchFiles(databasePath),
    async close() {
      await log.close();
      await orm.close();
      lock?.release();
    },
  };
}
