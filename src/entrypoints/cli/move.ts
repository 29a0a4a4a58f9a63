/** `migrate --from … --to …`: a whole database moves to another one, and the old one charges nobody any more. */
import { giveUpMove, moveDatabase, type MovedDatabase } from "../../adapters/store/dialect/move-database.ts";
import { MEMORY } from "../../adapters/store/dialect/database-access.ts";
import { Complaint } from "../../config/complaint.ts";
import { readDatabaseUrl } from "../../config/database-url.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import path from "node:path";
import { printJson, printLine } from "./print.ts";
import { rowProgress } from "./row-progress.ts";
import { readConfig } from "./session.ts";
import { terminal } from "./terminal.ts";

type Options = { readonly from: string; readonly to?: string; readonly giveUp: boolean; readonly json: boolean };

const CONNECTIONS = 4;

export async function move({ from, to, giveUp, json }: Options): Promise<void> {
  const old = databaseAt("--from", from);
  const fresh = to === undefined ? (await readConfig()).database : databaseAt("--to", to);
  if (old.name === fresh.name) throw new UsageInvalid(`--from and --to are the same database, ${old.name}`);
  if (giveUp) {
    await giveUpMove(old, fresh);
    if (json) return printJson({ from: old.name, to: fresh.name, givenUp: true });
    return printLine(`The move is given up: ${old.name} charges again, ${fresh.name} never will.`);
  }
  const progress = rowProgress();
  const tables = await moveDatabase(old, fresh, { progress: (what, rows) => progress.at(what, rows) }).finally(() =>
    progress.end(),
  );
  if (json) return printJson({ from: old.name, to: fresh.name, tables });
  for (const { table, rows, digest } of tables)
    printLine(`${table}: ${rows} rows, the same on both sides (${digest.slice(0, 16)})`);
  printLine(
    `${old.name} was moved to ${fresh.name}, and charges nobody any more. Set DATABASE_URL to where it is now.`,
  );
}

/** @throws {UsageInvalid} */
function databaseAt(option: string, url: string): MovedDatabase {
  const database = readDatabaseUrl(url);
  if (database instanceof Complaint) throw new UsageInvalid(`${option} ${database.what}`);
  if (database.kind === "postgres") return { ...database, pool: CONNECTIONS };
  if (database.path === MEMORY)
    throw new UsageInvalid(`${option} names a database in memory; expected a file or a server`);
  const file = path.resolve(terminal().cwd, database.path);
  return { ...database, path: file, name: file };
}
