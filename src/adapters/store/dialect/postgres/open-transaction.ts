/**
 * Working inside a transaction of PostgreSQL that a program has begun on a connection of its own: what is written commits or
 * rolls back with it.
 *
 * Each transaction of ours is a savepoint there, one after the other. Nothing here commits, rolls back or closes what is the
 * program's. Nothing is charged meanwhile: whoever writes waits until the program's transaction ends.
 */
import { PostgresDialect, PostgresDriver } from "kysely";
import { UsageInvalid } from "../../../../domain/errors.ts";
import { type DatabaseConnection, rawQuery } from "../raw-query.ts";

/** What is used of a `Client` or `PoolClient` of node-postgres. */
export type OpenTransaction = {
  query(query: {
    readonly text: string;
    readonly values: unknown[];
    readonly types?: unknown;
  }): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null; readonly command: string }>;
};

const SAVEPOINT = "puntual";
/** A program that was stopped in its transaction keeps those who charge waiting for no longer than this. */
const SETTINGS = ["set local idle_in_transaction_session_timeout = '15s'", "set local lock_timeout = '10s'"];

type Types = { getTypeParser: (...of: never[]) => unknown };

/** @param types how values are read: as on connections of our own */
export function dialectWithin(transaction: OpenTransaction, types: Types): PostgresDialect {
  return new (class extends PostgresDialect {
    override createDriver() {
      return new Savepoints({ pool: poolOf(transaction, types) });
    }
  })({ pool: poolOf(transaction, types) });
}

class Savepoints extends PostgresDriver {
  /** Of one after the other. */
  #previous: Promise<void> = Promise.resolve();
  #end: () => void = () => {};

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const previous = this.#previous;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#previous = promise;
    await previous;
    this.#end = resolve;
    try {
      await connection.executeQuery(rawQuery(`savepoint ${SAVEPOINT}`));
    } catch (error) {
      resolve();
      throw error;
    }
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(rawQuery(`release savepoint ${SAVEPOINT}`));
    this.#end();
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(rawQuery(`rollback to savepoint ${SAVEPOINT}`));
      await connection.executeQuery(rawQuery(`release savepoint ${SAVEPOINT}`));
    } finally {
      this.#end();
    }
  }
}

/** One connection, which is never closed. */
function poolOf(transaction: OpenTransaction, types: Types) {
  const client = {
    query: (text: string, values: readonly unknown[]) => transaction.query({ text, values: [...values], types }),
    release() {},
  };
  return { connect: async () => client, end: async () => {}, options: {} } as never;
}

/** @throws {UsageInvalid} it is no transaction of this database that we may write in */
export async function mustBeOpen(transaction: OpenTransaction, database: string): Promise<void> {
  const ask = async (text: string) => await transaction.query({ text, values: [] });
  try {
    await ask(`savepoint ${SAVEPOINT}`);
    await ask(`release savepoint ${SAVEPOINT}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "25P01") throw error;
    throw new UsageInvalid("the transaction that was handed in is not open: send begin on it first", { cause: error });
  }
  const { rows } = await ask(
    "select current_database() as database, current_setting('transaction_isolation') as isolation",
  );
  const [found] = rows as { readonly database: string; readonly isolation: string }[];
  if (found?.database !== database)
    throw new UsageInvalid(`the transaction is one of the database ${found?.database}; databaseUrl names ${database}`);
  // A snapshot of before the others' writes would have us decide on what is no more.
  if (found.isolation !== "read committed")
    throw new UsageInvalid(`the transaction is ${found.isolation}; begin it as read committed, which begin does alone`);
  for (const setting of SETTINGS) await ask(setting);
}
