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
import { mustBeWhole, openDatabase } from "./dialect/open-database.ts";
import { sqliteHealth } from "./dialect/sqlite-health.ts";
import { inTurn, writing } from "./dialect/transaction.ts";
import { type OpenedStore, storeOn, type StoreOptions } from "./store.ts";

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
  const { databasePath, random, access } = options;
  const isNew = isMissing(databasePath);
  const orm = await openDatabase(databasePath, access);
  const log = lateSync(databasePath, options.syncFile);
  let lock: ChargeLock | null = null;
  let appliedMigrations: string[] = [];
  try {
    if (options.exclusive && databasePath !== MEMORY) lock = acquireChargeLock(databasePath);
    if (access === "read") await mustBeUpToDate(orm, databasePath);
    else {
      appliedMigrations = await inTurn(databasePath, async () => {
        const applied = await migrate(orm, databasePath);
        await orm.em.fork().transactional((em) => ensureInstallation(em, options.now, random));
        return applied;
      });
      await mustNotBeMoved(orm.em.fork(), databasePath);
    }
  } catch (error) {
    lock?.release();
    await orm.close();
    throw explainDatabaseError(error, databasePath);
  }
  return storeOn({
    orm,
    random,
    leastCents: options.leastCents,
    isNew,
    appliedMigrations,
    writes: {
      alone: (work) => writing(orm, databasePath, work),
      beside: (_whose, work) => log.after(() => writing(orm, databasePath, work)),
    },
    hints: null,
    health: (em) => sqliteHealth(em, databasePath),
    rightToCharge: SOLE_RIGHT,
    mustBeInPlace: lock === null ? () => {} : watchFiles(databasePath),
    mustBeWhole: (em) => mustBeWhole(em, databasePath),
    explain: (error) => explainDatabaseError(error, databasePath),
    async close() {
      await log.close();
      await orm.close();
      lock?.release();
    },
  });
}
