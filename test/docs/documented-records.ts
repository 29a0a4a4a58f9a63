/**
 * A database with one case of everything the documented queries ask for.
 *
 * Made by the program itself against the sandbox, in a week that ends now: the queries say "this week".
 */
import { addPlan } from "../../src/application/plans/add-plan.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { createCustomer } from "../../src/application/customers/customers.ts";
import { markInvoicePaid } from "../../src/application/invoices/change-invoice.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { systemClock } from "../../src/adapters/clock.ts";
import type { Assembly } from "../../src/assemble.ts";
import { openApp } from "../support/app-fixture.ts";
import { planOf } from "../support/records.ts";
import { putNewDatabase } from "../support/new-database.ts";
import { policyOf } from "../support/policy.ts";

const DAY_MS = 86_400_000;
const AMOUNT_CENTS = 20_015;

/** Who, and how the card behaves. */
const CUSTOMERS = [
  ["Paga Siempre", "tok_sandbox_expires_this_month"],
  ["Paga Después", "tok_sandbox_insufficient_funds_1_then_pays"],
  ["Nunca Contesta", "tok_sandbox_fault_reset_before"],
  ["Sin Fondos", "tok_test_insufficient_funds"],
  ["Llama al Banco", "tok_sandbox_call_issuer"],
] as const;

/** Bills two days ago and again yesterday. @returns the id of the customer who pays at once */
export async function fillDatabase(databasePath: string): Promise<string> {
  const today = systemClock.now();
  const daysAgo = (days: number): Date => new Date(today.getTime() - days * DAY_MS);
  await putNewDatabase(databasePath);
  await using fixture = await openApp({
    ...{ databasePath, now: daysAgo(2), sandbox: {}, policies: [policyOf()] },
    // One at a time, so that the same customer is always the one whose answer is lost.
    env: { CHARGE_CONCURRENCY: "1", RECONCILE_SCHEDULE: "15s" },
  });
  const { assembly: app, clock } = fixture;

  const customerIds = await register(app, daysAgo(26));
  const biller = await fixture.biller();
  await fixture.run();
  clock.set(daysAgo(0.9));
  // Looked for, in vain; and looked for again.
  await fixture.run();
  clock.advance(60_000);
  await fixture.run();

  // Paid in cash, and then the card's money turns out to have moved all the same.
  const customerId = customerIds[4] ?? "";
  const [declined] = await app.store.list("history", { where: { customerId } });
  const invoiceId = String(declined?.["invoiceId"]);
  await markInvoicePaid(app, invoiceId, { why: "cash", paidAt: clock.now() });
  const [attempt] = await app.store.list("attempts", { where: { invoiceId } });
  await settleAttempts(biller.needs, [
    {
      attemptId: String(attempt?.["attemptId"]),
      evidence: {
        kind: "paid",
        payment: {
          orderId: String(attempt?.["orderId"]),
          chargeId: "charge_late",
          amountCents: AMOUNT_CENTS,
          currency: "MXN",
          customerId,
          livemode: false,
          paidAt: null,
          feeCents: null,
          authCode: null,
          cardBrand: null,
          cardLast4: null,
          paymentMethod: null,
        },
        trace: { httpStatus: 200, logId: null, because: "the bank changed its mind" },
      },
    },
  ]);
  return customerIds[0] ?? "";
}

/** @returns the ids, in the order of CUSTOMERS */
async function register(app: Assembly, startedAt: Date): Promise<string[]> {
  const needs = { ...app, gateway: await app.gateway(), minChargeCents: app.config.charging.minChargeCents };
  await addPlan(needs, planOf());
  const ids: string[] = [];
  for (const [name, tokenId] of CUSTOMERS) {
    const person = { name, email: "alguien@example.com", phone: "+525512345678" };
    const { id } = await createCustomer(needs, { ...person, card: { tokenId } }, { request: tokenId, confirmed: true });
    ids.push(id);
    await addSubscription(
      needs,
      {
        id: `${id}:oro`,
        planId: "oro",
        customerId: id,
        startLocal: startedAt.toISOString().slice(0, 16),
        timeZone: "UTC",
        quantity: 1,
        lineItems: null,
        discount: null,
        billPast: false,
      },
      "code",
      { confirmed: true },
    );
  }
  return ids;
}
