/** How often networks allow a declined card to be tried again, and when it may be once more. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { budgetFor, firstFreeAt, mostWithin, type NetworkBudget, reattemptsOf } from "./network-budget.ts";
import { HOUR_MS } from "../duration.ts";

const SETTINGS = { visaReattemptsIn30Days: 15 };
const NOW = new Date("2026-12-15T15:00:00Z");

function hoursBefore(...hours: readonly number[]): Date[] {
  return hours.map((each) => new Date(NOW.getTime() - each * HOUR_MS)).toSorted((a, b) => a.getTime() - b.getTime());
}

function count(number: number, hours: number): Date[] {
  return hoursBefore(...Array.from({ length: number }, () => hours));
}

describe("budgetFor", () => {
  test.each<[brand: string | null, limits: readonly string[], because: string]>([
    ["visa", ["15 in 720 h"], "as Conekta writes it"],
    ["VISA", ["15 in 720 h"], "however it is written"],
    ["mastercard", ["10 in 24 h", "35 in 720 h"], "as Conekta writes it"],
    ["MC", ["10 in 24 h", "35 in 720 h"], "as Conekta wrote it in older answers"],
    ["american_express", ["15 in 720 h", "10 in 24 h", "35 in 720 h"], "no rule of its own is known: every limit"],
    ["carnet", ["15 in 720 h", "10 in 24 h", "35 in 720 h"], "as above"],
    [null, ["15 in 720 h", "10 in 24 h", "35 in 720 h"], "a card of which nothing is known"],
  ])("of %j is %j (%s)", (brand, limits, _because) => {
    const told = budgetFor(brand, SETTINGS).limits.map(
      ({ reattempts, withinHours }) => `${reattempts} in ${withinHours} h`,
    );
    expect(told).toEqual(limits);
  });

  test("Visa's is the merchant's, where the acquirer allows more", () => {
    expect(budgetFor("visa", { visaReattemptsIn30Days: 20 }).limits).toEqual([{ reattempts: 20, withinHours: 720 }]);
  });
});

describe("firstFreeAt", () => {
  test.each<[brand: string, reattemptsAt: readonly Date[], freeInHours: number | null, because: string]>([
    ["visa", [], null, "nothing was tried again"],
    ["visa", count(14, 1), null, "the 15th"],
    ["visa", count(15, 1), 719, "a 16th: when they are 30 days old"],
    ["visa", count(15, 720), null, "they are exactly 30 days old"],
    [
      "visa",
      hoursBefore(...Array.from({ length: 15 }, (_, day) => day * 24 + 1)),
      720 - (14 * 24 + 1),
      "when the oldest leaves",
    ],
    ["visa", [...count(3, 700), ...count(15, 2)], 718, "15 must have left, not 3"],
    ["mastercard", count(10, 1), 23, "a day's"],
    ["mastercard", count(9, 1), null, "the tenth of the day"],
    ["mastercard", [...count(25, 100), ...count(9, 2)], null, "the 35th of the month"],
    ["mastercard", [...count(26, 100), ...count(9, 2)], 620, "the month's"],
    ["mastercard", [...count(25, 100), ...count(10, 2)], 620, "both: the later one"],
    ["amex", count(10, 1), 23, "the day's, of Mastercard"],
    ["amex", count(15, 30), 690, "the month's, of Visa"],
  ])("%s after %j: in %p hours (%s)", (brand, reattemptsAt, freeInHours, _because) => {
    const at = firstFreeAt(budgetFor(brand, SETTINGS), reattemptsAt, NOW);
    expect(at === null ? null : (at.getTime() - NOW.getTime()) / HOUR_MS).toBe(freeInHours);
  });

  test("whoever waits for it never exceeds a budget, and is never kept waiting for ever", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("visa", "mastercard", "carnet"),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 120 }),
        (brand, waitsHours) => {
          const budget = budgetFor(brand, SETTINGS);
          const tries: Date[] = [];
          let now = NOW;
          for (const hours of waitsHours) {
            now = new Date(now.getTime() + hours * HOUR_MS);
            now = firstFreeAt(budget, tries, now) ?? now;
            expect(firstFreeAt(budget, tries, now)).toBeNull();
            tries.push(now);
          }
          expect(exceeded(budget, tries)).toEqual([]);
        },
      ),
    );
  });

  test("control: too many tries would be noticed", () => {
    expect(exceeded(budgetFor("visa", SETTINGS), count(16, 1))).toEqual([{ reattempts: 15, withinHours: 720 }]);
  });
});

test.each<[hoursBeforeNow: readonly number[], withinHours: number, most: number, because: string]>([
  [[], 24, 0, "nothing was tried again"],
  [[5], 24, 1, "itself"],
  [[0, 24], 24, 1, "exactly a day apart is no longer within a day"],
  [[0, 23, 40], 24, 2, "any stretch, not only the last"],
  [[90, 80, 70, 0, 1], 24, 3, "the fullest one"],
])("of tries %j hours ago, a stretch of %i hours holds %i at most (%s)", (hours, withinHours, most, _because) => {
  expect(mostWithin(withinHours, hoursBefore(...hours))).toBe(most);
});

/** Counted from each try on, without the rule that is tested. */
function exceeded({ limits }: NetworkBudget, tries: readonly Date[]): NetworkBudget["limits"] {
  return limits.filter(({ reattempts, withinHours }) =>
    tries.some((from) => {
      const until = from.getTime() + withinHours * HOUR_MS;
      return tries.filter((at) => at >= from && at.getTime() < until).length > reattempts;
    }),
  );
}

test("a reattempt is a decline of an invoice on which the card was declined before", () => {
  const declines = [
    { invoiceId: "b", number: 2, sentAt: hoursBefore(1)[0]! },
    { invoiceId: "a", number: 1, sentAt: hoursBefore(9)[0]! },
    { invoiceId: "a", number: 3, sentAt: hoursBefore(5)[0]! },
    { invoiceId: "a", number: 2, sentAt: hoursBefore(7)[0]! },
  ];
  expect(reattemptsOf(declines)).toEqual(hoursBefore(7, 5));
});
