/** Commands that are, or prepare, the service itself: start, demo, migrate. */
import type { Command } from "commander";
import { UsageInvalid } from "../../domain/errors.ts";
import { stopWithNpx } from "./npx.ts";
import { jsonOption } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { withStore } from "./session.ts";
import { leaveWith, terminal } from "./terminal.ts";

export function addService(program: Command): void {
  program
    .command("start")
    .description("charge what falls due, from now on, until stopped (SIGINT or SIGTERM)")
    .option("--check", "instead: only say whether the configuration is right, as npm start does before pm2 starts it")
    .addHelpText(
      "after",
      `
Wakes by BILLING_CRON, logs to standard output, and answers on HTTP_PORT. Missed wake-ups lose nothing.

Examples:
  $ npx puntual start
  $ npm start                             the same, kept running by pm2
`,
    )
    .action(start);

  program
    .command("serve")
    .description("the HTTP API alone, until stopped; it charges nobody, and runs beside any daemon")
    .addHelpText(
      "after",
      `
Listens on HTTP_PORT, which must not be that of a daemon on the same machine: a daemon has the API, too. docs/api.md

Example:
  $ HTTP_PORT=8090 npx puntual serve
`,
    )
    .action(serve);

  program
    .command("demo")
    .description("bill a year against a sandbox on this machine, and compare the books with its ledger")
    .addHelpText("after", "\nNeeds no key and no network.\n\nExample:\n  $ npx puntual demo\n")
    .action(demo);

  program
    .command("migrate")
    .description("bring the tables of the database up to date (commands that write do so, too), or make a new one")
    .option("--from <url>", "instead: move a whole database from here, like sqlite:data/puntual.db")
    .option("--to <url>", "to this empty one (default: DATABASE_URL)")
    .option("--give-up", "free the old database of a move that is not finished")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual migrate
  $ npx puntual migrate --from sqlite:data/puntual.db --to postgres://puntual@db.example.mx/puntual
`,
    )
    .action(migrate);
}

async function start({ check }: { readonly check?: true }): Promise<void> {
  const { loadConfig } = await import("../../config.ts");
  const { cwd, env, stdout } = terminal();
  const config = loadConfig({ cwd, env, isTerminal: stdout.isTTY === true, needsApiKey: true });
  if (check) {
    for (const warning of [...config.warnings, ...config.dangers.map(({ en }) => en)]) printNote(warning);
    return printLine("The configuration is right.");
  }
  await stopWithNpx();
  const { runDaemon } = await import("../daemon.ts");
  leaveWith(await runDaemon(config, { cwd }));
}

async function serve(): Promise<void> {
  const { loadConfig } = await import("../../config.ts");
  const { cwd, env, stdout } = terminal();
  const config = loadConfig({ cwd, env, isTerminal: stdout.isTTY === true });
  await stopWithNpx();
  const { runServer } = await import("../serve.ts");
  leaveWith(await runServer(config, { cwd }));
}

async function demo(): Promise<void> {
  await stopWithNpx();
  const { runDemo } = await import("./demo-year.ts");
  const { stdout, stderr, cwd } = terminal();
  leaveWith(await runDemo({ out: stdout, progress: stderr, cwd }));
}

type MigrateOptions = { readonly from?: string; readonly to?: string; readonly giveUp?: true; readonly json?: true };

async function migrate({ from, to, giveUp, json }: MigrateOptions): Promise<void> {
  if (from !== undefined) {
    const { move } = await import("./move.ts");
    return await move({ from, ...(to !== undefined && { to }), giveUp: giveUp ?? false, json: json ?? false });
  }
  if (to !== undefined || giveUp) throw new UsageInvalid("--to and --give-up go with --from");
  await withStore(
    async ({ store, config }) => {
      const migrations = store.appliedMigrations;
      if (json) return printJson({ database: config.database.name, made: store.isNew, migrations });
      const what = store.isNew
        ? "was made"
        : migrations.length === 0
          ? "is up to date"
          : `was brought up to date: ${migrations.join(", ")}`;
      printLine(`${config.database.name} ${what}.`);
    },
    { database: "make" },
  );
}
