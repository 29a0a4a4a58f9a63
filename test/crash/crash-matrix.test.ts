/**
 * A process dies right after each call that changes the records or moves money, and another one takes over: real records,
 * the sandbox over HTTP. `crash-matrix.slow.test.ts` dies at every point there is, dies twice, and goes on after a stop.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CHARGE_FLOWS, type ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { crash, differentCrashes, faultsOf, numberPoints, type Numbered } from "./matrix.ts";
import { buildTemplate, type CrashTemplate } from "./crash-fixture.ts";

/** Calls of a port that have had their effect, while their answer has reached nobody. */
const IN_BOTH = [
  ...["store.open", "store.claim", "store.markSending", "gateway.charge", "store.settle"],
  ...["store.claimLink", "gateway.openPaymentLink"],
];
const CALLS: Readonly<Record<ChargeFlow, readonly string[]>> = {
  single: IN_BOTH,
  order_first: [...IN_BOTH, "gateway.openOrder"],
};

describe.each(CHARGE_FLOWS.map((flow) => [flow]))("in the flow %s", (flow) => {
  let template: CrashTemplate;
  let numbered: readonly Numbered[];

  beforeAll(async () => {
    template = await buildTemplate(flow);
    numbered = await numberPoints(template);
  });
  afterAll(() => template[Symbol.dispose]());

  test("docs/exactly-once.md says how many points there are, and how many of them differ", () => {
    const page = readFileSync(path.join(import.meta.dirname, "..", "..", "docs/exactly-once.md"), "utf8");
    const [, said] = new RegExp(`### Flow \`${flow}\`\\s+(.*?), 0 faults found`).exec(page) ?? [];
    expect(said).toBe(`${numbered.length} points, ${differentCrashes(numbered).length} different states`);
  });

  test.each(CALLS[flow])("dying after %s costs nothing: nobody pays twice, nothing is lost", async (call) => {
    const point = differentCrashes(numbered).find((each) => each.moment === "after" && each.call === call);
    expect(faultsOf([await crash(template, [point?.number ?? 0])])).toEqual([]);
  });
});
