/**
 * The command line: every command with its options and examples.
 *
 * Declares only. What a command does is imported when it runs, so that help and small commands load no database.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { packageFolder } from "../../adapters/files/package-folder.ts";
import { redactText } from "../../adapters/redact.ts";
import { addArchive } from "./archive.ts";
import { addBalance } from "./balance.ts";
import { addBackup } from "./backup.ts";
import { addCards } from "./cards.ts";
import { addConsents } from "./consents.ts";
import { addCoupons } from "./coupons.ts";
import { addCompletion } from "./completion.ts";
import { addCustomers } from "./customers.ts";
import { addDisputes } from "./disputes.ts";
import { addDoctor } from "./doctor.ts";
import { addDunning } from "./dunning.ts";
import { addEvents } from "./events.ts";
import { addEvidence } from "./evidence.ts";
import { addExplain } from "./explain.ts";
import { addExport } from "./export.ts";
import { addFind } from "./find.ts";
import { addForecast } from "./forecast.ts";
import { addHalt } from "./halt.ts";
import { addHistory } from "./history.ts";
import { addItems } from "./items.ts";
import { addInit } from "./init.ts";
import { addInvoices } from "./invoices.ts";
import { resolveDays } from "./option-values.ts";
import { addKeys } from "./keys.ts";
import { addPlans } from "./plans.ts";
import { addReconcile } from "./reconcile.ts";
import { addReport } from "./report.ts";
import { addRun } from "./run.ts";
import { addSandbox } from "./sandbox.ts";
import { addSchedule } from "./schedule.ts";
import { addService } from "./service.ts";
import { addSeed } from "./seed.ts";
import { addStatus } from "./status.ts";
import { addSubscriptions } from "./subscriptions.ts";
import { addWebhooks } from "./webhooks.ts";
import { addUnknown } from "./unknown.ts";
import type { Terminal } from "./terminal.ts";

export function createProgram({ stdout, stderr }: Pick<Terminal, "stdout" | "stderr">): Command {
  const program = new Command("puntual")
    .description("Charges stored cards at Conekta on a schedule, on time, exactly once.")
    .version(version(), "-V, --version", "print the version")
    .helpCommand("help [command]", "help for a command")
    .showHelpAfterError("(add --help for what can be written)")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // It repeats what it does not know, which may be a key that was pasted in the wrong place.
      outputError: (text, write) => write(redactText(text)),
      getOutHelpWidth: () => (stdout.isTTY ? stdout.columns : undefined) ?? WIDTH,
      getErrHelpWidth: () => (stderr.isTTY ? stderr.columns : undefined) ?? WIDTH,
    })
    .exitOverride()
    .hook("preAction", async (_program, command) => await resolveDays(command));

  program.commandsGroup("Charging:");
  addInit(program);
  addService(program);
  addRun(program);
  addHalt(program);
  addReconcile(program);
  addWebhooks(program);
  addSandbox(program);
  program.commandsGroup("What is sold, and to whom:");
  addPlans(program);
  addCustomers(program);
  addCards(program);
  addSubscriptions(program);
  addConsents(program);
  addCoupons(program);
  addItems(program);
  addBalance(program);
  addSeed(program);
  program.commandsGroup("What happened, and what will:");
  addInvoices(program);
  addHistory(program);
  addEvents(program);
  addUnknown(program);
  addDisputes(program);
  addFind(program);
  addExplain(program);
  addEvidence(program);
  addReport(program);
  addSchedule(program);
  addForecast(program);
  addDunning(program);
  addStatus(program);
  addDoctor(program);
  addExport(program);
  addBackup(program);
  addArchive(program);
  addKeys(program);
  addCompletion(program);

  program.addHelpText("after", ABOUT);
  return program;
}

/** Of help where no terminal says another. */
const WIDTH = 80;

const ABOUT = `
Settings come from the environment and .env (config/example.env lists them all).
Rows are printed as a table, or with --json as one JSON document; errors and progress go to standard error.

Exit codes: 0 done; 1 failed; 3 done, but something needs a person; 64 wrong usage; 78 wrong configuration.

First steps:
  $ npx puntual demo                      watch a year of billing against a sandbox
  $ npx puntual init                      make a folder of your own
  $ npx puntual plans apply --dry-run     what config/plans.yaml would change
  $ npx puntual run --dry-run             what would be charged now
`;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageFolder(), "package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0";
}
