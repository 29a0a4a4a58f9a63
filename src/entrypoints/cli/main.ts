/**
 * One command, from its arguments to its exit code.
 *
 * The exit code is set, not forced: output that is still on its way to a pipe arrives. Only `main` is about the
 * process; a test runs commands in its own, each at a terminal of its own.
 */
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { createProgram } from "./program.ts";
import { leaveWith, OutputCut, runIn, type Terminal } from "./terminal.ts";

export async function main(argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = process;
  // A reader that has seen enough (`| head`) is no failure, and cuts nothing short: the exit code still tells what was found
  // or done. What cannot be written (a full disk) fails the command, but stops no run that is charging.
  let isCut = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || isCut) return;
    isCut = true;
    if (process.exitCode === EXIT.done) process.exitCode = EXIT.failed;
    stderr.write(
      `puntual: what it prints cannot be written (${error.code}), and is not whole; where it goes, make space.\n`,
    );
  });
  stderr.on("error", () => {});
  const exitCode = await runCommand(argv.slice(2), {
    ...{ stdout, stderr, env: null, cwd: process.cwd() },
    // Opened by whoever reads it.
    stdin: () => process.stdin,
  });
  process.exitCode = isCut && exitCode === EXIT.done ? EXIT.failed : exitCode;
}

/** @param args without the names of node and of the program */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  return await runIn(terminal, async () => {
    try {
      await createProgram(terminal).parseAsync(args, { from: "user" });
    } catch (error) {
      // Of that the streams themselves have told.
      if (!(error instanceof OutputCut)) leaveWith(await reportFailure(error));
    }
  });
}
