import { expect, test } from "@jest/globals";
import { type ClockEvidence, NOTHING_ANSWERED, withAnswer } from "../../domain/clock-check.ts";
import { GatewayUnavailable, RowUnreadable } from "../../domain/errors.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { mayOpen, type OpeningNeeds } from "./may-open.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An answer of so many minutes ago, whose date was so far behind our clock. */
function answered(minutesAgo: number, skewMs: number | null, before: ClockEvidence = NOTHING_ANSWERED): ClockEvidence {
  const wallMs = NOW.getTime() - minutesAgo * MINUTE_MS;
  const dateMs = skewMs === null ? null : wallMs - skewMs;
  return withAnswer(before, { wallMs, monotonicMs: HOUR_MS - minutesAgo * MINUTE_MS, dateMs });
}

/** @param after what is known once the gateway was asked; null: it does not answer */
function needsOf(
  before: ClockEvidence,
  after: ClockEvidence | null,
  due: readonly object[],
  unreadable: string[] = [],
) {
  let evidence = before;
  const told: unknown[] = [];
  const line = (event: string, data?: object): void => void told.push(event, ...(data === undefined ? [] : [data]));
  const needs = {
    store: {
      customersToProbe: async () => [],
      dueSubscriptions: async (_now: Date, _limit: number, except: readonly string[]) => {
        const left = unreadable.filter((id) => !except.includes(id));
        if (left[0] !== undefined) throw new RowUnreadable(left[0], { cause: "a damaged row" });
        return due;
      },
    },
    gateway: {
      clockEvidence: () => evidence,
      probe: async () => {
        told.push("asked");
        if (after === null) throw new GatewayUnavailable("no answer", { retryAfterMs: null });
        evidence = after;
        return { livemode: false };
      },
    },
    clock: { now: () => NOW, monotonicMs: () => HOUR_MS },
    log: { warn: (event: string) => line(event), error: (event: string) => line(event) },
  } as unknown as OpeningNeeds;
  return { needs, told };
}

const RIGHT = answered(1, 0);
const OLD = answered(30, 0);
const WRONG = answered(1, HOUR_MS);

// prettier-ignore
test.each<[before: ClockEvidence, after: ClockEvidence | null, isDue: boolean, may: boolean, told: string, is: string, because: string]>([
  [RIGHT, null, true, true, "", "right", "the last answer shows that it is right"],
  [RIGHT, null, false, true, "", "right", "whether anything is due is asked later"],
  [NOTHING_ANSWERED, null, false, false, "", "right", "nothing is due: nobody is asked"],
  [NOTHING_ANSWERED, RIGHT, true, true, "asked", "right", "something is due: it is asked, and right"],
  [NOTHING_ANSWERED, null, true, false, "asked clock.not_asked", "not_asked", "it is asked in vain"],
  [NOTHING_ANSWERED, WRONG, true, false, "asked clock.wrong", "wrong", "it is asked, and wrong"],
  [NOTHING_ANSWERED, answered(0, null), true, true, "asked clock.not_checked", "not_checked", "its answers tell no date: this clock is believed"],
  [OLD, null, true, true, "asked", "right", "it agreed before, and was not set since"],
  [OLD, answered(0, HOUR_MS, OLD), true, true, "asked clock.gateway_wrong", "gateway_wrong", "it agreed before: the date is Conekta's fault"],
  [WRONG, null, false, false, "asked clock.wrong", "wrong", "it was wrong, and nobody says otherwise"],
  [WRONG, RIGHT, false, true, "asked", "right", "it was mended since"],
])("%#: asked %p, where something is due: %p: may open %p, after %j, since it is %s (%s)", async (before, after, isDue, may, told, is) => {
  const world = needsOf(before, after, isDue ? [{}] : []);
  const summary = emptyRunSummary();
  expect(await mayOpen(world.needs, summary)).toBe(may);
  expect(world.told.join(" ")).toBe(told);
  expect(summary.clock).toBe(isDue || told !== "" || may ? is : emptyRunSummary().clock);
  expect(summary.clockSkewMs).toBe(is === "wrong" ? HOUR_MS : null);
});

test("what cannot be read is due, too: the clock is asked for, so that whoever opens says so", async () => {
  const { needs, told } = needsOf(NOTHING_ANSWERED, RIGHT, [], ["sub_a"]);
  expect(await mayOpen(needs, emptyRunSummary())).toBe(true);
  expect(told).toEqual(["asked"]);
});
