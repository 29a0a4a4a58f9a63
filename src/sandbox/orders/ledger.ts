/**
 * The sandbox's own books: what really happened, whatever the answers said.
 */
import { amountRefundedCents, type ChargeStatus, type OrderStatus } from "./order.ts";
import type { Method } from "./payment-means.ts";
import type { State } from "../state.ts";

export type LedgerCharge = {
  readonly orderId: string;
  readonly chargeId: string;
  readonly referenceId: string | null;
  readonly status: ChargeStatus;
  readonly amountCents: number;
  readonly refundedCents: number;
  readonly currency: string;
  readonly customerId: string | null;
  /** The order's. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly failureCode: string | null;
  readonly method: Method;
  /** Null for what was not paid by card. */
  readonly cardLast4: string | null;
  /** ISO 8601, whole seconds. */
  readonly createdAt: string;
  readonly paidAt: string | null;
};

export type LedgerOrder = {
  readonly orderId: string;
  readonly customerId: string | null;
  readonly amountCents: number;
  readonly refundedCents: number;
  readonly currency: string;
  readonly paymentStatus: OrderStatus | null;
  readonly charges: number;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly createdAt: string;
};

/** Oldest order first, and each order's charges oldest first. */
export function ledgerCharges(state: State): readonly LedgerCharge[] {
  return [...state.orders.all()].flatMap((order) =>
    order.charges.map((charge) => ({
      orderId: order.id,
      chargeId: charge.id,
      referenceId: charge.referenceId,
      status: charge.status,
      amountCents: charge.amountCents,
      refundedCents: charge.refunds.reduce((sum, refund) => sum + refund.amountCents, 0),
      currency: order.currency,
      customerId: order.customer.customerId,
      metadata: order.metadata,
      failureCode: charge.failureCode,
      method: charge.means.by,
      cardLast4: charge.means.by === "card" ? charge.means.card.last4 : null,
      createdAt: isoInstant(charge.createdAtSeconds),
      paidAt: charge.paidAtSeconds === null ? null : isoInstant(charge.paidAtSeconds),
    })),
  );
}

/** Every order, charged or not, oldest first. */
export function ledgerOrders(state: State): readonly LedgerOrder[] {
  return [...state.orders.all()].map((order) => ({
    orderId: order.id,
    customerId: order.customer.customerId,
    amountCents: order.amountCents,
    refundedCents: amountRefundedCents(order),
    currency: order.currency,
    paymentStatus: order.paymentStatus,
    charges: order.charges.length,
    metadata: order.metadata,
    createdAt: isoInstant(order.createdAtSeconds),
  }));
}

function isoInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
