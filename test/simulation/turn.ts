/**
 * Turns of the event loop. A real one is a system call, and a simulated life takes some thousands of them.
 *
 * Where nothing does I/O, what runs after every promise is as good: Node empties the queue of microtasks before it
 * takes the next tick. `groupCommit` asks for a turn, too, so `setImmediate` is stood in for as long as one such life
 * is lived.
 */
import { setTimeout as sleep } from "node:timers/promises";

const realSetImmediate = setImmediate;
let isStoodIn = false;

/** Resolves when every promise that can be kept without time or I/O has been kept. */
export type Turn = () => Promise<void>;

export const realTurn: Turn = () => new Promise((resolve) => void realSetImmediate(resolve));

/** Where a server answers when it likes: while anything runs, nobody spins for it. */
export function turnsOf(activity: { readonly running: number }): Turn {
  return () => (activity.running > 0 ? sleep(1) : realTurn());
}

/** Only where nothing waits for I/O: it would never come. */
export function quickTurns(): Turn {
  if (!isStoodIn) {
    isStoodIn = true;
    const quick: unknown = (happen: () => void) => {
      process.nextTick(happen);
    };
    globalThis.setImmediate = quick as typeof setImmediate;
  }
  return () =>
    new Promise((resolve) => {
      process.nextTick(resolve);
    });
}

/** Every refusal is an error, and drawing up its stack an eighth of a life. Who reads what happens (`--trace`) has them. */
export async function withoutStacks<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
