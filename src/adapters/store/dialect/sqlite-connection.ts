/**
 * One connection to a SQLite file: SQLite itself. The mapper and kysely, which are 430 files, come to it where they are asked
 * for (`mapper-on-file.ts`).
 *
 * There is one connection, so whoever asks something beside an open transaction waits until it is over: otherwise it would see
 * what is not committed.
 */
import type { Database } from "better-sqlite3";
import { type Pragma, statementOf } from "./pragmas.ts";
import { keepStatements } from "./prepared-statements.ts";
import type { Query, QueryResult } from "./raw-query.ts";
import type { Connected, Transacting } from "./sql.ts";

/** When a commit is on the disk: before it returns; or whenever somebody syncs the log after it (late-sync.ts). */
export type Syncs = "at_commit" | "later";

export type SqliteConnection = Transacting & {
  readonly database: Database;
  transaction<T>(work: (em: Connected) => Promise<T>, syncs?: Syncs): Promise<T>;
  /** @throws {Error} SQLite refuses it within a transaction */
  syncAs(syncs: Syncs): void;
  close(): Promise<void>;
};

/** Set to what it is to be set to; closed again where that fails. @throws what SQLite says of the file */
export function connect(database: Database, pragmas: readonly Pragma[]): SqliteConnection {
  try {
    for (const pragma of pragmas) database.exec(statementOf(pragma));
    // Nothing of the file is read before a statement is put to it.
    database.prepare("select count(*) from sqlite_master").get();
    keepStatements(database);
    return connectionTo(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function connectionTo(database: Database): SqliteConnection {
  let now: Syncs = "at_commit";
  /** When the transaction that is open is over; null: none is. */
  let over: Promise<void> | null = null;

  /** Changed only where what comes next asks for the other: it is a statement of its own. */
  function syncAs(syncs: Syncs): void {
    if (syncs === now) return;
    database.exec(`pragma synchronous = ${syncs === "later" ? "normal" : "full"}`);
    now = syncs;
  }

  const alone = {
    async executeQuery(query: Query): Promise<QueryResult<unknown>> {
      for (let open = over; open !== null; open = over) await open;
      syncAs("at_commit");
      return execute(database, query);
    },
  };
  return {
    database,
    ...connectedBy(alone),
    syncAs,
    async transaction<T>(work: (em: Connected) => Promise<T>, syncs: Syncs = "at_commit"): Promise<T> {
      // Of several who waited one is the first: between looking and taking nobody else has a turn.
      for (let open = over; open !== null; open = over) await open;
      const { promise, resolve: end } = Promise.withResolvers<void>();
      over = promise;
      let isOpen = false;
      const within = {
        async executeQuery(query: Query): Promise<QueryResult<unknown>> {
          if (!isOpen) throw transactionIsOver(query);
          mustBeWithin(database, query);
          return execute(database, query);
        },
      };
      try {
        syncAs(syncs);
        database.prepare("begin").run();
        isOpen = true;
        const result = await work(connectedBy(within));
        database.prepare("commit").run();
        return result;
      } catch (error) {
        // None is open where a full or broken disk made SQLite roll back by itself; one that did not begin is another's.
        if (isOpen && database.inTransaction) database.prepare("rollback").run();
        throw error;
      } finally {
        isOpen = false;
        over = null;
        end();
      }
    },
    async close() {
      database.close();
    },
  };
}

/** Where SQLite rolled back by itself, a statement would be a transaction of its own. @throws {Error} */
export function mustBeWithin(database: Database, query: Query): void {
  if (!database.inTransaction) throw transactionIsOver(query);
}

function transactionIsOver({ sql }: Query): Error {
  return new Error(`this transaction is over, and somebody still asks: ${sql}`);
}

function connectedBy(queries: ReturnType<Connected["getKysely"]>): Connected {
  return { getKysely: () => queries, getPlatform: () => queries };
}

function execute(database: Database, { sql, parameters }: Query): QueryResult<unknown> {
  const statement = database.prepare(sql);
  if (statement.reader) return { rows: statement.all(parameters) };
  return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
}
