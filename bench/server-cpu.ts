import { readdirSync, readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { PostgresDatabase } from "../src/adapters/store/dialect/postgres/server-settings.ts";
import { sql } from "../test/support/postgres-server.ts";

/** Of /proc/PID/stat. */
const US_A_TICK = 10_000;

/** What the server of this machine has taken of the CPU: its first process, those that have ended, those that run. */
export async function serverCpuUs(database: PostgresDatabase): Promise<number> {
  const [row = {}] = await sql(database, "select pid from pg_stat_activity where backend_type = 'checkpointer'");
  const first = statOf(String(row["pid"]))[3] ?? "";
  const running = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map(statOf)
    .filter((stat) => stat[3] === first);
  return sumOf(statOf(first).slice(13, 17)) + sumOf(running.flatMap((stat) => stat.slice(13, 15)));
}

/** The same of a Redis, which counts it itself. */
export async function redisCpuUs(client: Redis): Promise<number> {
  const seconds = [...(await client.info("cpu")).matchAll(/^used_cpu_(?:user|sys)(?:_children)?:([\d.]+)/gm)];
  return seconds.reduce((sum, [, of]) => sum + Number(of) * 1e6, 0);
}

/** What one process of this machine has taken, itself and nothing that it started. */
export function processCpuUs(pid: number | undefined): number {
  return sumOf(statOf(String(pid)).slice(13, 15));
}

/** None of a process that has ended meanwhile. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
  } catch {
    return [];
  }
}

function sumOf(ticks: readonly string[]): number {
  return ticks.reduce((sum, count) => sum + Number(count) * US_A_TICK, 0);
}
