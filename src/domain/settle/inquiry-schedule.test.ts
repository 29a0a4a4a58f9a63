import { describe, expect, test } from "@jest/globals";
import { nextInquiryAt, type InquirySchedule } from "./inquiry-schedule.ts";

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const SCHEDULE: InquirySchedule = {
  offsetsMs: [15 * S, M, 5 * M, 30 * M, 2 * H, 12 * H, 24 * H],
  rechargeQuietMs: 15 * M,
};
const SENT_AT = new Date("2026-01-31T15:00:00Z");
const after = (ms: number) => new Date(SENT_AT.getTime() + ms);

describe("when the gateway is asked next", () => {
  test.each<[number, number, number | null, string]>([
    // now, inquiries so far, next inquiry, because
    [0, 0, 15 * S, "the first offset"],
    [15 * S, 1, M, "an offset that has come is over"],
    [14 * S, 1, 15 * S, "an inquiry that came early spares none"],
    [40 * S, 1, M, "offsets count from the sending, not from the inquiry"],
    [6 * M, 1, 30 * M, "a missed inquiry is not made up for: the next one stands"],
    [13 * H, 2, 24 * H, "many missed inquiries merge into one"],
    [24 * H, 6, null, "the schedule is exhausted: a person decides"],
    [24 * H, 2, null, "two inquiries are enough for that"],
    [48 * H, 0, 48 * H, "all were missed: one at once"],
    [48 * H, 1, 48 * H + 15 * S, "and a second one, since reads lag"],
    [48 * H, 2, null, "then a person decides"],
  ])("%i ms after sending and %i inquiries: %p (%s)", (nowMs, inquiries, expectedMs) => {
    const next = nextInquiryAt(SCHEDULE, SENT_AT, inquiries, after(nowMs));
    expect(next).toEqual(expectedMs === null ? null : after(expectedMs));
  });

  test("a schedule without any offset asks twice at once", () => {
    const none = { ...SCHEDULE, offsetsMs: [] };
    expect([0, 1, 2].map((inquiries) => nextInquiryAt(none, SENT_AT, inquiries, after(S)))).toEqual([
      after(S),
      after(S),
      null,
    ]);
  });

  test("whenever the inquiries are made: at least two, at most one more than the schedule has, each later than the last", () => {
    for (const lateMs of [0, S, 20 * S, 10 * M, 3 * H, 30 * H]) {
      let now = after(lateMs);
      let inquiries = 0;
      for (let next = nextInquiryAt(SCHEDULE, SENT_AT, 0, now); next !== null; inquiries++) {
        expect(next.getTime()).toBeGreaterThanOrEqual(now.getTime());
        now = new Date(next.getTime() + lateMs);
        next = nextInquiryAt(SCHEDULE, SENT_AT, inquiries + 1, now);
      }
      expect(inquiries).toBeGreaterThanOrEqual(2);
      expect(inquiries).toBeLessThanOrEqual(SCHEDULE.offsetsMs.length);
    }
  });
});
