/** What a status of an invoice means to whoever asks. */
import { expect, test } from "@jest/globals";
import {
  HOLD_REASONS,
  INVOICE_MOVES,
  INVOICE_STATUSES,
  isLastTry,
  isOldDebt,
  isOwed,
  isRetryRequested,
  STATUS_REASONS,
  UNSETTLED_STATUSES,
  type Invoice,
  type InvoiceStatus,
  type StatusReason,
} from "./invoice.ts";

test("is owed while it is collected or a person decides; unsettled is what was written off as well", () => {
  expect(INVOICE_STATUSES.filter(isOwed)).toEqual(["open", "held"]);
  expect(INVOICE_STATUSES.filter((each) => UNSETTLED_STATUSES.some((status) => status === each))).toEqual([
    ...["open", "uncollectible", "held"],
  ]);
});

test("an old debt was written off, not held, before a person had it collected", () => {
  const old = STATUS_REASONS.filter((reopenedFrom) => isOldDebt({ reopenedFrom }));
  const writeOffs: StatusReason[] = ["attempts_used_up", "no_new_card", "link_not_paid", "collection_stopped"];
  expect(old).toEqual(writeOffs);
  expect(HOLD_REASONS.some((reopenedFrom) => isOldDebt({ reopenedFrom }))).toBe(false);
  expect(isOldDebt({ reopenedFrom: null })).toBe(false);
});

const AT = new Date("2026-12-01T15:00:00Z");

test.each<[dunningStep: Invoice["dunningStep"], dunningDueAt: Date | null, isLast: boolean, because: string]>([
  ["retry", AT, true, "a try that has a time at which all is over"],
  ["retry", null, false, "any other try"],
  ["wait_for_card", AT, false, "a wait is no try"],
  [null, null, false, "not in dunning"],
])("in step %p, due at %p, it is the last try: %p (%s)", (dunningStep, dunningDueAt, isLast) => {
  expect(isLastTry({ dunningStep, dunningDueAt })).toBe(isLast);
});

test("a person's request stands until it is made", () => {
  expect([AT, null].map((retryRequestedAt) => isRetryRequested({ retryRequestedAt }))).toEqual([true, false]);
});

test.each<[from: InvoiceStatus, to: readonly InvoiceStatus[], because: string]>([
  ["open", ["open", "paid", "uncollectible", "void", "held"], "it is collected, whatever comes of it"],
  ["held", ["held", "open", "paid", "void", "uncollectible"], "a person decides, or money comes"],
  ["uncollectible", ["uncollectible", "paid", "open", "held", "void"], "it may be collected again, or money comes"],
  ["void", ["void", "paid", "held"], "nobody collects it; money may come all the same"],
  ["paid", ["paid"], "over"],
])("from %s it may become %j (%s)", (from, to) => {
  expect(INVOICE_MOVES[from]).toEqual(to);
});

test("paid leads nowhere, and everything else leads to paid", () => {
  expect(INVOICE_MOVES.paid).toEqual(["paid"]);
  expect(INVOICE_STATUSES.filter((each) => !INVOICE_MOVES[each].includes("paid"))).toEqual([]);
  expect(INVOICE_STATUSES.filter((each) => !INVOICE_MOVES[each].includes(each))).toEqual([]);
});
