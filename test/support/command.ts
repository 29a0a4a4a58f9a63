/**
 * The program's commands, run in this process through its own entry, each at a terminal of its own: what it prints is
 * kept, and its exit code is a value.
 *
 * Its environment holds only what a test gives it, so that no key or setting of the machine takes part.
 */
import { Readable, Writable } from "node:stream";
import { runCommand } from "../../src/entrypoints/cli/main.ts";
import type { OutputStream } from "../../src/entrypoints/cli/terminal.ts";

export type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type Surroundings = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** The width of the terminal; without it the output is a pipe. */
  readonly columns?: number;
  /** What a person types who sits at the terminal; without it nobody does. */
  readonly answer?: string;
};

/** Runs a command to its end. */
export async function puntual(
  args: readonly string[],
  { cwd, env = {}, stdin = "", columns, answer }: Surroundings,
): Promise<Ended> {
  const stdout = keptOutput();
  if (columns !== undefined) Object.assign(stdout.stream, { isTTY: true, columns });
  const stderr = keptOutput();
  if (answer !== undefined) Object.assign(stderr.stream, { isTTY: true });
  const typed = () => Object.assign(Readable.from([`${answer}\n`]), { isTTY: true });
  const exitCode = await runCommand(args, {
    ...{ stdout: stdout.stream, stderr: stderr.stream, cwd },
    stdin: answer === undefined ? () => Readable.from([stdin]) : typed,
    env: { HTTP_PORT: "", ...env },
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** The one JSON document on standard output; whatever else stands there is a failure. */
export function documentOf({ exitCode, stdout, stderr }: Ended): unknown {
  if (stdout === "") throw new Error(`nothing on standard output (exit code ${exitCode}): ${stderr}`);
  return JSON.parse(stdout);
}

function keptOutput(): { readonly stream: OutputStream; readonly text: () => string } {
  let kept = "";
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      kept += chunk.toString();
      done();
    },
  });
  return { stream, text: () => kept };
}
