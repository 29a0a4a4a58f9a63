/** Every method of a part says its errors in words, however deep it stands; what is no method stays what it is. */
import { expect, test } from "@jest/globals";
import { explained } from "./explained.ts";

test("methods are explained, values are kept, and what goes well is what it was", async () => {
  const list = ["a"];
  const part = explained((error) => new Error(`in words: ${(error as Error).message}`), {
    ok: async (one: number, two: number) => one + two,
    fails: async () => await Promise.reject(new Error("x")),
    deep: { fails: async () => await Promise.reject(new Error("y")), count: 3 },
    none: null,
    flag: false,
    list,
  });
  expect(await part.ok(1, 2)).toBe(3);
  await expect(part.fails()).rejects.toThrow("in words: x");
  await expect(part.deep.fails()).rejects.toThrow("in words: y");
  expect([part.deep.count, part.none, part.flag, part.list]).toEqual([3, null, false, ["a"]]);
  expect(part.list).toBe(list);
});
