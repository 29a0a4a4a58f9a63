import { expect, test } from "@jest/globals";
import { chargesLeft, hourBegins, runLimitReached, type RunLimits, type Spent } from "./run-limits.ts";

const NONE: RunLimits = { askedCharges: null, maxCharges: null, maxAmountCents: null };

// prettier-ignore
test.each<[limits: Partial<RunLimits>, charges: number, hour: [charges: number, cents: number], cents: number, reached: string | null, because: string]>([
  [{}, 999, [999, 999_00], 999_00, null, "there is no limit"],
  [{ askedCharges: 2 }, 1, [1, 0], 100, null, "the second of two"],
  [{ askedCharges: 2 }, 2, [2, 0], 100, "asked_charges", "both were made"],
  [{ askedCharges: 2 }, 0, [9, 0], 100, null, "other runs do not count for this one"],
  [{ maxCharges: 2 }, 1, [1, 0], 100, null, "the second within the hour"],
  [{ maxCharges: 2 }, 0, [2, 0], 100, "MAX_CHARGES_PER_RUN", "whichever run made them"],
  [{ maxAmountCents: 500 }, 0, [0, 0], 500, null, "all of it at once"],
  [{ maxAmountCents: 500 }, 0, [0, 0], 501, "amount_beyond_limit", "no hour would ever be enough for it"],
  [{ maxAmountCents: 500 }, 0, [1, 400], 100, null, "up to the cent"],
  [{ maxAmountCents: 500 }, 0, [1, 400], 101, "MAX_AMOUNT_CENTS_PER_RUN", "a cent too much"],
  [{ maxCharges: 1, maxAmountCents: 500 }, 0, [1, 0], 501, "MAX_CHARGES_PER_RUN", "the run ends before anybody asks for the amount"],
])("%j after %i, %j in the hour, %i cents: %p (%s)", (limits, charges, [count, amountCents], cents, reached) => {
  expect(runLimitReached({ ...NONE, ...limits }, charges, { charges: count, amountCents }, cents)).toBe(reached);
});

// prettier-ignore
test.each<[limits: Partial<RunLimits>, charges: number, hour: number, left: number, because: string]>([
  [{}, 9, 9, Infinity, "there is no limit"],
  [{ askedCharges: 3 }, 2, 9, 1, "of this run"],
  [{ maxCharges: 3 }, 9, 2, 1, "of the hour"],
  [{ askedCharges: 9, maxCharges: 3 }, 0, 1, 2, "the narrower one"],
  [{ maxCharges: 3 }, 0, 5, 0, "a limit that was lowered meanwhile is no debt"],
])("%j after %i, %i in the hour: %p left (%s)", (limits, charges, hour, left) => {
  const spent: Spent = { charges: hour, amountCents: 0 };
  expect(chargesLeft({ ...NONE, ...limits }, charges, spent)).toBe(left);
});

test.each<[countFrom: string | null, begins: string, because: string]>([
  [null, "14:00", "nobody said go"],
  ["13:59", "14:00", "the go is older than the hour"],
  ["14:20", "14:20", "what came before the go was looked at by a person"],
])("after a go at %p the hour begins at %s (%s)", (countFrom, begins) => {
  const at = (time: string): Date => new Date(`2026-11-28T${time}:00Z`);
  expect(hourBegins(at("15:00"), countFrom === null ? null : at(countFrom))).toEqual(at(begins));
});
