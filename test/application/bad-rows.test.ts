/** One row that cannot be understood stays alone: the tick of all others goes on, and every light is red. */
import { describe, expect, test } from "@jest/globals";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { paid, paymentFor, pending, TRACE } from "../support/scripted-gateway.ts";
import { checkDatabase } from "../../src/application/doctor/check-machine.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";

const NO_LIMITS = { askedCharges: null, maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 };

const GOOD = ["a", "b", "c", "x", "y", "z"];
const NEVER = new AbortController().signal;

/** All of them paid once; a month later the invoice of `bad` is open and due, beside those of six others. */
async function appWithDue(): Promise<AppFixture> {
  const app = await openApp();
  for (const id of ["b-bad", ...GOOD]) await app.subscribe(id);
  expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD.length + 1 } });
  app.clock.advance(28 * DAY_MS);
  await app.open();
  return app;
}

async function badIdOf(app: AppFixture): Promise<string> {
  return (await app.invoices("b-bad"))[1]?.invoiceId ?? "";
}

describe("an invoice that is due, whose row cannot be understood", () => {
  test.each<[what: string, spoil: string]>([
    ["its lines are no JSON", "update invoice set line_items = '{' where subscription_id = 'b-bad' and cycle = 1"],
    [
      "it was missed, and its zone exists nowhere",
      "update invoice set missed = 1 where subscription_id = 'b-bad' and cycle = 1;" +
        "update subscription set time_zone = 'Mars/Olympus' where id = 'b-bad'",
    ],
  ])("%s: it is set aside, and everybody else is charged", async (_what, spoil) => {
    await using app = await appWithDue();
    const badId = await badIdOf(app);
    app.sql(spoil);
    const { summary, incompleteBecause } = await (await app.biller()).tick(NEVER);
    expect(summary).toMatchObject({ outcomes: { paid: GOOD.length }, setAside: [badId], stoppedAt: null });
    expect(incompleteBecause).toContain(badId);
    expect(app.gateway.charges).toHaveLength(2 * GOOD.length + 1);
    app.clock.advance(MINUTE_MS);
    expect((await app.run()).setAside).toEqual([badId]);
  });
});

test("a charge that fails by a bug is set aside, uncertain until it is asked about, and ends nobody else's", async () => {
  await using app = await appWithDue();
  const badId = await badIdOf(app);
  app.gateway.answer = (intent, orderId) => {
    if (intent.invoiceId === badId) throw new TypeError("a bug");
    return paid(intent, orderId);
  };
  expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD.length }, setAside: [badId] });
  app.clock.advance(HOUR_MS);
  await app.run();
  const states = (await app.attempts()).filter(({ invoiceId }) => invoiceId === badId).map(({ state }) => state);
  expect(states).toEqual(["unknown"]);
});

test("two charges in a row that fail by a bug end the run: it is hardly the rows'", async () => {
  await using app = await appWithDue();
  app.gateway.answer = () => {
    throw new TypeError("a bug");
  };
  const { summary } = await (await app.biller()).tick(NEVER);
  expect(summary.setAside.length).toBeLessThan(GOOD.length);
  expect((await app.attempts()).filter(({ state }) => state === "sending").length).toBeLessThan(GOOD.length);
});

test("a step that breaks keeps the run from no other, and is said", async () => {
  await using app = await appWithDue();
  const biller = await app.biller();
  const { needs } = biller;
  const whole = { ...needs.store };
  const broken = async (): Promise<never> => await Promise.reject(new TypeError("a bug"));
  Object.assign(needs.store, { dueInquiries: broken, disputeReads: broken, expiringCards: broken });
  const { summary, incompleteBecause } = await biller.tick(NEVER);
  expect(summary.outcomes.paid).toBe(GOOD.length + 1);
  expect(incompleteBecause).toMatch(/inquiries.*disputes.*notices/);
  Object.assign(needs.store, whole);
  app.clock.advance(HOUR_MS);
  expect(await biller.tick(NEVER)).toMatchObject({ incompleteBecause: null });
});

describe("a row whose JSON is damaged", () => {
  test.each([
    ["the lines of an invoice", "update invoice set line_items = '{' where subscription_id = 'b-bad'"],
    ["what was learned of an attempt", "update attempt set evidence = '[{' where invoice_id in (:of)"],
    ["the data of an event", "update event set data = '{' where invoice_id in (:of)"],
    ["the lines of a subscription", "update subscription set line_items = '[' where id = 'b-bad'"],
  ])("%s: every listing and everybody else's story is told, and the doctor names the row", async (_what, spoil) => {
    await using app = await appWithDue();
    app.sql(spoil.replace(":of", "select id from invoice where subscription_id = 'b-bad'"));
    expect(await app.list("invoices")).toHaveLength(2 * (GOOD.length + 1));
    expect(await app.list("history")).toHaveLength(GOOD.length + 1);
    expect(await app.list("subscriptions")).toHaveLength(GOOD.length + 1);
    expect((await app.list("events")).length).toBeGreaterThan(GOOD.length);
    const ids = (await app.list("subscriptions")).map(({ subscriptionId }) => subscriptionId);
    expect((await app.store.explaining.outlooksOf(ids, app.clock.now())).size).toBeGreaterThanOrEqual(GOOD.length);
    expect(await app.store.explaining.factsOf("a", app.clock.now())).not.toBeNull();
    const { unreadableRows } = await app.store.inspection.health();
    expect(unreadableRows.join()).toMatch(/\((line_items|evidence|data)\)/);
    expect(checkDatabase(await app.store.inspection.health())).toMatchObject({ state: "bad" });
    await app.run();
    expect(app.gateway.charges.length).toBeGreaterThanOrEqual(2 * GOOD.length + 1);
  });

  test.each([
    ["the lines of a subscription", "update subscription set line_items = '[' where id = 'b-bad'"],
    ["the discount of a subscription", "update subscription set discount = '{' where id = 'b-bad'"],
  ])("%s, whose cycle is due: it is set aside, and all others are opened and charged", async (_what, spoil) => {
    await using app = await openApp();
    for (const id of ["b-bad", ...GOOD]) await app.subscribe(id);
    app.sql(spoil);
    expect((await previewRun(app.assembly.settling, NO_LIMITS)).setAside).toEqual(["b-bad"]);
    expect(await app.run()).toMatchObject({
      opened: GOOD.length,
      outcomes: { paid: GOOD.length },
      setAside: ["b-bad"],
    });
  });

  test("the lines of an invoice whose outcome is uncertain: it is asked about with all others", async () => {
    await using app = await openApp();
    for (const id of ["b-bad", ...GOOD]) await app.subscribe(id);
    app.gateway.answer = pending;
    await app.run();
    app.sql("update invoice set line_items = '{' where subscription_id = 'b-bad'");
    for (const { intent } of app.gateway.charges)
      app.gateway.shows.set(intent.reference, { kind: "paid", payment: paymentFor(intent, null), trace: TRACE });
    app.clock.advance(HOUR_MS);
    expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD.length + 1 }, setAside: [] });
  });
});

test("a subscription that is due alone, and cannot be read, makes every light red", async () => {
  await using app = await openApp();
  await app.subscribe("bad");
  const biller = await app.biller();
  expect(await biller.tick(NEVER)).toMatchObject({ incompleteBecause: null, summary: { opened: 1 } });
  // Its clock is asked for anew only where something is due, and a row that cannot be read is.
  const { gateway } = app;
  const lastAnswer = gateway.clockEvidence();
  gateway.clockEvidence = () => lastAnswer;
  app.clock.advance(28 * DAY_MS);
  app.sql("update subscription set line_items = '[' where id = 'bad'");
  const { summary, incompleteBecause } = await biller.tick(NEVER);
  expect(summary.setAside).toEqual(["bad"]);
  expect(incompleteBecause).toContain("bad");
});

test("an empty database whose first invoice is damaged charges all others", async () => {
  await using app = await openApp();
  for (const id of ["b-bad", ...GOOD]) await app.subscribe(id);
  await app.open();
  const [bad] = await app.invoices("b-bad");
  app.sql("update invoice set line_items = '{' where subscription_id = 'b-bad'");
  expect(await app.run()).toMatchObject({ outcomes: { paid: GOOD.length }, setAside: [bad?.invoiceId] });
});
