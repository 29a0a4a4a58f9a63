import { describe, expect, test } from "@jest/globals";
import {
  checkClock,
  checkUnanswered,
  newestSkewMs,
  NOTHING_ANSWERED,
  withAnswer,
  type ClockEvidence,
} from "./clock-check.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./duration.ts";

const START_MS = Date.UTC(2026, 2, 1, 15);

type Seen = {
  /** True time since the start. */
  readonly atMs: number;
  /** How far our clock was set by then. */
  readonly setMs?: number;
  /** How late the gateway's date is; null: it tells none; "stands": always that of the start. */
  readonly late?: number | "stands" | null;
};

function evidenceOf(answers: readonly Seen[]): ClockEvidence {
  return answers.reduce((evidence, { atMs, setMs = 0, late = 0 }) => {
    const dateMs = late === null ? null : START_MS + (late === "stands" ? 0 : atMs - late);
    return withAnswer(evidence, { dateMs, wallMs: START_MS + atMs + setMs, monotonicMs: atMs });
  }, NOTHING_ANSWERED);
}

const right = { atMs: 0 };

describe("the clock", () => {
  test.each<[readonly Seen[], Seen, ReturnType<typeof checkClock>["is"], string]>([
    // answers, now, verdict, because
    [[], { atMs: 0 }, "not_asked", "no answer has come"],
    [[right], { atMs: MINUTE_MS }, "right", "they agreed a minute ago"],
    [[right], { atMs: HOUR_MS }, "not_asked", "an hour ago is too long ago"],
    [[right], { atMs: MINUTE_MS, setMs: DAY_MS }, "not_asked", "set ahead by a day since the last answer"],
    [[right], { atMs: MINUTE_MS, setMs: -HOUR_MS }, "not_asked", "set back by an hour"],
    [[right], { atMs: MINUTE_MS, setMs: 3000 }, "right", "the network slews clocks"],
    [[right], { atMs: MINUTE_MS, setMs: 5000 }, "right", "so far a slow machine may bring it"],
    [[right], { atMs: MINUTE_MS, setMs: 5001 }, "not_asked", "no further"],
    [[right], { atMs: MINUTE_MS, setMs: -5001 }, "not_asked", "nor back"],
    [[right], { atMs: 10 * MINUTE_MS }, "right", "an answer is good for so long"],
    [[right], { atMs: 10 * MINUTE_MS + 1 }, "not_asked", "and no longer"],
    [[{ atMs: 0, late: 5 * MINUTE_MS }], { atMs: 0 }, "right", "so far apart two clocks may be"],
    [[{ atMs: 0, late: 5 * MINUTE_MS - 2000 }], { atMs: 0, setMs: 3000 }, "wrong", "what was slewed since counts, too"],
    [
      [
        { atMs: 0, late: HOUR_MS },
        { atMs: 30_000, late: HOUR_MS + 30_000 },
      ],
      { atMs: 30_000 },
      "wrong",
      "it stood still for no longer than a cached answer of seconds",
    ],
    [
      [
        { atMs: 0, late: HOUR_MS },
        { atMs: 30_001, late: HOUR_MS + 30_001 },
      ],
      { atMs: 30_001 },
      "not_checked",
      "it stands still",
    ],
    [[right, { atMs: DAY_MS, setMs: DAY_MS }], { atMs: DAY_MS, setMs: DAY_MS }, "wrong", "set, and not confirmed"],
    [[{ atMs: 0, setMs: HOUR_MS }], { atMs: 0, setMs: HOUR_MS }, "wrong", "it was wrong from the start"],
    [[{ atMs: 0, late: HOUR_MS }], { atMs: 0 }, "wrong", "which one is wrong cannot be told"],
    [[right, { atMs: MINUTE_MS, late: HOUR_MS }], { atMs: MINUTE_MS }, "gateway_wrong", "ours was not set since"],
    [
      [right, { atMs: MINUTE_MS, late: HOUR_MS }],
      { atMs: MINUTE_MS, setMs: HOUR_MS },
      "not_asked",
      "by now ours was set, too",
    ],
    [[{ atMs: 0, late: null }], { atMs: 0 }, "not_checked", "no date at all"],
    [[right, { atMs: MINUTE_MS, late: null }], { atMs: MINUTE_MS }, "right", "it agreed, and was not set since"],
    [
      [right, { atMs: MINUTE_MS, setMs: DAY_MS, late: null }],
      { atMs: MINUTE_MS, setMs: DAY_MS },
      "wrong",
      "it was set, and no date confirms it",
    ],
    [
      [
        { atMs: HOUR_MS, late: "stands" },
        { atMs: HOUR_MS + MINUTE_MS, late: "stands" },
      ],
      { atMs: HOUR_MS + MINUTE_MS },
      "not_checked",
      "a date that stands still is a copy of an old answer",
    ],
  ])("after %j, at %j: %s (%s)", (answers, { atMs, setMs = 0 }, is, _because) => {
    const now = { wallMs: START_MS + atMs + setMs, monotonicMs: atMs };
    expect(checkClock(evidenceOf(answers), now).is).toBe(is);
  });

  test.each<[answers: readonly Seen[], now: Seen, skewMs: number | null, because: string]>([
    [[], { atMs: 0 }, null, "nothing was answered"],
    [[{ atMs: 0, late: 7 }], { atMs: MINUTE_MS, setMs: 3 }, 10, "what was seen, and what was set since"],
    [[{ atMs: 0, late: 7 }], { atMs: HOUR_MS }, 7, "asked anew"],
    [[{ atMs: 0, late: null }], { atMs: HOUR_MS }, null, "no date was told"],
    [[{ atMs: 0, late: null }], { atMs: MINUTE_MS }, null, "as above"],
    [
      [
        { atMs: 0, late: 7 },
        { atMs: MINUTE_MS, late: null },
      ],
      { atMs: MINUTE_MS },
      null,
      "the last one told none",
    ],
    [
      [
        { atMs: 0, late: 7 },
        { atMs: MINUTE_MS, setMs: DAY_MS, late: null },
      ],
      { atMs: MINUTE_MS, setMs: DAY_MS },
      DAY_MS + 7,
      "by how far it agreed, and was set since",
    ],
    [[{ atMs: 0, late: HOUR_MS }], { atMs: 0 }, HOUR_MS, "so far apart"],
    [[right, { atMs: MINUTE_MS, late: HOUR_MS }], { atMs: MINUTE_MS }, HOUR_MS, "the gateway's is off by so much"],
    [[right, { atMs: DAY_MS, setMs: DAY_MS }], { atMs: DAY_MS, setMs: DAY_MS }, DAY_MS, "ours was set by so much"],
  ])("after %j, at %j, is ahead by %p ms (%s)", (answers, { atMs, setMs = 0 }, skewMs) => {
    expect(checkClock(evidenceOf(answers), { wallMs: START_MS + atMs + setMs, monotonicMs: atMs }).skewMs).toBe(skewMs);
  });

  test("that nobody answers is ahead by as much as it was when it agreed", () => {
    const now = { wallMs: START_MS + DAY_MS, monotonicMs: DAY_MS };
    expect(checkUnanswered(evidenceOf([{ atMs: 0, late: 7 }]), now)).toEqual({ is: "right", skewMs: 7 });
    expect(newestSkewMs(evidenceOf([{ atMs: 0, late: 7 }]))).toBe(7);
    expect(newestSkewMs(evidenceOf([{ atMs: 0, late: null }]))).toBeNull();
    expect(newestSkewMs(NOTHING_ANSWERED)).toBeNull();
  });

  test("without an answer goes on being right while nobody sets it", () => {
    const evidence = evidenceOf([right]);
    const at = (setMs: number) => ({ wallMs: START_MS + DAY_MS + setMs, monotonicMs: DAY_MS });
    expect(checkUnanswered(evidence, at(0))).toEqual({ is: "right", skewMs: 0 });
    expect(checkUnanswered(evidence, at(DAY_MS))).toEqual({ is: "wrong", skewMs: DAY_MS });
    expect(checkUnanswered(NOTHING_ANSWERED, at(0))).toEqual({ is: "not_asked", skewMs: null });
  });
});
