/** `archive`: closed invoices move to a file of their own; without a day it lists the files. */
import path from "node:path";
import type { Command } from "commander";
import type { Archive } from "../../application/ports/archive.ts";
import type { Config } from "../../config.ts";
import { confirmOrStop } from "./confirm.ts";
import { filled, instant, jsonOption, yesOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { rowProgress } from "./row-progress.ts";
import { readConfig, readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";
import { terminal } from "./terminal.ts";

type Options = {
  readonly before?: Date;
  readonly file?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
};

export function addArchive(program: Command): void {
  program
    .command("archive")
    .description("move old closed invoices, their attempts and events to a file of their own; list such files")
    .option("--before <day>", "what was closed before it, and not touched since: 2025-01-01", instant)
    .option("--file <file>", "where to (default: archive-before-DAY.db beside the database)", filled("a file"))
    .option("--dry-run", "only count them")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx puntual archive --before 2025-01-01 --dry-run\n  $ npx puntual archive\n",
    )
    .action(archive);
}

async function archive({ before, file, ...options }: Options): Promise<void> {
  if (before === undefined)
    return await readStore(async ({ store }) => await show(await store.archive.list(), options));
  const { archiveInvoices, mustBeOld } = await import("../../application/archive/archive-invoices.ts");
  const { openArchiveFile } = await import("../../adapters/store/dialect/archive-file.ts");
  const config = await readConfig();
  const range = { before, file: fileFor(config, before, file) };
  if (options.dryRun)
    return await readStore(
      async ({ store, clock }) => {
        mustBeOld(before, clock.now());
        const invoices = await store.archive.count(before);
        if (options.json) return printJson({ ...range, invoices });
        printLine(`${invoices} invoices would move to ${range.file}; nothing was changed.`);
      },
      { config },
    );
  await withStore(
    async ({ store, clock }) => {
      mustBeOld(before, clock.now());
      await confirmOrStop(
        `Move invoices that were closed before ${before.toISOString()} to ${range.file}? Views and reports of this database ` +
          "then lack them.",
        options,
      );
      const installation = await store.installation();
      const progress = rowProgress();
      const openFile = () => openArchiveFile(range, installation);
      const done = await archiveInvoices({ clock, store, openFile }, range, (moved) =>
        progress.at("archived", moved),
      ).finally(() => progress.end());
      if (options.json) return printJson(done);
      printLine(
        `${done.invoices} invoices, ${done.attempts} attempts and ${done.events} events were moved to ${done.file}, and are here no more.`,
      );
    },
    { config },
  );
}

function fileFor({ database }: Config, before: Date, file: string | undefined): string {
  const { cwd } = terminal();
  if (file !== undefined) return path.resolve(cwd, file);
  const folder = database.kind === "sqlite" ? path.dirname(path.resolve(cwd, database.path)) : cwd;
  return path.join(folder, `archive-before-${before.toISOString().slice(0, 10)}.db`);
}

async function show(archives: readonly Archive[], { json }: Options): Promise<void> {
  if (json) return printJson({ archives });
  if (archives.length === 0) return printLine("Nothing was archived.");
  await printTable(archives, [
    { head: "before", of: ({ before }) => before.toISOString().slice(0, 10) },
    { head: "invoices", of: ({ invoices }) => String(invoices) },
    { head: "attempts", of: ({ attempts }) => String(attempts) },
    { head: "events", of: ({ events }) => String(events) },
    { head: "", of: ({ finishedAt }) => (finishedAt === null ? "not finished" : "") },
    { head: "file", of: ({ file }) => file, wraps: true },
  ]);
}
