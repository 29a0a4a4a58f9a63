import { expect, test } from "@jest/globals";
import type { ChargeOutlook, OutlookInvoice } from "../../domain/charging/invoice-outlook.ts";
import { nextAttempt } from "./next-attempt.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const inDays = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

/** An invoice of a subscription of its own. */
type Planned = {
  readonly days: number;
  readonly isDeleted?: boolean;
  readonly putAsideDays?: number;
  readonly isGone?: boolean;
};

function booksOf({ days, isDeleted = false, putAsideDays }: Planned): ChargeOutlook {
  const invoice: OutlookInvoice = {
    ...{ id: "inv", cycle: 2, status: "open", statusReason: null, dunningStep: null, openAttempt: null, missed: false },
    ...{ dunningDueAt: null, reopenedFrom: null, firstDeclinedAt: null, declines: 0, periodEnd: inDays(99) },
    ...{ retryRequestedAt: null, nextAttemptAt: inDays(days), amountCents: 100_00, currency: "MXN" },
  };
  const plan = { dunning: "standard", catchUp: "all" };
  return {
    subscription: { id: "s", customerId: "c", timeZone: "UTC", plan },
    ...{ beside: [], unsettled: [invoice], missed: [], disputes: [], paidAt: null },
    customer: {
      card: { paymentSourceId: "src", cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
      ...{
        isDeleted,
        neverAgain: [],
        toReplace: [],
        readAt: NOW,
        nextReadAt: null,
        readFailedAt: null,
        declines: [],
        tries: [],
      },
      nextChargeAt: putAsideDays === undefined ? null : inDays(putAsideDays),
    },
  } as unknown as ChargeOutlook;
}

function needsOf(planned: readonly Planned[], haltReason: string | null) {
  const asked: (string | null)[] = [];
  const rows = planned.map(({ days }, index) => ({ at: inDays(days), invoiceId: "inv", subscriptionId: `s${index}` }));
  const needs = {
    store: {
      installation: async () => ({ haltReason }),
      sentWithinTheHour: async () => ({ charges: 0, amountCents: 0 }),
    },
    budgets: { visaReattemptsIn30Days: 15 },
    policies: new Map([["standard", { laterCycles: "collect_in_order", windowDays: 45, onChargeback: "charge" }]]),
    limits: { maxChargesPerCustomerPerDay: 3, maxCharges: null, maxAmountCents: null },
    records: {
      planned: async (after: { readonly at: Date } | null, limit: number) => {
        asked.push(after?.at.toISOString().slice(0, 10) ?? null);
        return rows.filter(({ at }) => after === null || at > after.at).slice(0, limit);
      },
      outlooksOf: async (ids: readonly string[]) =>
        new Map(
          ids.flatMap((id) => {
            const each = planned[Number(id.slice(1))]!;
            return each.isGone === true ? [] : [[id, booksOf(each)] as const];
          }),
        ),
    },
  } as unknown as Parameters<typeof nextAttempt>[0];
  return { needs, asked };
}

// prettier-ignore
test.each<[planned: readonly Planned[], next: number | null, because: string]>([
  [[], null, "nothing is planned"],
  [[{ days: 3 }, { days: 5 }], 3, "the first that is planned"],
  [[{ days: 3, isDeleted: true }, { days: 5 }], 5, "not one that would be in vain"],
  [[{ days: 3, isDeleted: true }], null, "there is no other"],
  [[{ days: 3, isGone: true }, { days: 5 }], 5, "not one that is gone meanwhile"],
  [[{ days: 3, putAsideDays: 9 }, { days: 5 }], 5, "one that is put aside comes later than the second"],
  [[{ days: 3, putAsideDays: 4 }, { days: 5 }], 4, "or before it"],
  [[{ days: 3, putAsideDays: 9 }, { days: 5, putAsideDays: 7 }, { days: 8 }], 7, "the earliest of all that could be"],
])("of %j the next is after %p days (%s)", async (planned, next) => {
  expect(await nextAttempt(needsOf(planned, null).needs, NOW)).toEqual(next === null ? null : inDays(next));
});

test("where charging is halted, nothing is charged next", async () => {
  expect(await nextAttempt(needsOf([{ days: 3 }], "halted").needs, NOW)).toBeNull();
});

test("it is looked for page by page, until one is found", async () => {
  const many = Array.from({ length: 1001 }, (_, index): Planned => ({ days: index + 1, isDeleted: index < 600 }));
  const { needs, asked } = needsOf(many, null);
  expect(await nextAttempt(needs, NOW)).toEqual(inDays(601));
  expect(asked).toEqual([null, inDays(500).toISOString().slice(0, 10)]);
  const none = needsOf(
    many.map((each) => ({ ...each, isDeleted: true })),
    null,
  );
  expect(await nextAttempt(none.needs, NOW)).toBeNull();
  expect(none.asked).toHaveLength(3);
});
