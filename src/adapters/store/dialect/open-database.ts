/**
 * Opens the SQLite file: its mode, its pragmas, its migrations; and turns what can be wrong with a file into one
 * clear sentence.
 */
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { IMigrator } from "@mikro-orm/core";
import { CompiledQuery, type DatabaseConnection, type QueryResult } from "kysely";
import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, MikroORM, type SqlEntityManager } from "@mikro-orm/sqlite";
import { Migration20261123000001Books } from "../../../../migrations/sqlite/Migration20261123000001Books.ts";
import { Migration20261123000002Views } from "../../../../migrations/sqlite/Migration20261123000002Views.ts";
import { Migration20261123000003Webhooks } from "../../../../migrations/sqlite/Migration20261123000003Webhooks.ts";
import { Migration20261123000004Refunds } from "../../../../migrations/sqlite/Migration20261123000004Refunds.ts";
import { Migration20261123000005GuardProbe } from "../../../../migrations/sqlite/Migration20261123000005GuardProbe.ts";
import { Migration20261123000006Dunning } from "../../../../migrations/sqlite/Migration20261123000006Dunning.ts";
import { Migration20261123000007Notifications } from "../../../../migrations/sqlite/Migration20261123000007Notifications.ts";
import { Migration20261123000008DunningViews } from "../../../../migrations/sqlite/Migration20261123000008DunningViews.ts";
import { Migration20261123000009WebhookIndexes } from "../../../../migrations/sqlite/Migration20261123000009WebhookIndexes.ts";
import { Migration20261128000010Words } from "../../../../migrations/sqlite/Migration20261128000010Words.ts";
import { Migration20261128000011NextBilling } from "../../../../migrations/sqlite/Migration20261128000011NextBilling.ts";
import { Migration20261128000012OrdersSetAside } from "../../../../migrations/sqlite/Migration20261128000012OrdersSetAside.ts";
import { Migration20261128000013Halts } from "../../../../migrations/sqlite/Migration20261128000013Halts.ts";
import { Migration20261128000014ReadFailures } from "../../../../migrations/sqlite/Migration20261128000014ReadFailures.ts";
import { Migration20261128000015SubscriptionEnds } from "../../../../migrations/sqlite/Migration20261128000015SubscriptionEnds.ts";
import { Migration20261128000016DeniedCharges } from "../../../../migrations/sqlite/Migration20261128000016DeniedCharges.ts";
import { Migration20261128000017RefusedCharges } from "../../../../migrations/sqlite/Migration20261128000017RefusedCharges.ts";
import { Migration20261128000018DunnedCustomers } from "../../../../migrations/sqlite/Migration20261128000018DunnedCustomers.ts";
import { Migration20261128000019Indexes } from "../../../../migrations/sqlite/Migration20261128000019Indexes.ts";
import { Migration20261128000020WaitingCycles } from "../../../../migrations/sqlite/Migration20261128000020WaitingCycles.ts";
import { Migration20261128000021Nodes } from "../../../../migrations/sqlite/Migration20261128000021Nodes.ts";
import { Migration20261128000022RefundedHistory } from "../../../../migrations/sqlite/Migration20261128000022RefundedHistory.ts";
import { Migration20261128000023DatedPrices } from "../../../../migrations/sqlite/Migration20261128000023DatedPrices.ts";
import { Migration20261128000024ReopenedInvoices } from "../../../../migrations/sqlite/Migration20261128000024ReopenedInvoices.ts";
import { Migration20261128000025ManyNodes } from "../../../../migrations/sqlite/Migration20261128000025ManyNodes.ts";
import { Migration20261128000026Taxes } from "../../../../migrations/sqlite/Migration20261128000026Taxes.ts";
import { Migration20261128000027Disputes } from "../../../../migrations/sqlite/Migration20261128000027Disputes.ts";
import { Migration20261128000028ClearedCards } from "../../../../migrations/sqlite/Migration20261128000028ClearedCards.ts";
import { Migration20261128000029ExpiryCounts } from "../../../../migrations/sqlite/Migration20261128000029ExpiryCounts.ts";
import { Migration20261128000030ComparedOrders } from "../../../../migrations/sqlite/Migration20261128000030ComparedOrders.ts";
import { Migration20261128000031InAndOut } from "../../../../migrations/sqlite/Migration20261128000031InAndOut.ts";
import { Migration20261128000032Api } from "../../../../migrations/sqlite/Migration20261128000032Api.ts";
import { BillingError, DatabaseUnusable, type Mend } from "../../../domain/errors.ts";
import { entities } from "../entities.ts";
import { isPostgres } from "./sql.ts";
import { keepStatements } from "./prepared-statements.ts";

/** What we use of the mapper. */
export type Orm = {
  readonly em: SqlEntityManager;
  readonly migrator: IMigrator;
  close(): Promise<void>;
};

export const MEMORY = ":memory:";

/**
 * - `make`: the file is created where it is missing, and its tables are brought up to date.
 * - `write`: the file must be there; its tables are brought up to date.
 * - `read`: the file must be there and up to date; nothing is written, and no right to write is needed.
 */
export type DatabaseAccess = "make" | "write" | "read";

const MIGRATIONS = [
  { name: "Migration20261123000001Books", class: Migration20261123000001Books },
  { name: "Migration20261123000002Views", class: Migration20261123000002Views },
  { name: "Migration20261123000003Webhooks", class: Migration20261123000003Webhooks },
  { name: "Migration20261123000004Refunds", class: Migration20261123000004Refunds },
  { name: "Migration20261123000005GuardProbe", class: Migration20261123000005GuardProbe },
  { name: "Migration20261123000006Dunning", class: Migration20261123000006Dunning },
  { name: "Migration20261123000007Notifications", class: Migration20261123000007Notifications },
  { name: "Migration20261123000008DunningViews", class: Migration20261123000008DunningViews },
  { name: "Migration20261123000009WebhookIndexes", class: Migration20261123000009WebhookIndexes },
  { name: "Migration20261128000010Words", class: Migration20261128000010Words },
  { name: "Migration20261128000011NextBilling", class: Migration20261128000011NextBilling },
  { name: "Migration20261128000012OrdersSetAside", class: Migration20261128000012OrdersSetAside },
  { name: "Migration20261128000013Halts", class: Migration20261128000013Halts },
  { name: "Migration20261128000014ReadFailures", class: Migration20261128000014ReadFailures },
  { name: "Migration20261128000015SubscriptionEnds", class: Migration20261128000015SubscriptionEnds },
  { name: "Migration20261128000016DeniedCharges", class: Migration20261128000016DeniedCharges },
  { name: "Migration20261128000017RefusedCharges", class: Migration20261128000017RefusedCharges },
  { name: "Migration20261128000018DunnedCustomers", class: Migration20261128000018DunnedCustomers },
  { name: "Migration20261128000019Indexes", class: Migration20261128000019Indexes },
  { name: "Migration20261128000020WaitingCycles", class: Migration20261128000020WaitingCycles },
  { name: "Migration20261128000021Nodes", class: Migration20261128000021Nodes },
  { name: "Migration20261128000022RefundedHistory", class: Migration20261128000022RefundedHistory },
  { name: "Migration20261128000023DatedPrices", class: Migration20261128000023DatedPrices },
  { name: "Migration20261128000024ReopenedInvoices", class: Migration20261128000024ReopenedInvoices },
  { name: "Migration20261128000025ManyNodes", class: Migration20261128000025ManyNodes },
  { name: "Migration20261128000026Taxes", class: Migration20261128000026Taxes },
  { name: "Migration20261128000027Disputes", class: Migration20261128000027Disputes },
  { name: "Migration20261128000028ClearedCards", class: Migration20261128000028ClearedCards },
  { name: "Migration20261128000029ExpiryCounts", class: Migration20261128000029ExpiryCounts },
  { name: "Migration20261128000030ComparedOrders", class: Migration20261128000030ComparedOrders },
  { name: "Migration20261128000031InAndOut", class: Migration20261128000031InAndOut },
  { name: "Migration20261128000032Api", class: Migration20261128000032Api },
];

export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map(({ name }) => name);

const PRAGMAS = [
  // NORMAL could lose the row that says a charge was about to be sent, in a power cut.
  "synchronous = full",
  "busy_timeout = 5000",
  "foreign_keys = on",
  "temp_store = memory",
];
/** Kept in the file, so only who may write can set it. */
const JOURNAL = "journal_mode = wal";

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
  const orm = await MikroORM.init(
    defineConfig({
      dbName: databasePath,
      entities: [...entities],
      extensions: [Migrator],
      migrations: { migrationsList: MIGRATIONS, snapshot: false, silent: true },
      driverOptions: { readonly },
      // Runs once, before any other query, on the single connection.
      onCreateConnection: async (connection) => {
        for (const pragma of readonly ? PRAGMAS : [JOURNAL, ...PRAGMAS])
          await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw(`pragma ${pragma}`));
        letRollbackBeDone(connection as DatabaseConnection);
      },
    }),
  );
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

/** An empty file is none: nothing was ever written to it. */
export function isMissing(databasePath: string): boolean {
  return databasePath !== MEMORY && (!existsSync(databasePath) || statSync(databasePath).size === 0);
}

function folderInstead(databasePath: string): DatabaseUnusable {
  return new DatabaseUnusable(`the database ${databasePath} ${MENDS["EISDIR"]?.what}`, { isMisconfigured: true });
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
  connection.executeQuery = async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
    try {
      return await execute<Row>(query);
    } catch (error) {
      if (query.sql === "rollback" && isObject(error) && String(error["message"]).includes("no transaction is active"))
        return { rows: [] };
      throw error;
    }
  };
}

/** Brings the tables up to date. @returns the names of the migrations that ran */
export async function migrate(orm: Orm, databasePath: string): Promise<string[]> {
  try {
    if ((await pendingMigrations(orm, databasePath)).length === 0) return [];
    return (await orm.migrator.up()).map(({ name }) => name);
  } catch (error) {
    throw explainDatabaseError(error, databasePath);
  }
}

/** @throws {DatabaseUnusable} SQLite finds a damaged page */
export async function mustBeWhole(em: SqlEntityManager, databasePath: string): Promise<void> {
  const rows: readonly Record<string, unknown>[] = await em.execute("pragma quick_check(3)");
  const faults = rows.map((row) => String(Object.values(row)[0])).filter((fault) => fault !== "ok");
  if (faults.length === 0) return;
  const corrupt = Object.assign(new Error(faults.join("; ")), { code: "SQLITE_CORRUPT" });
  throw explainDatabaseError(corrupt, databasePath);
}

/** For who may not migrate. @throws {DatabaseUnusable} the tables are not those of this version */
export async function mustBeUpToDate(orm: Orm, databasePath: string): Promise<void> {
  const pending = await pendingMigrations(orm, databasePath);
  if (pending.length > 0)
    throw new DatabaseUnusable(
      `the database ${databasePath} is of an older Puntual: its tables must first be brought up to date ` +
        `(${pending.join(", ")}). Nothing was changed`,
      { isMisconfigured: true, mend: { do: "migrate" } },
    );
}

export async function pendingMigrations(orm: Orm, databasePath: string): Promise<readonly string[]> {
  const executed = await executedMigrations(orm);
  const newer = executed.filter((name) => !MIGRATION_NAMES.includes(name));
  if (newer.length > 0)
    throw new DatabaseUnusable(
      `${databasePath} was written by a newer Puntual (it knows ${newer.join(", ")}); ` +
        "run that version, or restore a backup made before the upgrade",
      { isMisconfigured: true },
    );
  return MIGRATION_NAMES.filter((name) => !executed.includes(name));
}

/** Read without the migrator, which makes its table. */
export async function executedMigrations({ em }: Orm): Promise<readonly string[]> {
  const tables = await em.execute(
    isPostgres(em)
      ? "select 1 where to_regclass('mikro_orm_migrations') is not null"
      : "select 1 from sqlite_master where name = 'mikro_orm_migrations'",
  );
  if (tables.length === 0) return [];
  const rows: readonly { readonly name: string }[] = await em.execute("select name from mikro_orm_migrations");
  return rows.map(({ name }) => name);
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
}

/** One by one: Node's own recursive mkdir never returns where a file system takes no folders, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

const MENDS: Record<string, { readonly what: string; readonly isMisconfigured: boolean; readonly mend?: Mend }> = {
  SQLITE_NOTADB: { what: "is not an SQLite database; check DATABASE_URL, or restore a backup", isMisconfigured: true },
  SQLITE_CORRUPT: {
    what: "is corrupt; nobody is charged from it; restore a backup",
    isMisconfigured: true,
    mend: { do: "sweep" },
  },
  SQLITE_CANTOPEN: {
    what: "cannot be opened; check that DATABASE_URL names a file in a writable folder",
    isMisconfigured: true,
  },
  SQLITE_READONLY: {
    what: "cannot be written; check the permissions of the file and its folder",
    isMisconfigured: true,
  },
  SQLITE_FULL: {
    what: "cannot grow, the disk is full; nothing was charged without a record; free some space",
    isMisconfigured: false,
  },
  SQLITE_IOERR: { what: "cannot be read or written; check the disk", isMisconfigured: false },
  SQLITE_BUSY: { what: "is locked by another process for more than 5 seconds; try again", isMisconfigured: false },
  EACCES: { what: "cannot be written; check the permissions of the file and its folder", isMisconfigured: true },
  EPERM: { what: "cannot be written; check the permissions of the file and its folder", isMisconfigured: true },
  EROFS: { what: "lies on a read-only file system; choose another DATABASE_URL", isMisconfigured: true },
  ENOENT: {
    what: "cannot be created; check that DATABASE_URL names a file in a writable folder",
    isMisconfigured: true,
  },
  EISDIR: { what: "is a folder; DATABASE_URL must name a file", isMisconfigured: true },
  ENOTDIR: { what: "lies below something that is no folder; check DATABASE_URL", isMisconfigured: true },
  EEXIST: { what: "lies below something that is no folder; check DATABASE_URL", isMisconfigured: true },
  ENOSPC: { what: "cannot grow, the disk is full; free some space", isMisconfigured: false },
};

/** The database's error in words, or the error itself when it is not one of the file's. */
export function explainDatabaseError(error: unknown, databasePath: string): unknown {
  if (error instanceof BillingError) return error;
  for (let cause = error; isObject(cause); cause = cause["cause"]) {
    const code = cause["code"];
    if (typeof code !== "string") continue;
    const mend = isFullInstead(code, databasePath) ? MENDS["SQLITE_FULL"] : mendOf(code);
    if (mend === undefined) continue;
    return new DatabaseUnusable(`the database ${databasePath} ${mend.what} (${code})`, {
      cause: error,
      isMisconfigured: mend.isMisconfigured,
      ...(mend.mend && { mend: mend.mend }),
    });
  }
  return error;
}

function mendOf(code: string): (typeof MENDS)[string] | undefined {
  return MENDS[code] ?? MENDS[Object.keys(MENDS).find((key) => code.startsWith(`${key}_`)) ?? ""];
}

/** What SQLite makes of a file that could not be written to its end. */
const HALF_WRITTEN = /^SQLITE_(?:IOERR|CORRUPT|NOTADB|CANTOPEN)/;
const FULL_BYTES = 64 * 1024;

function isFullInstead(code: string, databasePath: string): boolean {
  if (!HALF_WRITTEN.test(code)) return false;
  try {
    const { bavail, bsize } = statfsSync(path.dirname(path.resolve(databasePath)));
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}

export function errorCode(error: unknown): string | null {
  for (let cause = error; isObject(cause); cause = cause["cause"]) {
    const code = cause["code"];
    if (typeof code === "string") return code;
  }
  return null;
}

/** Errors of Node itself may come from another realm, so their class tells nothing. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
