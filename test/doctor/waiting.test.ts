/** What waits for somebody, by its age; and whether anybody charges at all. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../support/books.ts";
import { type Clinic, newClinic } from "./clinic.ts";

async function failing(error: Error): Promise<never> {
  throw error;
}

let clinic: Clinic;
beforeEach(async () => {
  clinic = await newClinic();
});
afterEach(async () => await clinic.close());

const LAST = "(select id from invoice where cycle = 3)";

describe("what is uncertain, held or paid twice", () => {
  const ages: [number, string][] = [
    [10 * MINUTE_MS, "ok"],
    [2 * HOUR_MS, "warn"],
    [25 * HOUR_MS, "bad"],
  ];

  test.each(ages)("an outcome unknown for %i ms is %s", async (ageMs, state) => {
    clinic.sql(`update invoice set status = 'open', paid_at = null where cycle = 3;
      update attempt set state = 'unknown', settled_at = null where invoice_id = ${LAST}`);
    clinic.clock.set(new Date(Date.parse("2026-04-30T15:00:00Z") + ageMs));
    expect(await clinic.check("unknown")).toMatchObject({ state, found: expect.stringMatching(/^1, the oldest for/) });
  });

  test.each(ages)("an invoice held for %i ms is %s", async (ageMs, state) => {
    clinic.sql("update invoice set status = 'held', status_reason = 'refused', paid_at = null where cycle = 3");
    clinic.clock.set(new Date(Date.parse("2026-04-30T15:00:00Z") + ageMs));
    expect((await clinic.check("held")).state).toBe(state);
  });

  test("a second payment is to be given back, however new", async () => {
    clinic.sql(`update attempt set state = 'paid_again' where invoice_id = ${LAST}`);
    expect(await clinic.check("paid_again")).toMatchObject({ state: "bad", mend: expect.stringContaining("refund") });
  });
});

describe("webhook events", () => {
  const EVENT = "id, type, received_at, livemode, payload, processed_at, tries, state, because";

  test("that failed are told with their age and their mend; those that wait or are done are not", async () => {
    expect(await clinic.check("webhooks")).toMatchObject({ state: "ok", found: "none failed" });
    const at = clinic.clock.now().getTime();
    clinic.sql(`insert into webhook_event (${EVENT}) values
      ('e1', 'order.paid', ${at}, 0, '{}', ${at}, 1, 'failed', 'a bug'),
      ('e2', 'order.paid', ${at - 3 * HOUR_MS}, 0, '{}', ${at}, 1, 'failed', 'a bug'),
      ('e3', 'order.paid', ${at - 9 * HOUR_MS}, 0, '{}', ${at}, 1, 'ignored', 'not ours')`);
    expect(await clinic.check("webhooks")).toEqual({
      check: "webhooks",
      state: "bad",
      found: "2 events failed, the oldest 3 hours ago",
      mend: expect.stringContaining("webhooks replay --failed"),
    });
    await clinic.app.store.inbox.replay({ state: "failed" }, clinic.clock.now());
    expect((await clinic.check("webhooks")).state).toBe("ok");
  });
});

describe("a halt", () => {
  test("is found, with its reason, until charging is resumed", async () => {
    await clinic.app.store.haltCharging(
      { kind: "unauthorized", because: "Conekta does not accept the key" },
      clinic.clock.now(),
    );
    const finding = await clinic.check("halt");
    expect(finding).toMatchObject({ state: "bad", found: expect.stringContaining("Conekta does not accept the key") });
    await clinic.app.store.resumeCharging({ kind: "unauthorized" }, clinic.clock.now());
    expect((await clinic.check("halt")).state).toBe("ok");
  });
});

describe("the key", () => {
  test("of the other mode is refused, and the books are not compared with another mode's", async () => {
    clinic.sql("update installation set livemode = 1");
    const findings = await clinic.visit();
    expect(findings.find(({ check }) => check === "key")).toMatchObject({
      state: "bad",
      found: "it is a test key, and these are the books of live charges",
    });
    expect(findings.some(({ check }) => check === "books")).toBe(false);
  });

  test.each([
    [new GatewayUnauthorized("Conekta does not accept the key (status 401)"), "bad"],
    [new GatewayRefused("Conekta does not know the customer", { httpStatus: 404, code: null }), "bad"],
    [new GatewayUnavailable("Conekta could not be reached"), "warn"],
  ])("%s: %s", async (error, state) => {
    const gateway = { ...(await clinic.gateway()), probe: () => failing(error) };
    const found = await clinic.check("key", { gateway: async () => gateway });
    expect(found).toMatchObject({ state, found: expect.stringContaining(error.message) });
  });
});

describe("the process", () => {
  test("is known by its lock", async () => {
    expect((await clinic.check("process")).found).toContain("process 4711 charges");
  });
});
