/** One invoice whose attempts an order at Conekta shows, on books in memory: what webhooks and reads make of it. */
import type { AttemptState } from "../../src/domain/attempt.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Subscription } from "../../src/domain/subscription.ts";
import type { SeenDispute } from "../../src/domain/dispute.ts";
import type { OrderReader, SeenOrder } from "../../src/application/ports/webhooks.ts";
import { emptyRunSummary } from "../../src/application/settling/run-summary.ts";
import type { AttemptRow } from "../simulation/memory-store/rows.ts";
import { memoryApp } from "./memory-app.ts";
import { invoiceOf, NOW, planOf, subscriptionOf } from "./records.ts";
import { listedOrder, paymentBy } from "./seen-orders.ts";

export const IDS = { invoiceId: "inv_ana_0", subscriptionId: "ana", customerId: "cus_ana" };

/** As it is where it may stand: what is over was settled, and what is declined says of which class. */
export function attemptRow(state: AttemptState, change: Partial<AttemptRow> = {}): AttemptRow {
  const isOpen = ["claimed", "sending", "pending", "unknown"].includes(state);
  return {
    ...{ id: "att_1", invoiceId: IDS.invoiceId, customerId: IDS.customerId, number: 1, state, reference: "ref_1" },
    ...{ flow: "single", amountCents: 20015, currency: "MXN", orderId: "ord_1", chargeId: null },
    ...{ paymentSourceId: "src_cus_ana", cardBrand: "visa", cardLast4: "4242", claimedBy: "own", claimEpoch: 0 },
    ...{ claimedAt: NOW, claimedUntil: NOW, sentAt: NOW, settledAt: isOpen ? null : NOW, paidAt: null },
    ...{ inquiries: 0, nextInquiryAt: null, httpStatus: null, failureCode: null, failureMessage: null },
    ...{ declineClass: state === "declined" ? "retry_later" : null, authCode: null, feeCents: null, logId: null },
    ...{ movedCents: null, paymentMethod: null, cardKind: null, afterCancel: null, evidence: [], cardClearedAt: null },
    ...change,
  };
}

export function disputeSeen(change: Partial<SeenDispute> = {}): SeenDispute {
  return {
    ...{ chargeId: "chr_1", gatewayDisputeId: "chb_1", status: "under_review", reason: "fraud" },
    ...{ evidenceDueBy: null, disputedAt: null, amountCents: 20015, currency: "MXN" },
    ...change,
  };
}

export type WebhookWorld = {
  readonly attempts?: readonly AttemptRow[];
  readonly invoice?: Partial<Invoice>;
  readonly ana?: Partial<Subscription>;
  readonly plan?: Partial<Plan>;
  readonly policy?: Partial<DunningPolicy>;
  /** Null: as the books' own installation made it. */
  readonly order?: Partial<SeenOrder> | Error;
  readonly now?: Date;
};

export async function webhookWorld({
  attempts = [attemptRow("unknown")],
  invoice = { nextAttemptAt: null },
  ...world
}: WebhookWorld = {}) {
  const plan = planOf(world.plan);
  const subscription = subscriptionOf("ana", world.ana, plan);
  const app = await memoryApp(
    { plans: [plan], subscriptions: [subscription], invoices: [invoiceOf(subscription, 0, invoice)] },
    { now: world.now ?? new Date("2026-02-10T15:00:00Z"), policy: world.policy ?? {} },
  );
  for (const attempt of attempts) app.tables.attempts.put(attempt);
  const { id: installationId } = await app.store.installation();
  const payment = { ...paymentBy("chr_1"), customerId: "cus_ana" };
  const reads: string[] = [];
  const orders: OrderReader = {
    readOrder: async (orderId) => {
      reads.push(orderId);
      if (world.order instanceof Error) throw world.order;
      return listedOrder({
        ...{ installationId, references: ["ref_1"], chargeReferences: new Map([["chr_1", "ref_1"]]) },
        inquiryAnswerOf: () => ({ kind: "paid", payment, trace: { httpStatus: 200, logId: null, because: "read" } }),
        ...world.order,
      });
    },
  };
  const needs = { ...app.needs, webhooks: { inbox: app.store.inbox, orders } };
  return { ...app, needs, reads, installationId, summary: emptyRunSummary() };
}
