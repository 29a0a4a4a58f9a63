/**
 * A merchant's books with one case of everything the documented queries ask for.
 *
 * Made by the program itself, against a gateway that answers by the customer's id.
 */
import { addSubscription } from "../../src/application/add-subscription.ts";
import { billDue, type BillLimits } from "../../src/application/bill-due.ts";
import { CircuitBreaker } from "../../src/application/circuit-breaker.ts";
import { markInvoicePaid } from "../../src/application/invoices.ts";
import type { ChargeIntent, Gateway, Log, Store } from "../../src/application/ports.ts";
import { settleAttempts } from "../../src/application/settle-attempts.ts";
import { handClock, systemClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { Outcome, Payment, Trace } from "../../src/domain/attempt.ts";
import type { Customer } from "../../src/domain/plan.ts";

const DAY_MS = 86_400_000;
const TRACE: Trace = { httpStatus: 200, logId: null, because: "the test's gateway said so" };

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

const LIMITS: BillLimits = {
  flow: "single",
  concurrency: 4,
  ratePerSecond: 0,
  leaseMs: 120_000,
  maxCharges: null,
  maxAmountCents: null,
  maxChargesPerCustomerPerDay: 3,
  timeoutMs: 30_000,
  pendingMaxHours: 72,
};

/** The id that query 10 names; pays at once. */
const PAYS = "cus_2tTU5GdkwZvBmS3fN";
const PAYS_ON_SECOND_TRY = "cus_secondTry";
const SILENT = "cus_silent";
const HAS_NO_FUNDS = "cus_noFunds";
const NEEDS_CARD = "cus_needsCard";

/** Bills five customers two days ago and again yesterday, so that the queries' "this week" contains both. */
export async function fillBooks(store: Store): Promise<void> {
  const today = systemClock.now();
  const daysAgo = (days: number): Date => new Date(today.getTime() - days * DAY_MS);
  const clock = handClock(daysAgo(2));
  const random = seededRandom(1);
  const gateway = gatewayByCustomer();
  const needs = {
    store,
    gateway,
    clock,
    random,
    log: quiet,
    policies: new Map([["standard", { retryAfterDays: [1, 3, 5], finalAction: "unpaid" as const }]]),
    looks: { offsetsMs: [15_000], rechargeQuietMs: 900_000 },
    backoffMs: 60_000,
    breaker: new CircuitBreaker(),
  };

  await store.write(clock.now(), async (books) => {
    books.addPlan({
      id: "oro",
      name: "Plan Oro",
      currency: "MXN",
      interval: "month",
      frequency: 1,
      trialPeriodDays: 0,
      lineItems: [{ name: "Plan Oro", unitPriceCents: 20_015, quantity: 1 }],
      expiryCount: null,
      dunning: "standard",
      catchUp: "oldest_first",
      source: "code",
    });
    for (const id of [PAYS, PAYS_ON_SECOND_TRY, SILENT, HAS_NO_FUNDS, NEEDS_CARD])
      await books.putCustomer(customer(id, today));
  });
  const startLocal = daysAgo(26).toISOString().slice(0, 16);
  for (const customerId of [PAYS, PAYS_ON_SECOND_TRY, SILENT, HAS_NO_FUNDS, NEEDS_CARD])
    await addSubscription(
      { store, clock, minChargeCents: 300 },
      {
        id: `${customerId}:oro`,
        planId: "oro",
        customerId,
        startLocal,
        timeZone: "UTC",
        quantity: 1,
        lineItems: null,
        discount: null,
        billPast: false,
      },
      "code",
    );

  const owner = await store.takeOver("own_docs");
  const run = () => billDue(needs, owner, LIMITS, new AbortController().signal);
  await run();
  clock.set(daysAgo(0.9));
  await run();

  // Paid in cash, and then the card's money turns out to have moved all the same.
  const [declined] = await store.list("history", { where: { customerId: NEEDS_CARD } });
  const invoiceId = String(declined?.["invoiceId"]);
  await markInvoicePaid({ store, clock }, invoiceId, { why: "cash", paidAt: clock.now() });
  const [attempt] = await store.list("attempts", { where: { invoiceId } });
  const payment = paymentOf({ customerId: NEEDS_CARD, amountCents: 20_015, currency: "MXN" }, "late");
  await settleAttempts(needs, [
    { attemptId: String(attempt?.["attemptId"]), evidence: { kind: "paid", payment, trace: TRACE } },
  ]);
}

function customer(id: string, today: Date): Customer {
  return {
    id,
    name: `Name of ${id}`,
    email: null,
    phone: null,
    paymentSourceId: "src_1",
    cardBrand: "visa",
    cardLast4: "4242",
    cardExpMonth: today.getUTCMonth() + 1,
    cardExpYear: today.getUTCFullYear(),
  };
}

function gatewayByCustomer(): Gateway {
  const tries = new Map<string, number>();
  return {
    openOrder: notCalled,
    readCharge: notCalled,
    cancelOrder: notCalled,
    createCustomer: notCalled,
    readCustomer: notCalled,
    addPaymentSource: notCalled,
    listPaymentSources: notCalled,
    changeDefault: notCalled,
    removePaymentSource: notCalled,
    probe: async () => ({ livemode: false }),
    findCharges: async (_window, intents) =>
      new Map(intents.map(({ reference }) => [reference, { kind: "absent", trace: TRACE }] as const)),
    charge: async (intent) => {
      const nth = (tries.get(intent.customerId) ?? 0) + 1;
      tries.set(intent.customerId, nth);
      return answerTo(intent, nth);
    },
  };
}

function notCalled(): never {
  throw new Error("the books of this test never ask for this");
}

function answerTo(intent: ChargeIntent, nth: number): Outcome {
  const { customerId, reference } = intent;
  if (customerId === SILENT) return { kind: "unknown", orderId: null, trace: TRACE };
  if (customerId === PAYS || (customerId === PAYS_ON_SECOND_TRY && nth > 1))
    return { kind: "paid", payment: paymentOf(intent, reference), trace: TRACE };
  const decline =
    customerId === NEEDS_CARD
      ? { declineClass: "new_card" as const, failureCode: "expired_card", failureMessage: "La tarjeta venció." }
      : { declineClass: "retry_later" as const, failureCode: "insufficient_funds", failureMessage: "Sin fondos." };
  return { kind: "declined", decline, orderId: `ord_${reference}`, chargeId: `charge_${reference}`, trace: TRACE };
}

function paymentOf(intent: Pick<ChargeIntent, "customerId" | "amountCents" | "currency">, suffix: string): Payment {
  const { customerId, amountCents, currency } = intent;
  return {
    orderId: `ord_${suffix}`,
    chargeId: `charge_${suffix}`,
    amountCents,
    currency,
    customerId,
    livemode: false,
    paidAt: null,
    feeCents: null,
    authCode: null,
    cardBrand: "visa",
    cardLast4: "4242",
  };
}
