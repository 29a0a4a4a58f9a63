/**
 * Reads that a run makes beside its charges: one order that hangs keeps nobody from being charged.
 *
 * Waited for a little, since what they show frees work; then the charges go on. Once those are over nothing new is
 * read: what was not is read by the next run.
 */
import { endsWithin } from "../concurrency/ends-within.ts";

export type Beside = {
  /** The process is to end. */
  readonly stopping: AbortSignal;
  /** Aborted once the charges are over, or the process is to end: nothing new begins. */
  readonly signal: AbortSignal;
  /** @returns false: it goes on, and `end` waits for it @throws what it ends with in time */
  wait(work: Promise<unknown>): Promise<boolean>;
  /** The charges are over: waits for what is under way. @throws the first thing that went wrong after its wait */
  end(): Promise<void>;
};

/** @param patienceMs how long the charges wait for each piece of work, by the machine's own time */
export function besideCharges(patienceMs: number, stopping: AbortSignal): Beside {
  const over = new AbortController();
  const late: Promise<unknown>[] = [];
  return {
    stopping,
    signal: AbortSignal.any([stopping, over.signal]),
    async wait(work) {
      if (await endsWithin(work, patienceMs)) return true;
      late.push(work);
      return false;
    },
    async end() {
      // With a reason of its own: drawing up the usual error costs more than all the rest here.
      over.abort("the charges are over");
      for (const each of await Promise.allSettled(late)) if (each.status === "rejected") throw each.reason;
    },
  };
}
