import { expect, test } from "@jest/globals";
import { withinLimits, type PreviewLimits } from "./preview-limits.ts";

/** "a1:500": customer a, invoice 1, 500 cents. A "+" marks one that a person asked for. */
// prettier-ignore
test.each<[string, Partial<PreviewLimits>, Record<string, number>, string, string | null, string]>([
  // due, limits, charged today, becomes, stopped at, because
  ["a1:500 b2:500", {}, {}, "1 2", null, "nothing is limited"],
  ["a1:500 b2:500 c3:500", { maxCharges: 2 }, {}, "1 2 3=MAX_CHARGES_PER_RUN", "MAX_CHARGES_PER_RUN", "so many in a run"],
  ["a1:500 b2:500", { maxCharges: 2 }, {}, "1 2", null, "the limit is reached by the last"],
  ["a1:500 b2:600 c3:10", { maxAmountCents: 1000 }, {}, "1 2=MAX_AMOUNT_CENTS_PER_RUN 3=MAX_AMOUNT_CENTS_PER_RUN", "MAX_AMOUNT_CENTS_PER_RUN", "the run stops at the first that is too much"],
  ["a1:5000 b2:500", { maxAmountCents: 1000 }, {}, "1=amount_beyond_limit 2", null, "it would stop every run: a person looks at it"],
  ["a1:500 a2:500 a3:500 b4:500", { maxChargesPerCustomerPerDay: 2 }, {}, "1 2 3=daily_limit 4", null, "of one customer"],
  ["a1:500 b2:500", { maxChargesPerCustomerPerDay: 2 }, { a: 2 }, "1=daily_limit 2", null, "charged earlier today"],
  ["a1:500+ a2:500", { maxChargesPerCustomerPerDay: 2 }, { a: 2 }, "1 2=daily_limit", null, "a person asked for it"],
])("%s with %j and %j: %s, stopped at %s", (due, limits, chargedToday, becomes, stoppedAt) => {
  const requested = new Set<string>();
  const charges = due.split(" ").map((word) => {
    const [, customerId = "", invoiceId = "", cents = "", mark = ""] = /^([a-z])(\d):(\d+)(\+?)$/.exec(word) ?? [];
    if (mark === "+") requested.add(invoiceId);
    const dueAt = "2026-03-01T15:00:00.000Z";
    return { invoiceId, subscriptionId: invoiceId, customerId, cycle: 0, amountCents: Number(cents), currency: "MXN", dueAt, missed: false };
  });
  const most = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3, ...limits };
  const limited = withinLimits(charges, most, { chargedToday: new Map(Object.entries(chargedToday)), requested });
  const words = [
    ...limited.wouldCharge.map(({ invoiceId }) => String(invoiceId)),
    ...limited.wouldNotCharge.map(({ invoiceId, because }) => `${invoiceId}=${because}`),
  ];
  expect(words.toSorted().join(" ")).toBe(becomes);
  expect(limited.stoppedAt).toBe(stoppedAt);
});
