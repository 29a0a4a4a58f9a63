/**
 * Orders and charges, as they are kept: immutable, so that what an order was some seconds ago costs nothing to keep.
 */
import type { Card } from "../cards/card.ts";
import type { Checkout } from "./checkout.ts";
import type { Metadata } from "../api/metadata.ts";
import type { Means } from "./payment-means.ts";

export type OrderStatus =
  "pending_payment" | "paid" | "declined" | "expired" | "canceled" | "refunded" | "partially_refunded" | "charged_back";

export type ChargeStatus =
  | "pending_payment"
  | "under_fraud_review"
  | "paid"
  | "declined"
  | "expired"
  | "canceled"
  | "refunded"
  | "partially_refunded"
  | "charged_back";

export type ThreeDsMode = "strict" | "not_strict" | "smart";

export type Refund = {
  readonly id: string;
  readonly amountCents: number;
  readonly createdAtSeconds: number;
  readonly authCode: string;
};

/** A chargeback, as its charge carries it. */
export type Chargeback = {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  readonly createdAtSeconds: number;
  readonly evidenceDueBySeconds: number;
};

export type Charge = {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly amountCents: number;
  readonly status: ChargeStatus;
  readonly means: Means;
  readonly referenceId: string | null;
  readonly contractId: string | null;
  readonly authCode: string | null;
  readonly deviceFingerprint: string;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly paidAtSeconds: number | null;
  readonly refunds: readonly Refund[];
  /** Null: never disputed, or nothing is shown of it. */
  readonly chargeback: Chargeback | null;
};

/** A payment that waits for the customer at the bank's 3DS page. */
export type AwaitedPayment = {
  readonly amountCents: number;
  readonly card: Card;
  readonly referenceId: string | null;
  readonly contractId: string | null;
  readonly url: string;
};

export type LineItem = {
  readonly id: string;
  readonly name: string;
  readonly unitPriceCents: number;
  readonly quantity: number;
  /** Optional fields, echoed as they came. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
};

/** A discount, a tax or a shipping cost: echoed as it came, with an id. */
export type PriceLine = {
  readonly id: string;
  readonly amountCents: number;
  readonly fields: Readonly<Record<string, unknown>>;
};

export type CustomerInfo = {
  readonly customerId: string | null;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly corporate: boolean;
  readonly customReference: string | null;
};

export type Order = {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly updatedAtSeconds: number;
  readonly currency: string;
  readonly amountCents: number;
  readonly customer: CustomerInfo;
  readonly metadata: Metadata;
  readonly lineItems: readonly LineItem[];
  readonly discountLines: readonly PriceLine[];
  readonly taxLines: readonly PriceLine[];
  readonly shippingLines: readonly PriceLine[];
  /** Oldest first. */
  readonly charges: readonly Charge[];
  /** Null as long as nothing was charged. */
  readonly paymentStatus: OrderStatus | null;
  readonly awaited: AwaitedPayment | null;
  readonly threeDsMode: ThreeDsMode | null;
  readonly returnUrl: string | null;
  readonly checkout: Checkout | null;
  readonly processingMode: string | null;
};

export function amountRefundedCents(order: Order): number {
  return order.charges.flatMap((charge) => charge.refunds).reduce((sum, refund) => sum + refund.amountCents, 0);
}

/** What was ever collected, refunds not deducted. */
export function amountPaidCents(order: Order): number {
  return order.charges
    .filter((charge) => charge.paidAtSeconds !== null)
    .reduce((sum, charge) => sum + charge.amountCents, 0);
}

export function hasPendingCharge(order: Order): boolean {
  return (
    order.awaited !== null ||
    order.charges.some((charge) => charge.status === "pending_payment" || charge.status === "under_fraud_review")
  );
}
