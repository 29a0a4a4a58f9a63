import { expect, test } from "@jest/globals";
import { hasDocument, type CfdiSubject } from "./cfdi-subject.ts";

const invoice = (status: "paid" | "open" | "uncollectible", totalCents: number) =>
  ({ kind: "invoice", status, totalCents }) as const;
const refund = (state: "done" | "unknown", paidState: "paid" | "paid_again") =>
  ({ kind: "refund", state, paidState }) as const;
const credit = (grantedCents: number, isUndone: boolean) => ({ kind: "credit", grantedCents, isUndone }) as const;

test.each<[CfdiSubject, boolean, string]>([
  [invoice("paid", 20015), true, "it was collected"],
  [invoice("paid", 1), true, "and be it a cent"],
  [invoice("paid", 0), false, "a free one collected nothing"],
  [invoice("open", 20015), false, "IVA falls due when it is collected"],
  [invoice("uncollectible", 20015), false, "nobody paid it"],
  [refund("done", "paid"), true, "what was income went back"],
  [refund("unknown", "paid"), false, "nobody knows that it went back"],
  [refund("done", "paid_again"), false, "a second payment was no income"],
  [credit(500, false), true, "a paid period was not used to its end"],
  [credit(1, false), true, "and be it for a cent"],
  [credit(0, false), false, "it gave nothing"],
  [credit(500, true), false, "it was taken back"],
])("%j: %p (%s)", (subject, expected) => {
  expect(hasDocument(subject)).toBe(expected);
});
