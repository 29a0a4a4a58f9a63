/**
 * A Redis for BullMQ: a `redis-server` or `valkey-server` of this machine, started for the bench in a folder of its own and
 * stopped with it, which syncs each write before it answers, as the other servers do; or the one that REDIS_URL names.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../test/support/postgres-server.ts";

const GIVEN = process.env["REDIS_URL"];
const SERVERS = ["redis-server", "valkey-server"];
/** Each write is synced before it is answered; snapshots beside that would only take CPU. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];

/** @returns a line that says why there is none to be had; null: there is one */
export function whyNoRedis(): string | null {
  if (GIVEN !== undefined || installed() !== undefined) return null;
  return `no server: ${SERVERS.join(" or ")} is not on the PATH, and REDIS_URL names none`;
}

export async function startRedis(): Promise<AsyncDisposable & { readonly client: Redis }> {
  const own = GIVEN === undefined ? await startOwn() : null;
  // BullMQ waits for jobs on it, for as long as it takes.
  const client = new Redis(own?.url ?? GIVEN ?? "", { maxRetriesPerRequest: null });
  if (own === null && !(await syncsEachWrite(client)))
    process.stderr.write(
      "REDIS_URL names a server that does not sync each write (appendonly yes, appendfsync always)\n",
    );
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.disconnect();
      await own?.[Symbol.asyncDispose]();
    },
  };
}

async function startOwn(): Promise<AsyncDisposable & { readonly url: string }> {
  const name = installed();
  if (name === undefined) throw new Error(whyNoRedis() ?? "");
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-redis-"));
  const port = await freePort();
  const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
  const server = spawn(name, [...place, ...DURABLE], { stdio: "ignore" });
  const ended = once(server, "exit");
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function installed(): string | undefined {
  return SERVERS.find((name) => spawnSync(name, ["--version"]).status === 0);
}

/** False, too, where it may not be asked. */
async function syncsEachWrite(client: Redis): Promise<boolean> {
  const told = await client.config("GET", "append*").catch(() => []);
  const settings = Array.isArray(told)
    ? told.map(String)
    : Object.entries(told as object)
        .flat()
        .map(String);
  const isSet = (name: string, wanted: string): boolean => settings[settings.indexOf(name) + 1] === wanted;
  return isSet("appendonly", "yes") && isSet("appendfsync", "always");
}
