/**
 * One command, from its arguments to its exit code.
 *
 * The exit code is set, not forced: output that is still on its way to a pipe arrives.
 */
import { EXIT } from "../../domain/errors.ts";
import { reportFailure } from "./failure.ts";
import { createProgram } from "./program.ts";

export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.failed);
  });
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = await reportFailure(error);
  }
}
