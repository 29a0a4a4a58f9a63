/**
 * Every point at which a process can die, and what the next one makes of it: real books, the sandbox over HTTP.
 *
 * A process leaves nothing behind but its books, what the gateway did, and the time. So of the points that leave the
 * same world behind one is crashed; `print-matrix.ts` crashes every one of them.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CHARGE_FLOWS } from "../../src/domain/attempt.ts";
import type { LedgerCharge } from "../../src/sandbox/server.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { judgeAtRest } from "./judge.ts";
import { crash, differentCrashes, numberPoints, type Numbered, type Row, stopAndGoOn } from "./matrix.ts";
import { buildStage, type Stage } from "./scene.ts";

const SEED = 20261123;
const PAIRS = 4;
const STOPS = 4;

/** Where a process that is not dead could still do harm. */
const WRITES = /gateway\.(charge|openOrder|openPaymentLink)|store\.(open|claim|claimLink|markSending|settle)/;

describe.each(CHARGE_FLOWS.map((flow) => [flow]))("in the flow %s", (flow) => {
  let stage: Stage;
  let numbered: readonly Numbered[];

  beforeAll(async () => {
    stage = await buildStage(flow);
    numbered = await numberPoints(stage);
  });
  afterAll(() => stage[Symbol.dispose]());

  test("a run has points before and after each call of a port", () => {
    const calls = new Set(numbered.map(({ point }) => point.call));
    for (const call of ["takeOver", "open", "claim", "markSending", "settle", "abandoned", "dueInquiries"])
      expect(calls).toContain(`store.${call}`);
    expect(calls).toContain("gateway.charge");
    expect(calls).toContain("store.claimLink");
    expect(calls).toContain("gateway.openPaymentLink");
    expect(calls).toContain(flow === "single" ? "gateway.findCharges" : "gateway.readCharge");
    expect(numbered.length).toBeGreaterThan(150);
  });

  test("dying once, at whichever point, costs nothing: nobody pays twice, nothing is lost", async () => {
    const rows: Row[] = [];
    for (const { number } of differentCrashes(numbered)) rows.push(await crash(stage, [number]));
    expect(faultsOf(rows)).toEqual([]);
    // The matrix is worth something only if it reaches the moments that matter.
    const found = new Set(rows.flatMap(({ finds }) => finds));
    for (const what of ["claimed", ...["nothing", "paid", "declined"].map((seen) => `sending, ${seen} at the gateway`)])
      expect(found).toContain(what);
  });

  test(`dying, and dying again while the first crash is being mended: ${PAIRS} pairs`, async () => {
    const random = seededRandom(SEED);
    const draw = (): number => 1 + Math.floor(random.fraction() * numbered.length * 0.9);
    const rows: Row[] = [];
    for (let pair = 0; pair < PAIRS; pair++) rows.push(await crash(stage, [draw(), draw()], 2));
    expect(faultsOf(rows)).toEqual([]);
  });

  test(`stopped, succeeded, and going on where it was: ${STOPS} points`, async () => {
    const random = seededRandom(SEED);
    const writes = numbered.filter(({ point }) => WRITES.test(point.call));
    const drawn = writes.map((each) => ({ each, luck: random.fraction() })).toSorted((a, b) => a.luck - b.luck);
    const rows: Row[] = [];
    for (const { each } of drawn.slice(0, STOPS)) rows.push(await stopAndGoOn(stage, each.point.number));
    expect(faultsOf(rows)).toEqual([]);
  });
});

function faultsOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ point, faults }) => faults.map((fault) => `${point.number} ${point.call}: ${fault}`));
}

describe("control: the judge", () => {
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
    told: "paid",
  } as const;
  const invoice = { id: "inv_1", subscriptionId: "ana", cycle: 0, status: "paid", amountCents: 20015 };
  const books = {
    attempts: [{ ...attempt, chargeId: "chr_1", amountCents: 20015, claimedAt: 0 }],
    invoices: [{ ...invoice, timesToldPaid: 1, timesPaid: 1 }],
    subscriptions: [{ id: "ana", firstCycle: 0, nextCycle: 1, nextBillingAt: 2 }],
    integrity: "ok",
  };
  const now = new Date(1);

  test("has nothing to say of clean books", () => {
    expect(judgeAtRest(books, [charge], now)).toEqual([]);
  });

  test.each<[string, Partial<typeof books>, readonly LedgerCharge[], RegExp]>([
    // what is wrong, books, ledger, what it says
    ["paid twice", {}, [charge, { ...charge, chargeId: "chr_2" }], /ana\/0 was paid 2 times/],
    ["paid for nothing we know", { attempts: [] }, [charge], /chr_1 was made for nothing/],
    ["booked without money", {}, [], /inv_1-1 is paid, and no money moved/],
    ["money not booked", { attempts: [{ ...books.attempts[0]!, state: "declined" as never }] }, [charge], /books say/],
    ["no invoice", { invoices: [] }, [charge], /cycle 0 of ana has no invoice/],
    ["an event too many", { invoices: [{ ...books.invoices[0]!, timesToldPaid: 2 }] }, [charge], /2 events say paid/],
    ["not opened", { subscriptions: [{ ...books.subscriptions[0]!, nextBillingAt: 1 }] }, [charge], /not opened/],
  ])("tells when there is: %s", (_what, change, ledger, says) => {
    expect(judgeAtRest({ ...books, ...change }, ledger, now).join("\n")).toMatch(says);
  });
});
