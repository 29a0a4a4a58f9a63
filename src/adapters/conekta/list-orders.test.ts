import { expect, test } from "@jest/globals";
import { charge, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import { listedOrder } from "./list-orders.ts";

const OURS = {
  puntual_installation: "ins_1",
  puntual_subscription: "jorge-oro",
  puntual_invoice: "inv_1",
  puntual_cycle: "3",
  puntual_attempt: REFERENCE,
};

// prettier-ignore
test.each<[listed: unknown, references: readonly string[] | null, seen: string | null, because: string]>([
  [order([charge()], { metadata: OURS }), [REFERENCE], "paid", "ours, paid"],
  [order([charge({ reference_id: OTHER_REFERENCE })], { metadata: OURS }), [REFERENCE, OTHER_REFERENCE], "paid", "the try it was made for, and the one that paid"],
  [order(null, { metadata: OURS, amount: "a lot" }), [REFERENCE], "unknown", "ours, and it cannot be read: never absent"],
  [order(null, { metadata: {}, amount: "a lot" }), [], "unknown", "nobody says whose it is, and it cannot be read"],
  [order(null, { id: "" }), null, null, "without an id nothing can be said of it"],
  ["odd", null, null, "no order at all"],
])("%j names %j, and shows %p (%s)", (listed, references, seen) => {
  const found = listedOrder(listed, "single");
  expect(found?.references ?? null).toEqual(references);
  expect(found?.inquiryAnswerOf(REFERENCE).kind ?? null).toBe(seen);
});

test.each<[cycle: unknown, read: number | null, because: string]>([
  ["3", 3, "as we write it"],
  [3, 3, "as a number"],
  ["0", 0, "the first"],
  [-1, null, "no cycle"],
  ["3.5", null, "no cycle"],
  ["1234567890", null, "no cycle that anybody was billed for"],
])("the cycle %j is read as %p (%s)", (cycle, read) => {
  expect(listedOrder(order(null, { metadata: { ...OURS, puntual_cycle: cycle } }), "single")).toMatchObject({
    ...{ installationId: "ins_1", subscriptionId: "jorge-oro", invoiceId: "inv_1", cycle: read },
  });
});
