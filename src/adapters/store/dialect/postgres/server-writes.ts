/**
 * Writing on a server that many processes share: @see Writes for who waits for whom.
 *
 * `alone` waits until nobody writes, and keeps the others waiting; `beside` waits for that alone, and for the customers that
 * it names, whose rows are locked in the order of their ids. Both locks end with their transaction, whatever ends it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SqlEntityManager } from "@mikro-orm/sql";
import { moved } from "../../records/moved.ts";
import { textOrNull } from "../codec.ts";
import { all, type Transacting } from "../sql.ts";
import { DatabaseUnusable } from "../../../../domain/errors.ts";
import type { Orm } from "../mapper.ts";
import type { Writes } from "../writes.ts";
import { explainServerError, isLost, isRowHeld, wasRolledBack } from "./server-errors.ts";

/** One key of this database for all who write to it: any number that nobody else uses. */
const WRITING = 7_364_002;

const TRIES = 3;
/** A row is written within milliseconds by whoever charges; who holds it for longer is waited for by nobody else. */
const ROW_WAIT = "2s";
/** A server that starts again is there within seconds; longer than all of these is a fault that is told. */
const WAITS_MS = [100, 400, 1000, 2000, 4000, 8000];

/** @param isWithin in a transaction of somebody else's, which is lost as a whole: nothing is tried again */
export function serverWrites(orm: Orm, name: string, { isWithin = false } = {}): Writes {
  /** What is done beside others is done again though it may have been committed; alone, only where that never began. */
  async function transact<T>(
    how: "alone" | "beside",
    work: (em: SqlEntityManager, isAgain: boolean) => Promise<T>,
  ): Promise<T> {
    const isBeside = how === "beside";
    let waits = 0;
    for (let attempt = 1; ; attempt++) {
      let mayWrite = false;
      let mayBeCommitted = false;
      try {
        const isAgain = waits > 0;
        return await orm.em.fork().transactional(async (em) => {
          await lock(em, isBeside ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock");
          mayWrite = true;
          const result = await work(em, isAgain);
          mayBeCommitted = true;
          return result;
        });
      } catch (error) {
        // Repeated, it would keep those waiting whose rows are free: they are written without it.
        if (isBeside && mayWrite && isRowHeld(error))
          throw new DatabaseUnusable(
            `another transaction holds rows of the database ${name} that are to be written (55P03)`,
            { cause: error, areRowsHeld: true },
          );
        if (!isWithin && attempt < TRIES && wasRolledBack(error)) continue;
        const isUnknown = mayBeCommitted && isLost(error);
        const waitMs = !isWithin && isLost(error) && (isBeside || !isUnknown) ? WAITS_MS[waits] : undefined;
        if (waitMs === undefined) throw toldOf(error, isUnknown);
        // Whether it was committed is unknown: what is written beside others changes nothing a second time.
        waits += 1;
        await sleep(waitMs);
      }
    }
  }

  function toldOf(error: unknown, isUnknown: boolean): unknown {
    const told = explainServerError(error, name);
    if (!isUnknown || !(told instanceof DatabaseUnusable)) return told;
    return new DatabaseUnusable(
      `${told.message}; it is not known whether this was written: look before it is done again`,
      {
        ...{ cause: error, isMisconfigured: told.isMisconfigured, isOfServer: told.isOfServer },
      },
    );
  }

  /** In one call: a writer that waited while the database was marked may not see the mark, and is waited for by who set it. */
  async function lock(em: SqlEntityManager, how: string): Promise<void> {
    // The order of a list of columns is that in which they are computed.
    const rowWait = isWithin ? "" : `, set_config('lock_timeout', '${ROW_WAIT}', true)`;
    const [row] = await all(
      em,
      `select (select moved_to from installation) as moved_to, ${how}(cast(? as bigint))${rowWait}`,
      [WRITING],
    );
    const movedTo = row === undefined ? null : textOrNull(row, "moved_to");
    if (movedTo !== null) throw moved(name, movedTo);
  }

  return {
    alone: (work) => transact("alone", (em) => work(em, false)),
    mapped: (work) => transact("alone", (em) => work(em)),
    beside: (whose, work) =>
      transact("beside", async (em, isAgain) => {
        if (whose !== null)
          await all(
            em,
            `select 1 from customer where id in (${whose.select}) order by id for no key update`,
            whose.parameters,
          );
        return await work(em, isAgain);
      }),
  };
}

/** Waits until whoever writes has written. */
export async function waitForWriters(database: Transacting): Promise<void> {
  await database.transaction(
    async (alone) => void (await all(alone, "select pg_advisory_xact_lock(cast(? as bigint))", [WRITING])),
  );
}
