/**
 * The orders of a window, each with what it shows of every attempt it names.
 *
 * An order of ours that cannot be read is listed all the same, as one that shows nothing certain: left out, it would
 * look as if it did not exist. An odd order of another system is passed over.
 */
import { z } from "zod";
import type { ListedOrder, OrderLister } from "../../application/ports/reconcile.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { Caller } from "./api-client.ts";
import { ordersIn } from "./find-charges.ts";
import { seenOrder } from "./read-order.ts";
import { instant, label, wire } from "./wire.ts";

const cycle = z
  .union([
    z.int().min(0),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ])
  .nullish()
  .catch(null);

/** What we wrote on the order ourselves, and when it was made; apart from what it shows of charges. */
const labels = z
  .object({
    id: z.string().min(1),
    created_at: instant,
    metadata: z
      .object({
        puntual_installation: label,
        puntual_subscription: label,
        puntual_invoice: label,
        puntual_cycle: cycle,
        puntual_one_off: label,
        puntual_attempt: label,
      })
      .nullish()
      .catch(null),
  })
  .transform(({ id, created_at: createdAt, metadata }) => ({
    orderId: id,
    createdAt,
    installationId: metadata?.puntual_installation ?? null,
    subscriptionId: metadata?.puntual_subscription ?? null,
    invoiceId: metadata?.puntual_invoice ?? null,
    cycle: metadata?.puntual_cycle ?? null,
    oneOffKey: metadata?.puntual_one_off ?? null,
    reference: metadata?.puntual_attempt ?? null,
  }));

export function conektaOrderLister(caller: Caller, { flow }: { readonly flow: ChargeFlow }): OrderLister {
  return {
    async *listOrders(window) {
      for await (const raw of ordersIn(caller, window)) {
        const listed = listedOrder(raw, flow);
        if (listed !== null) yield listed;
      }
    },
  };
}

/** @returns null when it has not even an id, so that nothing can be said of it */
export function listedOrder(raw: unknown, flow: ChargeFlow): ListedOrder | null {
  const ours = labels.safeParse(raw);
  if (!ours.success) return null;
  const { reference, ...made } = ours.data;
  const order = wire.order.safeParse(raw);
  if (!order.success) return { ...made, ...UNREADABLE, references: reference === null ? [] : [reference] };
  const { amountCents, currency, customerId, paymentStatus } = order.data;
  return {
    ...seenOrder({ ...order.data, installationId: made.installationId }, flow),
    ...made,
    shown: { amountCents, currency, customerId, status: paymentStatus },
  };
}

const UNREADABLE: Omit<
  ListedOrder,
  "orderId" | "createdAt" | "installationId" | "subscriptionId" | "invoiceId" | "cycle" | "references"
> = {
  chargeReferences: new Map(),
  givenBack: null,
  movedPayment: null,
  refundedCents: null,
  refundedCharges: new Map(),
  disputes: [],
  paidChargeIds: [],
  shown: null,
  inquiryAnswerOf: () => ({
    kind: "unknown",
    orderId: null,
    trace: { httpStatus: 200, logId: null, because: "the list shows an order of this attempt that cannot be read" },
  }),
};
