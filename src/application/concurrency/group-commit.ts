/**
 * Shared commits: calls that come close together are handed to one function as one batch.
 *
 * A durable commit costs the same for one row as for two hundred. While one batch is being written the next one
 * gathers, so a single call waits for nobody.
 */

/**
 * Turns of the event loop before a batch is written. Answers are read socket by socket, over more than one turn: a batch that
 * waits for three holds half as many again, and a turn in which nothing happens takes some microseconds.
 */
const GATHERING_TURNS = 3;

/** Enough that a commit costs each of them next to nothing. */
const GROUP_MAX = 250;

/** A batch of fewer costs each of them up to twice as much. */
const FEW = 16;
const PATIENCE_MS = 8;

export type Grouping = {
  readonly maxItems?: number;
  /** Whether a small batch may be written later, at this moment, since nobody is kept waiting by it. */
  readonly mayWait?: () => boolean;
};

export function groupCommit<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  { maxItems = GROUP_MAX, mayWait = () => false }: Grouping = {},
): (item: Item) => Promise<Result | undefined> {
  type Waiting = { item: Item; resolve: (result: Result | undefined) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      for (let turn = 0; turn < GATHERING_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (waiting.length < FEW && mayWait()) await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      const batch = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      try {
        const results = await write(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return (item) =>
    new Promise<Result | undefined>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWriting) void writeAll();
    });
}
