/**
 * The part of the demo about charges that fail: four customers, what each of them does, and how it is explained.
 *
 * The customers act as people do: one gets a new card, one takes a reference and pays it at OXXO, two do nothing. What
 * Puntual does about it is nowhere scripted.
 */
import { addPlan } from "../../application/plans/add-plan.ts";
import { addSubscription } from "../../application/subscriptions/add-subscription.ts";
import { addCard, changeDefaultCard, createCustomer } from "../../application/customers/customers.ts";
import { explainSubscription } from "../../application/subscriptions/explain-subscription.ts";
import type { Gateway } from "../../application/ports/gateway.ts";
import type { DunningRow } from "../../application/ports/listings/billing-views.ts";
import { rowOf } from "../../adapters/conekta/declines.ts";
import type { Assembly } from "../../assemble.ts";
import { invoiceHeading } from "../../explain/explain.ts";
import { shortTime } from "../../explain/text.ts";
import type { PageVisit, Sandbox } from "../../sandbox/server.ts";
import { DAY_MS } from "../../domain/duration.ts";

export const MEXICO_CITY = "America/Mexico_City";

type Story = {
  readonly subscriptionId: string;
  /** As the demo's heading puts it. */
  readonly told: string;
  /** The cycle that failed and was recovered, or was not. */
  readonly cycle: number;
};

const STORIES: readonly Story[] = [
  { subscriptionId: "familia-ibanez", told: "No funds, until the quincena came", cycle: 0 },
  { subscriptionId: "marta-oro", told: "A card that expired, and a new one", cycle: 2 },
  { subscriptionId: "raul-efectivo", told: "No funds for weeks, then cash at OXXO", cycle: 1 },
  { subscriptionId: "oficina-rios", told: "A bank that kept saying no: written off", cycle: 3 },
];

export type Recovery = {
  /** What customers do, as the clock goes by. Called after every run. @returns when one of them acts next */
  act(): Promise<Date | null>;
};

/** Two customers who are not in the plans file. */
export async function enrollFailing(
  app: Assembly,
  gateway: Gateway,
  sandbox: Sandbox,
  say: (text: string) => void,
): Promise<Recovery> {
  const needs = { ...app, gateway, minChargeCents: app.config.charging.minChargeCents };
  const lineItems = [{ name: "Plan Oro", unitPriceCents: 20_015, quantity: 1 }];
  const terms = {
    currency: "MXN",
    interval: "month",
    frequency: 1,
    trialPeriodDays: 0,
    expiryCount: 4,
    expiryCounts: "charges",
  } as const;
  await addPlan(needs, {
    ...{ id: "oro-efectivo", name: "Plan Oro, o en efectivo", ...terms, lineItems },
    tax: { rate: 16, included: true },
    ...{ dunning: "with_cash", catchUp: "oldest_first", source: "code" },
  });
  const enroll = async (name: string, tokenId: string, id: string, planId: string, startLocal: string) => {
    const email = `${id}@example.com`;
    const customer = await createCustomer(
      needs,
      { name, email, phone: "+525512345678", card: { tokenId } },
      { request: id },
    );
    const order = { id, planId, customerId: customer.id, startLocal, timeZone: MEXICO_CITY, quantity: 1 };
    await addSubscription(needs, { ...order, lineItems: null, discount: null, billPast: false }, "code");
    say(`   ${customer.id}  ${name}: from code, on the plan ${planId}`);
    return customer.id;
  };
  const marta = await enroll(
    "Marta Solís",
    "tok_sandbox_pays_2_then_expired_card",
    "marta-oro",
    "oro",
    "2026-02-05T09:00",
  );
  const raul = "tok_sandbox_pays_1_then_insufficient_funds";
  await enroll("Raúl Ortega", raul, "raul-efectivo", "oro-efectivo", "2026-03-03T09:00");

  /** The next act of each, and what it is. */
  const plans: { at: Date; do: () => Promise<void> }[] = [];
  const seen = new Set<string>();

  async function notice(): Promise<void> {
    for (const row of await app.store.list("dunning", {})) {
      const key = `${row.invoiceId} ${row.waitsFor}`;
      if (seen.has(key)) continue;
      seen.add(key);
      plan(row);
    }
  }

  function plan(row: DunningRow): void {
    const inDays = (days: number) => new Date(app.clock.now().getTime() + days * DAY_MS);
    if (row.customerId === marta && row.waitsFor === "card") plans.push({ at: inDays(2), do: () => bringCard(marta) });
    if (row.subscriptionId === "raul-efectivo" && row.waitsFor === "payment_link") {
      plans.push({ at: inDays(1), do: () => visit(row, { choose: "cash" }) });
      plans.push({ at: inDays(3), do: () => visit(row, { pay: "cash" }) });
    }
  }

  async function visit(row: DunningRow, what: PageVisit): Promise<void> {
    const attempts = await app.store.list("attempts", { where: { invoiceId: row.invoiceId } });
    const link = attempts.findLast((attempt) => attempt.flow === "link");
    sandbox.visitPage(String(link?.["orderId"]), what);
  }

  async function bringCard(customerId: string): Promise<void> {
    const card = await addCard(needs, customerId, { tokenId: "tok_test_mastercard_4444" });
    await changeDefaultCard(needs, customerId, card.id);
  }

  return {
    async act() {
      await notice();
      const now = app.clock.now();
      const due = plans.filter(({ at }) => at <= now);
      for (const each of due) {
        plans.splice(plans.indexOf(each), 1);
        await each.do();
      }
      const next = plans.map(({ at }) => at.getTime());
      return next.length === 0 ? null : new Date(Math.min(...next));
    },
  };
}

/** Each story, as `puntual explain` tells it: the command beside it is of the demo's own database. */
export async function tellRecoveries(app: Assembly, databasePath: string, say: (text: string) => void): Promise<void> {
  for (const { subscriptionId, told, cycle } of STORIES) {
    const needs = { ...app.foreseeing, records: app.store.explaining, clock: app.clock, declineText: rowOf };
    const explanation = await explainSubscription(needs, { subscriptionId, invoiceId: null });
    const invoice = explanation.invoices.find((each) => each.cycle === cycle);
    if (invoice === undefined) throw new Error(`the demo expects cycle ${cycle} of ${subscriptionId}`);
    say(`\n   ${told}\n   DATABASE_URL=sqlite:${databasePath} npx puntual explain ${subscriptionId}`);
    say(`   ${invoiceHeading(invoice, MEXICO_CITY).en}`);
    for (const { at, text } of invoice.entries) say(`     ${shortTime(at, MEXICO_CITY).en}  ${text.en}`);
  }
}
