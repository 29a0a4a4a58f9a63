import { describe, expect, test } from "@jest/globals";
import { HOUR_MS } from "../duration.ts";
import { type CustomerTry, dailyLimit } from "./daily-limit.ts";

const NOW = new Date("2026-12-15T15:00:00Z");

function hoursAgo(hours: number): Date {
  return new Date(NOW.getTime() - hours * HOUR_MS);
}

describe("MAX_CHARGES_PER_CUSTOMER_PER_DAY, a limit of two", () => {
  type Words = Partial<CustomerTry>[];
  const sent = (hours: number, change: Partial<CustomerTry> = {}): Partial<CustomerTry> => ({
    sentAt: hoursAgo(hours),
    ...change,
  });

  // prettier-ignore
  test.each<[tries: Words, invoice: { declines?: number; retryRequestedAt?: Date }, becomes: string | null, because: string]>([
    [[sent(1)], {}, null, "one is below it"],
    [[sent(1), sent(2)], {}, "hold", "something may be wrong: a person looks"],
    [[sent(1), sent(2)], { declines: 1 }, "until 2026-12-16T13:00", "a retry has time: until the older one is a day old"],
    [[sent(1), sent(2), sent(3)], { declines: 1 }, "until 2026-12-16T13:00", "one too many is gone by then"],
    [[sent(1), sent(2, { invoiceId: "other" }), sent(3, { invoiceId: "other" })], {}, null, "of other subscriptions, or other cycles"],
    [[sent(1), sent(24)], {}, null, "that was yesterday"],
    [[sent(1), sent(23.99)], {}, "hold", "that was not"],
    [[sent(1), sent(2)], { retryRequestedAt: NOW }, null, "a person asked for this one"],
    [[sent(1), sent(2, { state: "declined" })], {}, "hold", "the bank was asked"],
    [[sent(1), sent(2, { state: "unknown" })], {}, "hold", "the bank may have been asked"],
    [[sent(1), sent(2, { state: "not_sent" })], {}, null, "nobody noticed it"],
    [[sent(1), { state: "claimed", sentAt: null }], {}, null, "no byte has left"],
    [[sent(1), sent(2, { flow: "link" })], {}, null, "a payment link charges nobody"],
  ])("%j, then %j: %s (%s)", (tries, invoice, becomes) => {
    const of = tries.map((each): CustomerTry => ({ invoiceId: "inv", state: "paid", flow: "single", sentAt: null, ...each }));
    const limit = dailyLimit({ id: "inv", declines: 0, retryRequestedAt: null, ...invoice }, of, 2, NOW);
    const words = limit?.do === "put_off" ? `until ${limit.until.toISOString().slice(0, 16)}` : (limit?.do ?? null);
    expect(words).toBe(becomes);
  });
});
