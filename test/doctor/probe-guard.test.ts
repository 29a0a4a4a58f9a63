/** The probe of the guard, against a sandbox whose guard refuses, refuses otherwise, or does not exist. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { proveGuard } from "../../src/application/doctor/prove-guard.ts";
import { guardIs } from "../../src/domain/guard-probe.ts";
import type { SandboxOptions } from "../../src/sandbox/server.ts";
import { customerWith } from "../sandbox/caller.ts";
import { conektaOf, findingOf, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

let opened: AppFixture | null = null;
afterEach(async () => {
  await opened?.[Symbol.asyncDispose]();
  opened = null;
});

async function prove(sandbox: SandboxOptions, token = "tok_test_visa_4242") {
  const app = await openBilledApp({ sandbox, env: { CONEKTA_CHARGE_FLOW: "order_first" } });
  opened = app;
  const customerId = await customerWith(app.call, token);
  const before = app.sandbox.ledger().length;
  const { store, clock, random, log } = app.assembly;
  const needs = { store, clock, random, log, inspection: store.inspection, gateway: await conektaOf(app) };
  const found = await proveGuard(needs, { customerId, amountCents: 1000 });
  return { found, app, charges: app.sandbox.ledger().slice(before) };
}

describe("doctor --probe-guard", () => {
  test.each([428, 422] as const)(
    "with a guard that answers %i: both are refused, and that is stored",
    async (guard) => {
      const { found, app, charges } = await prove({ paidOrderGuard: guard });
      expect(found).toMatchObject({ sequential: "refused", concurrent: "refused", livemode: false });
      expect(charges.filter(({ status }) => status === "paid")).toHaveLength(2);
      const refusals = found.evidence.filter(({ code }) => code?.includes("has_charge"));
      expect(refusals.map(({ httpStatus }) => httpStatus)).toEqual([guard, guard]);

      expect(await app.store.inspection.newestGuardProbe()).toEqual(found);
      expect(await findingOf(app, "guard")).toMatchObject({
        state: "ok",
        found: expect.stringContaining("2026-04-30T15:10"),
      });
    },
  );

  test("without a guard: both are charged twice, and order_first is called bad for it", async () => {
    const { found, app, charges } = await prove({ paidOrderGuard: "off" });
    expect(found).toMatchObject({ sequential: "charged_twice", concurrent: "charged_twice" });
    expect(guardIs(found)).toBe("charged_twice");
    expect(charges).toHaveLength(4);
    expect(await findingOf(app, "guard")).toMatchObject({ state: "bad" });
  });

  test("with a card that does not pay nothing is proven", async () => {
    const { found, app } = await prove({}, "tok_test_card_declined");
    expect(found).toMatchObject({ sequential: "unclear", concurrent: "unclear" });
    expect((await findingOf(app, "guard")).state).toBe("warn");
  });

  test("a lost answer proves nothing, and a charge that is seen twice is never missed", async () => {
    // The fifth of all: three months were billed before, and the first charge of the first order.
    const lost = { kind: "reset_after", call: "POST /orders/*/charges", nth: 5 } as const;
    expect((await prove({ faults: [lost] })).found.sequential).toBe("unclear");
    await opened?.[Symbol.asyncDispose]();
    const { found } = await prove({ paidOrderGuard: "off", faults: [lost] });
    expect(found.sequential).toBe("charged_twice");
  });

  test("with a live key it is refused, and nothing is charged", async () => {
    const before = prove({ livemode: true });
    await expect(before).rejects.toMatchObject({ name: "Refused" });
    expect(opened?.sandbox.ledger().filter(({ metadata }) => "puntual_probe" in metadata)).toEqual([]);
    expect(await opened?.store.inspection.newestGuardProbe()).toBeNull();
  });

  test("its orders belong to no invoice: neither the books nor a sweep take them for ours", async () => {
    const { app, found, charges } = await prove({});
    for (const { metadata } of charges)
      expect(metadata).toEqual({
        puntual_probe: found.id,
        puntual_probe_installation: (await app.store.installation()).id,
      });
    expect(await findingOf(app, "books")).toMatchObject({
      state: "ok",
      found: expect.stringContaining("1 payment at Conekta"),
    });
  });

  test("the newest result counts", async () => {
    const { app, found } = await prove({});
    const { inspection } = app.store;
    const later = {
      ...found,
      id: "prb_later",
      at: new Date(found.at.getTime() + 1),
      sequential: "charged_twice",
    } as const;
    await inspection.recordGuardProbe(later);
    expect(await findingOf(app, "guard")).toMatchObject({ state: "bad" });
  });
});
