/**
 * Moves a whole database to another one, of whatever dialect: every table, in the order of its keys, then compared row by row.
 *
 * Both are marked before the first row is copied, and nothing is written to a marked one: nobody charges meanwhile. At the end
 * the copy's mark is taken away, in one transaction; the old one keeps its own. A crash before that leaves both marked: the same
 * command goes on after the last row that was copied, or gives up, which frees the old one.
 */
import { createHash } from "node:crypto";
import { BillingError, DatabaseUnusable, Refused, messageOf } from "../../../domain/errors.ts";
import { entities } from "../entities.ts";
import { GIVEN_UP, markMoved, readMovedTo, unfinishedCopyOf } from "../records/moved.ts";
import { mustBeAlone } from "../records/nodes.ts";
import { text } from "./codec.ts";
import { acquireChargeLock, type ChargeLock } from "./lock.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { migrate } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import { migrateServer, openServer, transactingOn } from "./postgres/open-server.ts";
import { explainServerError } from "./postgres/server-errors.ts";
import type { PostgresDatabase } from "./postgres/server-settings.ts";
import { waitForWriters } from "./postgres/server-writes.ts";
import { all, isPostgres, type Parameter, type RawRow, run, type Transacting } from "./sql.ts";
import { canonical, insertRows, quoted, type Table, tableOf, valueOf } from "./table-rows.ts";

export type MovedDatabase =
  { readonly kind: "sqlite"; readonly path: string; readonly name: string } | PostgresDatabase;

export type MovedTable = {
  readonly table: string;
  readonly rows: number;
  /** Of all rows in the order of their keys, the same on both sides. */
  readonly digest: string;
};

export type MoveOptions = { readonly progress: (what: string, rows: number) => void };

type Side = AsyncDisposable & { readonly database: Transacting; readonly name: string };

/**
 * @throws {AlreadyRunning} a process charges from one of them
 * @throws {Refused} the new one holds something else
 * @throws {DatabaseUnusable} one of them cannot be used; or they differ at the end, and both stay marked
 */
export async function moveDatabase(
  from: MovedDatabase,
  to: MovedDatabase,
  { progress }: MoveOptions,
): Promise<readonly MovedTable[]> {
  await using old = await openSide(from, "write");
  const installationId = await mayBeMoved(old, to.name);
  await using fresh = await openSide(to, "make");
  await mustBeFree(fresh, installationId);
  await markMoved(old.database, to.name);
  if (isPostgres(old.database)) await waitForWriters(old.database);
  await putInstallation(old, fresh, installationId);
  const tables = copiedTables();
  for (const table of tables) await copyTable(old, fresh, table, progress);
  const checked: MovedTable[] = [];
  for (const table of tables) checked.push(await compare(old, fresh, table, progress));
  if (isPostgres(fresh.database))
    await all(
      fresh.database,
      "select setval('event_sequence_seq', coalesce((select max(sequence) from event), 0) + 1, false)",
    );
  await markMoved(fresh.database, null);
  return checked;
}

/** Frees the old one of a move that is not finished. @throws {Refused} it is */
export async function giveUpMove(from: MovedDatabase, to: MovedDatabase): Promise<void> {
  await using old = await openSide(from, "write");
  await using fresh = await openSide(to, "make");
  const [row] = await all(old.database, "select id, moved_to from installation");
  const mark = await readMovedTo(fresh.database);
  if (row?.["moved_to"] !== to.name || (mark !== unfinishedCopyOf(text(row, "id")) && mark !== GIVEN_UP))
    throw new Refused(`no move from ${old.name} to ${fresh.name} is under way; nothing was changed`);
  // First nobody can charge from the copy any more, then from the old one again.
  await markMoved(fresh.database, GIVEN_UP);
  await markMoved(old.database, null);
}

// ---------------------------------------------------------------- the two sides

async function openSide(database: MovedDatabase, access: "make" | "write"): Promise<Side> {
  return database.kind === "sqlite" ? await openFile(database, access) : await openOnServer(database, access);
}

async function openFile({ path, name }: { path: string; name: string }, access: "make" | "write"): Promise<Side> {
  const connection = openDatabase(path, access);
  let lock: ChargeLock | null = null;
  try {
    lock = acquireChargeLock(path);
    await migrate(connection, path);
    return sideOf(connection, name, async () => {
      await connection.close();
      lock?.release();
    });
  } catch (error) {
    lock?.release();
    await connection.close();
    throw explainDatabaseError(error, name);
  }
}

async function openOnServer(database: PostgresDatabase, access: "make" | "write"): Promise<Side> {
  const orm = await openServer(database, access);
  try {
    await migrateServer(orm, database.name);
    await mustBeAlone(orm.em.fork(), database.name);
    return sideOf(transactingOn(orm), database.name, () => orm.close());
  } catch (error) {
    await orm.close();
    throw explainServerError(error, database.name);
  }
}

function sideOf(database: Transacting, name: string, close: () => Promise<void>): Side {
  return { database, name, [Symbol.asyncDispose]: close };
}

/** @returns the id of its installation */
async function mayBeMoved({ database, name }: Side, to: string): Promise<string> {
  const [row] = await all(database, "select id, moved_to from installation");
  if (row === undefined) throw new Refused(`${name} holds nothing that could be moved`);
  const movedTo = row["moved_to"];
  if (movedTo !== null && movedTo !== to)
    throw new Refused(`${name} is marked as moved to ${String(movedTo)}; nothing was changed`);
  return text(row, "id");
}

/** Empty, or the unfinished copy of the same. */
async function mustBeFree({ database, name }: Side, installationId: string): Promise<void> {
  const mark = await readMovedTo(database);
  if (mark === unfinishedCopyOf(installationId)) return;
  const [row] = await all(
    database,
    "select (select count(*) from plan) + (select count(*) from customer) + (select count(*) from event) as rows",
  );
  if (mark === null && Number(row?.["rows"]) === 0) return;
  const [own] = await all(database, "select id from installation");
  throw new Refused(
    own?.["id"] === installationId && mark === null
      ? `${name} holds the moved database already; nothing was changed`
      : `${name} is not empty: make a new database, and name that one; nothing was changed`,
  );
}

// ---------------------------------------------------------------- tables

/**
 * Nodes and their duties are processes: none lives through a move. The installation is the mark itself, and written first.
 * Triggers count what is copied.
 */
const NOT_COPIED = ["node", "duty", "installation", "revenue_day", "tally"];
const ROWS_AT_ONCE = 500;

/** Those that others refer to come first, as the entities stand. */
function copiedTables(): Table[] {
  const tables = entities.map((entity) => tableOf(entity.meta.className));
  return tables.filter(({ name }) => !NOT_COPIED.includes(name));
}

async function page({ database }: Side, { name, key }: Table, after: string | null): Promise<RawRow[]> {
  const from = after === null ? (["", []] as const) : ([`where ${key} > ?`, [after]] as const);
  return await all(database, `select * from ${name} ${from[0]} order by ${key} limit ?`, [...from[1], ROWS_AT_ONCE]);
}

async function copyTable(old: Side, fresh: Side, table: Table, progress: MoveOptions["progress"]): Promise<void> {
  const { name, key } = table;
  const [last] = await all(fresh.database, `select max(${key}) as last, count(*) as rows from ${name}`);
  let after = last?.["last"] === null || last === undefined ? null : text(last, "last");
  let copied = Number(last?.["rows"] ?? 0);
  for (;;) {
    const rows = await page(old, table, after);
    if (rows.length === 0) return;
    try {
      await fresh.database.transaction(async (em) => await insertRows(em, table, rows));
    } catch (error) {
      await copyOneByOne(old, fresh, table, rows, error);
    }
    after = text(rows.at(-1) ?? {}, key);
    copied += rows.length;
    progress(`copied ${name}:`, copied);
  }
}

/** What one database keeps another may not, as a letter that ends a text. @throws {DatabaseUnusable} naming the row */
async function copyOneByOne(
  old: Side,
  fresh: Side,
  table: Table,
  rows: readonly RawRow[],
  cause: unknown,
): Promise<void> {
  if (explainServerError(cause, fresh.name) instanceof BillingError) throw cause;
  for (const row of rows) {
    try {
      await fresh.database.transaction(async (em) => await insertRows(em, table, [row]));
    } catch (error) {
      throw new DatabaseUnusable(
        `the row ${text(row, table.key)} of ${table.name} cannot be kept by ${fresh.name} ` +
          `(${messageOf(error)}): mend it in ${old.name}, and give the same command again; ` +
          "or give the move up",
        { cause: error },
      );
    }
  }
}

async function putInstallation(old: Side, fresh: Side, installationId: string): Promise<void> {
  const table = tableOf("Installation");
  const [row] = await all(old.database, "select * from installation");
  if (row === undefined) throw new Error("the installation row is missing");
  const columns = table.columns.map((column) => quoted(column.name));
  const values = table.columns.map((column): Parameter => {
    if (column.name === "moved_to") return unfinishedCopyOf(installationId);
    const value = valueOf(row, column);
    return typeof value === "boolean" ? Number(value) : (value as Parameter);
  });
  await fresh.database.transaction(async (em) => {
    await run(em, "delete from installation");
    await run(
      em,
      `insert into installation (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`,
      values,
    );
  });
}

/** @throws {DatabaseUnusable} a row differs, or is on one side only */
async function compare(old: Side, fresh: Side, table: Table, progress: MoveOptions["progress"]): Promise<MovedTable> {
  const digest = createHash("sha256");
  let rows = 0;
  let after: string | null = null;
  for (;;) {
    const [ones, others]: [RawRow[], RawRow[]] = [await page(old, table, after), await page(fresh, table, after)];
    for (let at = 0; at < Math.max(ones.length, others.length); at++) {
      const [one, other] = [ones[at], others[at]];
      const line = one === undefined ? null : canonical(one, table);
      if (line === null || other === undefined || canonical(other, table) !== line)
        throw new DatabaseUnusable(
          `${table.name} differs at ${text(one ?? other ?? {}, table.key)}: ${fresh.name} is no copy of ${old.name}, and both stay ` +
            "marked; give the move up, and do it again into an empty database",
        );
      digest.update(`${line}\n`);
    }
    const last = ones.at(-1);
    if (last === undefined) return { table: table.name, rows, digest: digest.digest("hex") };
    after = text(last, table.key);
    rows += ones.length;
    progress(`compared ${table.name}:`, rows);
  }
}
