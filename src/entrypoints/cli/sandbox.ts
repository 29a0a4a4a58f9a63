/** `sandbox`: a Conekta on this machine, for trying things out and for a merchant's own tests. */
import { once } from "node:events";
import { Option, type Command } from "commander";
import type { SandboxOptions } from "../../sandbox/server.ts";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { stopWithNpx } from "./npx.ts";
import { jsonOption, several, whole } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { DAY_MS } from "../../domain/duration.ts";

type Options = Omit<SandboxOptions, "faults" | "port" | "host"> & {
  readonly port: number;
  readonly host: string;
  readonly fault?: readonly string[];
  readonly guard?: string;
  readonly live?: true;
  readonly json?: true;
};

const MOST_MS = DAY_MS;

export function addSandbox(program: Command): void {
  program
    .command("sandbox")
    .description("run a Conekta in memory on this machine: no money, no account, faults on demand")
    .option("--port <n>", "0: any free one", whole("port", 0, 65_535), 4010)
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--fault <rule>", "[METHOD PATH:]KIND[:key=value,…]; may be repeated", several)
    .option("--read-lag-ms <ms>", "reads show orders as they were this long ago", whole("ms", 0, MOST_MS))
    .option("--latency-ms <ms>", "every call takes at least this long", whole("ms", 0, MOST_MS))
    .option("--seed <n>", "the same seed gives the same ids and the same luck", whole("seed", 0, 2 ** 31))
    .option("--webhook-delay-ms <ms>", "deliver webhooks so much later", whole("ms", 0, MOST_MS))
    .option("--webhook-copies <n>", "deliver each webhook so often", whole("copies", 1, 10))
    .addOption(
      new Option("--webhook-order <order>", "how queued webhooks are delivered").choices([
        "in_order",
        "newest_first",
        "shuffled",
      ]),
    )
    .option("--hold-webhooks", "deliver none until POST /_sandbox/webhooks/flush")
    .addOption(
      new Option("--guard <answer>", "to charging a paid order again; off: charges it twice").choices([
        "428",
        "422",
        "off",
      ]),
    )
    .option("--live", "pretend to be the live mode")
    .option("--control-from-anywhere", "let other machines use /_sandbox/…")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Stops at SIGINT or SIGTERM; nothing is kept. GET /_sandbox tells how to steer it while it runs.

Examples:
  $ npx puntual sandbox
  $ npx puntual sandbox --port 0 --seed 7 --fault "POST /orders:reset_after:nth=3" --fault "504_after:chance=0.05"
`,
    )
    .action(sandbox);
}

async function sandbox({ fault, guard, live, json, ...options }: Options): Promise<void> {
  await stopWithNpx();
  const { startSandbox } = await import("../../sandbox/server.ts");
  const faults = await readFaults(fault ?? []);
  const paidOrderGuard = guard === undefined ? undefined : guard === "off" ? "off" : guard === "422" ? 422 : 428;
  // Heard from here on, so that a stop during the start is a stop, too.
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  try {
    await using running = await startSandbox({ ...options, faults, paidOrderGuard, livemode: live ?? false });
    if (json) printJson({ url: running.url, port: running.port });
    else {
      printLine(`Sandbox: ${running.url}`);
      printLine(`\nIn another terminal:\n  export CONEKTA_BASE_URL=${running.url} CONEKTA_API_KEY=key_sandbox`);
    }
    await stopped;
    printNote("The sandbox is closed.");
  } catch (error) {
    throw explained(error, options);
  }
}

async function readFaults(texts: readonly string[]) {
  const { parseFaultFlag } = await import("../../sandbox/faults/fault-flag.ts");
  try {
    return texts.map(parseFaultFlag);
  } catch (error) {
    throw error instanceof Error && error.name === "InvalidFault" ? new UsageInvalid(error.message) : error;
  }
}

function explained(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return new Refused(
      `port ${port} of ${host} is in use by another process; choose another with --port N, or any free one with --port 0`,
    );
  if (code === "EACCES")
    return new Refused(`port ${port} may not be used by this user; choose one above 1023 with --port N`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new Refused(`${host} is no address of this machine; leave out --host, or write --host 127.0.0.1`);
  return error;
}
