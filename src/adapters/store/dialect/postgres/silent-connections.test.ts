/** Which connections are given up, and which go on. */
import { expect, test } from "@jest/globals";
import { endWhenSilent } from "./silent-connections.ts";

/** @param answer to each statement */
function connection(answer: () => Promise<unknown>, end: () => Promise<void> = async () => {}) {
  const asked: unknown[] = [];
  let ended = 0;
  const made = {
    query: async (...given: unknown[]) => {
      asked.push(given);
      return await answer();
    },
    end: async () => {
      ended += 1;
      await end();
    },
  };
  endWhenSilent(made);
  return { made, asked, ended: () => ended };
}

test("one that answers is asked as it was, and goes on", async () => {
  const { made, asked, ended } = connection(async () => "rows");
  expect(await made.query("select ?", ["a"])).toBe("rows");
  expect([asked, ended()]).toEqual([[["select ?", ["a"]]], 0]);
});

test.each<[error: Error, ended: number, because: string]>([
  [new Error("Query read timeout"), 1, "its answer was lost: the next would wait behind it"],
  [Object.assign(new Error("no such table"), { code: "42P01" }), 0, "it has answered"],
  [new Error("Connection terminated"), 0, "it is ended already"],
])("one that fails with %p is ended %i times (%s)", async (error, times) => {
  const { made, ended } = connection(async () => {
    throw error;
  });
  await expect(made.query("select 1")).rejects.toBe(error);
  expect(ended()).toBe(times);
});

test("one that cannot be ended either is nobody's surprise", async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", note);
  const { made } = connection(
    async () => await Promise.reject(new Error("Query read timeout")),
    async () => await Promise.reject(new Error("it is gone")),
  );
  await expect(made.query("select 1")).rejects.toThrow("Query read timeout");
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unheard).toEqual([]);
});
