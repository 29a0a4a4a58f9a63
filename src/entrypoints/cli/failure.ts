/**
 * What went wrong, as one message on standard error and one exit code. The only place that decides either.
 *
 * Foreseen failures bring both along. Anything else is a bug or a broken machine: a short message, and the stack only
 * for LOG_LEVEL=debug. All of it is redacted: an error may carry what was sent.
 */
import { CommanderError } from "commander";
import { BillingError, messageOf } from "../../domain/errors.ts";
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
  const ofMachine = machineWords(error);
  if (ofMachine !== null) {
    printError(redactText(ofMachine));
    return EXIT.failed;
  }
  const message = messageOf(error);
  const isDebugging = await wantsStack();
  printError(
    redactText(`something unforeseen happened: ${message}`) +
      (isDebugging ? "" : "\nRun it again with LOG_LEVEL=debug to see where."),
  );
  if (isDebugging && error instanceof Error) terminal().stderr.write(`${redactText(error.stack ?? "")}\n`);
  return EXIT.failed;
}

const MACHINE: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full, and what was begun is not whole; free some space, and run it again",
  EDQUOT:
    "this user's share of the disk is used up, and what was begun is not whole; free some space, and run it again",
  EROFS: "it lies on a read-only file system; choose another place",
  EACCES: "this user may not write there; choose another place, or mend the permissions",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "it lies below something that is no folder",
  EEXIST: "a file stands there, and no folder; choose another place",
  EISDIR: "it is a folder; name a file",
  EPERM: "this user may not write there; choose another place, or mend the permissions",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
};

/** What a file or its disk says no to is no bug. @returns null: it is none of that */
export function machineWords(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return null;
  const words = MACHINE[String(error.code)];
  if (words === undefined) return null;
  const where = "path" in error && typeof error.path === "string" ? `${error.path}: ` : "";
  return `${where}${words} (${String(error.code)})`;
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
