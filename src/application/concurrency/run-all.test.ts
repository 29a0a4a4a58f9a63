import { describe, expect, test } from "@jest/globals";
import { runAll } from "./run-all.ts";

const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("running all", () => {
  test.each<[concurrency: number, tasks: number, most: number, because: string]>([
    [1, 3, 1, "one after the other"],
    [2, 5, 2, "so many at once"],
    [9, 4, 4, "there are no more"],
  ])("%i at once of %i: %i (%s), and it ends when all are over", async (concurrency, tasks, most) => {
    let [running, seen, over] = [0, 0, 0];
    const task = async (): Promise<void> => {
      running += 1;
      seen = Math.max(seen, running);
      await moment();
      running -= 1;
      over += 1;
    };
    await runAll(
      concurrency,
      Array.from({ length: tasks }, () => task),
    );
    expect([seen, over]).toEqual([most, tasks]);
  });

  test("what fails keeps no other from its turn; the first failure alone is thrown, at the end", async () => {
    const over: string[] = [];
    const failing = (name: string) => async (): Promise<void> => {
      await moment();
      over.push(name);
      throw new Error(name);
    };
    const good = async (): Promise<void> => {
      await moment();
      over.push("good");
    };
    await expect(runAll(1, [good, failing("first"), failing("second"), good])).rejects.toThrow(/^first$/);
    expect(over).toEqual(["good", "first", "second", "good"]);
  });

  test("nothing to run is over at once", async () => {
    await expect(runAll(4, [])).resolves.toBeUndefined();
  });
});
