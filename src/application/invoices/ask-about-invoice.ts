/**
 * Ask the gateway now about what may have paid an invoice: a link that was paid in cash an hour ago is known at its next
 * inquiry only, perhaps tomorrow.
 *
 * Everything goes through the one reducer, as evidence of any other read. Charges nobody; may be repeated.
 */
import { isUncertain } from "../../domain/attempt.ts";
import { GatewayRefused } from "../../domain/errors.ts";
import type { OrderReader, WebhookInbox } from "../ports/webhooks.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { evidenceFor } from "../webhooks/follow-order.ts";

export type AskAboutNeeds = SettleNeeds & {
  readonly orders: OrderReader;
  readonly inbox: Pick<WebhookInbox, "attemptsOf">;
};

/** @throws {GatewayUnavailable} an order cannot be read */
export async function askAboutInvoice(needs: AskAboutNeeds, invoiceId: string): Promise<void> {
  const { store, inbox, orders, log } = needs;
  const attempts = await store.list("attempts", { where: { invoiceId } });
  for (const { state, orderId, reference } of attempts) {
    if (!isUncertain(state) || orderId === null) continue;
    try {
      const order = await orders.readOrder(orderId);
      await settleAttempts(needs, evidenceFor(await inbox.attemptsOf(orderId, [reference]), order));
    } catch (error) {
      if (!(error instanceof GatewayRefused)) throw error;
      log.warn("order.not_read", { orderId, invoiceId, because: error.message });
    }
  }
}
