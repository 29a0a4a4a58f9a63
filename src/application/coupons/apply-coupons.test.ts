/** The coupons of a file beside those of the books: what is written, and how it is told. */
import { expect, test } from "@jest/globals";
import type { Coupon } from "../../domain/coupon.ts";
import type { InputFault } from "../../domain/errors.ts";
import type { Records } from "../ports/records.ts";
import { applyCoupons, type FileCoupon } from "./apply-coupons.ts";

const NOW = new Date("2026-12-01T15:00:00Z");

function booked(change: Partial<Coupon> = {}): Coupon {
  return {
    ...{ code: "MAYO", percentHundredths: 5000, amountCents: null, currency: null, cycles: 2, redeemBy: null },
    ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "file" },
    ...change,
  };
}

function inFile(change: Partial<Coupon> = {}): FileCoupon {
  const { archivedAt: _at, source: _source, ...coupon } = booked(change);
  return { ...coupon, where: "line 7" };
}

async function applied(books: readonly Coupon[], wanted: readonly FileCoupon[], prune = false) {
  const written: unknown[] = [];
  const faults: InputFault[] = [];
  const records = {
    plan: async (id: string) => (id === "oro" || id === "plata" ? { id } : null),
    coupon: async (code: string) => books.find((each) => each.code === code) ?? null,
    coupons: async () => books,
    addCoupon: (coupon: Coupon) => void written.push(coupon),
    record: (event: unknown) => void written.push(event),
  } as unknown as Records;
  const told = await applyCoupons(records, wanted, { fileName: "plans.yaml", prune, now: NOW }, faults);
  return { ...told, faults, written };
}

test("a new one is added, a second time it is as it was", async () => {
  const coupon = inFile({ planIds: ["oro", "plata"] });
  const { where: _where, ...kept } = coupon;
  const worth = "50 % off for 2 cycles";
  expect(await applied([], [coupon])).toEqual({
    changes: [{ action: "add", kind: "coupon", id: "MAYO", details: [worth] }],
    unchanged: 0,
    faults: [],
    written: [
      { ...kept, archivedAt: null, source: "file" },
      { type: "coupon.created", data: { code: "MAYO", worth } },
    ],
  });
  const again = await applied([booked({ planIds: ["oro", "plata"] })], [coupon, inFile({ code: "JUNIO" })]);
  expect(again).toMatchObject({ changes: [{ action: "add", id: "JUNIO" }], unchanged: 1, faults: [] });
});

test.each<[is: Partial<Coupon>, wanted: Partial<Coupon>, details: readonly string[]]>([
  [{}, { redeemBy: "2026-12-31" }, ["last_day: none -> 2026-12-31"]],
  [{ redeemBy: "2026-12-31" }, {}, ["last_day: 2026-12-31 -> none"]],
  [{ maxRedemptions: 10 }, { maxRedemptions: 20 }, ["max_redemptions: 10 -> 20"]],
  [{ planIds: ["oro"] }, { planIds: ["oro", "plata"] }, ["plans: oro -> oro, plata"]],
  [{ planIds: ["oro"] }, {}, ["plans: oro -> none"]],
  [{ archivedAt: NOW }, {}, ["it may be given again"]],
  [
    { redeemBy: "2026-11-30", maxRedemptions: 1 },
    { redeemBy: null, maxRedemptions: null },
    ["last_day: 2026-11-30 -> none", "max_redemptions: 1 -> none"],
  ],
])("who may be given it changes with the file: %j, %j: %j", async (is, wanted, details) => {
  const known = booked(is);
  expect(await applied([known], [inFile(wanted)])).toEqual({
    ...{ changes: [{ action: "change", kind: "coupon", id: "MAYO", details }], unchanged: 0 },
    ...{ faults: [], written: [] },
  });
  expect(known).toEqual(booked(wanted));
});

test.each<[is: Partial<Coupon>, wanted: Partial<Coupon>, what: string]>([
  [{}, { planIds: ["oro", "cobre"] }, "there is no plan cobre"],
  [{ source: "cli" }, {}, "a coupon of this code was added by cli already; use a new code"],
  [
    {},
    { percentHundredths: 2500 },
    "what a coupon takes off is fixed: it is 50 % off for 2 cycles, the file says 25 % off for 2 cycles; use a new code",
  ],
  [
    {},
    { cycles: 3 },
    "what a coupon takes off is fixed: it is 50 % off for 2 cycles, the file says 50 % off for 3 cycles; use a new code",
  ],
])("%j, in the file %j, is refused: %s", async (is, wanted, what) => {
  const { faults, changes } = await applied([booked(is)], [inFile(wanted)]);
  expect(faults).toEqual([{ where: "plans.yaml, line 7 (coupon MAYO)", what }]);
  expect(changes.filter(({ action }) => action === "add")).toEqual([]);
});

test("what may not change stays, and what is beside it in the file is judged all the same", async () => {
  const [another, dearer] = [booked({ source: "code", redeemBy: "2027-01-01" }), booked({ code: "DOS" })];
  const told = await applied(
    [another, dearer],
    [inFile(), inFile({ code: "DOS", cycles: 9, redeemBy: "2027-01-01" }), inFile({ code: "TRES" })],
  );
  expect(told.faults).toHaveLength(2);
  expect(told).toMatchObject({ changes: [{ action: "add", id: "TRES" }], unchanged: 0 });
  expect([another.redeemBy, dearer.redeemBy]).toEqual(["2027-01-01", null]);
});

test.each([false, true])("one that is gone from the file is told, or archived with prune (%p)", async (prune) => {
  const gone = booked();
  const books = [gone, booked({ code: "CLI", source: "cli" }), booked({ code: "OLD", archivedAt: new Date(0) })];
  const told = await applied([...books, booked({ code: "STAYS" })], [inFile({ code: "STAYS" })], prune);
  const id = { kind: "coupon", id: "MAYO" };
  expect(told).toEqual({
    changes: prune
      ? [{ action: "remove", ...id, details: ["archived; who has it keeps it"] }]
      : [{ action: "gone", ...id, details: ["is no longer in the file"], isPrunable: true }],
    unchanged: 1,
    faults: [],
    written: prune ? [{ type: "coupon.archived", data: { code: "MAYO" } }] : [],
  });
  expect(books.map(({ archivedAt }) => archivedAt)).toEqual([prune ? NOW : null, null, new Date(0)]);
});
