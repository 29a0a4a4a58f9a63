import { expect, test } from "@jest/globals";
import type { AttemptState } from "./attempt.ts";
import { type HaltKind, haltNeedsPerson } from "./halt.ts";
import type { InvoiceStatus } from "./invoice.ts";
import { needsPerson, outcomeNeedsPerson, PERSON_MATTERS } from "./needs-person.ts";

test("one of anything on the list is enough, and none of all is not", () => {
  const all = Object.keys(PERSON_MATTERS);
  for (const matter of all) expect(needsPerson({ [matter]: 1 })).toBe(true);
  expect(needsPerson(Object.fromEntries(all.map((matter) => [matter, 0])))).toBe(false);
  expect(needsPerson({})).toBe(false);
});

// prettier-ignore
test.each<[InvoiceStatus, AttemptState | null, boolean, string]>([
  // invoice, attempt, needs a person, because
  ["held", "refused", true, "nothing goes on by itself"],
  ["paid", "paid_again", true, "money is to be given back"],
  ["held", null, true, "no attempt made it so"],
  ["open", "unknown", false, "the gateway is asked by itself, until the invoice is held"],
  ["open", "declined", false, "dunning goes on"],
  ["paid", "paid", false, "it is done"],
])("an invoice that is %s by an attempt that is %p: %p (%s)", (status, state, expected) => {
  expect(outcomeNeedsPerson(status, state)).toBe(expected);
});

test("money that came for what was canceled is a person's question", () => {
  expect(outcomeNeedsPerson("paid", "paid", { isAfterCancel: true })).toBe(true);
});

test.each<[HaltKind | null, boolean, string]>([
  ["person", true, "a person stopped it"],
  ["limit", true, "a person reviews it"],
  ["charged_elsewhere", true, "a person decides who charges"],
  ["restored", true, "a person completes the database"],
  ["unauthorized", false, "the key is a setting: exit code 78"],
  [null, false, "nobody stopped anything"],
])("a halt of kind %p: %p (%s)", (kind, expected) => {
  expect(haltNeedsPerson(kind)).toBe(expected);
});
