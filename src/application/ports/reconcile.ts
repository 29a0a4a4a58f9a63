/**
 * What reconciliation needs from outside, beside the other ports: a list of the gateway's orders, and what the books say of
 * them, written down for attempts that the books have lost.
 */
import type { AttemptFlow, ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { KnownAttempt, SeenOrder, WebhookInbox } from "./webhooks.ts";

/** Both ends belong to it. */
export type Window = { readonly from: Date; readonly to: Date };

/** One order as the list shows it. */
export type ListedOrder = SeenOrder & {
  readonly orderId: string;
  /** Null where the order does not say. */
  readonly createdAt: Date | null;
  /** What the order was made for, by our own metadata; null where it does not say. */
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly cycle: number | null;
  /** Of an order of no cycle, what it is for; null where it does not say, as those of before it was written. */
  readonly oneOffKey?: string | null;
  /** Null: not told, or it cannot be read, and shows every attempt that it names as uncertain. */
  readonly shown: {
    readonly amountCents: number;
    readonly currency: string;
    readonly customerId: string | null;
    readonly status: string | null;
  } | null;
};

export interface OrderLister {
  /**
   * Everybody's orders created within the window, in the gateway's order. An order may come twice.
   * @throws {GatewayUnavailable} also when the list cannot be read to its end; what came before is true all the same
   */
  listOrders(window: Window): AsyncIterable<ListedOrder>;
}

/** The order of an invoice that is not paid in the books (flow `order_first`). It may be older than any window. */
export type UnpaidOrder = {
  readonly orderId: string;
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly cycle: number | null;
};

/** What an order was made for, by our own metadata; null where it does not say. */
export type MadeFor = Pick<ListedOrder, "invoiceId" | "subscriptionId" | "cycle">;

/** An attempt the books lack, as the gateway shows it. */
export type LostAttempt = {
  readonly reference: string;
  readonly invoiceId: string;
  readonly flow: AttemptFlow;
  readonly orderId: string;
  readonly sentAt: Date;
  /** `unknown` until its order is booked; `released` beside another open attempt, where only money can be booked. */
  readonly state: "unknown" | "released";
};

export interface SweepRecords {
  /** When a charge was last sent; null: none ever was. */
  lastSentAt(): Promise<Date | null>;
  createdAt(): Promise<Date>;
  /** Orders made until then, by the gateway's clock, were compared with these books; null: none were. */
  comparedUntil(): Promise<Date | null>;
  /** An earlier instant than what is noted changes nothing. */
  noteCompared(until: Date): Promise<void>;
  /** Writes it down, with its event. An attempt of the same reference stays as it is. */
  importAttempt(attempt: LostAttempt, now: Date): Promise<void>;
  /** Attempts sent within the window that are paid in the books. */
  paidAttempts(window: Window): Promise<readonly KnownAttempt[]>;
  /** The orders of invoices that are open, held or written off; the longest due first. @param limit default: all */
  unpaidOrders(limit?: number): Promise<readonly UnpaidOrder[]>;
  /** Puts every attempt that is `unknown` or `pending`, links among them, up for an inquiry, held or put aside or not. @returns how many */
  inquireAboutAll(now: Date): Promise<number>;
  /** Those of these orders that a person has set aside: looked at, and not to be booked. */
  setAside(orderIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether the invoice was moved to an archive: the books know it, and neither book nor judge its orders any more. */
  isArchived(order: MadeFor): Promise<boolean>;
  /** Sets them aside, each once, with its event. */
  keepAside(orderIds: readonly string[], decision: { why: string; by: string }, now: Date): Promise<void>;
}

export type SweepSide = {
  readonly lister: OrderLister;
  readonly records: SweepRecords;
  readonly inbox: Pick<WebhookInbox, "attemptsOf">;
  /** How this installation charges: what an attempt that the books have lost is taken for. */
  readonly flow: ChargeFlow;
};
