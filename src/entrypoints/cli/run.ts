/**
 * `run`: one pass over everything that is due, then the end. What `start` does at every tick, for those who bring
 * their own cron, and for looking first (`--dry-run`).
 */
import type { Command } from "commander";
import { stopWithNpx } from "./npx.ts";
import { jsonOption, whole } from "./option-values.ts";
import { printNote } from "./print.ts";
import { readConfig, readStore, withStore, writeLog } from "./session.ts";
import { leaveWith } from "./terminal.ts";

type RunOptions = { readonly dryRun?: true; readonly limit?: number; readonly json?: true };

export function addRun(program: Command): void {
  program
    .command("run")
    .description("charge once what is due now")
    .option("--dry-run", "only list what would be opened and charged; changes nothing, asks nobody")
    .option("--limit <n>", "charge at most so many now", whole("charges", 1))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
May be repeated, stopped (SIGINT, SIGTERM) and run by any cron: whatever is left stays due. Only one process may charge
from a file at a time; from a database of PostgreSQL any number.

Examples:
  $ npx puntual run --dry-run
  $ npx puntual run --limit 1
  $ npx puntual run --json
`,
    )
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  // Before anything is opened or locked.
  const config = await readConfig({ needsApiKey: !options.dryRun });
  if (options.dryRun) {
    const { printPreview } = await import("./run-preview.ts");
    return await readStore((app) => printPreview(app, options), { config });
  }
  await stopWithNpx();
  const { progressLog } = await import("./progress.ts");
  const { printReport } = await import("./run-report.ts");
  const { runOnce } = await import("../run-once.ts");
  const progress = await progressLog({ ...config.log, write: writeLog });
  await withStore(
    async (app) => {
      progress.begin((await app.store.statusCounts(app.clock.now())).dueInvoices);
      const stop = stopSignal();
      try {
        const summary = await runOnce(app, { limit: options.limit ?? null }, stop.signal);
        progress.end();
        const ending = { ...(options.json && { json: options.json }), interrupted: stop.signal.aborted };
        leaveWith(await printReport(app, summary, ending));
      } finally {
        progress.end();
        stop.forget();
      }
    },
    { config, charging: true, besideOthers: true, overrides: { log: progress.log } },
  );
}

/** Aborted by SIGINT or SIGTERM; calls in flight are finished, so that their outcome is known. */
function stopSignal(): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const stop = () => {
    if (!controller.signal.aborted) printNote("Stopping: no new charge begins; waiting for those under way.");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
