/** What waits for somebody, by its age; and whether anybody charges at all. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { conektaOf, findingOf, findingsOf, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

async function failing(error: Error): Promise<never> {
  throw error;
}

let app: AppFixture;
beforeEach(async () => {
  app = await openBilledApp();
});
afterEach(async () => await app[Symbol.asyncDispose]());

const LAST = "(select id from invoice where cycle = 3)";

describe("what is uncertain, held or paid twice", () => {
  const ages: [number, string][] = [
    [10 * MINUTE_MS, "ok"],
    [2 * HOUR_MS, "warn"],
    [25 * HOUR_MS, "bad"],
  ];

  test.each(ages)("an outcome unknown for %i ms is %s", async (ageMs, state) => {
    app.sql(`update invoice set status = 'open', paid_at = null where cycle = 3;
      update attempt set state = 'unknown', settled_at = null where invoice_id = ${LAST}`);
    app.clock.set(new Date(Date.parse("2026-04-30T15:00:00Z") + ageMs));
    expect(await findingOf(app, "unknown")).toMatchObject({
      state,
      found: expect.stringMatching(/^1, the oldest for/),
    });
  });

  test.each(ages)("an invoice held for %i ms is %s", async (ageMs, state) => {
    app.sql("update invoice set status = 'held', status_reason = 'refused', paid_at = null where cycle = 3");
    app.clock.set(new Date(Date.parse("2026-04-30T15:00:00Z") + ageMs));
    expect((await findingOf(app, "held")).state).toBe(state);
  });

  test("a second payment is to be given back, however new", async () => {
    app.sql(`update attempt set state = 'paid_again' where invoice_id = ${LAST}`);
    expect(await findingOf(app, "paid_again")).toMatchObject({ state: "bad", mend: { do: "refund_second_payment" } });
  });
});

describe("webhook events", () => {
  const EVENT = "id, type, received_at, livemode, payload, processed_at, tries, state, because";

  test("that failed are told with their age and their mend; those that wait or are done are not", async () => {
    expect(await findingOf(app, "webhooks")).toMatchObject({ state: "ok", found: "none failed" });
    const at = app.clock.now().getTime();
    app.sql(`insert into webhook_event (${EVENT}) values
      ('e1', 'order.paid', ${at}, 0, '{}', ${at}, 1, 'failed', 'a bug'),
      ('e2', 'order.paid', ${at - 3 * HOUR_MS}, 0, '{}', ${at}, 1, 'failed', 'a bug'),
      ('e3', 'order.paid', ${at - 9 * HOUR_MS}, 0, '{}', ${at}, 1, 'ignored', 'not ours')`);
    expect(await findingOf(app, "webhooks")).toEqual({
      check: "webhooks",
      state: "bad",
      found: "2 events failed, the oldest 3 hours ago",
      foundInSpanish: "2 eventos con falla, el más antiguo de hace 3 horas",
      mend: { do: "mend_webhooks" },
    });
    await app.store.inbox.replay({ state: "failed" }, app.clock.now());
    expect((await findingOf(app, "webhooks")).state).toBe("ok");
  });
});

describe("a halt", () => {
  test("is found, with its reason, until charging is resumed", async () => {
    await app.store.haltCharging({ kind: "unauthorized", because: "Conekta does not accept the key" }, app.clock.now());
    const finding = await findingOf(app, "halt");
    expect(finding).toMatchObject({ state: "bad", found: expect.stringContaining("Conekta does not accept the key") });
    await app.store.resumeCharging({ kind: "unauthorized" }, app.clock.now());
    expect((await findingOf(app, "halt")).state).toBe("ok");
  });
});

describe("the key", () => {
  test("of the other mode is refused, and the books are not compared with another mode's", async () => {
    app.sql("update installation set livemode = 1");
    const findings = await findingsOf(app);
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
    const gateway = { ...(await conektaOf(app)), probe: () => failing(error) };
    const found = await findingOf(app, "key", { gateway: async () => gateway });
    expect(found).toMatchObject({ state, found: expect.stringContaining(error.message) });
  });
});

describe("the process", () => {
  test("is known by its lock", async () => {
    expect((await findingOf(app, "process")).found).toContain("process 4711 charges");
  });
});
