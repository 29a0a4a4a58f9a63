/**
 * How long a read of the API takes while a burst of charges runs on SQLite: alone first, then beside the burst.
 *
 *   node bench/reads-beside-burst.ts [--charges 10000] [--rate 1200] [--reads 200] [--seconds 10] [--apart]
 *
 * Reads are sent at fixed instants from a process of its own, whatever became of those before, and each is measured from the
 * instant at which it was due: one that waits behind another is slow, too. `--apart`: they ask `serve`, in a process
 * beside the one that charges; else the API in it.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Assembly, assemble } from "../src/assemble.ts";
import { type Config, envToConfig } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { mountApi } from "../src/entrypoints/http/api/mount.ts";
import { newServer } from "../src/entrypoints/http/server.ts";
import { fillDatabase } from "./filled-database.ts";

const ADMIN_TOKEN = "of-the-bench-alone";
/** Reads that are sent before any is measured. */
const WARM_UP = 200;

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "10000" },
    rate: { type: "string", default: "1200" },
    reads: { type: "string", default: "200" },
    seconds: { type: "string", default: "10" },
    apart: { type: "boolean", default: false },
    /** What the processes of this bench call themselves with. */
    role: { type: "string" },
    address: { type: "string" },
    folder: { type: "string" },
    gateway: { type: "string" },
  },
});

/** What a support desk and a shop ask for, one after the other. */
const PATHS = [
  ...["/v1/subscriptions/sub7", "/v1/customers/cus_7", "/v1/subscriptions?limit=20", "/v1/invoices?limit=20"],
  ...["/v1/invoices?customer_id=cus_9", "/v1/plans/oro", "/v1/attempts?limit=20", "/v1/events?limit=20"],
];

const configIn = (folder: string, gateway: string): Config =>
  envToConfig(
    readEnv(
      {
        CONEKTA_API_KEY: "key_bench",
        CONEKTA_BASE_URL: gateway,
        DATABASE_URL: `sqlite:${path.join(folder, "bench.db")}`,
        CHARGE_CONCURRENCY: "64",
        CHARGE_RATE_PER_SECOND: values.rate,
        API_RATE_PER_SECOND: "0",
        ADMIN_TOKEN,
        LOG_LEVEL: "error",
      },
      null,
      () => "",
    ),
    { cwd: folder, isTerminal: false },
  );

if (values.role === "load") await load();
else if (values.role === "serve") await serveAlone();
else await bench();

async function bench(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-bench-"));
  const children: ChildProcess[] = [];
  try {
    const gatewayServer = spawn(process.execPath, [path.join(import.meta.dirname, "gateway-server.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(gatewayServer);
    const gateway = await new Promise<string>((resolve) =>
      gatewayServer.stdout.once("data", (line: Buffer) => resolve(line.toString().trim())),
    );
    const config = configIn(folder, gateway);
    const due = Number(values.charges);
    await fillDatabase(config, folder, { subscriptions: due, cycles: 2, due });
    await using app = await assemble(config, { cwd: folder, charging: true, database: "make", writeLog });
    const others = ["--folder", folder, "--gateway", gateway];
    const address = values.apart ? await messageOf(child("serve", others)) : await listen(app);
    print(`the API ${values.apart ? "in a process of its own" : "in the process that charges"}`);
    print(`  alone:            ${await answerOf(child("load", ["--address", address]))}`);
    const biller = await app.biller();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const startedAt = performance.now();
    const burst = biller.tick(new AbortController().signal).then(({ summary }) => ({
      paid: summary.outcomes.paid,
      seconds: (performance.now() - startedAt) / 1000,
    }));
    await sleep(500);
    const beside = await answerOf(child("load", ["--address", address]));
    const { paid, seconds } = await burst;
    delay.disable();
    print(`  beside the burst: ${beside}`);
    print(`  ${paid} charges in ${seconds.toFixed(1)} s, ${Math.round(paid / seconds)} a second`);
    const [usual, most, longest] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ms(ns / 1e6));
    print(`  turns of the process that charges: p50 ${usual}, p99 ${most}, longest ${longest}`);
  } finally {
    for (const each of children) each.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  // The server still listens.
  process.exit(0);

  function child(role: string, more: readonly string[]): ChildProcess {
    const { rate, reads, seconds } = values;
    const given = ["--role", role, "--rate", rate, "--reads", reads, "--seconds", seconds, ...more];
    const made = fork(import.meta.filename, given);
    children.push(made);
    return made;
  }
}

async function listen(app: Assembly): Promise<string> {
  const server = await newServer();
  await mountApi(server, app);
  return await server.listen({ port: 0, host: "127.0.0.1" });
}

async function serveAlone(): Promise<void> {
  const folder = values.folder ?? "";
  const config = configIn(folder, values.gateway ?? "");
  const app = await assemble(config, { cwd: folder, charging: false, database: "write", writeLog });
  process.send?.(await listen(app));
}

/** Sends reads at their instants, and says how long they took; and how late it was itself, as where the machine is full. */
async function load(): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const count = Number(values.reads) * Number(values.seconds);
  const everyMs = 1000 / Number(values.reads);
  const took: number[] = [];
  const lateBy: number[] = [];
  let failed = 0;
  // The first calls of a new process compile what the others run.
  for (let at = 0; at < WARM_UP; at++) await statusOf(agent, PATHS[at % PATHS.length] ?? "");
  const startedAt = performance.now() + 50;
  await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const dueAt = startedAt + at * everyMs;
      await sleep(Math.max(0, dueAt - performance.now()));
      lateBy.push(performance.now() - dueAt);
      if ((await statusOf(agent, PATHS[at % PATHS.length] ?? "")) !== 200) failed += 1;
      took.push(performance.now() - dueAt);
    }),
  );
  agent.destroy();
  const [half, most, slowest] = [0.5, 0.99, 1].map((part) => ms(quantile(took, part)));
  const text =
    `${values.reads} reads a second, p50 ${half}, p99 ${most}, slowest ${slowest}, ${failed} failed; ` +
    `sent late by p99 ${ms(quantile(lateBy, 0.99))}`;
  process.send?.(text);
}

function quantile(times: readonly number[], part: number): number | undefined {
  return times.toSorted((a, b) => a - b)[Math.ceil(part * times.length) - 1];
}

async function statusOf(agent: Agent, asked: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    request(`${values.address}${asked}`, { agent, headers }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}

async function answerOf(asked: ChildProcess): Promise<string> {
  const text = messageOf(asked);
  const ended = new Promise<void>((resolve) => asked.once("exit", () => resolve()));
  const answer = await text;
  asked.disconnect();
  await ended;
  return answer;
}

async function messageOf(asked: ChildProcess): Promise<string> {
  return await new Promise((resolve) => asked.once("message", (text: string) => resolve(text)));
}

function ms(time: number | undefined): string {
  return `${(time ?? Number.NaN).toFixed(1)} ms`;
}

function writeLog(line: string): void {
  process.stderr.write(line);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
