/**
 * Writing on a server that many processes share: @see Writes for who waits for whom.
 *
 * `alone` waits until nobody writes, and keeps the others waiting; `beside` waits for that alone, and for the customers that
 * it names, whose rows are locked in the order of their ids. Both locks end with their transaction, whatever ends it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { all } from "../sql.ts";
import type { Orm } from "../open-database.ts";
import type { Work, Writes } from "../writes.ts";
import { explainServerError, isLost, wasRolledBack } from "./server-errors.ts";

/** One key of this database for all who write to it: any number that nobody else uses. */
const WRITING = 7_364_002;

const TRIES = 3;
/** A server that starts again is there within seconds; longer than all of these is a fault that is told. */
const WAITS_MS = [100, 400, 1000, 2000, 4000, 8000];

export function serverWrites(orm: Orm, name: string): Writes {
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
        if (attempt < TRIES && wasRolledBack(error)) continue;
        // A connection that was lost while nobody used it is found out by the next who does.
        const waitMs = isLost(error) && (mayRepeat || !hasBegun) ? WAITS_MS[waits] : undefined;
        if (waitMs === undefined) throw explainServerError(error, name);
        // Whether it was committed is unknown: what is written beside others changes nothing a second time.
        waits += 1;
        await sleep(waitMs);
      }
    }
  }
  return {
    alone: (work) =>
      transact(async (em) => {
        await all(em, "select pg_advisory_xact_lock(cast(? as bigint))", [WRITING]);
        return await work(em, false);
      }, false),
    beside: (whose, work) =>
      transact(async (em, isAgain) => {
        await all(em, "select pg_advisory_xact_lock_shared(cast(? as bigint))", [WRITING]);
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
