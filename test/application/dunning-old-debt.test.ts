/** Nobody is given up for what a person has collected: old debts, pages of held invoices, what waits behind another one. */
import { describe, expect, test } from "@jest/globals";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import { changeDefaultCard } from "../../src/application/customers/customers.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { linkInvoice } from "../../src/application/invoices/link-invoice.ts";
import { pauseSubscription, resumeSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import { customerOf, DAY_MS, HOUR_MS, planOf } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid, unknown } from "../support/scripted-gateway.ts";

const LINK = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;

async function appWith(policy: Partial<DunningPolicy>, ...ids: readonly string[]): Promise<AppFixture> {
  const app = await openApp({
    policies: [policyOf({ retryAfterDays: [], ...policy })],
    env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100" },
  });
  for (const id of ids) await app.subscribe(id);
  return app;
}

async function passDays(app: AppFixture, days: number, stepHours = 12): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += stepHours) {
    app.clock.advance(stepHours * HOUR_MS);
    await app.run();
  }
}

async function idOf(app: AppFixture, cycle: number): Promise<string> {
  return (await app.invoices("a")).find((row) => row.cycle === cycle)?.invoiceId ?? "";
}

async function askForPage(app: AppFixture, invoiceId: string): Promise<void> {
  const { needs } = await app.biller();
  const expiresAt = new Date(app.clock.now().getTime() + 3 * DAY_MS);
  await linkInvoice(needs, { invoiceId, methods: ["cash"], expiresAt, by: "maria", leaseMs: 120_000 });
}

async function changeCard(app: AppFixture, change: Partial<ReturnType<typeof customerOf>>): Promise<void> {
  const customer = { ...customerOf("cus_a"), livemode: false, ...change };
  app.gateway.customers.set("cus_a", customer);
  Object.assign(app.gateway, { changeDefault: async () => customer });
  await changeDefaultCard(app.needs, "cus_a", customer.paymentSourceId ?? "");
}

describe("an invoice that was written off long ago", () => {
  /** Its cycle 0 written off, its subscription resumed and paying since. */
  async function healthyApp(policy: Partial<DunningPolicy> = {}): Promise<AppFixture> {
    const app = await appWith({ waitForCardDays: 2, finalAction: "cancel", ...policy }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await changeCard(app, { paymentSourceId: "src_cus_a" });
    app.sql(
      "update invoice set status = 'uncollectible', status_reason = 'no_new_card', next_attempt_at = null, dunning_step = null, dunning_class = null, dunning_due_at = null",
    );
    app.sql("update subscription set status = 'active'");
    await passDays(app, 30, 24);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 paid");
    return app;
  }

  test("is tried once more, and written off again when that fails: its subscription goes on", async () => {
    await using app = await healthyApp();
    await retryInvoice(app.needs, await idOf(app, 0));
    app.gateway.next.push(declined("new_card"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    await passDays(app, 30, 24);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 paid, 2 paid");
    expect((await app.eventTypes()).filter((type) => type === "invoice.payment_failed")).toHaveLength(2);
  });

  test("with a page that nobody pays takes hold of nothing: the good cycle is collected meanwhile", async () => {
    await using app = await healthyApp();
    await passDays(app, 29, 24);
    await askForPage(app, await idOf(app, 0));
    await passDays(app, 2, 6);
    expect(await app.invoiceWords("a")).toBe("0 open, 1 paid, 2 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    await passDays(app, 3, 6);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 paid, 2 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
  });

  test("that is paid is paid", async () => {
    await using app = await healthyApp();
    await retryInvoice(app.needs, await idOf(app, 0));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });
});

describe("a page for an invoice that was never charged", () => {
  test("of one that is held: when nobody pays, it is held as before, and nobody is canceled", async () => {
    await using app = await appWith({ paymentLink: LINK, finalAction: "cancel" }, "a");
    await app.open();
    app.sql("update invoice set status = 'held', status_reason = 'daily_limit', next_attempt_at = null");
    await askForPage(app, await idOf(app, 0));
    await passDays(app, 5);
    expect(await app.invoiceWords("a")).toBe("0 held daily_limit");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    await retryInvoice(app.needs, await idOf(app, 0));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("of one that was due: the card in the books is charged", async () => {
    await using app = await appWith({ finalAction: "cancel" }, "a");
    await app.open();
    await askForPage(app, await idOf(app, 0));
    await passDays(app, 5);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });
});

describe("cycles that wait behind one that was held", () => {
  /** Cycle 0 is held since its outcome is unknown; 1, 2 and 3 wait. */
  async function waitingApp(policy: Partial<DunningPolicy> = {}): Promise<AppFixture> {
    const app = await appWith(policy, "a");
    app.gateway.next.push(unknown);
    await passDays(app, 100, 24);
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome, 1 open, 2 open, 3 open");
    return app;
  }

  async function settleTheFirst(app: AppFixture): Promise<void> {
    app.sql(
      "update attempt set state = 'declined', decline_class = 'our_fault', settled_at = 1, next_inquiry_at = null",
    );
    app.sql("update invoice set status = 'void', status_reason = 'voided_by_person' where cycle = 0");
  }

  test("fail one after the other, and one page is told at a time", async () => {
    await using app = await waitingApp({ paymentLink: LINK, finalAction: "cancel" });
    const expired = { cardExpMonth: 1, cardExpYear: 2026 };
    await changeCard(app, expired);
    await settleTheFirst(app);
    await passDays(app, 2);
    expect(await app.invoiceWords("a")).toBe("0 void voided_by_person, 1 open, 2 open, 3 open");
    expect(app.gateway.links).toHaveLength(1);
    expect(await app.list("dunning")).toMatchObject([{ cycle: 1 }]);
    app.gateway.payLink(app.gateway.links[0]?.orderId ?? "", { method: "cash" });
    await passDays(app, 2);
    expect(app.gateway.links).toHaveLength(2);
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
  });

  test("are spaced like missed ones once it is settled: one a day, besides the newly due one", async () => {
    await using app = await waitingApp();
    await settleTheFirst(app);
    const paidAfter: number[] = [];
    for (let day = 0; day < 4; day++) {
      await app.run();
      await app.run();
      paidAfter.push((await app.invoices("a")).filter(({ status }) => status === "paid").length);
      app.clock.advance(DAY_MS);
    }
    expect(paidAfter).toEqual([2, 3, 3, 3]);
  });

  test("come all at once where the policy says so", async () => {
    await using app = await waitingApp({ laterCycles: "collect_at_once" });
    await settleTheFirst(app);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 void voided_by_person, 1 paid, 2 paid, 3 paid");
  });
});

describe("the end", () => {
  test("of the last invoice, written off, completes nobody; paying it does", async () => {
    await using app = await appWith({ waitForCardDays: 2 });
    await app.subscribe("a", {}, { ...planOf(), expiryCount: 1 });
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await passDays(app, 3);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card");
    expect(await app.subscription("a")).toMatchObject({ status: "unpaid" });
    expect(await app.eventTypes()).not.toContain("subscription.completed");
    app.gateway.answer = paid;
    await retryInvoice(app.needs, await idOf(app, 0));
    await app.run();
    expect(await app.subscription("a")).toMatchObject({ status: "completed" });
  });

  test("of the policy, `cancel`, comes although a person paused meanwhile", async () => {
    await using app = await appWith({ waitForCardDays: 2, finalAction: "cancel" }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await pauseSubscription(app.needs, "a");
    await passDays(app, 3);
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    await expect(resumeSubscription(app.needs, "a")).rejects.toThrow("canceled");
  });
});

describe("a customer on a daily plan who pays after weeks in dunning", () => {
  test("is not charged for weeks in one minute: what waited is put off, one a day besides the new one, and nothing is held", async () => {
    await using app = await appWith({ waitForCardDays: 60 });
    await app.subscribe("a", {}, planOf({ interval: "day" }));
    app.gateway.next.push(declined("new_card"));
    await passDays(app, 30, 24);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    await changeCard(app, { paymentSourceId: "src_new" });
    const paidAfter: number[] = [];
    for (let day = 0; day < 4; day++) {
      await app.run();
      await app.run();
      paidAfter.push((await app.invoices("a")).filter(({ status }) => status === "paid").length);
      app.clock.advance(DAY_MS);
    }
    expect(paidAfter[0]).toBeLessThanOrEqual(3);
    expect(paidAfter.slice(1).map((count, index) => count - (paidAfter[index] ?? 0))).toEqual([2, 2, 2]);
    expect((await app.invoices("a")).filter(({ status }) => status === "held")).toEqual([]);
  });
});
