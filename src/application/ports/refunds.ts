/** What refunds need from outside, beside the other ports: the call, a read of what went back, and their rows. */
import type { RefundOutcome, RefundReason, RefundState } from "../../domain/refund.ts";
import type { Page, PageOf } from "./listings.ts";
import type { RefundRow } from "./listings/invoices.ts";

export interface Refunder {
  /** Moves money back. Sent once; never throws for what the gateway or the network did. */
  refund(
    orderId: string,
    refund: { readonly amountCents: number; readonly reason: RefundReason },
  ): Promise<RefundOutcome>;
  /**
   * What went back of an order in all, however it was asked for.
   * @throws {GatewayUnavailable} @throws {GatewayUnauthorized} @throws {GatewayRefused} 404: no such order
   */
  readRefundedCents(orderId: string): Promise<number>;
}

export type RefundRequest = {
  readonly invoiceId: string;
  /** Null: the attempt that paid the invoice. */
  readonly attemptId: string | null;
  /** What the payment's order shows as given back, as it was just read; null: it is not shown. */
  readonly shownCents: number | null;
  /** Null: all that is left. */
  readonly amountCents: number | null;
  readonly reason: RefundReason;
  readonly note: string | null;
  /** Who asked for it. */
  readonly by: string;
};

export type Refund = {
  readonly id: string;
  readonly invoiceId: string;
  readonly attemptId: string;
  readonly orderId: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly state: RefundState;
  readonly createdAt: Date;
};

export type RefundFilter = { readonly invoiceId?: string; readonly states?: readonly RefundState[] };

export interface RefundRecords {
  /**
   * What would be given back.
   * @throws {NotFound} no such invoice or attempt
   * @throws {Refused} nothing was paid
   */
  paymentOf(wanted: Pick<RefundRequest, "invoiceId" | "attemptId">): Promise<{ readonly orderId: string }>;
  /**
   * Commits, durably, that this refund is about to be sent.
   * @throws {NotFound} no such invoice or attempt
   * @throws {Refused} nothing was paid, or less than this is left of it
   */
  request(request: RefundRequest, now: Date): Promise<Refund>;
  /** Writes how it ended, with its event. One that has ended stays as it is. */
  settle(refundId: string, outcome: RefundOutcome, now: Date): Promise<void>;
  /** All of one order, oldest first. */
  ofOrder(orderId: string): Promise<readonly Refund[]>;
  /** For people, the latest first. */
  list(filter: RefundFilter): Promise<readonly RefundRow[]>;
  page(filter: PageOf<RefundFilter>): Promise<Page<RefundRow>>;
}
