/** One call past fetch: its head as soon as it is there, its body whole, and an end when its time is up. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { Dispatcher } from "undici";
import { newFlight } from "./byte-watch.ts";
import { dispatched } from "./dispatched.ts";

const CALL = { origin: "http://127.0.0.1", path: "/orders", method: "POST" } as const;
const NEVER_MS = 60_000;

/** A call whose events come when the test says so. */
function call(timeoutMs: number) {
  const aborted: unknown[] = [];
  const controller = {
    abort: (reason: Error) => void aborted.push(reason.name),
  } as unknown as Dispatcher.DispatchController;
  let handler!: Dispatcher.DispatchHandler;
  const dispatch = (_options: unknown, given: Dispatcher.DispatchHandler): boolean => {
    handler = given;
    return true;
  };
  const head = dispatched({ dispatch } as Dispatcher, CALL, newFlight(NEVER_MS), timeoutMs);
  return {
    ...{ head, aborted },
    starts: () => handler.onRequestStart?.(controller, null),
    shows: (status: number) => handler.onResponseStart?.(controller, status, { date: String(status) }),
    sends: (text: string) => handler.onResponseData?.(controller, Buffer.from(text)),
    ends: () => handler.onResponseEnd?.(controller, {}),
    breaks: (error: Error) => handler.onResponseError?.(controller, error),
  };
}

test.each<[chunks: readonly string[], because: string]>([
  [[], "nothing"],
  [["whole"], "at once"],
  [["in ", "three ", "parts"], "as it comes"],
])("the body is what was sent, %j: %s", async (chunks) => {
  const one = call(NEVER_MS);
  one.starts();
  one.shows(200);
  const { status, headers, body } = await one.head;
  expect([status, headers]).toEqual([200, { date: "200" }]);
  for (const chunk of chunks) one.sends(chunk);
  one.ends();
  expect((await body).toString()).toBe(chunks.join(""));
});

test("a hint that comes before the answer is none", async () => {
  const one = call(NEVER_MS);
  one.starts();
  one.shows(103);
  one.shows(199);
  one.shows(200);
  expect((await one.head).status).toBe(200);
  one.ends();
});

test("what breaks before the head is met there, what breaks after it with the body", async () => {
  const before = call(NEVER_MS);
  before.starts();
  before.breaks(new Error("reset"));
  await expect(before.head).rejects.toThrow("reset");
  const after = call(NEVER_MS);
  after.starts();
  after.shows(200);
  const { body } = await after.head;
  after.sends("half");
  after.breaks(new Error("cut off"));
  await expect(body).rejects.toThrow("cut off");
});

test("a body that nobody reads breaks nothing else", async () => {
  const one = call(NEVER_MS);
  one.starts();
  one.breaks(new Error("reset"));
  await expect(one.head).rejects.toThrow("reset");
  await sleep(1);
});

test("when its time is up it ends, whatever it waits for, and what was begun is aborted", async () => {
  const waiting = call(1);
  await expect(waiting.head).rejects.toMatchObject({ name: "TimeoutError" });
  expect(waiting.aborted).toEqual([]);

  const unanswered = call(1);
  unanswered.starts();
  await expect(unanswered.head).rejects.toMatchObject({ name: "TimeoutError" });
  expect(unanswered.aborted).toEqual(["TimeoutError"]);

  const cut = call(20);
  cut.starts();
  cut.shows(200);
  await expect((await cut.head).body).rejects.toMatchObject({ name: "TimeoutError" });
  expect(cut.aborted).toEqual(["TimeoutError"]);
});

test("what has ended is not aborted later", async () => {
  const whole = call(20);
  whole.starts();
  whole.shows(200);
  whole.ends();
  const broken = call(20);
  broken.starts();
  broken.breaks(new Error("reset"));
  await Promise.all([expect(broken.head).rejects.toThrow("reset"), sleep(60)]);
  expect([whole.aborted, broken.aborted]).toEqual([[], []]);
});
