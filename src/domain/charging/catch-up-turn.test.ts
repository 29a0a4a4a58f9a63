import { describe, expect, test } from "@jest/globals";
import { HOUR_MS } from "../duration.ts";
import { lastPaymentAt, type MissedInvoice, turnOf, turnOfWaiting } from "./catch-up-turn.ts";
import type { CustomerTry } from "./daily-limit.ts";
import type { UnsettledInvoice } from "./invoice-order.ts";

const NOW = new Date("2026-12-15T15:00:00Z");

function hoursAgo(hours: number): Date {
  return new Date(NOW.getTime() - hours * HOUR_MS);
}

describe("whose turn it is among the missed", () => {
  const ROW = { cycle: 1, missed: true, nextAttemptAt: NOW, retryRequestedAt: null };
  const WAITS: MissedInvoice = { cycle: 1, nextAttemptAt: NOW, firstDeclinedAt: null, tries: [] };
  const tried = (hours: number, state: CustomerTry["state"] = "declined"): MissedInvoice["tries"][number] => ({
    ...{ state, flow: "single", sentAt: hoursAgo(hours), claimedAt: hoursAgo(hours) },
  });
  const facts = { catchUp: "oldest_first", timeZone: "America/Mexico_City" } as const;

  test.each<[string, Partial<typeof ROW> & { retryRequestedAt?: Date }, MissedInvoice]>([
    ["it was not missed", { missed: false }, WAITS],
    ["a person asked for it", { retryRequestedAt: NOW } as never, WAITS],
    ["it is not up for a try", { nextAttemptAt: null } as never, WAITS],
    ["it was tried: dunning has it", {}, { ...WAITS, tries: [tried(5)] }],
    ["it failed a check: dunning has it", {}, { ...WAITS, firstDeclinedAt: NOW }],
  ])("it waits for no turn: %s", (_because, change, itself) => {
    expect(turnOf({ ...ROW, ...change }, { ...facts, missed: [itself] })).toBeNull();
    expect(turnOf({ ...ROW, ...change }, { ...facts, missed: [{ ...WAITS, cycle: 0 }, itself] })).toBeNull();
  });

  test("older ones that were never tried go first, and the last first try took a day", () => {
    const missed: MissedInvoice[] = [
      { ...WAITS, cycle: 0, nextAttemptAt: hoursAgo(2) },
      { ...WAITS, tries: [tried(1, "not_sent")] },
      { ...WAITS, cycle: 2, nextAttemptAt: null, tries: [tried(30), tried(4)] },
      { ...WAITS, cycle: 3, nextAttemptAt: null, tries: [tried(40)] },
    ];
    expect(turnOf(ROW, { ...facts, missed })).toEqual({
      ...{ plannedAt: NOW, olderPlannedAt: [hoursAgo(2)], lastTriedAt: hoursAgo(30), timeZone: facts.timeZone },
    });
  });

  test("they go by their cycles, in whatever order they were read", () => {
    const older = [2, 0, 1].map((cycle): MissedInvoice => ({ ...WAITS, cycle, nextAttemptAt: hoursAgo(10 - cycle) }));
    const turn = turnOf({ ...ROW, cycle: 3 }, { ...facts, missed: older });
    expect(turn?.olderPlannedAt).toEqual([hoursAgo(10), hoursAgo(9), hoursAgo(8)]);
  });

  test("only oldest_first has turns", () => {
    expect(turnOf(ROW, { ...facts, catchUp: "all", missed: [WAITS] })).toBeNull();
  });

  // prettier-ignore
  test.each<[other: Partial<MissedInvoice>, olderPlannedAt: readonly Date[], lastTriedAt: Date | null, because: string]>([
    [{ tries: [tried(9)], nextAttemptAt: hoursAgo(2) }, [], hoursAgo(9), "it was tried: dunning has it, and its date takes no turn"],
    [{ firstDeclinedAt: NOW, nextAttemptAt: hoursAgo(2) }, [], null, "it failed a check, which is no try"],
    [{ tries: [{ ...tried(9), flow: "link" }] }, [hoursAgo(3)], null, "a page asks no bank: it was never tried"],
    [{ tries: [{ ...tried(9), claimedAt: hoursAgo(11) }] }, [], hoursAgo(9), "it was tried when it was sent, not when it was claimed"],
    [{ tries: [{ ...tried(9, "claimed"), sentAt: null }] }, [], hoursAgo(9), "one that is being made takes its turn already"],
    [{ cycle: 2 }, [], null, "a later one has no turn before this one"],
  ])("with %j before it, %j go first, and the last try was %p (%s)", (other, olderPlannedAt, lastTriedAt, _because) => {
    const older = { ...WAITS, cycle: 0, nextAttemptAt: hoursAgo(3), ...other };
    expect(turnOf(ROW, { ...facts, missed: [older, WAITS] })).toMatchObject({ olderPlannedAt, lastTriedAt });
  });
});

describe("whose turn it is among those that waited behind an unpaid one", () => {
  const WAITED = {
    ...{ cycle: 3, missed: false, periodEnd: hoursAgo(1), nextAttemptAt: hoursAgo(800) },
    ...{ retryRequestedAt: null, firstDeclinedAt: null, dunningStep: null },
  };
  const facts = { paidAt: hoursAgo(2), timeZone: "America/Mexico_City" };

  // prettier-ignore
  test.each<[change: Partial<Parameters<typeof turnOfWaiting>[0]>, waits: boolean, because: string]>([
    [{}, true, "its period is over"],
    [{ periodEnd: NOW }, true, "it is over at this very moment"],
    [{ periodEnd: hoursAgo(-1) }, false, "the newly due one goes at once"],
    [{ cycle: null }, false, "what is charged once has no period to be late in"],
    [{ missed: true }, false, "what was missed has turns of its own"],
    [{ nextAttemptAt: null }, false, "it is not up for a try"],
    [{ firstDeclinedAt: NOW }, false, "it failed: dunning has it"],
    [{ dunningStep: "retry" }, false, "dunning has it, though it was never declined"],
    [{ retryRequestedAt: NOW }, false, "a person decides the turn"],
  ])("%j waits for a turn: %p (%s)", (change, waits, _because) => {
    const turn = turnOfWaiting({ ...WAITED, ...change }, { ...facts, unsettled: [] }, NOW);
    expect(turn !== null).toBe(waits);
  });

  // prettier-ignore
  test.each<[older: Partial<UnsettledInvoice>, goesFirst: boolean, because: string]>([
    [{}, true, "it is older, and never failed"],
    [{ status: "held" }, false, "a person decides about it"],
    [{ missed: true }, false, "a missed one has turns of its own"],
    [{ firstDeclinedAt: NOW }, false, "it failed: dunning has its date"],
    [{ cycle: 3 }, false, "that is the invoice itself"],
    [{ cycle: 4 }, false, "it is later"],
  ])("%j goes before it: %p (%s)", (older, goesFirst, _because) => {
    const unsettled = [unsettledOf({ cycle: 2, nextAttemptAt: hoursAgo(900), ...older })];
    expect(turnOfWaiting(WAITED, { ...facts, unsettled }, NOW)).toEqual({
      ...{ plannedAt: WAITED.nextAttemptAt, olderPlannedAt: goesFirst ? [hoursAgo(900)] : [] },
      ...{ lastTriedAt: facts.paidAt, timeZone: facts.timeZone },
    });
  });
});

test("those that waited go by their cycles, too", () => {
  const waited = { cycle: 3, missed: false, periodEnd: NOW, nextAttemptAt: NOW, retryRequestedAt: null };
  const unsettled = [2, 0, 1].map((cycle) => unsettledOf({ cycle, nextAttemptAt: hoursAgo(10 - cycle) }));
  const facts = { paidAt: null, timeZone: "UTC", unsettled };
  const turn = turnOfWaiting({ ...waited, firstDeclinedAt: null, dunningStep: null }, facts, NOW);
  expect(turn?.olderPlannedAt).toEqual([hoursAgo(10), hoursAgo(9), hoursAgo(8)]);
});

function unsettledOf(change: Partial<UnsettledInvoice>): UnsettledInvoice {
  return {
    ...{ cycle: 0, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
    ...{ reopenedFrom: null, missed: false, nextAttemptAt: NOW, firstDeclinedAt: null },
    ...change,
  };
}

test.each<
  [paid: readonly (readonly [cents: number, hoursAgo: number])[], lastHoursAgo: number | null, because: string]
>([
  [[], null, "nothing was paid"],
  [
    [
      [20_015, 48],
      [20_015, 24],
    ],
    24,
    "the latest",
  ],
  [
    [
      [20_015, 48],
      [0, 1],
    ],
    48,
    "a free one costs its customer nothing",
  ],
  [[[0, 1]], null, "only free ones"],
  [[[1, 3]], 3, "a cent is no free one"],
])("paid %j: last %p hours ago (%s)", (paid, expected) => {
  const invoices = paid.map(([amountCents, hours]) => ({ amountCents, paidAt: hoursAgo(hours) }));
  expect(lastPaymentAt(invoices)).toEqual(expected === null ? null : hoursAgo(expected));
});
