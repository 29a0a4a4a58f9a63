import { expect, test } from "@jest/globals";
import { cardFromNumber, isCardNumber, isExpired } from "./card.ts";

// prettier-ignore
const expiries: [month: string, year: string, at: string, expired: boolean, because: string][] = [
  ["01", "26",   "2026-01-31T23:59:59Z", false, "good to the month's last second"],
  ["01", "26",   "2026-02-01T00:00:00Z", true,  "and not a second longer"],
  ["12", "2026", "2027-01-01T00:00:00Z", true,  "four digits, and the turn of the year"],
  ["12", "2026", "2026-12-31T12:00:00Z", false, "four digits"],
];

test.each(expiries)("a card of %s/%s at %s: expired is %s (%s)", (month, year, at, expired) => {
  const card = cardFromNumber("4242424242424242", "Jorge Lopez", month, year);
  expect(isExpired(card, new Date(at))).toBe(expired);
});

test("of a number only the first six and the last four digits are kept", () => {
  const card = cardFromNumber("5555555555554444", "Jorge Lopez", "12", "30");
  expect(card).toMatchObject({ bin: "555555", last4: "4444", brand: "mastercard" });
  expect(JSON.stringify(card)).not.toContain("5555555555554444");
});

test("the guide's own sample number is taken, although its check digit is wrong", () => {
  expect(isCardNumber("283081093801218301")).toBe(true);
  expect(isCardNumber("4242-4242")).toBe(false);
});
