import { expect, test } from "@jest/globals";
import { knownAttempt, listedOrder } from "../../../test/support/seen-orders.ts";
import type { Booked } from "./book-order.ts";
import { emptyReport, note, sweptAttempt, sweptOrder } from "./sweep-report.ts";

const WINDOW = { since: new Date("2026-12-01T15:00:00Z"), until: new Date("2026-12-15T15:00:00Z") };
const EMPTY = {
  ...{ ...WINDOW, adopted: [], known: 0, foreign: 0, orphan: [], mismatched: [], missingAtGateway: [], unread: [] },
  ...{ unmatched: 0, chargingResumed: false },
};
const ATTEMPT = knownAttempt({ reference: "inv_9-2", subscriptionId: "beto", invoiceId: "inv_9", state: "paid" });
const SHOWN = { amountCents: 500, currency: "USD", customerId: "cus_9", status: "paid" };

// prettier-ignore
test.each<[booked: Booked | null, changed: object, because: string]>([
  [null, {}, "nothing was found"],
  [{ is: "known", attempt: ATTEMPT }, { known: 1 }, "the books have it"],
  [{ is: "adopted", attempt: ATTEMPT }, { adopted: [expect.objectContaining({ attemptId: "att_1", because: null })] }, "they have it by now"],
  [{ is: "mismatched", attempt: ATTEMPT, because: "other cents" }, { mismatched: [expect.objectContaining({ attemptId: "att_1", because: "other cents" })] }, "it differs"],
  [{ is: "unmatched", because: "no invoice" }, { unmatched: 1, mismatched: [expect.objectContaining({ attemptId: null, because: "no invoice" })] }, "it is of no invoice"],
] as unknown as [Booked | null, object, string][])("an order that is %j is reported as %j (%s)", (booked, changed) => {
  const report = emptyReport(WINDOW);
  if (booked !== null) note(report, listedOrder(), booked);
  expect(report).toEqual({ ...EMPTY, ...changed });
});

test("what is reported of an order is what the books have of it; the money is as Conekta shows it", () => {
  const order = listedOrder({ createdAt: WINDOW.since, shown: SHOWN });
  expect(sweptOrder(order, ATTEMPT, "why")).toEqual({
    ...{ orderId: "ord_1", createdAt: WINDOW.since, cycle: 0, outcome: "paid", because: "why" },
    ...{ reference: "inv_9-2", subscriptionId: "beto", invoiceId: "inv_9", attemptId: "att_1" },
    ...{ customerId: "cus_9", amountCents: 500, currency: "USD" },
  });
  expect(sweptOrder(listedOrder(), ATTEMPT, null)).toMatchObject({
    ...{ customerId: "cus_1", amountCents: 20015, currency: "MXN" },
  });
});

test("where the books have nothing, it is what the order says of itself", () => {
  expect(sweptOrder(listedOrder({ references: ["inv_1-1", "inv_1-2"], shown: SHOWN }), null, null)).toEqual({
    ...{ orderId: "ord_1", createdAt: null, cycle: 0, outcome: null, because: null, attemptId: null },
    ...{ reference: "inv_1-1", subscriptionId: "ana", invoiceId: "inv_1" },
    ...{ customerId: "cus_9", amountCents: 500, currency: "USD" },
  });
  expect(sweptOrder(listedOrder({ references: [] }), null, null)).toMatchObject({
    ...{ reference: null, customerId: null, amountCents: null, currency: null },
  });
});

test("an attempt whose order is not listed is reported as the books have it", () => {
  const { attemptId, reference, subscriptionId, invoiceId, customerId, amountCents, currency } = ATTEMPT;
  const books = { attemptId, reference, subscriptionId, invoiceId, customerId, amountCents, currency };
  const reported = { orderId: "ord_1", createdAt: null, cycle: null, outcome: "paid", because: "gone", ...books };
  expect(sweptAttempt(ATTEMPT, "gone")).toEqual(reported);
  expect(sweptAttempt({ ...ATTEMPT, orderId: null }, "gone")).toEqual({ ...reported, orderId: "" });
});
