/** One row that cannot be understood stays alone: the tick of all others goes on, and every light is red. */
import { describe, expect, test } from "@jest/globals";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { paid } from "../support/scripted-gateway.ts";

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
