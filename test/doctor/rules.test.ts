/** The checks that need nothing but values: each as a table, with the reason beside each row. */
import { describe, expect, test } from "@jest/globals";
import { checkGuard, checkKey, checkProcess } from "../../src/application/doctor/check-charging.ts";
import { checkClockAgainstGateway, checkTimeZones, KNOWN_OFFSETS } from "../../src/application/doctor/check-clock.ts";
import { checkDisk, checkLease, checkPm2 } from "../../src/application/doctor/check-machine.ts";
import { checkEvents } from "../../src/application/doctor/check-waiting.ts";
import { offsetMinutes } from "../../src/adapters/machine.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import type { GuardProbe, GuardResult } from "../../src/domain/guard-probe.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS, NOW } from "../support/records.ts";

/** As a time zone database of before October 2022 has it. */
function offsetBefore2022(zone: string, at: Date): number {
  return zone === "America/Mexico_City" && at.getUTCMonth() === 6 ? -300 : offsetMinutes(zone, at);
}

function probe(sequential: GuardResult, concurrent: GuardResult): GuardProbe {
  return { id: "prb_1", at: NOW, livemode: false, sequential, concurrent, evidence: [] };
}

describe("the clock", () => {
  test.each([
    // ahead of Conekta's by, state
    [0, "ok"],
    [30_000, "ok"],
    [-2 * MINUTE_MS, "warn"],
    [6 * MINUTE_MS, "bad"],
    [-6 * MINUTE_MS, "bad"],
    [null, "warn"],
  ])("%s ms ahead of Conekta's: %s", (skewMs, state) => {
    expect(checkClockAgainstGateway(skewMs).state).toBe(state);
  });
});

describe("the events that NOTIFY_URL is told", () => {
  const none = { pending: 0, oldestPendingAt: null, dead: 0 };
  test.each([
    // what waits, state, what is found
    [none, "ok", "nothing waits to be sent"],
    [{ ...none, pending: 2, oldestPendingAt: NOW }, "ok", "2 to be sent"],
    [{ ...none, pending: 2, oldestPendingAt: later(-2 * HOUR_MS) }, "warn", "2 to be sent, the oldest for 2 hours"],
    [{ ...none, dead: 1 }, "bad", "1 given up"],
    [{ pending: 1, oldestPendingAt: NOW, dead: 3 }, "bad", "3 given up"],
  ])("%j: %s", (counts, state, found) => {
    expect(checkEvents(counts, NOW)).toMatchObject({ check: "events", state, found });
  });
});

describe("the time zones", () => {
  test("of this Node are right, by facts that a current release knows", () => {
    const wrong = KNOWN_OFFSETS.filter(([zone, at, minutes]) => offsetMinutes(zone, new Date(at)) !== minutes);
    expect(wrong).toEqual([]);
  });

  test("that still give Mexico City its summer time are found", () => {
    expect(checkTimeZones("2022a", offsetBefore2022, NOW)).toMatchObject({
      state: "bad",
      found: expect.stringContaining("gives America/Mexico_City the offset -300 minutes on 2023-07-01, not -360"),
    });
  });

  test.each([
    ["2026c", "ok"],
    ["2025a", "ok"],
    ["2024b", "warn"],
    [null, "warn"],
  ])("release %s in February 2026: %s", (release, state) => {
    expect(checkTimeZones(release, offsetMinutes, NOW).state).toBe(state);
  });
});

describe("the settings around it", () => {
  test("a disk that is nearly full is a warning", () => {
    expect(checkDisk(499_000_000)).toMatchObject({ state: "warn", found: "499 MB free" });
    expect(checkDisk(500_000_000).state).toBe("ok");
  });
  test("a lease shorter than two time limits is refused", () => {
    expect(checkLease({ leaseMs: 59_999, timeoutMs: 30_000 }).state).toBe("bad");
    expect(checkLease({ leaseMs: 60_000, timeoutMs: 30_000 }).state).toBe("ok");
  });

  test.each<[number | null, string, string]>([
    // kill_timeout, state, because
    [35_001, "ok", "30 s and 5 s more"],
    [35_000, "bad", "the commit of the last answer may not be over"],
    [null, "bad", "pm2's own 1.6 s"],
  ])("kill_timeout %s with a time limit of 30 s: %s (%s)", (killTimeoutMs, state) => {
    expect(checkPm2([{ file: "ecosystem.config.js", killTimeoutMs }], 30_000).state).toBe(state);
  });

  test("that is missing is told, without a word of a network", () => {
    const answer = { is: "missing", because: { en: "there is no key", es: "no hay llave" } } as const;
    expect(checkKey(answer, { livemode: null })).toMatchObject({ state: "bad" });
  });
});

describe("the process", () => {
  const nothing = { attempts: {}, openableSince: null, nextAttemptAt: null, nextInquiryAt: null, lastEventAt: NOW };
  const due = (ageMs: number) => ({ ...nothing, openableSince: later(DAY_MS), nextAttemptAt: later(-ageMs) });

  test.each<[string | null, Parameters<typeof checkProcess>[1], string, string]>([
    // pid, work, state, because
    ["4711", nothing, "ok", "it charges, and nothing is late"],
    ["4711", due(5 * MINUTE_MS), "ok", "the next tick does it"],
    ["4711", due(30 * MINUTE_MS), "warn", "ticks do not do their work"],
    ["4711", due(2 * HOUR_MS), "bad", "ticks do not do their work"],
    [null, nothing, "warn", "nobody will charge what falls due"],
    [null, due(2 * HOUR_MS), "warn", "it may be run once a day"],
    [null, due(25 * HOUR_MS), "bad", "nobody charges"],
    [null, { ...nothing, attempts: { sending: 1 } }, "bad", "money may have moved, and nobody asks"],
  ])("pid %s, %j: %s (%s)", (pid, work, state) => {
    expect(checkProcess(pid, work, NOW).state).toBe(state);
  });
});

describe("the guard that order_first leans on", () => {
  test.each<[ChargeFlow, GuardProbe | null, string, string]>([
    // flow, probe, state, because
    ["single", null, "ok", "it leans on nothing"],
    ["single", probe("charged_twice", "refused"), "ok", "it leans on nothing"],
    ["order_first", null, "warn", "nobody has tried"],
    ["order_first", probe("refused", "refused"), "ok", "it was seen to hold"],
    ["order_first", probe("refused", "unclear"), "warn", "half a proof"],
    ["order_first", probe("refused", "charged_twice"), "bad", "two daemons would charge twice"],
    ["order_first", probe("charged_twice", "unclear"), "bad", "a retry would charge twice"],
  ])("%s with %j: %s (%s)", (flow, found, state) => {
    expect(checkGuard(flow, found).state).toBe(state);
  });
});
