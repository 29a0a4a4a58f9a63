/**
 * One writing transaction: takes the write lock with its first statement, is short, and is retried whole when
 * another process held the lock for too long.
 *
 * SQLite begins a transaction as a reader; one that read first could not become a writer once somebody else wrote.
 *
 * Who waits for SQLite's lock keeps the whole process waiting. Several instances of one process would so keep from its commit
 * the very transaction that they wait for: among themselves they take turns.
 */
import { mustNotBeMoved } from "../records/moved.ts";
import { errorCode, explainDatabaseError } from "./database-errors.ts";
import { run } from "./sql.ts";
import type { SqliteConnection, Syncs } from "./sqlite-connection.ts";
import type { Work } from "./writes.ts";

const TRIES = 3;

/** By database: when whoever of this process has the turn is done. */
const TURNS = new Map<string, Promise<unknown>>();

export async function inTurn<T>(databasePath: string, take: () => Promise<T>): Promise<T> {
  const before = TURNS.get(databasePath);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  TURNS.set(databasePath, over);
  await before;
  try {
    return await take();
  } finally {
    if (TURNS.get(databasePath) === over) TURNS.delete(databasePath);
    end();
  }
}

/** @param work must have no effect outside the database: it may run again from the start */
export async function writing<T>(
  connection: SqliteConnection,
  databasePath: string,
  work: Work<T>,
  syncs: Syncs = "at_commit",
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTurn(databasePath, () =>
        connection.transaction(async (em) => {
          // None: it was moved elsewhere, and is marked.
          if ((await run(em, "update installation set epoch = epoch where moved_to is null")) === 0)
            await mustNotBeMoved(em, databasePath);
          return await work(em, false);
        }, syncs),
      );
    } catch (error) {
      if (attempt < TRIES && errorCode(error)?.startsWith("SQLITE_BUSY")) continue;
      throw explainDatabaseError(error, databasePath);
    }
  }
}
