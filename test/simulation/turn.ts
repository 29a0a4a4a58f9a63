/**
 * Turns of the event loop. A real one is a system call, and a simulated life takes some thousands of them.
 *
 * Where nothing does I/O, what runs after every promise is as good: Node empties the queue of microtasks before it
 * takes the next tick. `groupCommit` asks for a turn, too, so `setImmediate` is stood in for as long as one such life
 * is lived.
 */
import { setTimeout as sleep } from "node:timers/promises";

const realSetImmediate = setImmediate;

/** Resolves when every promise that can be kept without time or I/O has been kept. */
export type Turn = () => Promise<void>;

export const realTurn: Turn = () => new Promise((resolve) => void realSetImmediate(resolve));

/** Where a server answers when it likes: while anything runs, nobody spins for it. */
export function turnsOf(activity: { readonly running: number }): Turn {
  return () => (activity.running > 0 ? sleep(1) : realTurn());
}

/** Only within `withQuickTurns`. */
export const quickTurn: Turn = () =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

const quickImmediate = ((happen: () => void) => {
  process.nextTick(happen);
}) as unknown as typeof setImmediate;
let livesWithin = 0;

/** Only where nothing waits for I/O: it would never come. Whatever the thread does afterwards has real turns again. */
export async function withQuickTurns<T>(live: () => Promise<T>): Promise<T> {
  livesWithin += 1;
  globalThis.setImmediate = quickImmediate;
  try {
    return await live();
  } finally {
    livesWithin -= 1;
    if (livesWithin === 0) globalThis.setImmediate = realSetImmediate;
  }
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
