/** A preview says what the run then does. */
import { describe, expect, test } from "@jest/globals";
import { changeBalance } from "../../src/application/balance/change-balance.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { outlookRules } from "../../src/application/charging/outlook-rules.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";
import { explain } from "../../src/explain/explain.ts";
import { customerOf, DAY_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { declined, paid, unknown } from "../support/scripted-gateway.ts";

const LIMITS = { askedCharges: null, maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 };

async function preview(app: AppFixture, limits: Partial<typeof LIMITS> = {}) {
  return await previewRun(app.assembly.settling, { ...LIMITS, ...limits });
}

async function becauseOf(app: AppFixture): Promise<readonly string[]> {
  const { wouldNotCharge } = await preview(app);
  return wouldNotCharge.map(({ subscriptionId, cycle, because }) => `${subscriptionId} ${cycle} ${because}`).toSorted();
}

async function charged(app: AppFixture): Promise<readonly string[]> {
  const before = app.gateway.charges.length;
  await app.run();
  const made = app.gateway.charges.slice(before);
  return made.map(({ intent }) => `${intent.subscriptionId} ${intent.cycle}`).toSorted();
}

describe("a preview", () => {
  test("tells which cards cannot be charged, of open invoices and of those to be opened, and writes nothing", async () => {
    await using app = await openApp();
    for (const id of ["a", "b", "c"]) await app.subscribe(id);
    const { clock, store } = app.assembly;
    await store.write(clock.now(), async (records) => {
      await records.putCustomer(customerOf("cus_b", { paymentSourceId: null }));
      await records.putCustomer(customerOf("cus_c", { cardExpMonth: 12, cardExpYear: 2025 }));
    });
    const told = ["b 0 no_default_card", "c 0 card_expired"];
    expect(await becauseOf(app)).toEqual(told);
    await app.open();
    const before = await app.eventTypes();
    expect(await becauseOf(app)).toEqual(told);
    expect((await preview(app)).wouldCharge.map(({ subscriptionId }) => subscriptionId)).toEqual(["a"]);
    expect(await app.eventTypes()).toEqual(before);
    for (const id of ["cus_b", "cus_c"]) {
      const change = id === "cus_b" ? { paymentSourceId: null } : { cardExpMonth: 12, cardExpYear: 2025 };
      app.gateway.customers.set(id, { ...customerOf(id, change), livemode: false });
    }
    expect(await charged(app)).toEqual(["a 0"]);
  });

  test("tells of what is not open yet when it fell due, not when it was asked", async () => {
    await using app = await openApp({ now: "2026-02-05T18:00:00Z" });
    await app.subscribe("a", { startLocal: "2026-02-05T09:00" });
    expect((await preview(app)).wouldCharge).toMatchObject([{ invoiceId: null, dueAt: "2026-02-05T15:00:00.000Z" }]);
  });

  test("gives of a balance to each subscription what the run does, which opens fifty cycles of one before another's turn", async () => {
    await using app = await openApp({ now: "2026-02-05T18:00:00Z" });
    await app.subscribe("a", { billPast: true, startLocal: "2025-12-01T09:00" }, { interval: "day" });
    await app.subscribe("b", { customerId: "cus_a", startLocal: "2026-01-15T09:00" }, { id: "monthly" });
    const credit = { customerId: "cus_a", amountCents: 51 * 200_15, currency: "MXN", reason: "sorry", by: "maria" };
    await changeBalance(app.needs, "grant", credit);
    const { wouldOpen } = await preview(app);
    await app.open();
    const opened = [...(await app.invoices("a")), ...(await app.invoices("b"))];
    const used = (invoices: readonly { subscriptionId: string; cycle: number | null; balanceCents: number }[]) =>
      invoices
        .filter(({ balanceCents }) => balanceCents > 0)
        .map((each) => `${each.subscriptionId} ${each.cycle}`)
        .toSorted();
    expect(used(opened)).toContain("b 0");
    expect(used(opened)).toContain("b 0");
    expect(used(wouldOpen)).toEqual(used(opened));
  });

  test("tells what waits for its turn, and for an earlier invoice", async () => {
    await using app = await openApp({ now: "2026-02-05T18:00:00Z" });
    await app.subscribe("a", { billPast: true, startLocal: "2026-02-01T09:00" }, { interval: "day" });
    await app.subscribe("b", { startLocal: "2026-02-05T09:00" }, { interval: "day" });
    app.gateway.answer = (intent, orderId) =>
      intent.subscriptionId === "b" ? unknown() : declined("retry_later")(intent, orderId);
    await app.run();
    app.clock.advance(3 * DAY_MS);
    await app.open();
    const told = await becauseOf(app);
    expect(told).toEqual(
      expect.arrayContaining(["a 2 catch_up_spacing", "a 3 catch_up_spacing", "b 3 earlier_unpaid"]),
    );
    const would = (await preview(app)).wouldCharge.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`);
    // One waits for the one before it, and follows once that was tried. A preview takes every charge for paid; with a decline
    // the newest cycle waits behind it.
    expect(would).toEqual(expect.arrayContaining(["a 1", "a 7"]));
    app.gateway.answer = paid;
    expect(await charged(app)).toEqual(would.toSorted());
  });
});

describe("preview, run and explain give one answer", () => {
  const CARD_OF_DECEMBER = { cardExpMonth: 12, cardExpYear: 2026 };

  test.each([
    ["2026-12-31T20:00:00-06:00", true, "good until the month is over in Mexico, though it is January in UTC"],
    ["2027-01-01T00:30:00-06:00", false, "its month is over"],
    ["2027-01-01T05:30:00-06:00", false, "and stays so"],
  ])("for a card of December at %s: charged %p (%s)", async (now, isCharged) => {
    await using app = await openApp({ now });
    await app.subscribe("a", { startLocal: now.slice(0, 16) });
    const { store } = app;
    await store.write(app.clock.now(), (records) => records.putCustomer(customerOf("cus_a", CARD_OF_DECEMBER)));
    app.gateway.customers.set("cus_a", { ...customerOf("cus_a", CARD_OF_DECEMBER), livemode: false });
    const told = isCharged ? [] : ["a 0 card_expired"];
    expect(await becauseOf(app)).toEqual(told);
    await app.open();
    expect(await becauseOf(app)).toEqual(told);
    const facts = await app.store.explaining.factsOf("a", app.clock.now());
    const rules = await outlookRules(app.assembly.foreseeing, app.clock.now());
    const [next] = facts === null ? [] : explain(facts, () => null, rules, app.clock.now()).next;
    expect(next?.why.en.includes("expired")).toBe(!isCharged);
    expect(await charged(app)).toEqual(isCharged ? ["a 0"] : []);
  });

  test("for a retry that a person asked for and that was made, and for another subscription of the customer", async () => {
    await using app = await openApp({ env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" } });
    await app.subscribe("a");
    app.gateway.answer = declined("try_again_soon");
    await app.run();
    const [invoice] = await app.invoices("a");
    const invoiceId = String(invoice?.["invoiceId"]);
    app.clock.advance(60_000);
    await retryInvoice(app.needs, invoiceId);
    expect(await charged(app)).toEqual(["a 0"]);
    const chargedAt = app.clock.now();
    // The retry that dunning planned falls due on the same day.
    await app.changeInvoice(invoiceId, { nextAttemptAt: new Date(chargedAt.getTime() + 60_000) });
    app.clock.advance(60_000);
    await app.subscribe("b", { customerId: "cus_a" });
    const { wouldCharge, wouldNotCharge } = await preview(app, { maxChargesPerCustomerPerDay: 1 });
    const dayLater = new Date(chargedAt.getTime() + DAY_MS).toISOString();
    expect(wouldCharge).toMatchObject([{ subscriptionId: "b" }]);
    expect(wouldNotCharge).toMatchObject([{ subscriptionId: "a", because: "daily_limit", until: dayLater }]);
    app.gateway.answer = paid;
    expect(await charged(app)).toEqual(["b 0"]);
    expect((await app.invoices("a"))[0]).toMatchObject({ status: "open", nextAttemptAt: dayLater });
  });
});
