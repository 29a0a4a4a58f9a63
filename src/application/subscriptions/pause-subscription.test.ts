/** Pausing, resuming, skipping, and taking such things back: what is written and told, and what is refused. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { invoiceOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Coupon } from "../../domain/coupon.ts";
import { said, type Said } from "../../domain/refusals.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { addCoupon, giveCoupon, takeCoupon } from "../coupons/coupons.ts";
import { pauseSubscription, planPause, resumeSubscription } from "./pause-subscription.ts";
import { skipCycle } from "./skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "./take-back.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
const ANA = { subscriptionId: "ana", customerId: "cus_ana" };
const PERSON = { because: "person" };
const ENDED = { status: "canceled", nextBillingAt: null, cancelAt: NOW } as const;
const at = (text: string) => new Date(text);

async function worldOf(ana: Partial<Subscription> = {}, plan: Partial<Plan> = {}, now = NOW) {
  const oro = planOf(plan);
  const app = await memoryApp({ plans: [oro], subscriptions: [subscriptionOf("ana", ana, oro)] }, { now });
  const { needs } = app;
  return {
    ...app,
    pause: () => pauseSubscription(needs, "ana"),
    plan: (from: string | null, until: string) => planPause(needs, "ana", { from, until }),
    resume: () => resumeSubscription(needs, "ana"),
    skip: () => skipCycle(needs, "ana"),
    unskip: () => unskipCycle(needs, "ana"),
    uncancel: () => uncancelSubscription(needs, "ana"),
    words: () => app.invoicesOf("ana").map(({ cycle, status, statusReason }) => `${cycle} ${status} ${statusReason}`),
  };
}
type World = Awaited<ReturnType<typeof worldOf>>;

describe("paused and resumed", () => {
  test.each(["active", "past_due", "unpaid", "trialing"] as const)(
    "one that is %s is paused, and told",
    async (status) => {
      const { pause, subscription, told } = await worldOf({ status });
      await pause();
      expect(subscription("ana")?.status).toBe("paused");
      expect(told()).toEqual([{ type: "subscription.paused", ...ANA, data: { was: status, ...PERSON } }]);
    },
  );

  test("what fell due before is billed as it was", async () => {
    const { pause, words } = await worldOf({}, {}, at("2026-03-01T15:00:00Z"));
    await pause();
    expect(words()).toEqual(["1 open null"]);
  });

  test.each<[ana: Partial<Subscription>, plan: Partial<Plan>, becomes: string, because: string]>([
    [{ status: "paused" }, {}, "active", "it goes on"],
    [{ status: "unpaid" }, {}, "active", "whoever did not pay is tried anew"],
    [
      { status: "paused", nextCycle: 0, anchorLocal: "2026-02-14T09:00" },
      { trialPeriodDays: 14 },
      "trialing",
      "its trial goes on",
    ],
    [
      { status: "paused", nextCycle: 0, anchorLocal: "2026-02-14T09:00" },
      { trialPeriodDays: 1 },
      "trialing",
      "of a day, too",
    ],
    [{ status: "paused", nextCycle: 1 }, { trialPeriodDays: 14 }, "active", "its trial is over"],
    [{ status: "paused", nextCycle: 0, anchorLocal: "2026-02-14T09:00" }, {}, "active", "it had no trial"],
  ])("%j of %j is resumed as %s (%s)", async (ana, plan, becomes) => {
    const { resume, subscription, told } = await worldOf(ana, plan);
    await resume();
    expect(subscription("ana")).toMatchObject({ status: becomes, pauseFrom: null, pauseUntil: null });
    expect(told()).toEqual([{ type: "subscription.resumed", ...ANA, data: { was: ana.status, ...PERSON } }]);
  });

  test("one that owes an invoice that failed is behind with it again", async () => {
    const { resume, inBooks, subscription, told } = await worldOf({ status: "paused" });
    const failed = { firstDeclinedAt: NOW, declines: 1, dunningStep: "retry", dunningClass: "retry_later" } as const;
    await inBooks(async (records) => records.addInvoice(invoiceOf(subscriptionOf("ana"), 0, failed)));
    await resume();
    expect(subscription("ana")?.status).toBe("past_due");
    expect(told().map(({ type }) => type)).toEqual(["subscription.resumed", "subscription.past_due"]);
  });

  test("the cycles of the pause stay void", async () => {
    const { resume, words } = await worldOf({ status: "paused" }, {}, at("2026-03-01T15:00:00Z"));
    await resume();
    expect(words()).toEqual(["1 void paused"]);
  });

  const planned = { pauseFrom: at("2026-02-20T06:00:00Z"), pauseUntil: at("2026-04-01T06:00:00Z") };
  test("a planned pause is withdrawn instead, and one who is paused beside it is resumed", async () => {
    const { resume, subscription, told } = await worldOf(planned);
    await resume();
    expect(subscription("ana")).toMatchObject({ status: "active", pauseFrom: null, pauseUntil: null });
    expect(told()).toEqual([{ type: "subscription.pause_withdrawn", ...ANA, data: PERSON }]);
    const both = await worldOf({ ...planned, status: "unpaid" });
    await both.resume();
    expect(both.subscription("ana")).toMatchObject({ status: "active", pauseUntil: null });
    expect(both.told()).toMatchObject([{ type: "subscription.resumed", data: { was: "unpaid" } }]);
  });
});

describe("a pause that is planned", () => {
  test.each<[from: string | null, until: string, pause: readonly [string, string]]>([
    ["2026-02-20", "2026-04-01", ["2026-02-20T06:00:00Z", "2026-04-01T06:00:00Z"]],
    [null, "2026-02-11", ["2026-02-10T15:00:00Z", "2026-02-11T06:00:00Z"]],
    ["2026-02-01", "2026-02-11", ["2026-02-01T06:00:00Z", "2026-02-11T06:00:00Z"]],
  ])("from %p until %p is kept and told as %j", async (from, until, pause) => {
    const { plan, subscription, told } = await worldOf();
    const [pauseFrom, pauseUntil] = pause.map(at);
    expect(await plan(from, until)).toEqual({ from: pauseFrom, until: pauseUntil });
    expect(subscription("ana")).toMatchObject({ status: "active", pauseFrom, pauseUntil });
    const data = { from: pauseFrom?.toISOString(), until: pauseUntil?.toISOString(), ...PERSON };
    expect(told()).toEqual([{ type: "subscription.pause_planned", ...ANA, data }]);
  });

  test("after one that is over another one may be planned", async () => {
    const { plan } = await worldOf({ pauseFrom: at("2026-01-01T06:00:00Z"), pauseUntil: NOW });
    await expect(plan(null, "2026-04-01")).resolves.toBeDefined();
  });

  const fromNow = said("pause_from_now");
  test.each<[ana: Partial<Subscription>, days: readonly [string | null, string], name: string, says: Said]>([
    [ENDED, [null, "2026-04-01"], "Refused", said("subscription_is", { id: "ana", status: "canceled" })],
    [{ status: "paused" }, [null, "2026-04-01"], "Refused", said("subscription_paused", { id: "ana" })],
    [
      { pauseFrom: NOW, pauseUntil: at("2026-02-10T15:00:01Z") },
      [null, "2026-04-01"],
      "Refused",
      said("pause_planned", { id: "ana" }),
    ],
    [{}, [null, "2026-02-10"], "UsageInvalid", said("pause_backwards", { from: fromNow, until: "2026-02-10" })],
    [
      {},
      ["2026-03-01", "2026-03-01"],
      "UsageInvalid",
      said("pause_backwards", { from: "2026-03-01", until: "2026-03-01" }),
    ],
    [{}, ["2026-01-01", "2026-02-10"], "UsageInvalid", said("pause_over", { until: "2026-02-10" })],
  ])("for %j, on %j, is %s: %j", async (ana, [from, until], name, says) => {
    const { plan, told } = await worldOf(ana);
    expect(await thrownBy(plan(from, until))).toMatchObject({ name, said: says });
    expect(told()).toEqual([]);
  });

  test("that ends this very moment is over", async () => {
    const { plan } = await worldOf({}, {}, at("2026-02-11T06:00:00Z"));
    expect(await thrownBy(plan("2026-02-01", "2026-02-11"))).toMatchObject({
      said: said("pause_over", { until: "2026-02-11" }),
    });
  });
});

describe("a cycle that is skipped", () => {
  test("is void, and the calendar moves on", async () => {
    const { skip, words, subscription, told, invoicesOf } = await worldOf();
    expect(await skip()).toEqual({
      ...{ cycle: 1, periodStart: at("2026-02-28T15:00:00Z"), nextBillingAt: at("2026-03-31T15:00:00Z"), coupons: [] },
    });
    expect(words()).toEqual(["1 void skipped"]);
    expect(invoicesOf("ana")[0]).toMatchObject({ periodEnd: at("2026-03-31T15:00:00Z"), nextAttemptAt: null });
    expect(subscription("ana")).toMatchObject({ nextCycle: 2, nextBillingAt: at("2026-03-31T15:00:00Z") });
    const invoiceId = invoicesOf("ana")[0]?.id;
    expect(told()).toEqual([{ type: "invoice.voided", ...ANA, invoiceId, data: { cycle: 1, reason: "skipped" } }]);
  });

  test("is the end of a trial, if it was the first", async () => {
    const trial = { status: "trialing", nextCycle: 0, anchorLocal: "2026-02-14T09:00" } as const;
    const { skip, subscription } = await worldOf(trial, { trialPeriodDays: 14 });
    await skip();
    expect(subscription("ana")).toMatchObject({ status: "active", nextCycle: 1 });
  });

  test("is no charge of the plan, which goes on for one more; where cycles count, it is the last", async () => {
    const charges = await worldOf({}, { expiryCount: 2 });
    expect(await charges.skip()).toMatchObject({ nextBillingAt: at("2026-03-31T15:00:00Z") });
    const cycles = await worldOf({}, { expiryCount: 2, expiryCounts: "cycles" });
    expect(await cycles.skip()).toMatchObject({ nextBillingAt: null });
    expect(cycles.subscription("ana")?.nextBillingAt).toBeNull();
  });

  test("uses up a cycle of its coupons, which are named", async () => {
    const { skip, needs } = await worldOf();
    const coupon: Coupon = {
      ...{ code: "MAYO", percentHundredths: 5000, amountCents: null, currency: null, cycles: 1, redeemBy: null },
      ...{ maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" },
    };
    await addCoupon(needs, coupon);
    await giveCoupon(needs, "ana", { code: "MAYO", by: "eva" });
    expect((await skip()).coupons).toEqual(["MAYO"]);
    expect((await skip()).coupons).toEqual([]);
  });

  test.each<[ana: Partial<Subscription>, says: Said]>([
    [ENDED, said("nothing_to_skip", { id: "ana" })],
    [{ cancelAt: at("2026-02-28T15:00:00Z") }, said("nothing_to_skip_ends", { id: "ana" })],
  ])("of %j there is none: %j", async (ana, says) => {
    const { skip, told } = await worldOf(ana);
    expect(await thrownBy(skip())).toMatchObject({ name: "Refused", said: says });
    expect(told()).toEqual([]);
  });
});

describe("a skip that is taken back", () => {
  test("leaves the cycle as if it had never been skipped", async () => {
    const { skip, unskip, words, subscription, told } = await worldOf();
    await skip();
    told();
    expect(await unskip()).toEqual({ cycle: 1, nextBillingAt: at("2026-02-28T15:00:00Z") });
    expect(words()).toEqual([]);
    expect(subscription("ana")).toMatchObject({ nextCycle: 1, nextBillingAt: at("2026-02-28T15:00:00Z") });
    expect(told()).toEqual([{ type: "subscription.unskipped", ...ANA, data: { cycle: 1, ...PERSON } }]);
  });

  test("is the last one's alone, one after the other", async () => {
    const { skip, unskip, words } = await worldOf();
    await skip();
    await skip();
    expect((await unskip()).cycle).toBe(2);
    expect(words()).toEqual(["1 void skipped"]);
    expect((await unskip()).cycle).toBe(1);
    expect(await thrownBy(unskip())).toMatchObject({ name: "Refused", said: said("not_skipped", { id: "ana" }) });
  });

  test("of a plan with an end leaves as many charges as before", async () => {
    const { skip, unskip, subscription } = await worldOf({}, { expiryCount: 2 });
    await skip();
    await unskip();
    expect(subscription("ana")?.nextBillingAt).toEqual(at("2026-02-28T15:00:00Z"));
  });

  test("of a plan whose charges are all made by now is refused", async () => {
    const { skip, unskip, inBooks, tables } = await worldOf({ nextCycle: 2 }, { expiryCount: 2 });
    const ana = subscriptionOf("ana");
    await inBooks(async (records) => {
      const voided = { status: "void", statusReason: "voided_by_person", nextAttemptAt: null } as const;
      records.addInvoice(invoiceOf(ana, 0, voided));
      records.addInvoice(invoiceOf(ana, 1, { status: "paid", paidAt: NOW, nextAttemptAt: null }));
      records.addInvoice(invoiceOf(ana, 0, { ...voided, id: "inv_once", cycle: null, oneOffKey: "once" }));
    });
    await skip();
    // Paid over the counter after all.
    tables.invoices.put({ ...tables.invoices.must("inv_ana_0"), status: "paid", statusReason: null, paidAt: NOW });
    const begun = said("skipped_has_begun", { cycle: 2, on: "2026-03-31" });
    expect(await thrownBy(unskip())).toMatchObject({ name: "Refused", said: begun });
  });

  test("a coupon that was taken away meanwhile does not lower it; others do as before", async () => {
    const { skip, unskip, needs, tables } = await worldOf();
    for (const [code, cycles] of [
      ["TAKEN", null],
      ["KEPT", 3],
      ["EVER", null],
    ] as const) {
      const worth = { percentHundredths: 5000, amountCents: null, currency: null, cycles, redeemBy: null };
      await addCoupon(needs, { code, ...worth, maxRedemptions: null, planIds: null, archivedAt: null, source: "cli" });
      await giveCoupon(needs, "ana", { code, by: "eva" });
    }
    await skip();
    await takeCoupon(needs, "ana", "TAKEN");
    await addCoupon(needs, { ...tables.coupons.get("EVER")!, code: "LATE" });
    await giveCoupon(needs, "ana", { code: "LATE", by: "eva" });
    await takeCoupon(needs, "ana", "LATE");
    await unskip();
    const grants = [...tables.couponGrants.rows.values()];
    expect(grants.map(({ couponCode, fromCycle, untilCycle }) => [couponCode, fromCycle, untilCycle])).toEqual([
      ["TAKEN", 1, 1],
      ["KEPT", 1, 4],
      ["EVER", 1, null],
      ["LATE", 2, 2],
    ]);
  });

  test.each<[what: string, act: (world: World) => Promise<unknown>, says: Said]>([
    [
      "its period has begun",
      async ({ skip, clock }) => {
        await skip();
        clock.set(at("2026-02-28T15:00:00Z"));
      },
      said("skipped_has_begun", { cycle: 1, on: "2026-02-28" }),
    ],
    ["nothing was skipped", async () => {}, said("not_skipped", { id: "ana" })],
    [
      "the last cycle is void for a pause",
      async ({ pause, resume, clock }) => {
        await pause();
        clock.set(at("2026-03-01T15:00:00Z"));
        await resume();
      },
      said("not_skipped", { id: "ana" }),
    ],
    [
      "it has ended",
      async ({ skip, needs, subscription }) => {
        await skip();
        await needs.store.write(NOW, async (records) => Object.assign((await records.subscription("ana"))!, ENDED));
        expect(subscription("ana")?.status).toBe("canceled");
      },
      said("subscription_ended", { id: "ana", status: "canceled" }),
    ],
  ])("is refused where %s", async (_what, act, says) => {
    const world = await worldOf();
    await act(world);
    expect(await thrownBy(world.unskip())).toMatchObject({ name: "Refused", said: says });
  });
});

describe("a cancellation that is taken back", () => {
  test("goes on, and is told with the end that does not come", async () => {
    const cancelAt = at("2026-02-28T15:00:00Z");
    const { uncancel, subscription, told } = await worldOf({ cancelAt });
    await uncancel();
    expect(subscription("ana")).toMatchObject({ status: "active", cancelAt: null, nextBillingAt: cancelAt });
    const data = { endsAt: cancelAt.toISOString(), ...PERSON };
    expect(told()).toEqual([{ type: "subscription.uncanceled", ...ANA, data }]);
  });

  test.each<[ana: Partial<Subscription>, says: Said]>([
    [ENDED, said("subscription_ended", { id: "ana", status: "canceled" })],
    [{}, said("not_canceled", { id: "ana" })],
  ])("of %j is refused: %j", async (ana, says) => {
    const { uncancel, told } = await worldOf(ana);
    expect(await thrownBy(uncancel())).toMatchObject({ name: "Refused", said: says });
    expect(told()).toEqual([]);
  });
});

test.each<[act: (world: World) => Promise<unknown>, ana: Partial<Subscription>, says: Said]>([
  [({ pause }) => pause(), ENDED, said("subscription_is", { id: "ana", status: "canceled" })],
  [({ pause }) => pause(), { status: "paused" }, said("subscription_paused", { id: "ana" })],
  [({ resume }) => resume(), {}, said("not_paused", { id: "ana", status: "active" })],
  [({ resume }) => resume(), { pauseFrom: NOW, pauseUntil: NOW }, said("not_paused", { id: "ana", status: "active" })],
])("%p of %j is refused: %j", async (act, ana, says) => {
  const world = await worldOf(ana);
  expect(await thrownBy(act(world))).toMatchObject({ name: "Refused", said: says });
  expect(world.told()).toEqual([]);
});
