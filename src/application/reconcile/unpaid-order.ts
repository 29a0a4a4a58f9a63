/** The order of an unpaid invoice, read by itself: no window shows one that is older. The books say what it was made for. */
import { GatewayRefused } from "../../domain/errors.ts";
import type { Log } from "../ports/runtime.ts";
import type { ListedOrder, UnpaidOrder } from "../ports/reconcile.ts";
import type { OrderReader } from "../ports/webhooks.ts";

/** @returns null: Conekta refuses to show it, so it cannot be charged either. @throws {GatewayUnavailable} */
export async function readUnpaidOrder(
  { orders, log }: { readonly orders: OrderReader; readonly log: Log },
  unpaid: UnpaidOrder,
): Promise<ListedOrder | null> {
  const { orderId, invoiceId } = unpaid;
  try {
    return { ...(await orders.readOrder(orderId)), ...unpaid, createdAt: null, shown: null };
  } catch (error) {
    if (!(error instanceof GatewayRefused)) throw error;
    log.warn("order.not_read", { orderId, invoiceId, because: error.message });
    return null;
  }
}
