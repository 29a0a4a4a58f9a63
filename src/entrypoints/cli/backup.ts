/** `backup` and `restore`: the database as one whole file, and such a file in its place. */
import type { Config } from "../../config.ts";
import type { SqliteDatabase } from "../../config/database-url.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { confirmOrStop } from "./confirm.ts";
import { jsonOption, yesOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { readConfig } from "./session.ts";
import { terminal } from "./terminal.ts";

type Options = { readonly yes?: true; readonly json?: true };

export function addBackup(program: Command): void {
  program
    .command("backup")
    .description("copy the database into one file, also beside a running daemon")
    .argument("<file>", "where to; a file that is there is never overwritten")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual backup backups/2026-12-01.db\n")
    .action(backUp);

  program
    .command("restore")
    .description("put a backup in the place of the database; what it replaces is kept beside it")
    .argument("<file>", "a file that `npx puntual backup` made")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual restore backups/2026-12-01.db\n")
    .action(restore);
}

/** @throws {UsageInvalid} the database is a server's */
function fileOf({ database }: Config): SqliteDatabase {
  if (database.kind === "sqlite") return database;
  throw new UsageInvalid(
    `${database.name} is a PostgreSQL server's, which has its own means: back it up and restore it with pg_dump and ` +
      "pg_restore; docs/postgresql.md says what follows a restore",
  );
}

async function backUp(file: string, { json }: Options): Promise<void> {
  const database = fileOf(await readConfig());
  const { backUpDatabase } = await import("../../adapters/store/dialect/copy-database.ts");
  const bytes = await backUpDatabase(database.path, path.resolve(terminal().cwd, file));
  if (json) return printJson({ database: database.path, file, bytes });
  printLine(`${file} holds ${database.path} as of now, ${bytes} bytes. It is whole, and for its owner's eyes only.`);
}

async function restore(file: string, options: Options): Promise<void> {
  const database = fileOf(await readConfig());
  const source = path.resolve(terminal().cwd, file);
  const { noDatabase, restoreDatabase } = await import("../../adapters/store/dialect/copy-database.ts");
  if (!existsSync(source)) throw noDatabase(source);
  await confirmOrStop(
    `Put ${file} in the place of ${database.path}? What was charged since it was made is not in it.`,
    options,
  );
  const { systemClock } = await import("../../adapters/clock.ts");
  const replaced = await restoreDatabase(database.path, source, systemClock.now());
  if (options.json) return printJson({ database: database.path, file, replaced });
  printLine(`${database.path} is what ${file} was.`);
  if (replaced !== null) printLine(`What it replaced is now ${replaced}.`);
  printLine(
    "Before the first charge it is compared with Conekta's orders; what is missing is taken in with: " +
      "npx puntual reconcile --since",
  );
}
