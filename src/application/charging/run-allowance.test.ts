import { describe, expect, test } from "@jest/globals";
import type { RunLimits } from "../../domain/charging/run-limits.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { RunAllowance } from "./run-allowance.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const NONE: RunLimits = { askedCharges: null, maxCharges: null, maxAmountCents: null };

/** @param sent within the hour, by all who charge */
function allowanceOf(limits: Partial<RunLimits>, sent = { charges: 0, amountCents: 0 }) {
  const told: unknown[] = [];
  const summary = emptyRunSummary();
  const line = (...words: unknown[]): void => void told.push(words);
  const needs = {
    store: {
      sentWithinTheHour: async (at: Date) => {
        told.push(["counted", at]);
        return sent;
      },
      haltCharging: async (...halt: unknown[]) => void told.push(["halt", ...halt]),
    },
    clock: { now: () => NOW },
    log: {
      info: (...words: unknown[]) => line("info", ...words),
      error: (...words: unknown[]) => line("error", ...words),
    },
  } as unknown as ConstructorParameters<typeof RunAllowance>[0];
  return { allowance: new RunAllowance(needs, { ...NONE, ...limits }, summary), summary, told };
}

describe("what the hour is counted for", () => {
  // prettier-ignore
  test.each<[limits: Partial<RunLimits>, sent: number, isCounted: boolean, hasRoom: boolean, left: number, because: string]>([
    [{}, 9, false, true, Infinity, "nothing is limited"],
    [{ askedCharges: 2 }, 9, false, true, 2, "what a person asks for is of this run alone"],
    [{ maxCharges: 10 }, 9, true, true, 1, "one is left"],
    [{ maxCharges: 9 }, 9, true, false, 0, "none is"],
    [{ maxAmountCents: 1 }, 9, true, true, Infinity, "an amount is judged charge by charge"],
    [{ maxCharges: 10, askedCharges: 0 }, 9, true, true, 0, "the hour has room, though nobody asked for more"],
  ])("%j, where %i were sent: it is counted: %p, has room: %p, and %d are left (%s)", async (limits, charges, isCounted, hasRoom, left) => {
    const { allowance, told } = allowanceOf(limits, { charges, amountCents: 100 });
    expect(await allowance.count()).toBe(hasRoom);
    expect(told).toEqual(isCounted ? [["counted", NOW]] : []);
    expect([allowance.left, allowance.isSpent]).toEqual([left, left === 0]);
  });
});

test("what is begun counts, in number and in amount", async () => {
  const { allowance } = allowanceOf({ maxCharges: 4, maxAmountCents: 1000 }, { charges: 1, amountCents: 400 });
  await allowance.count();
  expect([allowance.left, allowance.limitFor(600), allowance.limitFor(601)]).toEqual([
    3,
    null,
    "MAX_AMOUNT_CENTS_PER_RUN",
  ]);
  allowance.begin(500);
  expect([allowance.left, allowance.limitFor(100), allowance.limitFor(101)]).toEqual([
    2,
    null,
    "MAX_AMOUNT_CENTS_PER_RUN",
  ]);
  expect(allowance.limitFor(1001)).toBe("amount_beyond_limit");
  allowance.begin(100);
  allowance.begin(0);
  expect([allowance.left, allowance.isSpent]).toEqual([0, true]);
  expect(allowance.limitFor(0)).toBeNull();
});

test("of what a person asked for, each that is begun is one less", async () => {
  const { allowance } = allowanceOf({ askedCharges: 2 });
  await allowance.count();
  allowance.begin(100);
  expect([allowance.left, allowance.limitFor(1_000_000)]).toEqual([1, null]);
});

describe("stopped", () => {
  // prettier-ignore
  test.each<[limits: Partial<RunLimits>, limit: string, level: string, isHalted: boolean]>([
    [{ maxCharges: 2 }, "MAX_CHARGES_PER_RUN", "error", true],
    [{ maxCharges: 3, askedCharges: 0 }, "asked_charges", "info", false],
    [{ askedCharges: 0 }, "asked_charges", "info", false],
    [{ maxCharges: 2, askedCharges: 0 }, "MAX_CHARGES_PER_RUN", "error", true],
  ])("with %j, after two within the hour: at %s, told as %s, which halts charging: %p", async (limits, limit, level, isHalted) => {
    const sent = { charges: 2, amountCents: 300 };
    const { allowance, summary, told } = allowanceOf({ maxAmountCents: 1000, ...limits }, sent);
    await allowance.count();
    allowance.stop();
    allowance.stop();
    await allowance.haltIfStopped();
    const because =
      `${limit} is reached: 2 charges of 300 cents were sent within an hour, and more are due. ` +
      "Look whether they are right; then let it go on, or raise the limit";
    expect(told).toEqual([
      ["counted", NOW],
      [level, "run.stopped_at_limit", { limit, charges: 0, withinTheHour: sent }],
      ...(isHalted ? [["halt", { kind: "limit", because }, NOW]] : []),
    ]);
    expect([summary.stoppedAt, summary.haltReason]).toEqual([limit, isHalted ? because : null]);
  });

  test("a reason that stands already is the one that is shown", async () => {
    const { allowance, summary, told } = allowanceOf({});
    summary.haltReason = "the key";
    await allowance.haltIfStopped();
    expect(told).toEqual([]);
    allowance.begin(5);
    allowance.stopAt("MAX_AMOUNT_CENTS_PER_RUN");
    await allowance.haltIfStopped();
    expect([summary.haltReason, told.length]).toEqual(["the key", 2]);
    expect(told[0]).toEqual([
      "error",
      "run.stopped_at_limit",
      { limit: "MAX_AMOUNT_CENTS_PER_RUN", charges: 1, withinTheHour: { charges: 1, amountCents: 5 } },
    ]);
  });
});
