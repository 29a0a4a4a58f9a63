/**
 * Two weeks of seven customers whose invoices end in every way there is, lived through by the real application: what
 * `explain` and `report recovery` are shown to tell.
 */
import { changeDefaultCard } from "../../src/application/customers/customers.ts";
import { markInvoicePaid } from "../../src/application/invoices/change-invoice.ts";
import type { Outcome } from "../../src/domain/attempt.ts";
import type { Decline } from "../../src/domain/decline.ts";
import { customerOf, HOUR_MS } from "./records.ts";
import { openApp, type AppFixture } from "./app-fixture.ts";
import { policyOf } from "./policy.ts";
import { declined, paid, unknown, type Answer } from "./scripted-gateway.ts";

const LINK = { methods: ["card", "cash", "bank_transfer"], expiresAfterDays: 5 } as const;
const POLICIES = [
  policyOf({ payday: true, retryAt: "09:00", paymentLink: LINK, graceDays: 2, finalAction: "cancel" }),
  policyOf({ name: "patient", waitForCardDays: 30 }),
];
const FUNDS: Decline = {
  ...{ declineClass: "retry_later", failureCode: "insufficient_funds", failureMessage: "Sin fondos" },
  lacksFunds: true,
};

/** What becomes of each customer's charges, in order; then they are paid. */
const FATES: Readonly<Record<string, readonly Answer[]>> = {
  /** Recovered on payday. */
  ana: [of(FUNDS)],
  /** By another card. */
  beto: [of({ declineClass: "new_card", failureCode: "expired_card", failureMessage: null })],
  /** In cash, on the link. */
  caro: [of({ declineClass: "never_again", failureCode: "stolen_card", failureMessage: null })],
  /** Written off. */
  dario: [of({ declineClass: "customer_action", failureCode: "call_issuer", failureMessage: null })],
  /** Marked as paid by a person. */
  eva: [of(FUNDS)],
  /** An answer that is lost, and found. */
  gina: [unknown],
};

/** On the plan `plata`, without a card: nothing is ever charged, and it is still waited for. The name is hostile. */
export const FITO = "\u001B[31mFito\u0007\u009B2J\nRojo";

/** From 31 January 2026, 09:00 in Mexico City, to 14 February. The books are closed by their owner. */
export async function liveDunningStory(databasePath: string): Promise<AppFixture> {
  const app = await openApp({ databasePath, policies: POLICIES, env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "10" } });
  const left = new Map(Object.entries(FATES).map(([id, answers]) => [`cus_${id}`, [...answers]]));
  app.gateway.answer = (intent, orderId) => (left.get(intent.customerId)?.shift() ?? paid)(intent, orderId);
  for (const id of Object.keys(FATES)) await app.subscribe(id);
  await app.subscribe("fito", {}, { id: "plata", name: "Plan Plata", dunning: "patient" });
  const cardless = { ...customerOf("cus_fito"), name: FITO, paymentSourceId: null, cardBrand: null, cardLast4: null };
  await app.store.write(app.clock.now(), (records) => records.putCustomer(cardless));
  app.gateway.customers.set("cus_fito", { ...cardless, livemode: false });

  await app.run();
  await pass(app, 1);
  await takeAnotherCard(app, "cus_beto");
  await pass(app, 1);
  const [evas] = await app.invoices("eva");
  await markInvoicePaid(app.needs, String(evas?.["invoiceId"]), { why: "efectivo", paidAt: app.clock.now() });
  app.clock.advance(60_000);
  await payInCash(app, "caro");
  await pass(app, 12);
  return app;
}

async function pass(app: AppFixture, days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += 6) {
    app.clock.advance(6 * HOUR_MS);
    await app.run();
  }
}

async function takeAnotherCard(app: AppFixture, customerId: string): Promise<void> {
  const customer = { ...customerOf(customerId), paymentSourceId: "src_new", cardLast4: "1111", livemode: false };
  const gateway = { changeDefault: async () => customer } as unknown as AppFixture["gateway"];
  await changeDefaultCard({ ...app.needs, gateway }, customerId, "src_new");
}

async function payInCash(app: AppFixture, subscriptionId: string): Promise<void> {
  const attempt = (await app.store.list("history", { where: { subscriptionId } })).find(
    ({ outcome }) => outcome === "pending",
  );
  const orderId = String(attempt?.["orderId"]);
  app.gateway.payLink(orderId, { method: "cash" });
  await app.takeWebhook("order.paid", orderId);
}

function of(decline: Decline): Answer {
  return (intent, orderId): Outcome => ({ ...declined(decline.declineClass)(intent, orderId), decline });
}
