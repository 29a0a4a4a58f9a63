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
import { all } from "../sql.ts";
import type { Orm } from "../open-database.ts";
import type { Work, Writes } from "../writes.ts";
import { explainServerError, isLost, wasRolledBack } from "./server-errors.ts";

/** One key of this database for all who write to it: any number that nobody else uses. */
const WRITING = 7_364_002;

const TRIES = 3;
/** A server that starts again is there within seconds; longer than all of these is a fault that is told. */
const WAITS_MS = [100, 400, 1000, 2000, 4000, 8000];

/** @param isWithin in a transaction of somebody else's, which is lost as a whole: nothing is tried again */
export function serverWrites(orm: Orm, name: string, { isWithin = false } = {}): Writes {
  /** @param mayRepeat though it may have been committed */
  async function transact<T>(work: Work<T>, mayRepeat: boolean): Promise<T> {
    let waits = 0;
    for (let attempt = 1; ; attempt++) {
      let hasBegun = false;
      try {
        const isAgain = waits > 0;
        return await orm.em.fork().transactional((em) => {
          hasBegun = true;
          return work(em, isAgain);
        });
      } catch (error) {
        if (!isWithin && attempt < TRIES && wasRolledBack(error)) continue;
        // A connection that was lost while nobody used it is found out by the next who does.
        const waitMs = !isWithin && isLost(error) && (mayRepeat || !hasBegun) ? WAITS_MS[waits] : undefined;
        if (waitMs === undefined) throw explainServerError(error, name);
        // Whether it was committed is unknown: what is written beside others changes nothing a second time.
        waits += 1;
        await sleep(waitMs);
      }
    }
  }
  /** In one call: a writer that waited while the database was marked may not see the mark, and is waited for by who set it. */
  async function lock(em: SqlEntityManager, how: string): Promise<void> {
    const [row] = await all(em, `select (select moved_to from installation) as moved_to, ${how}(cast(? as bigint))`, [
      WRITING,
    ]);
    const movedTo = row === undefined ? null : textOrNull(row, "moved_to");
    if (movedTo !== null) throw moved(name, movedTo);
  }

  return {
    alone: (work) =>
      transact(async (em) => {
        await lock(em, "pg_advisory_xact_lock");
        return await work(em, false);
      }, false),
    beside: (whose, work) =>
      transact(async (em, isAgain) => {
        await lock(em, "pg_advisory_xact_lock_shared");
        if (whose !== null)
          await all(
            em,
            `select 1 from customer where id in (${whose.select}) order by id for no key update`,
            whose.parameters,
          );
        return await work(em, isAgain);
      }, true),
  };
}

/** Waits until whoever writes has written. */
export async function waitForWriters(em: SqlEntityManager): Promise<void> {
  await em.transactional(
    async (alone) => void (await all(alone, "select pg_advisory_xact_lock(cast(? as bigint))", [WRITING])),
  );
}
