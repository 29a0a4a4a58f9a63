import { describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithin } from "./ends-within.ts";

const NEVER = new Promise<void>(() => {});

/** Wakes the process up, and so costs it something. */
const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;

describe("what ends within so long", () => {
  test.each<[pending: () => Promise<unknown>, patienceMs: number, ends: boolean, because: string]>([
    [() => Promise.resolve("whatever"), 0, true, "it is over already"],
    [() => sleep(1), 60_000, true, "it ends in time"],
    [() => NEVER, 1, false, "it goes on, and nobody else waits for it"],
    [() => sleep(5), Infinity, true, "without an end to the patience it is waited for, however long it takes"],
  ])("%p within %p ms: %p (%s)", async (pending, patienceMs, ends) => {
    expect(await endsWithin(pending(), patienceMs)).toBe(ends);
  });

  test.each<[patienceMs: number]>([[60_000], [Infinity]])(
    "throws what it ends with in time, %p ms",
    async (patience) => {
      await expect(endsWithin(Promise.reject(new Error("it failed")), patience)).rejects.toThrow("it failed");
    },
  );

  test("with no end to the patience nothing is over before it is", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const waiting = endsWithin(promise, Infinity).then(() => (isOver = true));
    await sleep(10);
    expect(isOver).toBe(false);
    resolve();
    await waiting;
  });

  test("once it ended, nothing is left that keeps the process up", async () => {
    await sleep(1);
    const before = timers();
    await endsWithin(Promise.resolve(), 60_000);
    await endsWithin(Promise.reject(new Error("it failed")), 60_000).catch(() => {});
    expect(timers()).toBe(before);
  });

  test("a rejection that comes after its patience is nobody's surprise", async () => {
    const unasked: unknown[] = [];
    const note = (reason: unknown): void => void unasked.push(reason);
    process.on("unhandledRejection", note);
    const late = Promise.withResolvers<void>();
    expect(await endsWithin(late.promise, 1)).toBe(false);
    late.reject(new Error("too late"));
    await sleep(5);
    process.off("unhandledRejection", note);
    expect(unasked).toEqual([]);
  });
});
