/** What may be repeated, and after how long. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { conektaError } from "../../../test/gateway/samples.ts";
import { mayRepeat, repeated, waitBefore } from "./repeat.ts";
import type { Reply } from "./transport.ts";

function answered(status: number, body: object | string = "", retryAfter: string | null = null): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter };
}
const NOT_SENT: Reply = { kind: "not-sent", because: "the connection was refused" };
const NO_ANSWER: Reply = { kind: "no-answer", status: null, because: "no whole answer came" };

// prettier-ignore
const REPEATS: readonly (readonly [Reply, read: boolean, other: boolean, because: string])[] = [
  // reply                                         a read  a call that is done twice when repeated
  [NOT_SENT,                                       true,   true,  "no byte left"],
  [NO_ANSWER,                                      true,   false, "the gateway may have acted"],
  [{ ...NO_ANSWER, isTimeUp: true },               false,  false, "who hangs would keep others waiting four times as long"],
  [answered(429, conektaError("rate_limit")),      true,   true,  "Conekta refused before it acted"],
  [answered(429),                                  true,   false, "a proxy's 429"],
  [answered(500, conektaError("api.system")),      true,   false, "it may have acted"],
  [answered(502),                                  true,   false, "it may have acted"],
  [answered(503),                                  true,   false, "it may have acted"],
  [answered(408),                                  true,   false, "it may have acted"],
  [answered(200),                                  false,  false, "done"],
  [answered(200, '{"object":"list","data":[{'),    true,   false, "half a body is an accident, and a list of many pages has many"],
  [answered(299, "<html>a proxy</html>"),          true,   false, "as above, whatever success is called"],
  [answered(300, "<html>a proxy</html>"),          false,  false, "elsewhere is not here, as often as it is asked"],
  [answered(200, "<html>a proxy</html>"),          true,   false, "no answer of Conekta's"],
  [answered(402, conektaError("x")),               false,  false, "an answer"],
  [answered(404, conektaError("x")),               false,  false, "an answer"],
  [answered(401, conektaError("x")),               false,  false, "an answer"],
];

test.each(REPEATS)("%j: read %s, other %s, for %s", (reply, read, other) => {
  expect([mayRepeat(reply, "always"), mayRepeat(reply, "if-not-sent")]).toEqual([read, other]);
});

const NOW = new Date("2026-12-01T09:00:00Z");
// prettier-ignore
const WAITS: readonly (readonly [tries: number, retryAfter: string | null, chance: number, waitMs: number | null, because: string])[] = [
  // tries, Retry-After,                      chance, wait in ms
  [1,      null,                              0.5,    125,    "half of the first bound"],
  [2,      null,                              0.5,    250,    "the bound doubles"],
  [3,      null,                              0.5,    500,    "and again"],
  [3,      null,                              0,      0,      "full jitter begins at nothing"],
  [30,     null,                              0.5,    5_000,  "the bound is bounded"],
  [1,      "2",                               0.5,    2_000,  "seconds, as asked"],
  [1,      "0",                               0.5,    0,      "at once, as asked"],
  [1,      "10",                              0.5,    10_000, "as long as a read waits at most"],
  [1,      "11",                              0.5,    null,   "longer than that"],
  [1,      "3600",                            0.5,    null,   "no read waits for an hour: a later run asks again"],
  [1,      "Tue, 01 Dec 2026 09:00:04 GMT",   0.5,    4_000,  "a date"],
  [1,      "Tue, 01 Dec 2026 08:00:00 GMT",   0.5,    0,      "a date that is past"],
  [1,      "soon",                            0.5,    125,    "not understood"],
];

test.each(WAITS)("after try %i with Retry-After %j and chance %d: %i ms, %s", (tries, retryAfter, chance, waitMs) => {
  expect(waitBefore(tries, answered(503, "", retryAfter), chance, NOW)).toBe(waitMs);
});

function sequence(...replies: readonly Reply[]) {
  let sent = 0;
  return {
    send: async () => replies[Math.min(sent++, replies.length - 1)] as Reply,
    sent: () => sent,
  };
}

describe("repeating", () => {
  const logged: unknown[] = [];
  const waited: number[] = [];
  beforeEach(() => {
    logged.length = 0;
    waited.length = 0;
  });
  const patience = {
    random: { newId: () => "", fraction: () => 0.5 },
    clock: { now: () => NOW, monotonicMs: () => 0 },
    log: {
      debug() {},
      info() {},
      warn: (event: string, fields?: object) => void logged.push({ event, ...fields }),
      error() {},
    },
    sleep: async (ms: number) => void waited.push(ms),
  };
  const read = { operation: "read", repeatable: "always" } as const;

  test("ends with the first answer", async () => {
    const { send, sent } = sequence(NO_ANSWER, answered(503), answered(200, "{}"));
    expect(await repeated(send, read, patience)).toEqual(answered(200, "{}"));
    expect(sent()).toBe(3);
  });

  test("gives up after four tries with the last reply", async () => {
    const { send, sent } = sequence(NO_ANSWER);
    expect(await repeated(send, read, patience)).toEqual(NO_ANSWER);
    expect(sent()).toBe(4);
  });

  test("a bug is thrown at once", async () => {
    let sent = 0;
    const broken = async () => {
      sent++;
      throw new Error("a bug");
    };
    await expect(repeated(broken, read, patience)).rejects.toThrow("a bug");
    expect(sent).toBe(1);
  });

  test("waits before each further try, and says why", async () => {
    const { send } = sequence(NO_ANSWER, answered(503, "", "2"), answered(200, "{}"));
    await repeated(send, read, patience);
    expect(waited).toEqual([125, 2000]);
    const event = { event: "gateway.call_repeated", operation: "read" };
    expect(logged).toEqual([
      { ...event, tries: 1, waitMs: 125, because: "no whole answer came" },
      { ...event, tries: 2, waitMs: 2000, because: "status 503" },
    ]);
  });

  test("is left to a later run by who asks for more than a read waits", async () => {
    const { send, sent } = sequence(answered(503, "", "3600"));
    expect(await repeated(send, read, patience)).toEqual(answered(503, "", "3600"));
    expect([sent(), waited, logged]).toEqual([1, [], []]);
  });

  test("ends with the process: nothing is waited for, and what was waited for is not sent", async () => {
    const before = sequence(NO_ANSWER);
    await repeated(before.send, read, { ...patience, stopping: AbortSignal.abort() });
    expect([before.sent(), waited]).toEqual([1, []]);

    const meanwhile = sequence(NO_ANSWER);
    const stop = new AbortController();
    const sleep = async () => stop.abort();
    expect(await repeated(meanwhile.send, read, { ...patience, sleep, stopping: stop.signal })).toEqual(NO_ANSWER);
    expect(meanwhile.sent()).toBe(1);
  });

  test.each([undefined, new AbortController().signal])(
    "waits by the machine's own time (stopping: %p)",
    async (stopping) => {
      const { send, sent } = sequence(NO_ANSWER, answered(200));
      const { sleep: _sleep, ...own } = patience;
      const began = performance.now();
      await repeated(send, read, { ...own, ...(stopping && { stopping }) });
      expect(sent()).toBe(2);
      expect(performance.now() - began).toBeGreaterThan(100);
    },
  );

  test("is woken by the end of the process", async () => {
    const { send } = sequence(answered(503, "", "10"));
    const { sleep: _sleep, ...own } = patience;
    const stop = new AbortController();
    const began = performance.now();
    setImmediate(() => stop.abort());
    await repeated(send, read, { ...own, stopping: stop.signal });
    expect(performance.now() - began).toBeLessThan(9_000);
  });
});
