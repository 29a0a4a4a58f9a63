/**
 * What is measured of a program that charges: the same of each, so that it can be compared.
 *
 * All charges fall due when the clock starts, so the lateness of one is the time from then until it is in the books.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Answered } from "./healthz.ts";

export type Figures = {
  readonly perSecond: number;
  /** Of a charge. */
  readonly cpuUs: number;
  readonly serverCpuUs?: number;
  /** Transactions that wrote, a charge; null: they are counted nowhere. */
  readonly commits: number | null;
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  /** Resident, at most; of several processes all together. */
  readonly memoryMiB: number;
  /** Null: of other processes. */
  readonly loopP99Ms: number | null;
  readonly loopMaxMs: number | null;
  /** Of `charging.ts --healthz`. */
  readonly healthz?: Answered;
  /** When the clock ran, in milliseconds of the machine's time: `fsyncs.ts` counts from outside. */
  readonly from: number;
  readonly until: number;
};

/** @param databasePath of a SQLite file that is open; null: there is none */
export function startMeasuring(databasePath: string | null) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const lateMs: number[] = [];
  loop.enable();
  const commitsBefore = commitsOf(databasePath);
  const cpu = process.cpuUsage();
  const from = Date.now();
  const startedAt = performance.now();
  return {
    /** One more charge is in the books, and will be after a power cut. */
    booked(): void {
      lateMs.push(performance.now() - startedAt);
    },
    end(): Figures {
      const ms = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpu);
      loop.disable();
      const charges = lateMs.length;
      const commitsAfter = commitsOf(databasePath);
      return {
        perSecond: (charges * 1000) / ms,
        cpuUs: Math.round((user + system) / charges),
        commits: commitsAfter === null ? null : (commitsAfter - (commitsBefore ?? 0)) / charges,
        lateP50Ms: quantile(lateMs, 0.5),
        lateP99Ms: quantile(lateMs, 0.99),
        memoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
        loopP99Ms: loop.percentile(99) / 1e6,
        loopMaxMs: loop.max / 1e6,
        from,
        until: Date.now(),
      };
    },
  };
}

export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(part * values.length) - 1)] ?? Number.NaN;
}

/** SQLite counts in the index of its log what it committed: `iChange` of WalIndexHdr, in the order of the machine's bytes. */
function commitsOf(databasePath: string | null): number | null {
  const index = `${databasePath}-shm`;
  if (databasePath === null || !existsSync(index)) return null;
  const bytes = Buffer.alloc(4);
  const descriptor = openSync(index, "r");
  readSync(descriptor, bytes, 0, 4, 8);
  closeSync(descriptor);
  return endianness() === "LE" ? bytes.readUInt32LE() : bytes.readUInt32BE();
}
