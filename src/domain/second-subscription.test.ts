import { expect, test } from "@jest/globals";
import type { InvoiceStatus } from "./invoice.ts";
import { billedUntilOf, doubtAbout, startFor, type OtherSubscription } from "./second-subscription.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const BEFORE = new Date("2026-12-15T14:59:59Z");
const AFTER = new Date("2026-12-15T15:00:01Z");
const LATER = new Date("2027-01-15T15:00:00Z");

const FRESH = { planId: "oro", startLocal: "2026-12-15T09:00", nextBillingAt: NOW };
/** Another plan, which goes on. */
const OTHER: OtherSubscription = {
  ...{ id: "ana", planId: "plata", status: "active", startLocal: "2026-01-15T09:00", cancelAt: null },
  ...{ billedUntil: LATER, isDropped: false },
};
const SAME = { planId: "oro" };

// prettier-ignore
test.each<[other: Partial<OtherSubscription>, fresh: Partial<typeof FRESH>, doubt: string | null, because: string]>([
  [{}, {}, null, "another plan beside it is another thing"],
  [SAME, {}, "same_plan", "both would be charged"],
  [SAME, { nextBillingAt: null } as never, null, "the new one charges nothing"],
  [{ ...SAME, status: "paused" }, {}, "same_plan", "it may be resumed"],
  [{ ...SAME, status: "canceled", billedUntil: null }, {}, null, "it has ended, and was never billed"],
  [{ ...SAME, cancelAt: AFTER, billedUntil: null }, {}, "same_plan", "it ends after the first charge of the new one"],
  [{ ...SAME, cancelAt: NOW, billedUntil: null }, {}, null, "the new one begins where it ends"],
  [{ status: "canceled" }, {}, "period_billed", "the period that is paid would be charged again at once"],
  [{ status: "canceled", billedUntil: AFTER }, {}, "period_billed", "it is paid for a moment longer"],
  [{ status: "canceled", billedUntil: NOW }, {}, null, "its period is over at this very moment"],
  [{ status: "canceled", billedUntil: null }, {}, null, "nothing was billed"],
  [{ status: "canceled" }, { nextBillingAt: BEFORE }, "period_billed", "it fell due before"],
  [{ status: "canceled" }, { nextBillingAt: AFTER }, null, "it is not charged at once"],
  [{ cancelAt: LATER }, {}, "period_billed", "it is to end: the new one takes its place"],
  [{ isDropped: true }, {}, "period_billed", "it is gone from the file: it was renamed"],
  [{ startLocal: FRESH.startLocal }, {}, "period_billed", "the same start is a new name for it"],
])("beside %j, %j: %p (%s)", (other, fresh, doubt, _because) => {
  expect(doubtAbout({ ...FRESH, ...fresh }, [{ ...OTHER, ...other }], NOW)?.because ?? null).toBe(doubt);
});

test("the doubt tells from when on nothing is charged twice", () => {
  const freeFrom = (other: Partial<OtherSubscription>) => doubtAbout(FRESH, [{ ...OTHER, ...other }], NOW)?.freeFrom;
  expect(freeFrom({ ...SAME, cancelAt: AFTER })).toEqual(AFTER);
  expect(freeFrom(SAME)).toEqual(LATER);
  expect(freeFrom({ status: "canceled" })).toEqual(LATER);
  expect(startFor(LATER, "America/Mexico_City", 14)).toBe("2027-01-01T09:00");
});

// prettier-ignore
test.each<[invoices: readonly (readonly [cycle: number | null, status: InvoiceStatus, end: Date])[], until: Date | null, because: string]>([
  [[], null, "nothing was billed"],
  [[[0, "paid", NOW]], NOW, "it is paid"],
  [[[0, "paid", NOW], [1, "open", LATER]], LATER, "the last, and it is owed"],
  [[[1, "held", LATER], [0, "paid", NOW]], LATER, "in whatever order they come"],
  [[[2, "held", LATER], [0, "paid", BEFORE], [1, "paid", NOW]], LATER, "the last cycle, wherever it stands"],
  [[[0, "paid", BEFORE], [2, "held", LATER], [1, "paid", NOW]], LATER, "as above"],
  [[[0, "paid", NOW], [1, "void", LATER]], NOW, "a void one was not billed"],
  [[[0, "paid", NOW], [1, "uncollectible", LATER]], NOW, "nobody pays it any more"],
  [[[0, "paid", NOW], [null, "paid", LATER]], NOW, "what is charged once has no period"],
  [[[null, "paid", LATER]], null, "nor does it make one"],
])("of %j it is billed until %p (%s)", (invoices, until) => {
  expect(billedUntilOf(invoices.map(([cycle, status, periodEnd]) => ({ cycle, status, periodEnd })))).toEqual(until);
});
