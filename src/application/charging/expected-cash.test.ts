import { describe, expect, test } from "@jest/globals";
import { NEVER_CHARGED } from "../../domain/charging/charge-decision.ts";
import type { ChargeOutlook } from "../../domain/charging/invoice-outlook.ts";
import { NOTHING_WAITS } from "../../domain/invoice-content.ts";
import { cashBefore, expectedCash, expectedCharges } from "./expected-cash.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const BEFORE = new Date("2027-01-15T06:00:00Z");
const timeZone = "America/Mexico_City";

/** Billed on the tenth of each month; its next cycle is that of December. */
function outlook(id: string, currency: string, billedOn = "10"): ChargeOutlook {
  const anchorLocal = `2026-11-${billedOn}T09:00`;
  return {
    subscription: {
      ...{ id, planId: "oro", customerId: `cus_${id}`, status: "active", source: "file", timeZone, anchorLocal },
      ...{ startLocal: anchorLocal, quantity: 1, lineItems: null, discount: null, billPast: false, firstCycle: 0 },
      ...{ nextCycle: 1, nextBillingAt: new Date(`2026-12-${billedOn}T15:00:00Z`), cancelAt: null, pauseFrom: null },
      ...{ pauseUntil: null, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
      plan: {
        ...{ id: "oro", name: "Oro", currency, interval: "month", frequency: 1, trialPeriodDays: 0, source: "file" },
        ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "oldest_first" },
        lineItems: [{ name: "Oro", unitPriceCents: 100_00, quantity: 1 }],
      },
    },
    ...{ beside: [], unsettled: [], missed: [], disputes: [], paidAt: null },
    customer: {
      card: { paymentSourceId: "src", cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
      ...NEVER_CHARGED,
      readAt: NOW,
    },
  };
}

type Row = { readonly id: string; readonly status?: string; readonly unpaidInvoices?: number };

/** A store of two subscriptions a page. @param gone in a list, and not in the books any more */
function storeOf(rows: readonly Row[], outlooks: readonly ChargeOutlook[], gone: readonly string[] = []) {
  const asked: unknown[] = [];
  const needs = {
    store: {
      page: async (_view: string, { cursor, ...options }: { readonly cursor?: string }) => {
        asked.push(options);
        const from = cursor === undefined ? 0 : Number(cursor);
        const next = from + 2 < rows.length ? String(from + 2) : null;
        const page = rows.slice(from, from + 2).map(({ id, status = "active", unpaidInvoices = 0 }) => ({
          ...{ subscriptionId: id, customerId: `cus_${id}`, planId: "oro", status, unpaidInvoices },
        }));
        return { rows: page, nextCursor: next };
      },
      explaining: {
        outlooksOf: async (ids: readonly string[]) =>
          new Map(
            outlooks.flatMap((each) => {
              const { id } = each.subscription;
              return ids.includes(id) && !gone.includes(id) ? [[id, each] as const] : [];
            }),
          ),
      },
      installation: async () => ({ haltReason: null }),
      sentWithinTheHour: async () => ({ charges: 0, amountCents: 0 }),
    },
    ...{ budgets: { visaReattemptsIn30Days: 15 } },
    policies: new Map([["standard", { laterCycles: "collect_in_order", windowDays: 45, onChargeback: "charge" }]]),
    limits: { maxChargesPerCustomerPerDay: 3, maxCharges: null, maxAmountCents: null },
  } as unknown as Parameters<typeof expectedCash>[0];
  return { needs, asked };
}

test.each<[now: string, days: number, before: string, because: string]>([
  ["2026-12-01T15:00:00Z", 1, "2026-12-02T06:00:00.000Z", "today alone, to its end"],
  ["2026-12-01T15:00:00Z", 7, "2026-12-08T06:00:00.000Z", "a week of local days"],
  ["2026-12-01T05:59:00Z", 1, "2026-12-01T06:00:00.000Z", "it is still yesterday there"],
])("at %s, %i days end at %s (%s)", (now, days, before) => {
  expect(cashBefore(new Date(now), days, timeZone).toISOString()).toBe(before);
});

describe("what is expected to come in", () => {
  test("by local day and currency, of all pages", async () => {
    const rows = ["ana", "bea", "carla", "dora", "eva"].map((id) => ({ id }));
    const outlooks = [
      ...[outlook("ana", "MXN"), outlook("bea", "USD"), outlook("carla", "MXN"), outlook("dora", "MXN", "05")],
      outlook("eva", "USD", "20"),
    ];
    const { needs, asked } = storeOf(rows, outlooks);
    const cash = await expectedCash(needs, { now: NOW, before: BEFORE, timeZone, planId: "oro" });
    expect(cash).toEqual([
      { day: "2026-12-05", currency: "MXN", charges: 1, amountCents: 100_00 },
      { day: "2026-12-10", currency: "MXN", charges: 2, amountCents: 200_00 },
      { day: "2026-12-10", currency: "USD", charges: 1, amountCents: 100_00 },
      { day: "2026-12-20", currency: "USD", charges: 1, amountCents: 100_00 },
      { day: "2027-01-05", currency: "MXN", charges: 1, amountCents: 100_00 },
      { day: "2027-01-10", currency: "MXN", charges: 2, amountCents: 200_00 },
      { day: "2027-01-10", currency: "USD", charges: 1, amountCents: 100_00 },
    ]);
    expect(asked).toEqual([1, 2, 3].map(() => ({ where: { planId: "oro" }, limit: 500 })));
  });

  test("what is overdue counts today", async () => {
    const late = outlook("ana", "MXN");
    const due = { ...late.subscription, nextBillingAt: new Date("2026-11-10T15:00:00Z"), nextCycle: 0 };
    const { needs } = storeOf([{ id: "ana" }], [{ ...late, subscription: due }]);
    const [first] = await expectedCash(needs, { now: NOW, before: BEFORE, timeZone, planId: undefined });
    expect(first).toMatchObject({ day: "2026-12-01", charges: 1 });
  });

  // prettier-ignore
  test.each<[row: Omit<Row, "id">, gone: readonly string[], charges: readonly string[], because: string]>([
    [{}, [], ["2026-12-10"], "it goes on"],
    [{ status: "canceled" }, [], [], "it has ended, and owes nothing"],
    [{ status: "completed", unpaidInvoices: 0 }, [], [], "it is over"],
    [{ status: "canceled", unpaidInvoices: 1 }, [], ["2026-12-10"], "it has ended, and owes something"],
    [{}, ["ana"], [], "it is in the books no more"],
  ])("of %j, where %j are gone: %j (%s)", async (row, gone, charges) => {
    const { needs } = storeOf([{ id: "ana", ...row }], [outlook("ana", "MXN")], gone);
    const found: unknown[] = [];
    const before = new Date("2027-01-01T00:00:00Z");
    for await (const each of expectedCharges(needs, { now: NOW, before, where: {} })) found.push(each);
    expect(found).toEqual(
      charges.map((day) => ({
        ...{ subscriptionId: "ana", customerId: "cus_ana", planId: "oro", cycle: 1, amountCents: 100_00 },
        ...{ at: new Date(`${day}T15:00:00Z`), currency: "MXN" },
      })),
    );
  });
});
