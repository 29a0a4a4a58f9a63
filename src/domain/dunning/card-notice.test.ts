import { describe, expect, test } from "@jest/globals";
import { dueNotice, noticeKey, type ExpiringCard } from "./card-notice.ts";

const CARD: ExpiringCard = { paymentSourceId: "src_1", expMonth: 12, expYear: 2026, lastNotice: null };

describe("a notice that a card is about to expire", () => {
  // prettier-ignore
  test.each<[now: string, lastNotice: string | null, expected: string | null, because: string]>([
    ["2026-12-01T06:00Z", null, null, "31 days left"],
    ["2026-12-01T18:00Z", null, "30 of 30", "less than 31 days: the first threshold"],
    ["2026-12-02T12:00Z", "src_1:30", null, "told yesterday"],
    ["2026-12-25T07:00Z", "src_1:30", "6 of 7", "the second threshold, a tick late"],
    ["2026-12-25T07:00Z", null, "6 of 7", "nobody ran for a month: only the nearest"],
    ["2026-12-26T06:00Z", "src_1:7", null, "told"],
    ["2026-12-26T06:00Z", "src_1:7:2026-12", null, "told, and for this month"],
    ["2026-12-26T06:00Z", "src_1:7:2025-12", "6 of 7", "that was before it was renewed"],
    ["2026-12-26T06:00Z", "src_0:7:2026-12", "6 of 7", "that was another card"],
    ["2027-01-01T05:59Z", "src_1:30", "0 of 7", "good until its last moment, at its bank"],
    ["2027-01-01T06:00Z", null, null, "too late: it has expired"],
  ])("at %s, last told %s: %s (%s)", (now, lastNotice, expected) => {
    const notice = dueNotice({ ...CARD, lastNotice }, [30, 7], new Date(now));
    expect(notice && `${notice.daysLeft} of ${notice.noticeDays}`).toBe(expected);
  });

  test("without thresholds nobody is told", () => {
    expect(dueNotice(CARD, [], new Date("2026-12-31T00:00Z"))).toBeNull();
  });

  test.each([
    [12, "src_1:7:2026-12"],
    [3, "src_1:7:2026-03"],
  ])("what was told is remembered by card, threshold and the month it expires in, such as %p", (expMonth, key) => {
    expect(noticeKey({ ...CARD, expMonth }, { noticeDays: 7, daysLeft: 3 })).toBe(key);
  });
});
