/** Where an export goes: standard output, or a new file of mode 0600. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { Refused } from "../../domain/errors.ts";
import { harmless } from "./print.ts";
import { OutputCut, terminal } from "./terminal.ts";

export type Sink = { write(text: string): Promise<void>; done(): void; close(): void };

/** @param output the file's name; none: standard output */
export function sinkFor(output: string | undefined): Sink {
  return output === undefined ? toTerminal() : toFile(path.resolve(terminal().cwd, output), output);
}

/** Waits for a reader that is slower than the database; one that is gone, or a full disk, ends it. */
function toTerminal(): Sink {
  const { stdout } = terminal();
  return {
    async write(text) {
      await new Promise<void>((resolve, reject) => {
        stdout.write(stdout.isTTY ? harmless(text) : text, (error) =>
          error ? reject(new OutputCut({ cause: error })) : resolve(),
        );
      });
    },
    done() {},
    close() {},
  };
}

/** The file bears its name once it is whole. @throws {Refused} there is such a file */
function toFile(file: string, name: string): Sink {
  if (existsSync(file)) throw new Refused(`${name} exists already; nothing is overwritten, choose another name`);
  const part = `${file}.part`;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  rmSync(part, { force: true });
  const handle = openSync(part, "wx", 0o600);
  let isDone = false;
  return {
    async write(text) {
      writeSync(handle, text);
    },
    done() {
      fsyncSync(handle);
      renameSync(part, file);
      isDone = true;
    },
    close() {
      closeSync(handle);
      if (!isDone) rmSync(part, { force: true });
    },
  };
}
