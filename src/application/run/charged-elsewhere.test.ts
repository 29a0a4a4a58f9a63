/** An empty database beside another one's orders: what halts its first charge, and when it is not asked any more. */
import { expect, test } from "@jest/globals";
import { listedOrder, OWN_INSTALLATION, SILENT_LOG, sweepSide } from "../../../test/support/seen-orders.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";
import { recordedWords } from "../../explain/recorded-words.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import type { DueCycle } from "../ports/charging.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import { chargedElsewhere } from "./charged-elsewhere.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const before = (days: number): string => new Date(NOW.getTime() - days * DAY_MS).toISOString();

const skewed = (days: number, minutes: number): Date => new Date(NOW.getTime() - days * DAY_MS - minutes * MINUTE_MS);

type Facts = {
  readonly orders?: readonly ListedOrder[] | Error;
  /** How many others are due before it. */
  readonly others?: number;
  readonly periodStart?: string;
  readonly periodEnd?: string;
  /** Null: what is due is charged once. */
  readonly cycle?: number | null;
  readonly lastSentAt?: Date;
  readonly mayRepeatOthers?: boolean;
  /** What a person makes due once the orders were listed so often, before all that is due. */
  readonly late?: { readonly afterLists: number; readonly subscriptionId: string };
};

function sidesOf({
  orders = [],
  others = 0,
  periodStart = before(3),
  periodEnd = before(-4),
  cycle = 0,
  ...facts
}: Facts) {
  const { lastSentAt = null, mayRepeatOthers = false, late } = facts;
  const halts: string[] = [];
  const pagesAfter: (string | null)[] = [];
  const of = (subscriptionId: string): DueCycle => ({
    ...{ at: NOW, invoiceId: `inv_${subscriptionId}`, subscriptionId, cycle, customerId: "cus_1" },
    ...{ periodStart: new Date(periodStart), periodEnd: new Date(periodEnd) },
  });
  const due = [...Array.from({ length: others }, (_, place) => of(`s${place}`)), of("ana")];
  const placeAfter = (id: string | undefined): number => (id === undefined ? 0 : Number(id.slice(5)) + 1);
  const sweep = sweepSide(orders, { lastSentAt: async () => lastSentAt });
  const check = chargedElsewhere({
    store: {
      installation: async () => ({
        ...{ id: OWN_INSTALLATION, livemode: false, haltReason: null, epoch: 1, haltKind: null },
        ...{ haltReconcileSince: null, mayRepeatOthers },
      }),
      haltCharging: async ({ kind }) => void halts.push(kind),
      dueCycles: async (_now, { after, limit }) => {
        pagesAfter.push(after?.invoiceId ?? null);
        const isLate = late !== undefined && sweep.windows.length >= late.afterLists;
        if (isLate && after === null) return [of(late.subscriptionId), ...due.slice(0, limit - 1)];
        const from = placeAfter(after?.invoiceId);
        return due.slice(from, from + limit);
      },
    },
    clock: { now: () => NOW, monotonicMs: () => 0 },
    log: SILENT_LOG,
    sweep,
  });
  return {
    check: async (summary = emptyRunSummary()) => await check.check(summary),
    halts,
    pagesAfter,
    windows: sweep.windows,
  };
}

const OTHER = listedOrder({ installationId: "ins_2" });
const shown = { amountCents: 1, currency: "MXN", status: "paid" };

// prettier-ignore
test.each<[facts: Facts, becomes: string, because: string]>([
  [{}, "checked", "nobody has charged it"],
  [{ orders: [OTHER] }, "checked charged_elsewhere", "another installation has"],
  [{ orders: [listedOrder()] }, "checked", "an order of its own is the restore fence's"],
  [{ orders: [listedOrder({ installationId: null })] }, "checked", "a shop's own order is none of Puntual's"],
  [{ orders: [{ ...OTHER, createdAt: new Date(before(8)) }] }, "checked charged_elsewhere", "in the period before, which a change of plan made end early there"],
  [{ orders: [{ ...OTHER, cycle: 1, createdAt: NOW }] }, "checked charged_elsewhere", "in the same period: there a change of plan may have numbered the cycles anew"],
  [{ cycle: 5, orders: [{ ...OTHER, cycle: 4, createdAt: NOW }] }, "checked charged_elsewhere", "in the same period, under the number of the one before"],
  [{ cycle: 5, orders: [{ ...OTHER, cycle: 4, createdAt: skewed(3, 5) }] }, "checked charged_elsewhere", "as far before it as two clocks may differ"],
  [{ cycle: 5, orders: [{ ...OTHER, cycle: 4, createdAt: skewed(3, 5.1) }] }, "checked", "the period before, in its own time"],
  [{ cycle: 5, orders: [{ ...OTHER, cycle: 2, createdAt: skewed(10, 5) }] }, "checked charged_elsewhere", "in the time of the period before, under another number: its days may reach into this one"],
  [{ cycle: 5, orders: [{ ...OTHER, cycle: 2, createdAt: skewed(10, 5.1) }] }, "checked", "of another cycle, long ago"],
  [{ orders: [{ ...OTHER, cycle: 1, createdAt: null }] }, "checked", "of another cycle, and it does not say when"],
  [{ orders: [{ ...OTHER, cycle: null, createdAt: NOW }] }, "checked", "it does not say of which cycle, or is charged once"],
  [{ cycle: null, orders: [{ ...OTHER, createdAt: NOW }] }, "checked", "of a cycle, and what is due is charged once"],
  [{ cycle: null, orders: [{ ...OTHER, cycle: null, invoiceId: "inv_ana" }] }, "checked charged_elsewhere", "what is charged once, with the same invoice"],
  [{ cycle: null, orders: [{ ...OTHER, cycle: null, invoiceId: "inv_9", createdAt: NOW }] }, "checked", "with another invoice it is another thing"],
  [{ orders: [{ ...OTHER, subscriptionId: "beto" }] }, "checked", "of another subscription"],
  [{ orders: [{ ...OTHER, subscriptionId: null }] }, "checked", "of none that it names"],
  [{ orders: [{ ...OTHER, shown: { ...shown, customerId: "cus_1" } }] }, "checked charged_elsewhere", "of the same customer"],
  [{ orders: [{ ...OTHER, shown: { ...shown, customerId: "cus_2" } }] }, "checked", "another customer's subscription of the same name"],
  [{ orders: [{ ...OTHER, shown: { ...shown, customerId: null } }] }, "checked charged_elsewhere", "a customer it does not name may be the same"],
  [{ orders: [OTHER], others: 3000 }, "checked charged_elsewhere", "on the last page of those that are due"],
  [{ orders: [{ ...OTHER, subscriptionId: "beto" }], late: { afterLists: 1, subscriptionId: "beto" } }, "checked charged_elsewhere", "it was made due while the orders were read"],
  [{ orders: [OTHER], lastSentAt: NOW }, "checked", "this database has charged: it is the one"],
  [{ orders: [OTHER], mayRepeatOthers: true }, "checked", "a person said so"],
  [{ orders: new GatewayRefused("no", { httpStatus: 403, code: null }) }, "unread", "a refusal shows nothing"],
  [{ orders: new GatewayUnavailable("away") }, "unread", "nobody is charged before it is known"],
])("%#: %s (%s)", async (facts, becomes, _because) => {
  const { check, halts } = sidesOf(facts);
  expect([await check(), ...halts].join(" ")).toBe(becomes);
});

test("those who are due are read page by page, each once", async () => {
  const { check, pagesAfter } = sidesOf({ others: 1500 });
  await check();
  // And once more, for whom a person made due meanwhile.
  expect(pagesAfter).toEqual([null, "inv_s999", null, "inv_s999"]);
});

test("others have a turn after each page of those that are due", async () => {
  const { check } = sidesOf({ others: 3000 });
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await check();
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(3);
});

test("what was compared once is not read again; what could not be read is", async () => {
  const read = sidesOf({});
  await read.check();
  const once = read.windows.length;
  await read.check();
  expect(read.windows).toHaveLength(once);
  const unread = sidesOf({ orders: new GatewayUnavailable("away") });
  await unread.check();
  await unread.check();
  expect(unread.windows).toHaveLength(2);
});

test.each([
  [
    before(3),
    before(-4),
    before(12),
    "from a whole period before, where a cycle of the same number may begin, less what a clock may be wrong",
  ],
  [before(200), before(-165), before(400), "no longer than any period"],
])("a period from %s to %s is read from %s on (%s)", async (periodStart, periodEnd, from, _because) => {
  const { check, windows } = sidesOf({ periodStart, periodEnd });
  await check();
  expect(windows[0]?.from.toISOString()).toBe(from);
  expect(windows.at(-1)?.to.toISOString()).toBe(before(-2));
});

test("the halt is the run's, and a bug is told", async () => {
  const summary = emptyRunSummary();
  await sidesOf({ orders: [OTHER] }).check(summary);
  expect(summary.haltReason).toContain("of another installation (ins_2) for cycle 0 of ana");
  expect(recordedWords(summary.haltReason ?? "").es).toContain("de otra instalación (ins_2)");
  await expect(sidesOf({ orders: new TypeError("a bug") }).check()).rejects.toThrow("a bug");
});
