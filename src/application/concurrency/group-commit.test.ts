import { describe, expect, test } from "@jest/globals";
import { groupCommit, type Grouping } from "./group-commit.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What was written, batch by batch; a batch ends when the test says so, where it is `held`. */
function sceneOf(grouping: Grouping = {}, { isHeld = false } = {}) {
  const batches: (readonly number[])[] = [];
  const held: PromiseWithResolvers<void>[] = [];
  const commit = groupCommit(async (items: readonly number[]) => {
    batches.push(items);
    if (isHeld) {
      const end = Promise.withResolvers<void>();
      held.push(end);
      await end.promise;
    }
    return items.map((item) => `written ${item}`);
  }, grouping);
  const all = (count: number, from = 0) => Promise.all(Array.from({ length: count }, (_, at) => commit(from + at)));
  return { batches, held, commit, all };
}

const sizes = (batches: readonly (readonly number[])[]): number[] => batches.map(({ length }) => length);

describe("shared commits", () => {
  test("calls that come close together are one batch, and each gets its own result", async () => {
    const { batches, all } = sceneOf();
    expect(await all(3)).toEqual(["written 0", "written 1", "written 2"]);
    expect(batches).toEqual([[0, 1, 2]]);
  });

  test.each<[turns: number, sizes: readonly number[], because: string]>([
    [0, [2], "in the same turn"],
    [2, [2], "while it gathers"],
    [3, [1, 1], "it is being written"],
  ])("a call that comes %i turns later: batches of %p (%s)", async (turns, expected) => {
    const { batches, commit } = sceneOf();
    const first = commit(1);
    for (let at = 0; at < turns; at++) await turn();
    await Promise.all([first, commit(2)]);
    expect(sizes(batches)).toEqual(expected);
  });

  test("a single call waits for nobody: three turns, and it is written", async () => {
    const { batches, commit } = sceneOf();
    const written = commit(1);
    for (let at = 0; at < 2; at++) await turn();
    expect(batches).toEqual([]);
    await turn();
    expect(batches).toEqual([[1]]);
    await written;
  });

  test("while one batch is written the next gathers, and never are two written at once", async () => {
    const { batches, held, all } = sceneOf({}, { isHeld: true });
    const first = all(1);
    for (let at = 0; at < 3; at++) await turn();
    const others = [all(2, 10), all(2, 20)];
    for (let at = 0; at < 9; at++) await turn();
    expect(sizes(batches)).toEqual([1]);
    held[0]?.resolve();
    await first;
    for (let at = 0; at < 3; at++) await turn();
    expect(batches).toEqual([[0], [10, 11, 20, 21]]);
    held[1]?.resolve();
    await Promise.all(others);
  });

  test.each<[grouping: Grouping, calls: number, sizes: readonly number[], because: string]>([
    [{ maxItems: 2 }, 5, [2, 2, 1], "no batch is larger than it may be"],
    [{}, 250, [250], "a commit of so many costs each next to nothing"],
    [{}, 251, [250, 1], "and no more"],
  ])("%j: %i calls are batches of %p (%s)", async (grouping, calls, expected) => {
    const { batches, all } = sceneOf(grouping);
    const results = await all(calls);
    expect(sizes(batches)).toEqual(expected);
    expect(results).toEqual(Array.from({ length: calls }, (_, at) => `written ${at}`));
  });

  test.each<[calls: number, mayWait: boolean | undefined, isWritten: boolean, because: string]>([
    [15, true, false, "few, and nobody is kept waiting"],
    [16, true, true, "enough"],
    [15, false, true, "somebody waits for them"],
    [15, undefined, true, "nothing was said of waiting"],
  ])(
    "%i calls, of which a batch may wait: %p: written after three turns: %p (%s)",
    async (calls, mayWait, isWritten) => {
      const { batches, all } = sceneOf(mayWait === undefined ? {} : { mayWait: () => mayWait });
      const written = all(calls);
      for (let at = 0; at < 3; at++) await turn();
      expect(batches.length > 0).toBe(isWritten);
      // It waits for a moment, not for more calls.
      expect(await written).toHaveLength(calls);
      expect(sizes(batches)).toEqual([calls]);
    },
  );

  test("what cannot be written fails for all of its batch, and for nobody after it", async () => {
    let isBroken = true;
    const commit = groupCommit(async (items: readonly number[]) => {
      await turn();
      if (isBroken) throw new Error("the disk is full");
      return items;
    });
    const results = await Promise.allSettled([commit(1), commit(2)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isBroken = false;
    expect(await commit(3)).toBe(3);
  });

  test("what was written without a result gets none", async () => {
    const commit = groupCommit(async (items: readonly number[]) => {
      await turn();
      return items.slice(1);
    });
    expect(await Promise.all([commit(1), commit(2)])).toEqual([2, undefined]);
  });
});
