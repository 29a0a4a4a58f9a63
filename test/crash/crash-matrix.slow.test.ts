/**
 * Every point at which a process can die, and what the next one makes of it: real records, the sandbox over HTTP.
 *
 * A process leaves nothing behind but its records, what the gateway did, and the time. So of the points that leave the
 * same world behind one is crashed; `print-matrix.ts` crashes every one of them.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CHARGE_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { crash, differentCrashes, faultsOf, numberPoints, type Numbered, type Row, stopAndGoOn } from "./matrix.ts";
import { buildTemplate, type CrashTemplate } from "./crash-fixture.ts";

const SEED = 20261123;
const PAIRS = 10;
const STOPS = 10;

/** Where a process that is not dead could still do harm. */
const WRITES = /gateway\.(charge|openOrder|openPaymentLink)|store\.(open|claim|claimLink|markSending|settle)/;

describe.each(CHARGE_FLOWS.map((flow) => [flow]))("in the flow %s", (flow) => {
  let template: CrashTemplate;
  let numbered: readonly Numbered[];

  beforeAll(async () => {
    template = await buildTemplate(flow);
    numbered = await numberPoints(template);
  });
  afterAll(() => template[Symbol.dispose]());

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
    for (const { number } of differentCrashes(numbered)) rows.push(await crash(template, [number]));
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
    for (let pair = 0; pair < PAIRS; pair++) rows.push(await crash(template, [draw(), draw()], 2));
    expect(faultsOf(rows)).toEqual([]);
  });

  test(`stopped, succeeded, and going on where it was: ${STOPS} points`, async () => {
    const random = seededRandom(SEED);
    const writes = numbered.filter(({ point }) => WRITES.test(point.call));
    const drawn = writes.map((each) => ({ each, luck: random.fraction() })).toSorted((a, b) => a.luck - b.luck);
    const rows: Row[] = [];
    for (const { each } of drawn.slice(0, STOPS)) rows.push(await stopAndGoOn(template, each.point.number));
    expect(faultsOf(rows)).toEqual([]);
  });
});
