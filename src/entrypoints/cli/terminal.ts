/**
 * Where a command runs: its streams, its environment, its folder, and the exit code it leaves.
 *
 * The process has one of its own; a test gives another, so that many commands run in one process, even at once. It
 * travels with the command through every call instead of being an argument of each of them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable, Writable } from "node:stream";
import type { ExitCode } from "./exit-codes.ts";

export type Terminal = {
  readonly stdin: () => Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Null: the process's own, which src/config.ts reads. */
  readonly env: Readonly<Record<string, string | undefined>> | null;
  /** Relative paths are resolved against it. */
  readonly cwd: string;
};

/** Columns are known where it is a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The reader of the output is gone, or its disk is full: what goes on printing row after row ends. */
export class OutputCut extends Error {
  override readonly name = "OutputCut";
  constructor(options: { readonly cause: Error }) {
    super("the output is not read any more", options);
  }
}

type Running = { readonly terminal: Terminal; exitCode: ExitCode; timeZone: string };

const running = new AsyncLocalStorage<Running>();

/** Of the command that calls. */
export function terminal(): Terminal {
  return current().terminal;
}

/** Sets the exit code, and ends nothing: output that is still on its way to a pipe arrives. */
export function leaveWith(exitCode: ExitCode): void {
  current().exitCode = exitCode;
}

/** BILLING_TIME_ZONE, once the settings are read: the zone of the times that this command prints for people. */
export function timeZoneHere(): string {
  return current().timeZone;
}

export function showTimesIn(timeZone: string): void {
  current().timeZone = timeZone;
}

/** @returns the exit code that `command` left, 0 where it left none */
export async function runIn(given: Terminal, command: () => Promise<void>): Promise<ExitCode> {
  const own: Running = { terminal: given, exitCode: 0, timeZone: "UTC" };
  await running.run(own, command);
  return own.exitCode;
}

function current(): Running {
  const found = running.getStore();
  if (found === undefined) throw new Error("no command runs here");
  return found;
}
