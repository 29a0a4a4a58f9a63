/** What dunning recovered, added up. */
import { expect, test } from "@jest/globals";
import { rateOf, RECOVERY_WAYS, totalsOf, type RecoveryRow } from "./recovery.ts";

const NONE = Object.fromEntries(RECOVERY_WAYS.map((way) => [way, 0])) as RecoveryRow["by"];
const ROW: RecoveryRow = {
  ...{ currency: "MXN", declineClass: "retry_later", failureCode: null, retry: 1, reached: 4 },
  ...{ invoices: 4, recovered: 1, open: 2, lost: 1, amountCents: 400, recoveredCents: 100 },
  ...{ by: { ...NONE, card_retry: 1 }, medianDays: null, meanDays: null },
};

test.each<[recovered: number, reached: number, rate: number]>([
  [0, 0, 0],
  [0, 4, 0],
  [1, 4, 0.25],
  [1, 1, 1],
])("%i of %i is a rate of %d", (recovered, reached, rate) => {
  expect(rateOf({ recovered, reached })).toBe(rate);
});

test("each currency has its own sums and rate, in the order of the rows", () => {
  const other = {
    ...ROW,
    retry: 2,
    invoices: 6,
    recovered: 4,
    open: 1,
    lost: 1,
    amountCents: 600,
    recoveredCents: 450,
  };
  const rows = [
    {
      ...ROW,
      currency: "USD",
      invoices: 0,
      recovered: 0,
      open: 0,
      lost: 0,
      amountCents: 0,
      recoveredCents: 0,
      by: NONE,
    },
    ROW,
    { ...other, by: { ...NONE, card_retry: 1, person: 3 } },
  ];
  expect(totalsOf(rows)).toEqual([
    {
      currency: "USD",
      invoices: 0,
      recovered: 0,
      open: 0,
      lost: 0,
      amountCents: 0,
      recoveredCents: 0,
      by: NONE,
      rate: 0,
    },
    {
      ...{ currency: "MXN", invoices: 10, recovered: 5, open: 3, lost: 2, amountCents: 1000, recoveredCents: 550 },
      ...{ by: { ...NONE, card_retry: 2, person: 3 }, rate: 0.5 },
    },
  ]);
});
