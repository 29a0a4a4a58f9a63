/** The store on a database of a PostgreSQL server, which any number of processes share. */
import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresDatabase } from "./dialect/postgres/server-settings.ts";
import { DatabaseUnusable } from "../../domain/errors.ts";
import { mustBeUpToDate } from "./dialect/migrate.ts";
import type { Orm } from "./dialect/mapper.ts";
import { serverHints } from "./dialect/postgres/hints.ts";
import { serverHealth } from "./dialect/postgres/server-health.ts";
import { isEmpty, migrateServer, openServer, openWithin } from "./dialect/postgres/open-server.ts";
import type { OpenTransaction } from "./dialect/postgres/open-transaction.ts";
import { serverWrites } from "./dialect/postgres/server-writes.ts";
import { lostIndexes } from "./dialect/postgres/unique-indexes.ts";
import { explainServerError } from "./dialect/postgres/server-errors.ts";
import { ensureInstallation } from "./records/installation.ts";
import { mustNotBeMoved } from "./records/moved.ts";
import { askTime, type HearsTime, mustBeAlone } from "./records/nodes.ts";
import { type OpenedStore, storeOn, type StoreOptions } from "./store.ts";

export type PostgresStoreOptions = StoreOptions & {
  readonly database: PostgresDatabase;
  /** For how long a process may be silent before others take over what it had claimed. */
  readonly leaseMs: number;
  /** Told the time of the server, at first and whenever this process says that it lives. */
  readonly clock?: HearsTime;
  /** All of it happens in this transaction of the program's own, whose tables are there and up to date. */
  readonly within?: OpenTransaction | undefined;
};

/**
 * Connects, making and migrating the tables where `access` allows it.
 *
 * @throws {DatabaseUnusable} the server cannot be reached, does not let us in, or has no tables of this version
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<OpenedStore> {
  const { database, random, access, leaseMs, clock, within } = options;
  const { name } = database;
  const explain = (error: unknown): unknown => explainServerError(error, name);
  const orm = within === undefined ? await openServer(database, access) : await openWithin(within, database);
  try {
    if (clock !== undefined) await askTime(orm.em.fork(), clock);
    const isNew = await isEmpty(orm);
    if (isNew && access !== "make") throw noTables(name);
    let appliedMigrations: string[] = [];
    if (access === "read" || within !== undefined) await mustBeUpToDate(orm.em, name);
    else {
      appliedMigrations = await migrateServer(orm, name);
      await orm.em.fork().transactional((em) => ensureInstallation(em, options.now, random));
      await mustNotBeMoved(orm.em.fork(), name);
    }
    if (options.exclusive) await mustBeAlone(orm.em.fork(), name);
    return storeOn({
      read: () => orm.em.fork(),
      random,
      leastCents: options.leastCents,
      isNew,
      appliedMigrations,
      writes: serverWrites(orm, name, { isWithin: within !== undefined }),
      hints: serverHints(orm, explain),
      health: serverHealth,
      rightToCharge: { leaseMs, ...(clock && { onBeat: (em) => askTime(em, clock) }) },
      mustBeInPlace() {},
      // The server checks its pages as it reads them, and every read says so.
      mustBeWhole: async (em) => mustHaveIndexes(await lostIndexes(em), name),
      explain,
      close: () => closed(orm),
    });
  } catch (error) {
    await orm.close();
    throw explain(error);
  }
}

/** Longer than an orderly end takes. */
const CLOSE_MS = 5_000;

/** A connection that broke in the middle of something may never say that it is closed: the process ends all the same. */
async function closed(orm: Orm): Promise<void> {
  const inTime = new AbortController();
  const closing = orm.close().finally(() => inTime.abort());
  await Promise.race([closing, sleep(CLOSE_MS, null, { signal: inTime.signal }).catch(() => closing)]);
}

function mustHaveIndexes(lost: readonly string[], name: string): void {
  if (lost.length === 0) return;
  throw new DatabaseUnusable(
    `the database ${name} lacks indexes that keep things from being done twice (${lost.join(", ")}): nobody is charged; ` +
      "restore them, or all of a backup",
    { isMisconfigured: true, isOfServer: true },
  );
}

function noTables(name: string): DatabaseUnusable {
  return new DatabaseUnusable(
    `the database ${name} has no tables of Puntual; check DATABASE_URL and the search_path of its user (is this the right database?)`,
    {
      isMisconfigured: true,
      mend: { do: "make_database" },
    },
  );
}
