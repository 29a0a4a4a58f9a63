/**
 * One answer to "is it charged?": the run, its preview, `explain`, the listings and `status` agree in every situation.
 *
 * Each situation is made, everybody is asked, and then the run shows who was right.
 */
import { expect, test } from "@jest/globals";
import { changeBalance } from "../../src/application/balance/change-balance.ts";
import { outlookRules } from "../../src/application/charging/outlook-rules.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { applyPlans } from "../../src/application/plans/apply-plans.ts";
import { nextAttempt } from "../../src/application/run/next-attempt.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { explainSubscription } from "../../src/application/subscriptions/explain-subscription.ts";
import { pauseSubscription, resumeSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { nextCharge } from "../../src/domain/charging/next-charge.ts";
import type { Customer } from "../../src/domain/plan.ts";
import { nextCharges } from "../../src/entrypoints/cli/next-charges.ts";
import { type AppFixture, type Environment, openApp } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { customerOf, DAY_MS, HOUR_MS, MINUTE_MS, planOf } from "../support/records.ts";
import { declined, paid, unknown } from "../support/scripted-gateway.ts";

const DUE = "2026-01-31T15:00:00Z";
const RETRY_DAYS = Array.from({ length: 30 }, () => 1);

type Situation = {
  readonly now?: string;
  readonly env?: Environment;
  /** Instead of `collect_in_order`. */
  readonly laterCycles?: "hold";
  readonly make: (app: AppFixture) => Promise<void>;
};

async function withCard(app: AppFixture, id: string, change: Partial<Customer>): Promise<void> {
  await app.subscribe(id);
  await app.store.write(app.clock.now(), (records) => records.putCustomer(customerOf(`cus_${id}`, change)));
  app.gateway.customers.set(`cus_${id}`, { ...customerOf(`cus_${id}`, change), livemode: false });
}

async function invoiceId(app: AppFixture, id: string): Promise<string> {
  return (await app.invoices(id))[0]?.invoiceId ?? "";
}

/** The invoice is charged, and so answered, `times` times an hour apart, then due once more. */
async function tried(app: AppFixture, id: string, times: number, answer = declined("retry_later")): Promise<void> {
  app.gateway.answer = answer;
  for (let n = 0; n < times; n++) {
    await app.run();
    app.clock.advance(HOUR_MS);
    await app.changeInvoice(await invoiceId(app, id), { nextAttemptAt: app.clock.now() });
  }
  app.gateway.answer = paid;
}

/** Of the card: each is a reattempt at a day of its own. */
async function declinedDaily(app: AppFixture, times: number): Promise<void> {
  app.gateway.answer = declined("retry_later");
  for (let n = 0; n < times; n++) {
    await app.run();
    app.clock.advance(DAY_MS);
  }
  app.gateway.answer = paid;
}

const monthly = async (app: AppFixture) => void (await app.subscribe("a"));
const decemberCard = (app: AppFixture) => withCard(app, "a", { cardExpMonth: 12, cardExpYear: 2026 });

// prettier-ignore
const SITUATIONS: readonly (readonly [name: string, situation: Situation, charged: string, because: string])[] = [
  ["nothing is in the way", { make: monthly }, "a", "it is due, and the card is good"],
  ["another card expired", { make: (app) => withCard(app, "a", { cardExpMonth: 12, cardExpYear: 2025 }) }, "", "it would be in vain"],
  ["a card of December, in its last hours", { now: "2026-12-31T23:30:00-06:00", make: decemberCard }, "a", "the month is over in Mexico, not in UTC"],
  ["a card of December, on 1 January at 00:30", { now: "2027-01-01T00:30:00-06:00", make: decemberCard }, "", "its month is over, though it is 06:30 in UTC"],
  ["a card of December, on 1 January at 05:30", { now: "2027-01-01T05:30:00-06:00", make: decemberCard }, "", "and stays over"],
  ["no card", { make: (app) => withCard(app, "a", { paymentSourceId: null }) }, "", "there is nothing to charge"],
  ["a forbidden card", { make: async (app) => { await monthly(app); await tried(app, "a", 1, declined("never_again")); } }, "", "the bank said never again"],
  ["a forbidden card, and another subscription of the customer", { make: async (app) => { await monthly(app); await tried(app, "a", 1, declined("never_again")); await app.subscribe("b", { customerId: "cus_a" }); } }, "", "the card is forbidden, not the invoice"],

  ["as many tries as the day allows", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "2" }, make: async (app) => { await monthly(app); await tried(app, "a", 2); } }, "", "a retry is put off until the oldest try is a day old"],
  ["as many tries, a day ago", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "2" }, make: async (app) => { await monthly(app); await tried(app, "a", 2); app.clock.advance(DAY_MS); } }, "a", "tries older than 24 hours do not count"],
  ["as many tries, and a person asks", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "2" }, make: async (app) => { await monthly(app); await tried(app, "a", 2); await retryInvoice(app.needs, await invoiceId(app, "a")); } }, "a", "a person may"],
  ["as many tries, none of them declined", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" }, make: async (app) => { await monthly(app); await tried(app, "a", 1); await app.changeInvoice(await invoiceId(app, "a"), { declines: 0, firstDeclinedAt: null, dunningStep: null, dunningClass: null }); } }, "", "charged again and again without a decline: a person must look"],
  ["as many tries of another invoice", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" }, make: async (app) => { await monthly(app); await tried(app, "a", 1); await app.subscribe("b", { customerId: "cus_a" }); } }, "b", "the limit is each invoice's own"],
  ["as many tries as the network allows", { make: async (app) => { await app.subscribe("a", { startLocal: "2026-01-31T09:00" }, { interval: "year" }); await declinedDaily(app, 16); } }, "", "the 16th reattempt within 30 days waits for its day"],
  ["one try fewer than the network allows", { make: async (app) => { await app.subscribe("a", { startLocal: "2026-01-31T09:00" }, { interval: "year" }); await declinedDaily(app, 15); } }, "a", "the 15th is allowed"],

  ["an earlier invoice is declined", { make: async (app) => { await monthly(app); await tried(app, "a", 1); await app.changeInvoice(await invoiceId(app, "a"), { nextAttemptAt: new Date("2026-03-30T15:00:00Z") }); app.clock.set(new Date("2026-02-28T15:00:00Z")); } }, "", "the older debt is collected first"],
  ["an earlier invoice is declined, and both are due", { make: async (app) => { await monthly(app); await tried(app, "a", 1); app.clock.set(new Date("2026-02-28T15:00:00Z")); } }, "a a", "one after the other"],
  ["an earlier invoice is declined, and later ones are held", { laterCycles: "hold", make: async (app) => { await monthly(app); await tried(app, "a", 1); await app.changeInvoice(await invoiceId(app, "a"), { nextAttemptAt: new Date("2026-03-30T15:00:00Z") }); app.clock.set(new Date("2026-02-28T15:00:00Z")); } }, "", "later_cycles: hold"],
  ["an earlier invoice is held", { make: async (app) => { await monthly(app); await app.open(); await app.changeInvoice(await invoiceId(app, "a"), { status: "held", statusReason: "refused", nextAttemptAt: null }); app.clock.set(new Date("2026-02-28T15:00:00Z")); } }, "", "a person decides it first"],
  ["an earlier invoice is unknown", { make: async (app) => { await monthly(app); app.gateway.answer = unknown; await app.run(); app.gateway.answer = paid; app.clock.advance(MINUTE_MS); await app.changeInvoice(await invoiceId(app, "a"), {}); app.clock.set(new Date("2026-02-28T15:00:00Z")); app.gateway.failingReads.push(...Array.from({ length: 50 }, () => new GatewayUnavailable("no answer"))); } }, "", "money may have moved"],
  ["an earlier invoice is held, and a person asks for the later", { make: async (app) => { await monthly(app); await app.open(); await app.changeInvoice(await invoiceId(app, "a"), { status: "held", statusReason: "refused", nextAttemptAt: null }); app.clock.set(new Date("2026-02-28T15:00:00Z")); await app.open(); await retryInvoice(app.needs, (await app.invoices("a"))[1]?.invoiceId ?? ""); } }, "a", "a person may"],

  ["canceled at once", { make: async (app) => { await monthly(app); await cancelSubscription(app.needs, "a", { atOnce: true }); } }, "", "nothing is owed any more"],
  ["paused before it is due", { now: "2026-01-30T15:00:00Z", make: async (app) => { await monthly(app); await pauseSubscription(app.needs, "a"); app.clock.set(new Date(DUE)); } }, "", "its cycle is void"],
  ["canceled, paused and resumed", { now: "2026-01-30T15:00:00Z", make: async (app) => { await monthly(app); await pauseSubscription(app.needs, "a"); await cancelSubscription(app.needs, "a", { atOnce: false }); await resumeSubscription(app.needs, "a"); app.clock.set(new Date(DUE)); } }, "", "it ends before that cycle"],
  ["paused and resumed", { now: "2026-01-30T15:00:00Z", make: async (app) => { await monthly(app); await pauseSubscription(app.needs, "a"); await resumeSubscription(app.needs, "a"); app.clock.set(new Date(DUE)); } }, "a", "it goes on"],
  ["not due yet", { now: "2026-01-30T15:00:00Z", make: monthly }, "", "tomorrow"],

  ["a retry that waits", { make: async (app) => { await monthly(app); app.gateway.answer = declined("retry_later"); await app.run(); app.gateway.answer = paid; app.clock.advance(HOUR_MS); } }, "", "its day is tomorrow"],
  ["a wait for another card", { make: async (app) => { await monthly(app); app.gateway.answer = declined("new_card"); await app.run(); app.gateway.answer = paid; app.clock.advance(HOUR_MS); } }, "", "the card there is, is not tried"],
  ["a halt", { make: async (app) => { await monthly(app); await app.store.haltCharging({ kind: "person", because: "said the test" }, app.clock.now()); } }, "", "nobody is charged"],
  ["more than the hour allows", { env: { MAX_CHARGES_PER_RUN: "1" }, make: async (app) => { await app.subscribe("z", { startLocal: "2026-01-31T09:00" }); await app.run(); app.clock.advance(MINUTE_MS); await monthly(app); } }, "", "the hour's one charge was made"],
  ["more than a run may move", { env: { MAX_AMOUNT_CENTS_PER_RUN: "100" }, make: monthly }, "", "no run collects it"],
];

test.each(SITUATIONS)("%s: charged %j (%s)", async (_name, { now = DUE, env = {}, laterCycles, make }, charged) => {
  const policies = [policyOf({ retryAfterDays: RETRY_DAYS, ...(laterCycles && { laterCycles }) })];
  await using app = await openApp({ now, env, policies });
  await make(app);
  const before = await asked(app);
  await app.open();
  const after = await asked(app);

  const made = app.gateway.charges.length;
  await app.run();
  const by = app.gateway.charges.slice(made).map(({ intent }) => intent.subscriptionId);
  expect(by.toSorted().join(" ")).toBe(charged);

  expect(before.preview).toBe(charged);
  expect(after.preview).toBe(charged);
  const subscriptions = [...new Set(by)].toSorted().join(" ");
  expect(before.announced).toBe(subscriptions);
  expect(after.announced).toBe(subscriptions);
  expect(before.listed).toBe(subscriptions);
  expect(after.listed).toBe(subscriptions);
  expect(after.explained).toBe(subscriptions);
  expect(after.isAttemptedNow).toBe(charged !== "");
});

async function asked(app: AppFixture) {
  const now = app.clock.now();
  const { assembly, store } = app;
  const ids = (await app.list("subscriptions")).map(({ subscriptionId }) => subscriptionId).toSorted();
  const limits = { askedCharges: null, ...assembly.foreseeing.limits };
  const { wouldCharge, haltReason } = await previewRun(assembly.settling, limits);
  const outlooks = await store.explaining.outlooksOf(ids, now);
  const rules = await outlookRules(assembly.foreseeing, now);
  const announced = ids.filter((id) => {
    const next = nextCharge(outlooks.get(id)!, rules, now);
    return next.at !== null && next.at <= now;
  });
  const listing = await nextCharges(assembly, ids);
  const explained: string[] = [];
  for (const subscriptionId of ids) {
    const needs = { ...assembly.foreseeing, records: store.explaining, clock: app.clock, declineText: () => null };
    const { next } = await explainSubscription(needs, { subscriptionId, invoiceId: null });
    if (next[0]?.what === "halt") continue;
    const charges = next.filter(({ what, at, why }) => what === "charge" && at! <= now && !why.en.includes(" But "));
    explained.push(...charges.map(() => subscriptionId));
  }
  const attemptAt = await nextAttempt({ ...assembly.foreseeing, records: store.explaining }, now);
  return {
    preview:
      haltReason === null
        ? wouldCharge
            .map((each) => each.subscriptionId)
            .toSorted()
            .join(" ")
        : "",
    announced: announced.join(" "),
    // Where there is no date, a listing shows "(the reason)".
    listed: ids
      .filter((id) => {
        const next = listing.of(id);
        return next?.at == null ? !/^\(.+\)$/.test(listing.cell(id)) : next.at <= now;
      })
      .join(" "),
    explained: explained.join(" "),
    isAttemptedNow: attemptAt !== null && attemptAt <= now,
  };
}

const withCredit = async (app: AppFixture) => {
  await monthly(app);
  const credit = { customerId: "cus_a", currency: "MXN", amountCents: 100_000, reason: "a gift", by: "test" };
  await changeBalance(app.needs, "grant", credit);
};

// prettier-ignore
const BEGUN: readonly (readonly [name: string, situation: Situation, announced: string, because: string])[] = [
  ["nothing is in the way", { make: monthly }, "is charged with the next run, $200.15 MXN", "it is due, and the card is good"],
  ["it begins tomorrow", { now: "2026-01-30T15:00:00Z", make: monthly }, "first charge 2026-01-31 09:00 America/Mexico_City, $200.15 MXN", "its day has not come"],
  ["the customer's card expired", { make: (app) => withCard(app, "a", { cardExpMonth: 12, cardExpYear: 2025 }) }, "no charge as things are: card expired", "it would be in vain"],
  ["the customer's card was forbidden", { make: async (app) => { await monthly(app); await tried(app, "a", 1, declined("never_again")); } }, "no charge as things are: card forbidden", "the bank said so about another subscription"],
  ["the customer has used up the day", { env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" }, make: async (app) => { await monthly(app); await tried(app, "a", 1); } }, "is charged with the next run, $200.15 MXN", "the limit is each invoice's own"],
  ["a balance pays it", { make: withCredit }, "no charge as things are: nothing to collect", "the customer has that much to the good"],
  ["a halt", { make: async (app) => { await monthly(app); await app.store.haltCharging({ kind: "person", because: "said the test" }, app.clock.now()); } }, "no charge as things are: halted", "nobody is charged"],
  ["more than the hour allows", { env: { MAX_CHARGES_PER_RUN: "1" }, make: async (app) => { await monthly(app); await app.run(); app.clock.advance(MINUTE_MS); } }, "no charge as things are: run limit", "the hour's one charge was made"],
  ["more than a run may move", { env: { MAX_AMOUNT_CENTS_PER_RUN: "100" }, make: monthly }, "no charge as things are: run limit", "no run collects it"],
];

test.each(BEGUN)("begun by plans.yaml, %s: %s (%s)", async (_name, { now = DUE, env = {}, make }, announced) => {
  await using app = await openApp({ now, env, policies: [policyOf({ retryAfterDays: RETRY_DAYS })] });
  await make(app);
  const order = {
    planId: "file",
    customerId: "cus_a",
    startLocal: "2026-01-31T09:00",
    timeZone: "America/Mexico_City",
  };
  const terms = { quantity: 1, lineItems: null, discount: null, billPast: true, where: "line 1" };
  const input = { plans: [planOf({ id: "file" })], subscriptions: [{ id: "new", ...order, ...terms }] };
  const words = async (dryRun: boolean) => {
    const options = { fileName: "plans.yaml", dryRun, prune: false, confirmed: true };
    const { changes } = await applyPlans(app.needs, input, options);
    return changes.find(({ id }) => id === "new")?.details.join("; ");
  };
  expect(await words(true)).toContain(announced);
  expect(await words(false)).toContain(announced);

  const foreseen = await asked(app);
  const made = app.gateway.charges.length;
  await app.run();
  const isCharged = app.gateway.charges.slice(made).some(({ intent }) => intent.subscriptionId === "new");
  expect(isCharged).toBe(announced.startsWith("is charged"));
  expect(foreseen.preview.split(" ").includes("new")).toBe(isCharged);
});

test("several subscriptions of a customer: each is announced as it will be charged, beside what the others use of what waits", async () => {
  await using app = await openApp({ now: "2026-01-30T15:00:00Z" });
  for (const [id, startLocal] of [
    ["a", "2026-01-31T09:00"],
    ["b", "2026-01-31T09:00"],
    ["c", "2026-01-31T08:00"],
  ] as const)
    await app.subscribe(id, { customerId: "cus_a", startLocal });
  const credit = { customerId: "cus_a", currency: "MXN", amountCents: 25_000, reason: "a gift", by: "test" };
  await changeBalance(app.needs, "grant", credit);
  const announced = async () => {
    const listing = await nextCharges(app.assembly, ["a", "b", "c"]);
    return ["a", "b", "c"].map((id) => listing.invoiceOf(id)?.amountCents);
  };
  const expected = [15_030, 20_015, 0];
  expect(await announced()).toEqual(expected);
  app.clock.set(new Date(DUE));
  expect(await announced()).toEqual(expected);
  const limits = { askedCharges: null, ...app.assembly.foreseeing.limits };
  const { wouldOpen } = await previewRun(app.assembly.settling, limits);
  expect(["a", "b", "c"].map((id) => wouldOpen.find((each) => each.subscriptionId === id)?.amountCents)).toEqual(
    expected,
  );
  await app.run();
  const made = await app.list("invoices");
  expect(["a", "b", "c"].map((id) => made.find((each) => each.subscriptionId === id)?.amountCents)).toEqual(expected);
});
