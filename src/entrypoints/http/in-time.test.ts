/** What is asked of a database for somebody who will not wait for long. */
import { expect, test } from "@jest/globals";
import { inTime } from "./in-time.ts";

test("what is answered in time is the answer, and so is what it fails with", async () => {
  expect(await inTime(Promise.resolve("it"), 60_000)).toBe("it");
  await expect(inTime(Promise.reject(new Error("it is full")), 60_000)).rejects.toThrow("it is full");
});

test("what takes longer is told as an error, and may fail later without anybody's hearing of it", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await expect(inTime(promise, 2)).rejects.toMatchObject({
    ...{ name: "DatabaseUnusable", message: "the database does not answer within 0.002 seconds" },
  });
  reject(new Error("too late"));
  await promise.catch(() => {});
});
