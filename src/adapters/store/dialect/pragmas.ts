/** What every connection to a SQLite file is set to, and what SQLite says of it then. */

export const PRAGMAS = [
  // NORMAL could lose the row that says a charge was about to be sent, in a power cut.
  { name: "synchronous", set: "full", reads: 2 },
  { name: "busy_timeout", set: "5000", reads: 5000 },
  { name: "foreign_keys", set: "on", reads: 1 },
  { name: "temp_store", set: "memory", reads: 2 },
  // In KiB. The system keeps the file's pages, too: more of our own saves no CPU and costs memory (docs/performance.md).
  { name: "cache_size", set: "-2000", reads: -2000 },
] as const;

/** Kept in the file, so only who may write can set it. */
export const JOURNAL = { name: "journal_mode", set: "wal", reads: "wal" } as const;

export type Pragma = (typeof PRAGMAS)[number] | typeof JOURNAL;

export function statementOf({ name, set }: Pragma): string {
  return `pragma ${name} = ${set}`;
}
