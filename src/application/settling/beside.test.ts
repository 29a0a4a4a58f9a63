import { describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { besideCharges } from "./beside.ts";

const NOT_STOPPING = new AbortController().signal;

describe("reads beside the charges", () => {
  test("what ends in time was waited for, and nothing is left to be waited for in the end", async () => {
    const beside = besideCharges(60_000, NOT_STOPPING);
    expect(await beside.wait(Promise.resolve())).toBe(true);
    await beside.end();
  });

  test("what fails in time is thrown where it was waited for, and not again", async () => {
    const beside = besideCharges(60_000, NOT_STOPPING);
    await expect(beside.wait(Promise.reject(new Error("no order")))).rejects.toThrow("no order");
    await beside.end();
  });

  test("what takes longer goes on; the end of the charges waits for it", async () => {
    const beside = besideCharges(1, NOT_STOPPING);
    const slow = Promise.withResolvers<void>();
    expect(await beside.wait(slow.promise)).toBe(false);
    let isOver = false;
    const end = beside.end().then(() => (isOver = true));
    await sleep(5);
    expect(isOver).toBe(false);
    slow.resolve();
    await end;
  });

  test("what fails after its wait is thrown at the end, the first of several, and ends no process before", async () => {
    const beside = besideCharges(1, NOT_STOPPING);
    const unasked: unknown[] = [];
    const note = (reason: unknown): void => void unasked.push(reason);
    process.on("unhandledRejection", note);
    const works = ["good", "first", "second"].map((name) => ({ name, ...Promise.withResolvers<void>() }));
    for (const { promise } of works) expect(await beside.wait(promise)).toBe(false);
    for (const { name, resolve, reject } of works)
      if (name === "good") resolve();
      else reject(new Error(name));
    await sleep(5);
    process.off("unhandledRejection", note);
    expect(unasked).toEqual([]);
    await expect(beside.end()).rejects.toThrow(/^first$/);
  });

  test.each<[how: "the charges are over" | "the process is to end"]>([
    ["the charges are over"],
    ["the process is to end"],
  ])("nothing new is read once %s", async (how) => {
    const stopping = new AbortController();
    const beside = besideCharges(60_000, stopping.signal);
    expect([beside.signal.aborted, beside.stopping.aborted]).toEqual([false, false]);
    if (how === "the charges are over") await beside.end();
    else stopping.abort();
    expect([beside.signal.aborted, beside.stopping.aborted]).toEqual([true, how === "the process is to end"]);
  });
});
