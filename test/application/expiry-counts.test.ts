/** `expiry_counts`: what is skipped, paused or void uses no charge up, or is one of the cycles; every view says the same. */
import { describe, expect, test } from "@jest/globals";
import { voidInvoice } from "../../src/application/invoices/change-invoice.ts";
import { pauseSubscription, resumeSubscription } from "../../src/application/subscriptions/pause-subscription.ts";
import { skipCycle } from "../../src/application/subscriptions/skip-cycle.ts";
import { unskipCycle } from "../../src/application/subscriptions/take-back.ts";
import { checkCursors, checkCycles } from "../../src/application/doctor/check-cycles.ts";
import type { ExpiryCounts } from "../../src/domain/plan.ts";
import { billingDates } from "../../src/domain/charging/cycles-ahead.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { DAY_MS, planOf } from "../support/records.ts";

/** Three charges, one a week. */
async function appWith(expiryCounts: ExpiryCounts): Promise<AppFixture> {
  const app = await openApp();
  await app.subscribe("a", {}, planOf({ interval: "week", expiryCount: 3, expiryCounts }));
  return app;
}

async function passWeeks(app: AppFixture, weeks: number): Promise<void> {
  for (let week = 0; week < weeks; week++) {
    await app.run();
    app.clock.advance(7 * DAY_MS);
  }
}

describe.each([
  ["charges", "0 paid, 1 void skipped, 2 paid, 3 void paused, 4 paid", "the two weeks are made up for at the end"],
  ["cycles", "0 paid, 1 void skipped, 2 paid", "two payments are left of three"],
] as const)("expiry_counts: %s", (expiryCounts, invoices, because) => {
  test(`with a skip and a pause: ${invoices} (${because})`, async () => {
    await using app = await appWith(expiryCounts);
    await app.run();
    await skipCycle(app.needs, "a");
    await passWeeks(app, 2);
    await pauseSubscription(app.needs, "a");
    await passWeeks(app, 1);
    if (expiryCounts === "charges") await resumeSubscription(app.needs, "a");
    await passWeeks(app, 5);
    expect(await app.invoiceWords("a")).toBe(invoices);
    expect(await app.subscription("a")).toMatchObject({ status: "completed", nextBillingAt: null });
  });
});

test("a person who voids the last invoice gives one more cycle, and is not the end", async () => {
  await using app = await appWith("charges");
  await passWeeks(app, 2);
  await app.open();
  const last = (await app.invoices("a")).at(-1);
  await voidInvoice(app.needs, last?.invoiceId ?? "", "the class was called off");
  expect(await app.subscription("a")).toMatchObject({ status: "active" });
  await passWeeks(app, 3);
  expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid, 2 void voided_by_person, 3 paid");
  expect(await app.subscription("a")).toMatchObject({ status: "completed" });
});

test("the dates ahead, a skip that is taken back, and the doctor count alike", async () => {
  await using app = await appWith("charges");
  await app.run();
  const { nextBillingAt } = await skipCycle(app.needs, "a");
  const dates = async () => {
    const [row] = await app.list("subscriptions", { subscriptionId: "a" });
    if (row === undefined) throw new Error("there is none");
    const at = row.nextBillingAt === null ? null : new Date(row.nextBillingAt);
    return billingDates({ ...row, nextBillingAt: at, cancelAt: null, pauseFrom: null, pauseUntil: null }, row, 5)
      .length;
  };
  expect(nextBillingAt).not.toBeNull();
  expect(await dates()).toBe(2);
  await unskipCycle(app.needs, "a");
  expect(await dates()).toBe(2);
  await skipCycle(app.needs, "a");
  await passWeeks(app, 3);
  const rows = await app.store.inspection.calendar();
  expect(checkCursors(rows)).toMatchObject({ state: "ok" });
  expect(await checkCycles(app.store.inspection, rows, app.clock.now())).toMatchObject({ state: "ok" });
});
