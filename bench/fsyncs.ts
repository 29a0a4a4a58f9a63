/**
 * How often a program waits for its disk, counted from outside: every fsync and fdatasync of its process, its threads and
 * the server that it starts. It runs under `strace`, which stops nothing else; a machine without it counts nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Figures } from "./measuring.ts";

/** @returns of a charge; null: it cannot be counted here */
export function fsyncsOf(args: readonly string[]): number | null {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-fsyncs-"));
  try {
    const log = path.join(folder, "calls");
    const options = ["-f", "--seccomp-bpf", "-ttt", "-e", "trace=fsync,fdatasync", "-o", log];
    const { status, stdout } = spawnSync("strace", [...options, process.execPath, ...args], { encoding: "utf8" });
    if (status !== 0) return null;
    const { from, until, perSecond } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Figures;
    const charges = Math.round((perSecond * (until - from)) / 1000);
    const calls = readFileSync(log, "utf8").split("\n").filter(isCall).map(atMs);
    return calls.filter((at) => at >= from && at <= until).length / charges;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One that another thread's line interrupts is shown twice, and begins once. */
function isCall(line: string): boolean {
  return /^\d+ +[\d.]+ f(data)?sync\(/.test(line);
}

function atMs(line: string): number {
  return Number(line.split(/ +/)[1]) * 1000;
}
