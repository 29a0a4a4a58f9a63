/**
 * Writing for somebody: each event says who asked and why, and each transaction that takes effect writes what is answered.
 *
 * A transaction is recognized by what statements are put to, which is the same object from its beginning to its end.
 */
import type { Actor, Behalf, Reader } from "../../application/ports/requests.ts";
import type { Connected } from "./dialect/sql.ts";
import type { Writes } from "./dialect/writes.ts";
import { keepAnswer } from "./records/requests.ts";

type Transaction = { readonly actor: Actor; hasEffect: boolean };

const TRANSACTIONS = new WeakMap<Connected, Transaction>();

/** @param readerIn reads inside a transaction */
export function writesOnBehalf(writes: Writes, behalf: Behalf, readerIn: (em: Connected) => Reader): Writes {
  const { actor, check, keep, now } = behalf;
  let isChecked = false;

  function accompanied<T, Em extends Connected, More extends unknown[]>(work: (em: Em, ...more: More) => Promise<T>) {
    return async (em: Em, ...more: More): Promise<T> => {
      const transaction: Transaction = { actor, hasEffect: false };
      TRANSACTIONS.set(em, transaction);
      if (check !== undefined && !isChecked) await check(readerIn(em));
      const result = await work(em, ...more);
      if (transaction.hasEffect && keep !== null)
        await keepAnswer(em, keep.request, await keep.answer(readerIn(em)), now);
      return result;
    };
  }
  async function checked<T>(written: Promise<T>): Promise<T> {
    const result = await written;
    isChecked = true;
    return result;
  }
  return {
    alone: (work) => checked(writes.alone(accompanied(work))),
    mapped: (work) => checked(writes.mapped(accompanied(work))),
    beside: (whose, work) => checked(writes.beside(whose, accompanied(work))),
  };
}

/** What an event adds to its data. */
export function actorOf(em: Connected): { readonly actor?: Actor } {
  const actor = TRANSACTIONS.get(em)?.actor;
  return actor === undefined ? {} : { actor };
}

/** From here on this transaction is what was asked for. Every event is one. */
export function noteEffect(em: Connected): void {
  const transaction = TRANSACTIONS.get(em);
  if (transaction !== undefined) transaction.hasEffect = true;
}
