/** Which period is running, what was paid for it, and what its changes left open: by literals, no database. */
import { describe, expect, test } from "@jest/globals";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import type { InvoiceStatus } from "../../domain/invoice.ts";
import type { Sold } from "../../domain/change-lines.ts";
import type { RecordedInvoice, Records } from "../ports/records.ts";
import { paidForPeriodCents, runningInvoice, whatIsLeftOf, type Running } from "./running-period.ts";

const at = (day: number, ms = 0): Date => new Date(Date.UTC(2026, 11, day, 15, 0, 0, ms));

test("the running period is that of an invoice which was sold, whatever became of it", async () => {
  const month = { id: "month", cycle: 3, status: "held", periodStart: at(1), periodEnd: at(20) };
  const asked: unknown[] = [];
  const records = { invoices: async (of: unknown) => (asked.push(of), [month]) } as unknown as Records;
  expect((await runningInvoice(records, { id: "ana" }, at(10)))?.id).toBe("month");
  expect(await runningInvoice(records, { id: "ana" }, at(20))).toBeNull();
  const [of] = asked as [{ readonly subscriptionId: string; readonly statuses: readonly string[] }];
  expect(of.subscriptionId).toBe("ana");
  expect(of.statuses.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["held", "open", "paid", "uncollectible"]);
});

const LINE = { name: "Oro", unitPriceCents: 20000, quantity: 1 };
const RUNNING: Running = {
  ...{ id: "inv_1", customerId: "cus_1", periodStart: at(1), periodEnd: at(20) },
  ...{ amountCents: 20000, balanceCents: 0, discountCents: 0, lineItems: [LINE] },
};
const SOLD: Sold = { period: { start: at(1), end: at(20) }, lines: [LINE], soldCents: 20000 };
const CHANGE: SubscriptionChange = {
  ...{ id: "ana/1", subscriptionId: "ana", number: 1, fromPlanId: "plata", toPlanId: "oro" },
  ...{
    fromQuantity: 1,
    toQuantity: 1,
    apply: "next_invoice",
    onDate: "2026-12-10",
    creditCents: 3000,
    debitCents: 8000,
  },
  ...{ grantedCents: 0, nextCycle: 4, fromAnchorLocal: "2026-09-01T09:00", fromNextBillingAt: null },
  ...{ itemKey: null, invoiceId: null, madeAt: at(10), madeBy: "eva", undoneAt: null, undoneBy: null },
};

describe("what was paid for it", () => {
  // prettier-ignore
  test.each<[running: Partial<Running>, paid: Record<string, number>, sold: Partial<Sold>, changes: readonly Partial<SubscriptionChange>[], cents: number, because: string]>([
    [{}, { inv_1: 20000 }, {}, [], 20000, "all of it"],
    [{}, { inv_1: 0 }, {}, [], 0, "nothing"],
    [{}, { inv_1: 5000 }, {}, [], 5000, "a part: the rest went back"],
    [{ amountCents: 1, lineItems: [{ ...LINE, unitPriceCents: 1 }] }, { inv_1: 1 }, { soldCents: 1 }, [], 1, "a cent"],
    [{ amountCents: 0 }, { inv_1: 20000 }, {}, [], 0, "it came to nothing"],
    [{ amountCents: 23200 }, { inv_1: 23200 }, {}, [], 20000, "a tax that was added is the SAT's"],
    [{ amountCents: 11600 }, { inv_1: 11600 }, {}, [], 20000, "half of it and its tax: all lines were"],
    [{ amountCents: 15000, balanceCents: 5000 }, { inv_1: 20000 }, {}, [], 20000, "what the balance paid, too"],
    [{ discountCents: 4000, amountCents: 16000 }, { inv_1: 16000 }, { soldCents: 16000 }, [], 16000, "less its discount"],
    [{ lineItems: [LINE, LINE], amountCents: 40000 }, { inv_1: 40000 }, {}, [], 20000, "an item beside it is not of it"],
    [{ lineItems: [LINE, LINE], amountCents: 40000 }, { inv_1: 15000 }, {}, [], 0, "what went back is of the period first"],
    [{}, { inv_1: 20000 }, {}, [{}], 25000, "a change without an invoice of its own, as it was charged"],
    [{}, { inv_1: 20000, own: 5000 }, {}, [{ invoiceId: "own" }], 25000, "one with its own: what was paid of that"],
    [{}, { inv_1: 20000, own: 0 }, {}, [{ invoiceId: "own" }], 20000, "and nothing was"],
    [{}, { inv_1: 20000 }, {}, [{ invoiceId: "archived" }], 25000, "its invoice is in an archive: as it was charged"],
    [{}, { inv_1: 20000, own: 5000 }, {}, [{}, { invoiceId: "own" }], 30000, "one after the other"],
  ])("of %j, with %j paid, sold %j, changed by %j: %i (%s)", async (running, paid, sold, changes, cents) => {
    const own = { ...RUNNING, id: "own", amountCents: 5000, lineItems: [{ ...LINE, unitPriceCents: 5000 }] };
    const records = {
      paidCents: async (id: string) => paid[id] ?? 0,
      invoice: async (id: string) => (id === "own" ? own : null),
    } as unknown as Records;
    const made = changes.map((change) => ({ ...CHANGE, ...change }));
    expect(await paidForPeriodCents(records, { ...RUNNING, ...running }, { ...SOLD, ...sold }, made)).toBe(cents);
  });
});

describe("what changes left open", () => {
  // prettier-ignore
  test.each<[change: Partial<SubscriptionChange>, item: { invoiceId: string | null; removedAt: Date | null } | null, status: InvoiceStatus | null, waits: boolean, owes: boolean, because: string]>([
    [{}, null, null, false, false, "nothing was to be charged"],
    [{ itemKey: "k" }, { invoiceId: null, removedAt: null }, null, true, false, "its line waits for the next invoice"],
    [{ itemKey: "k" }, { invoiceId: "inv_2", removedAt: null }, null, false, false, "it is on one"],
    [{ itemKey: "k" }, { invoiceId: null, removedAt: at(11) }, null, false, false, "it was removed"],
    [{ itemKey: "k" }, null, null, false, false, "it is in an archive"],
    [{ invoiceId: "own" }, null, "open", false, true, "its invoice is open"],
    [{ invoiceId: "own" }, null, "held", false, true, "held is not paid"],
    [{ invoiceId: "own" }, null, "uncollectible", false, true, "nor is what was given up"],
    [{ invoiceId: "own" }, null, "paid", false, false, "it is paid"],
    [{ invoiceId: "own" }, null, "void", false, false, "nothing is owed"],
    [{ itemKey: "k", invoiceId: "own" }, { invoiceId: null, removedAt: null }, "paid", false, false, "an invoice of its own: its line does not wait"],
  ])("%j, its item %j, its invoice %p: waits %p, owes %p (%s)", async (change, item, status, waits, owes) => {
    const records = {
      item: async () => item,
      invoice: async () => (status === null ? null : ({ status } as RecordedInvoice)),
    } as unknown as Records;
    expect(await whatIsLeftOf(records, [{ ...CHANGE, ...change }])).toEqual({ waits, owes });
    expect(await whatIsLeftOf(records, [])).toEqual({ waits: false, owes: false });
  });
});
