/**
 * What went wrong, as one message on standard error and one exit code. The only place that decides either.
 *
 * Foreseen failures bring both along. Anything else is a bug or a broken machine: a short message, and the stack only
 * for LOG_LEVEL=debug. All of it is redacted: an error may carry what was sent.
 */
import { CommanderError } from "commander";
import { BillingError } from "../../domain/errors.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { failureWords } from "./mend-words.ts";
import { printError } from "./print.ts";
import { terminal } from "./terminal.ts";

export async function reportFailure(error: unknown): Promise<ExitCode> {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;

  const { redactText } = await import("../../adapters/redact.ts");
  if (error instanceof BillingError) {
    printError(redactText(failureWords(error)));
    return exitCodeOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  const isDebugging = await wantsStack();
  printError(
    redactText(`something unforeseen happened: ${message}`) +
      (isDebugging ? "" : "\nRun it again with LOG_LEVEL=debug to see where."),
  );
  if (isDebugging && error instanceof Error) terminal().stderr.write(`${redactText(error.stack ?? "")}\n`);
  return EXIT.failed;
}

async function wantsStack(): Promise<boolean> {
  try {
    const { loadConfig } = await import("../../config.ts");
    const { cwd, env } = terminal();
    return loadConfig({ cwd, env, isTerminal: false }).log.level === "debug";
  } catch {
    return false;
  }
}
