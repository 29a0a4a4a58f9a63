/** Bugs in how a charge is sent. */
import type { Gateway } from "../../../src/application/ports/gateway.ts";
import type { Outcome } from "../../../src/domain/attempt.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const BUGS_IN_CHARGING: readonly PlantedBug[] = [
  {
    name: "send before commit",
    caughtBy: /^I3$/,
    flow: null,
    plant: ({ store, gateway }) => {
      const later: (() => Promise<unknown>)[] = [];
      return {
        store: {
          markSending: async (owner, items, options) => {
            later.push(() => store.markSending(owner, items, options));
            return new Set(items.map(({ attemptId }) => attemptId));
          },
        },
        gateway: {
          charge: async (intent, orderId) => {
            const outcome = await gateway.charge(intent, orderId);
            for (const commit of later.splice(0)) await commit();
            return outcome;
          },
        },
      };
    },
  },
  {
    name: "retry on 500",
    caughtBy: /^I1$/,
    flow: null,
    plant: ({ gateway }) => ({ gateway: { charge: retrying(gateway, ({ httpStatus }) => (httpStatus ?? 0) >= 500) } }),
  },
  {
    name: "retry on timeout",
    caughtBy: /^I1$/,
    flow: null,
    plant: ({ gateway }) => ({ gateway: { charge: retrying(gateway, ({ httpStatus }) => httpStatus === null) } }),
  },
  {
    name: "amount read at send time",
    caughtBy: /^I9$/,
    flow: null,
    weather: (weather) => ({ ...weather, peoplePerMonth: 10, declineRate: 0.3 }),
    plant: ({ gateway, memory }) => ({
      gateway: {
        charge: (intent, orderId) => {
          const subscription = memory.tables.subscriptions.must(intent.subscriptionId);
          const plan = memory.tables.plans.must(subscription.planId);
          const lines = subscription.lineItems ?? plan.lineItems;
          const amountCents = lines.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
          const isPlain = subscription.discount === null;
          return gateway.charge(
            isPlain ? { ...intent, amountCents: amountCents * subscription.quantity } : intent,
            orderId,
          );
        },
      },
    }),
  },
];

function retrying(gateway: Gateway, when: (trace: Outcome["trace"]) => boolean): Gateway["charge"] {
  return async (intent, orderId) => {
    const outcome = await gateway.charge(intent, orderId);
    return outcome.kind === "unknown" && when(outcome.trace) ? await gateway.charge(intent, orderId) : outcome;
  };
}
