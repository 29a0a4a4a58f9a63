/** What became of an invoice that failed, and what many of them add up to. */
import { expect, test } from "@jest/globals";
import {
  type DeclineEvent,
  type FailedInvoice,
  type RecoveredInvoice,
  recoveredInvoice,
  type TryOfFailed,
} from "./recovered.ts";
import type { RecoveryWay } from "./recovery.ts";
import { recoveryRows } from "./recovery-rows.ts";

const at = (day: number): Date => new Date(Date.UTC(2026, 11, day, 15));
const ALWAYS = { since: null, until: null };
const FAILURE: DeclineEvent = {
  ...{ type: "invoice.payment_failed", at: at(1), sequence: 10, attemptId: "a1" },
  ...{ declineClass: "retry_later", failureCode: "no_funds", outcome: "declined" },
};
const tried = (number: number, change: Partial<TryOfFailed> = {}): TryOfFailed => ({
  ...{ id: `a${number}`, number, state: "declined", flow: "single", paymentSourceId: "src_1" },
  ...{ paymentMethod: "card", sentAt: at(number), ...change },
});
const invoice = (change: Partial<FailedInvoice> = {}): FailedInvoice => ({
  ...{ status: "open", currency: "MXN", amountCents: 20015, paidAt: null, declines: [FAILURE], tries: [tried(1)] },
  ...change,
});
const paid = (tries: readonly TryOfFailed[], change: Partial<FailedInvoice> = {}): FailedInvoice =>
  invoice({ status: "paid", paidAt: at(4), tries, ...change });

// prettier-ignore
test.each<[tries: readonly TryOfFailed[], way: RecoveryWay, retry: number, because: string]>([
  [[tried(1), tried(2, { state: "paid" })], "card_retry", 1, "the card that failed, tried again"],
  [[tried(1), tried(2), tried(3, { state: "paid" })], "card_retry", 2, "tried again twice"],
  [[tried(1), tried(2, { state: "paid", paymentSourceId: "src_2" })], "new_card", 1, "another card"],
  [[tried(1, { paymentSourceId: null }), tried(2, { state: "paid", paymentSourceId: null })], "new_card", 1, "cards without a name are not known to be one"],
  [[tried(1, { state: "paid" })], "same_try", 0, "it had paid after all"],
  [[tried(1)], "person", 0, "no try has paid it"],
  [[tried(1), tried(2, { state: "paid", flow: "link", paymentMethod: "cash" })], "link_cash", 0, "a link is no try of a card"],
  [[tried(1), tried(2), tried(3, { state: "paid", flow: "link", paymentMethod: "card" })], "link_card", 1, "the card was tried before it"],
  [[tried(1), tried(2, { state: "paid", flow: "link", paymentMethod: null })], "link", 0, "Conekta does not say how"],
  [[tried(1), tried(2, { state: "paid", flow: "link", paymentMethod: "barter" })], "link", 0, "a way that nobody knows yet"],
  [[tried(1), tried(2, { state: "not_sent" }), tried(3, { state: "paid" })], "card_retry", 1, "the bank was never asked"],
  [[tried(1), tried(2, { state: "refused" }), tried(3, { state: "paid" })], "card_retry", 1, "our own fault is no try"],
  [[tried(1), tried(2, { sentAt: null }), tried(3, { state: "paid" })], "card_retry", 1, "nothing was sent"],
  [[tried(1), tried(2, { state: "paid" }), tried(3, { state: "paid_again" })], "card_retry", 1, "what came later has not recovered it"],
])("paid by %j: %s, retry %i (%s)", (tries, way, retry) => {
  expect(recoveredInvoice(paid(tries), ALWAYS)).toMatchObject({ way, retry, days: 3 });
});

// prettier-ignore
test.each<[change: Partial<FailedInvoice>, expected: Partial<RecoveredInvoice>, because: string]>([
  [{}, { way: null, days: null, retry: 0, declineClass: "retry_later", failureCode: "no_funds" }, "it is not paid"],
  [{ status: "void" }, { way: null, days: null }, "nobody collects it any more"],
  [{ tries: [tried(1), tried(2), tried(3)] }, { retry: 2 }, "as often as it was tried so far"],
  [{ declines: [{ ...FAILURE, outcome: null, attemptId: null }], tries: [tried(2)] }, { retry: 1 }, "a check before the charge that failed, and a try after it"],
  [{ declines: [{ ...FAILURE, outcome: null, attemptId: null, at: at(3) }], tries: [tried(2)] }, { retry: 0 }, "the try was before the check"],
  [{ declines: [{ ...FAILURE, sequence: 11, declineClass: "new_card" }, FAILURE] }, { declineClass: "retry_later" }, "the first counts, in whatever order they come"],
  [{ status: "paid", paidAt: at(1) }, { days: 0 }, "paid in the same moment"],
  [{ status: "paid", paidAt: null }, { days: null, way: "person" }, "nobody knows when"],
  [{ status: "void", paidAt: at(4) }, { days: null }, "a day alone is no payment"],
  [{ declines: [FAILURE, { ...FAILURE, sequence: 11, declineClass: "new_card" }] }, { declineClass: "retry_later" }, "in their order"],
  [{ declines: [{ ...FAILURE, outcome: null, attemptId: null }], tries: [tried(1)] }, { retry: 1 }, "a check, and a try at the same moment"],
  [{ status: "paid", paidAt: new Date(0) }, { days: 0 }, "a clock that was set back"],
])("of an invoice with %j: %j (%s)", (change, expected) => {
  expect(recoveredInvoice(invoice(change), ALWAYS)).toMatchObject(expected);
});

// prettier-ignore
test.each<[declines: readonly DeclineEvent[], because: string]>([
  [[], "it never failed"],
  [[{ ...FAILURE, outcome: "refused" }], "a request of ours that was refused"],
  [[{ ...FAILURE, type: "attempt.declined" }], "the attempt's own event is none of the invoice's"],
])("of an invoice with the events %j nothing failed (%s)", (declines) => {
  expect(recoveredInvoice(invoice({ declines }), ALWAYS)).toBeNull();
});

test.each<[since: Date | null, until: Date | null, isIn: boolean]>([
  [at(1), null, true],
  [at(2), null, false],
  [null, at(1), false],
  [null, at(2), true],
])("its first failure is since %p and before %p: %p", (since, until, isIn) => {
  expect(recoveredInvoice(invoice(), { since, until }) !== null).toBe(isIn);
});

test("each invoice is in one row, by currency, class, code and retry; who came further has come this far, too", () => {
  const of = (declineClass: DeclineEvent["declineClass"], retries: number, days: number | null, currency = "MXN") =>
    recoveredInvoice(
      invoice({
        ...{ currency, declines: [{ ...FAILURE, declineClass }] },
        ...(days !== null && { status: "paid", paidAt: at(1 + days) }),
        tries: Array.from({ length: retries + 1 }, (_, index) =>
          tried(index + 1, days !== null && index === retries ? { state: "paid" } : {}),
        ),
      }),
      ALWAYS,
    )!;
  const rows = recoveryRows([
    ...[of("retry_later", 1, 1), of("retry_later", 1, 2), of("retry_later", 1, 4), of("retry_later", 3, null)],
    ...[of("new_card", 0, null), of("retry_later", 1, 7, "USD"), of("retry_later", 1, 8, "USD")],
  ]);
  expect(
    rows.map((row) => [
      ...[row.currency, row.declineClass, row.retry, row.reached, row.invoices, row.recovered, row.open],
      ...[row.medianDays, row.meanDays, row.amountCents, row.recoveredCents, row.by.card_retry],
    ]),
  ).toEqual([
    ["MXN", "new_card", 0, 1, 1, 0, 1, null, null, 20015, 0, 0],
    ["MXN", "retry_later", 1, 4, 3, 3, 0, 2, 2.3, 60045, 60045, 3],
    ["MXN", "retry_later", 3, 1, 1, 0, 1, null, null, 20015, 0, 0],
    ["USD", "retry_later", 1, 2, 2, 2, 0, 7.5, 7.5, 40030, 40030, 2],
  ]);
});

test("what was lost is neither paid nor owed; what has no code comes first; the order of those that come says nothing", () => {
  const of = (status: FailedInvoice["status"], failureCode: string | null, retries = 0, days: number | null = null) =>
    recoveredInvoice(
      invoice({
        ...{ status, declines: [{ ...FAILURE, failureCode }], paidAt: days === null ? null : at(1 + days) },
        tries: [
          ...Array.from({ length: retries }, (_, n) => tried(n + 1)),
          tried(retries + 1, days === null ? {} : { state: "paid" }),
        ],
      }),
      ALWAYS,
    )!;
  const invoices = [
    ...[of("uncollectible", "no_funds", 2), of("void", "no_funds", 2), of("held", "no_funds", 2), of("open", null)],
    ...[of("paid", "no_funds", 1, 10), of("paid", "no_funds", 1, 2), of("paid", "no_funds", 1, 3)],
  ];
  const rows = recoveryRows(invoices);
  expect(rows.map((row) => [row.failureCode, row.retry, row.invoices, row.open, row.lost, row.medianDays])).toEqual([
    [null, 0, 1, 1, 0, null],
    ["no_funds", 1, 3, 0, 0, 3],
    ["no_funds", 2, 3, 1, 2, null],
  ]);
  expect(rows[1]?.by).toMatchObject({ card_retry: 3, person: 0, new_card: 0 });
  expect(recoveryRows(invoices.toReversed())).toEqual(rows);
});
