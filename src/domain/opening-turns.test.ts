import { describe, expect, test } from "@jest/globals";
import { NOTHING_WAITS } from "./invoice-content.ts";
import type { DueSubscription } from "./opening.ts";
import { openDueCycles, openInTurn, openTogether } from "./opening-turns.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const AN_HOUR_AGO = new Date("2026-12-01T14:00:00Z");
/** Billed on the first of each month; cycle 2 falls due now. */
const ANA: DueSubscription = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", source: "file" },
  ...{ startLocal: "2026-10-01T09:00", anchorLocal: "2026-10-01T09:00", timeZone: "America/Mexico_City" },
  ...{ quantity: 1, lineItems: null, discount: null, billPast: false, firstCycle: 0, nextCycle: 2 },
  ...{ nextBillingAt: NOW, cancelAt: null, pauseFrom: null, pauseUntil: null },
  ...{ lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
  plan: {
    ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0 },
    ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "all", source: "file" },
    lineItems: [{ name: "Oro", unitPriceCents: 200_00, quantity: 1 }],
  },
};
/** The same an hour earlier in the day. */
const EARLIER: DueSubscription = { ...ANA, anchorLocal: "2026-10-01T08:00", nextBillingAt: AN_HOUR_AGO };
/** Nobody can tell when it falls due. */
const DAMAGED: DueSubscription = { ...ANA, id: "bad", lineItems: [{ name: "Oro", unitPriceCents: -1, quantity: 1 }] };

const credit = (balanceCents: number) => ({ ...NOTHING_WAITS, balance: { number: 1, balanceCents } });
const EVENT = {
  id: "itm_1",
  key: "evento",
  subscriptionId: null,
  name: "Evento",
  amountCents: 50_00,
  discountCents: 0,
};
const ITEM = { ...NOTHING_WAITS, items: [{ ...EVENT, currency: "MXN", tax: null }] };

function newIds() {
  let number = 0;
  return () => `inv_${++number}`;
}

function fail(_due: unknown, error: unknown): never {
  throw error;
}

describe("a customer's subscriptions, each in its turn", () => {
  const worth = (opened: ReturnType<typeof openTogether>["opened"]) =>
    [...opened].map(([id, { invoices }]) => [id, ...invoices.map(({ amountCents }) => amountCents)]);

  // prettier-ignore
  test.each<[all: readonly DueSubscription[], opened: readonly (readonly (string | number)[])[], because: string]>([
    [[], [], "there are none"],
    [[{ ...ANA, waiting: credit(250_00) }, { ...ANA, id: "bea", waiting: credit(250_00) }], [["ana", 0], ["bea", 150_00]], "at one moment the ids say who has it first"],
    [[{ ...ANA, id: "bea", waiting: credit(250_00) }, { ...ANA, waiting: credit(250_00) }], [["bea", 150_00], ["ana", 0]], "in whatever order they are read"],
    [[{ ...ANA, waiting: credit(250_00) }, { ...EARLIER, id: "bea", waiting: credit(250_00) }], [["ana", 150_00], ["bea", 0]], "who falls due before has it before"],
    [[{ ...ANA, waiting: ITEM }, { ...EARLIER, id: "bea", waiting: ITEM }], [["ana", 200_00], ["bea", 250_00]], "an item rides on one of them"],
    [[{ ...ANA, nextBillingAt: new Date("2026-12-01T15:00:00.001Z") }, { ...ANA, id: "bea" }], [["bea", 200_00]], "one that is not due opens nothing"],
    [[{ ...ANA, nextBillingAt: null, nextCycle: 3 }, { ...ANA, id: "bea" }], [["bea", 200_00]], "nor one of which nothing is to come"],
    [[{ ...ANA, cancelAt: AN_HOUR_AGO }, { ...ANA, id: "bea" }], [["ana"], ["bea", 200_00]], "one that ends before its date has its turn, and opens no invoice"],
  ])("%#: they are opened for %j (%s)", (all, expected) => {
    const { opened, left } = openTogether(all, NOW, newIds(), fail);
    expect(worth(opened)).toEqual(expected);
    expect(left.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });

  test("what one uses is left to nobody, and stands where it was used", () => {
    const all = [
      { ...ANA, waiting: credit(250_00) },
      { ...ANA, id: "bea", waiting: credit(250_00) },
    ];
    const { opened, left } = openTogether(all, NOW, newIds(), fail);
    expect(opened.get("ana")?.uses.entries).toMatchObject([{ number: 2, amountCents: -200_00, invoiceId: "inv_1" }]);
    expect(opened.get("bea")?.uses.entries).toMatchObject([{ number: 3, amountCents: -50_00, invoiceId: "inv_2" }]);
    expect(left.map(({ waiting }) => waiting.balance)).toEqual([
      { number: 3, balanceCents: 0 },
      { number: 3, balanceCents: 0 },
    ]);
    expect(left.map(({ nextCycle, nextBillingAt }) => [nextCycle, nextBillingAt?.toISOString()])).toEqual([
      [3, "2027-01-01T15:00:00.000Z"],
      [3, "2027-01-01T15:00:00.000Z"],
    ]);
  });

  test("one that cannot be understood is told once and stays as it is, and the others go on", () => {
    const told: string[] = [];
    const all = [DAMAGED, ANA, { ...ANA, id: "carla" }];
    const { opened, left } = openTogether(all, NOW, newIds(), ({ id }, error) => told.push(`${id}: ${String(error)}`));
    expect(told).toEqual([expect.stringMatching(/^bad: .*whole cents/)]);
    expect(worth(opened)).toEqual([
      ["ana", 200_00],
      ["carla", 200_00],
    ]);
    expect(left.map(({ id }) => id)).toEqual(["ana", "carla"]);
  });

  test("in its turn among the others: they are handed back without it, as the run leaves them", () => {
    const bea = { ...EARLIER, id: "bea", waiting: credit(250_00) };
    const { opened, beside } = openInTurn({ ...ANA, waiting: credit(250_00) }, [bea], NOW, newIds());
    expect(opened.invoices.map(({ amountCents }) => amountCents)).toEqual([150_00]);
    expect(beside).toMatchObject([{ id: "bea", nextCycle: 3, waiting: { balance: { number: 3, balanceCents: 0 } } }]);
  });

  test("its own damage is thrown, and that of another is left aside", () => {
    expect(() => openInTurn(DAMAGED, [ANA], NOW, newIds())).toThrow("whole cents");
    const { opened, beside } = openInTurn(ANA, [DAMAGED], NOW, newIds());
    expect(opened.invoices).toHaveLength(1);
    expect(beside).toEqual([]);
  });
});

describe("all passes as one", () => {
  test("nothing is due: as it is", () => {
    const later = { ...ANA, nextCycle: 3, nextBillingAt: new Date("2027-01-01T15:00:00Z"), waiting: credit(10_00) };
    expect(openDueCycles(later, NOW, newIds())).toEqual({
      ...{ nextCycle: 3, nextBillingAt: later.nextBillingAt, status: "active", waiting: credit(10_00) },
      ...{ invoices: [], events: [], uses: { coupons: 0, items: [], entries: [] } },
    });
  });

  test("a daily plan of sixty days: two passes, with the invoices, events and uses of both", () => {
    const daily = {
      ...{ ...ANA, anchorLocal: "2026-10-02T09:00", nextCycle: 0, nextBillingAt: new Date("2026-10-02T15:00:00Z") },
      ...{ plan: { ...ANA.plan, interval: "day" as const }, waiting: credit(12_000_00) },
    };
    const all = openDueCycles(daily, NOW, newIds());
    expect(all.invoices.map(({ cycle }) => cycle)).toEqual(Array.from({ length: 61 }, (_, cycle) => cycle));
    expect(all.invoices.map(({ amountCents }) => amountCents).filter((cents) => cents > 0)).toEqual([200_00]);
    expect(all.uses.entries.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, entry) => entry + 2));
    expect(all.events.filter(({ type }) => type === "invoice.opened")).toHaveLength(61);
    expect(all).toMatchObject({ nextCycle: 61, waiting: { balance: { number: 61, balanceCents: 0 } } });
  });

  test("what the first pass passes over, and plans, the second knows: void cycles make room, and days are taken", () => {
    const daily = {
      ...{ ...ANA, anchorLocal: "2026-10-02T09:00", nextCycle: 0, nextBillingAt: new Date("2026-10-02T15:00:00Z") },
      ...{ pauseFrom: new Date("2026-10-01T00:00:00Z"), pauseUntil: new Date("2026-10-11T06:00:00Z") },
      plan: { ...ANA.plan, interval: "day", expiryCount: 52, catchUp: "oldest_first" } as const,
    };
    const { invoices, nextBillingAt } = openDueCycles(daily, NOW, newIds());
    expect(invoices.filter(({ status }) => status === "void").map(({ cycle }) => cycle)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect([invoices.length, nextBillingAt]).toEqual([61, null]);
    const planned = invoices.flatMap(({ missed, nextAttemptAt }) => (missed ? [nextAttemptAt?.getTime()] : []));
    expect(new Set(planned).size).toBe(planned.filter((at) => at !== undefined).length);
  });
});
