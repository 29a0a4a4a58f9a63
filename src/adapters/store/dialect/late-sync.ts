/**
 * Commits that wait for the disk while the process does something else.
 *
 * With `synchronous = full` a commit appends to the write-ahead log and syncs it, and the only thread of the process stands
 * still until the disk has answered: a fifth of a burst. What belongs to the hot path is appended with `normal`, which does
 * not wait; the log is synced right after it by a thread of Node's pool, and nobody is told of the commit before that. It
 * is the same order, append and sync, so a power cut finds what it would have found: a commit that somebody was told of, or
 * none. Every other transaction stays `full`.
 *
 * A checkpoint may come between the two: it syncs the log itself before it takes anything from it.
 *
 * @see https://sqlite.org/pragma.html#pragma_synchronous, and `sqlite3WalFrames` in SQLite's source (3.53)
 */
import { close, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import { MEMORY } from "./database-access.ts";

/** Waits for the disk; throws what the disk said. */
export type SyncFile = (descriptor: number) => Promise<void>;

export type LateSync = {
  /** @returns what `commit` returned, once it is on the disk @param commit one transaction that syncs later */
  after<T>(commit: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** @param databasePath of a connection that is open for as long as this is: its log is not deleted meanwhile */
export function lateSync(databasePath: string, syncFile: SyncFile = promisify(fdatasync)): LateSync {
  if (databasePath === MEMORY) return { after: (commit) => commit(), close: () => Promise.resolve() };
  let descriptor: number | null = null;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;

  /** One that is under way may have begun before the commit, so it is the next one that counts, for all who wait. */
  function synced(): Promise<void> {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        // For writing: some systems sync nothing else.
        descriptor ??= openSync(`${databasePath}-wal`, "r+");
        running = syncFile(descriptor);
        return running;
      });
    return next;
  }

  return {
    async after(commit) {
      const result = await commit();
      await synced();
      return result;
    },
    async close() {
      await running.catch(() => {});
      if (descriptor !== null) await promisify(close)(descriptor);
    },
  };
}
