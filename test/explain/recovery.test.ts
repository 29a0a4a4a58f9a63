/** What `report recovery` counts, in cases that are rare: each lived through by the real application. */
import { describe, expect, test } from "@jest/globals";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { rateOf, type RecoveryRow } from "../../src/domain/recovery.ts";
import { DAY_MS, HOUR_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid, paymentFor, TRACE } from "../support/scripted-gateway.ts";

async function appOf(...ids: readonly string[]): Promise<AppFixture> {
  const app = await openApp({
    policies: [policyOf({ retryAfterDays: [1, 1, 1] })],
    env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100" },
  });
  for (const id of ids) await app.subscribe(id);
  return app;
}

async function rowsOf(app: AppFixture): Promise<readonly RecoveryRow[]> {
  return await app.store.explaining.recovery({ since: null, until: null, planId: null });
}

async function passDays(app: AppFixture, days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    app.clock.advance(DAY_MS);
    await app.run();
  }
}

describe("recovery", () => {
  test("of retries, counts how many came as far as each, and the median of an even number between the two", async () => {
    const ids = ["a", "b", "c", "d"];
    await using app = await appOf(...ids);
    // How many of its charges are declined: so b, c are paid by retry 1 and a by retry 3; d is not.
    const left = new Map([
      ["cus_a", 3],
      ["cus_b", 1],
      ["cus_c", 1],
      ["cus_d", 9],
    ]);
    app.gateway.answer = (intent, orderId) => {
      const declines = left.get(intent.customerId) ?? 0;
      left.set(intent.customerId, declines - 1);
      return declines > 0 ? declined("retry_later")(intent, orderId) : paid(intent, orderId);
    };
    await app.run();
    await passDays(app, 3);
    const told = (await rowsOf(app)).map((row) => [
      row.retry,
      row.reached,
      row.invoices,
      row.recovered,
      rateOf(row),
      row.medianDays,
    ]);
    expect(told).toEqual([
      [1, 4, 2, 2, 0.5, 1],
      [3, 2, 2, 1, 0.5, 3],
    ]);
  });

  test("the median of two lies between them", async () => {
    await using app = await appOf("a", "b");
    app.gateway.next.push(declined("retry_later"), declined("retry_later"));
    await app.run();
    const [first, second] = await Promise.all([app.invoices("a"), app.invoices("b")]);
    for (const [invoice] of [first, second]) {
      app.clock.advance(6 * HOUR_MS);
      await retryInvoice(app.needs, String(invoice?.["invoiceId"]));
      await app.run();
    }
    expect(await rowsOf(app)).toMatchObject([
      { retry: 1, recovered: 2, medianDays: 0.4, meanDays: 0.4, by: { card_retry: 2 } },
    ]);
  });

  test("a try that was called declined, and had paid after all, was recovered by itself", async () => {
    await using app = await appOf("a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    const [charge] = app.gateway.charges;
    const [attempt] = await app.attempts();
    if (charge === undefined) throw new Error("nothing was charged");
    const payment = paymentFor(charge.intent, String(attempt?.["orderId"]));
    const evidence = { kind: "paid", payment, trace: TRACE } as const;
    await settleAttempts(app.assembly.settling, [{ attemptId: String(attempt?.["attemptId"]), evidence }]);
    expect(await rowsOf(app)).toMatchObject([
      { declineClass: "new_card", retry: 0, recovered: 1, by: { same_try: 1 } },
    ]);
  });

  test("a request of ours that was refused is no failure of the customer's", async () => {
    await using app = await appOf("a");
    app.gateway.next.push(() => ({ kind: "refused", failureCode: "our_data", failureMessage: null, trace: TRACE }));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 held refused");
    expect(await rowsOf(app)).toEqual([]);
  });
});
