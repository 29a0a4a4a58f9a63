/** The ledger check can find fault: control of what the crash tests rest on. */
import { describe, expect, test } from "@jest/globals";
import type { LedgerCharge } from "../../src/sandbox/server.ts";
import { checkAtRest } from "./ledger-check.ts";

describe("the ledger check", () => {
  const charge = {
    ...{ orderId: "ord_1", chargeId: "chr_1", referenceId: "inv_1-1", status: "paid", amountCents: 20015 },
    metadata: { puntual_subscription: "ana", puntual_cycle: 0 },
  } as unknown as LedgerCharge;
  const attempt = {
    id: "att_1",
    invoiceId: "inv_1",
    state: "paid",
    flow: "single",
    reference: "inv_1-1",
    outcomeEvent: "paid",
  } as const;
  const invoice = { id: "inv_1", subscriptionId: "ana", cycle: 0, status: "paid", amountCents: 20015 };
  const records = {
    attempts: [{ ...attempt, chargeId: "chr_1", amountCents: 20015, claimedAt: 0 }],
    invoices: [{ ...invoice, paidEvents: 1, timesPaid: 1 }],
    subscriptions: [{ id: "ana", firstCycle: 0, nextCycle: 1, nextBillingAt: 2 }],
    integrity: "ok",
  };
  const now = new Date(1);

  test("has nothing to say of clean records", () => {
    expect(checkAtRest(records, [charge], now)).toEqual([]);
  });

  test.each<[string, Partial<typeof records>, readonly LedgerCharge[], RegExp]>([
    // what is wrong, records, ledger, what it says
    ["paid twice", {}, [charge, { ...charge, chargeId: "chr_2" }], /ana\/0 was paid 2 times/],
    ["paid for nothing we know", { attempts: [] }, [charge], /chr_1 was made for nothing/],
    ["booked without money", {}, [], /inv_1-1 is paid, and no money moved/],
    [
      "money not booked",
      { attempts: [{ ...records.attempts[0]!, state: "declined" as never }] },
      [charge],
      /records say/,
    ],
    ["no invoice", { invoices: [] }, [charge], /cycle 0 of ana has no invoice/],
    ["an event too many", { invoices: [{ ...records.invoices[0]!, paidEvents: 2 }] }, [charge], /2 events say paid/],
    ["not opened", { subscriptions: [{ ...records.subscriptions[0]!, nextBillingAt: 1 }] }, [charge], /not opened/],
  ])("tells when there is: %s", (_what, change, ledger, says) => {
    expect(checkAtRest({ ...records, ...change }, ledger, now).join("\n")).toMatch(says);
  });
});
