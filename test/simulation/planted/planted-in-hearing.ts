/** Bugs in whom the program believes: a webhook's signature, a webhook's word, the age of its own books. */
import type { Payment } from "../../../src/domain/attempt.ts";
import type { SeenOrder } from "../../../src/application/ports/webhooks.ts";
import type { MemoryStore } from "../memory-store/memory-store.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const BUGS_IN_HEARING: readonly PlantedBug[] = [
  {
    name: "signature not checked",
    caughtBy: /^forged$/,
    flow: null,
    weather: (weather) => ({ ...weather, untrueWebhooksPerMonth: 10 }),
    plant: () => ({ verify: () => true }),
  },
  {
    name: "webhook booked as it says",
    caughtBy: /^I6$/,
    flow: null,
    weather: (weather) => ({ ...weather, untrueWebhooksPerMonth: 30, declineRate: 0.3 }),
    plant: ({ gateway, memory }) => ({
      gateway: {
        readOrder: async (orderId) => {
          const order = await gateway.readOrder(orderId);
          return isToldPaid(memory, orderId) ? asTold(order, orderId, memory) : order;
        },
      },
    }),
  },
  {
    name: "restored books go on charging",
    caughtBy: /^I1$/,
    flow: null,
    weather: (weather) => ({ ...weather, guardHolds: true, restoresPerYear: 4, downtimesPerMonth: 0 }),
    plant: () => ({ hasFence: false }),
  },
];

function isToldPaid({ tables }: MemoryStore, orderId: string): boolean {
  return tables.webhooks
    .inGroup("waiting", "waiting")
    .some((event) => event.orderId === orderId && event.type === "order.paid");
}

function asTold(order: SeenOrder, orderId: string, { tables }: MemoryStore): SeenOrder {
  return {
    ...order,
    inquiryAnswerOf: (reference, flow) => {
      const attempt = tables.attempts.byUnique("attempt_reference", reference);
      if (attempt === undefined) return order.inquiryAnswerOf(reference, flow);
      const { amountCents, currency, customerId } = attempt;
      const unknown = {
        paidAt: null,
        feeCents: null,
        authCode: null,
        cardBrand: null,
        cardLast4: null,
        paymentMethod: null,
      };
      const payment: Payment = {
        ...{ orderId, chargeId: `cha_told_of_${orderId}`, amountCents, currency, customerId, livemode: false },
        ...unknown,
      };
      return { kind: "paid", payment, trace: { httpStatus: 200, logId: null, because: "the webhook says so" } };
    },
  };
}
