/**
 * The file that closed invoices are moved to: a database of the same tables and views, which can be read, and from which nobody
 * is ever charged.
 */
import { existsSync } from "node:fs";
import type { ArchivedRow, ArchiveFile, ClosedInvoices } from "../../../application/ports/archive.ts";
import type { Installation } from "../../../application/ports/installation.ts";
import type { ArchiveRange } from "../../../domain/archive.ts";
import { DatabaseUnusable, Refused } from "../../../domain/errors.ts";
import { MOVED, movedTables, namedTables } from "../records/archived-rows.ts";
import { archiveOf } from "../records/moved.ts";
import { text, textOrNull } from "./codec.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { migrate } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import { all, batch, type Connected, ms, run, type Transacting } from "./sql.ts";
import { canonical, insertRows, type Table, tableOf } from "./table-rows.ts";

/**
 * Makes it, or goes on with it.
 * @param installation whose invoices they are
 * @throws {Refused} the file is another one
 * @throws {DatabaseUnusable}
 */
export async function openArchiveFile(
  { file, before }: ArchiveRange,
  installation: Pick<Installation, "id" | "livemode">,
): Promise<ArchiveFile> {
  const mark = archiveOf(installation.id);
  const isNew = !existsSync(file);
  const connection = openDatabase(file, "make");
  try {
    if (!isNew) await mustBeOf(connection, file, mark);
    await migrate(connection, file);
    await connection.transaction(
      async (em) =>
        void (await run(
          em,
          `insert into installation (id, livemode, epoch, created_at, moved_to)
           select ?, ?, 0, ?, ? where not exists (select 1 from installation)`,
          [installation.id, installation.livemode === null ? null : Number(installation.livemode), ms(before), mark],
        )),
    );
    return {
      put: (closed) => put(connection, file, closed),
      keepOnly: (moved) => keepOnly(connection, moved),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw explainDatabaseError(error, file);
  }
}

async function mustBeOf(em: Connected, file: string, mark: string): Promise<void> {
  const tables = await all(em, "select name from sqlite_master where type = 'table'");
  // Cut off before it had any.
  if (!tables.some(({ name }) => name === "installation")) return;
  const [row] = await all(em, "select moved_to from installation");
  if (row === undefined || textOrNull(row, "moved_to") === mark) return;
  throw new Refused(`${file} is no archive of this database; nothing was changed, choose another name`);
}

async function put(database: Transacting, file: string, { tables }: ClosedInvoices): Promise<void> {
  const [named, moved] = [namedTables(), movedTables()];
  await database.transaction(async (em) => {
    for (const table of moved.toReversed())
      await run(em, `delete from ${table.name} where ${within(table)}`, keys(table));
    for (const table of named) await insertRows(em, table, rowsOf(table), "on conflict do nothing");
    for (const table of moved) await insertRows(em, table, rowsOf(table));
  });
  for (const table of moved) {
    const written = await all(
      database,
      `select * from ${table.name} where ${within(table)} order by ${table.key}`,
      keys(table),
    );
    // Its key is unique: where one is missing, those after it differ.
    if (rowsOf(table).some((row, at) => canonical({ ...row }, table) !== canonical(written[at] ?? {}, table)))
      throw new DatabaseUnusable(`${file} does not read as it was written (${table.name}); nothing was deleted`);
  }

  function rowsOf({ name }: Table): ArchivedRow[] {
    return [...(tables[name] ?? [])];
  }
  function keys(table: Table): string[] {
    return [batch(rowsOf(table).map((row) => row[table.key]))];
  }
}

const INVOICES_AT_ONCE = 1000;

async function keepOnly(database: Transacting, moved: Parameters<ArchiveFile["keepOnly"]>[0]): Promise<void> {
  for (let after = ""; ;) {
    const rows = await all(database, "select id from invoice where id > ? order by id limit ?", [
      after,
      INVOICES_AT_ONCE,
    ]);
    const ids = rows.map((row) => text(row, "id"));
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
    const kept = await moved(ids);
    const strays = batch(ids.filter((id) => !kept.has(id)));
    // No rule: where none strays, as nearly always, nothing is opened to be written.
    if (strays === "[]") continue;
    await database.transaction(async (em) => {
      for (const [className, of] of MOVED.toReversed())
        await run(em, `delete from ${tableOf(className).name} where ${of}`, [strays]);
    });
  }
}

function within({ key }: Table): string {
  return `${key} in (select value from json_each(?))`;
}
