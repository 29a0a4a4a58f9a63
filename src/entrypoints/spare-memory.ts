/**
 * Gives back the memory that nobody uses any more.
 *
 * V8 lets its heap grow as a start or a burst needs it, and keeps it: the space for young objects alone stays at 32 MB. A
 * collection that gives everything back keeps the process waiting for a tenth of a second, so it is made after the first tick, and
 * where the heap has grown since then, once an hour at most.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HOUR_MS } from "../domain/duration.ts";

const WORTH_BYTES = 32 * 1024 * 1024;

export type SpareMemoryNeeds = {
  readonly monotonicMs: () => number;
  readonly heapBytes: () => number;
  readonly collect: () => void;
};

/** @returns what to call after each tick: where it collects, all that goes on beside waits for it */
export function spareMemory({ monotonicMs, heapBytes, collect }: SpareMemoryNeeds): () => void {
  let last = { atMs: -Infinity, bytes: 0 };
  return () => {
    const nowMs = monotonicMs();
    if (nowMs - last.atMs < HOUR_MS || heapBytes() - last.bytes < WORTH_BYTES) return;
    collect();
    last = { atMs: nowMs, bytes: heapBytes() };
  };
}

/** Nothing happens where this V8 offers no such collection. */
export function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  if (typeof collect !== "function") return;
  // What is compiled is kept, or the next burst would compile it again.
  setFlagsFromString("--no-flush-bytecode");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  setFlagsFromString("--flush-bytecode");
}
