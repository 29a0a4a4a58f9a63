/**
 * The gateway's own ledger: what really happened to orders and charges, and when. The truth of every simulation.
 *
 * Each charge remembers its history, so that a read that lags can be answered with what was true some seconds ago.
 */
import type { ChargeIntent } from "../../src/application/ports.ts";
import type { DeclineClass } from "../../src/domain/decline.ts";

export type ChargeStatus = "paid" | "declined" | "pending_payment" | "expired" | "canceled";

export type LedgerCharge = {
  readonly id: string;
  readonly orderId: string;
  readonly reference: string;
  readonly subscriptionId: string;
  readonly cycle: number;
  readonly amountCents: number;
  readonly currency: string;
  readonly customerId: string;
  readonly failureCode: string | null;
  readonly declineClass: DeclineClass | null;
  /** In order of time; the last one is the truth of now. */
  readonly history: { readonly atMs: number; readonly status: ChargeStatus }[];
};

export type LedgerOrder = {
  readonly id: string;
  readonly createdAtMs: number;
  /** From when on the lists show it. */
  readonly listedAtMs: number;
  readonly intent: ChargeIntent;
  readonly charges: LedgerCharge[];
  /** 3DS: nothing is charged before the customer acts, from and until when. */
  awaitsCustomer: { readonly fromMs: number; untilMs: number } | null;
  canceledAtMs: number | null;
  /** What `payment_status` says instead of the truth; null: the truth. */
  readonly liesAbout: "declined" | "pending_payment" | null;
};

export type Ledger = {
  readonly orders: ReadonlyMap<string, LedgerOrder>;
  readonly charges: readonly LedgerCharge[];
  /** Charges that moved money, in the order they did; several of one cycle are what must never be. */
  readonly paid: readonly LedgerCharge[];
  createOrder(intent: ChargeIntent, atMs: number, facts: Pick<LedgerOrder, "listedAtMs" | "liesAbout">): LedgerOrder;
  addCharge(
    order: LedgerOrder,
    intent: ChargeIntent,
    atMs: number,
    facts: { status: ChargeStatus; failureCode?: string | null; declineClass?: DeclineClass | null },
  ): LedgerCharge;
  turn(charge: LedgerCharge, atMs: number, status: ChargeStatus): void;
};

export function newLedger(): Ledger {
  const orders = new Map<string, LedgerOrder>();
  const charges: LedgerCharge[] = [];
  const paid: LedgerCharge[] = [];

  return {
    orders,
    charges,
    paid,
    createOrder: (intent, atMs, facts) => {
      const order: LedgerOrder = {
        id: `ord_${String(orders.size + 1).padStart(6, "0")}`,
        createdAtMs: atMs,
        ...facts,
        intent,
        charges: [],
        awaitsCustomer: null,
        canceledAtMs: null,
      };
      orders.set(order.id, order);
      return order;
    },
    addCharge: (order, intent, atMs, { status, failureCode = null, declineClass = null }) => {
      const { reference, subscriptionId, cycle, amountCents, currency, customerId } = intent;
      const charge: LedgerCharge = {
        id: `cha_${String(charges.length + 1).padStart(6, "0")}`,
        orderId: order.id,
        ...{ reference, subscriptionId, cycle, amountCents, currency, customerId, failureCode, declineClass },
        history: [{ atMs, status }],
      };
      order.charges.push(charge);
      charges.push(charge);
      if (status === "paid") paid.push(charge);
      return charge;
    },
    turn: (charge, atMs, status) => {
      charge.history.push({ atMs, status });
      if (status === "paid") paid.push(charge);
    },
  };
}

export function statusOf(charge: LedgerCharge): ChargeStatus {
  return charge.history.at(-1)?.status ?? "declined";
}

/** @returns null when the charge did not exist yet */
export function statusAsOf(charge: LedgerCharge, atMs: number): ChargeStatus | null {
  return charge.history.findLast((each) => each.atMs <= atMs)?.status ?? null;
}
