/**
 * Everything one sandbox keeps in memory, with its clock and its seeded random numbers.
 */
import type { Card } from "./cards/card.ts";
import type { Customer } from "./customers/customer.ts";
import type { EventLog } from "./webhooks/event-log.ts";
import { OrderHistory } from "./orders/order-history.ts";
import type { PagePayment } from "./orders/paying.ts";
import type { Random } from "./random.ts";
import type { Tokenized } from "./cards/token.ts";
import type { Webhook } from "./webhooks/webhook.ts";
import type { KeyPair, WebhookKey } from "./webhooks/webhook-key.ts";

/** How a charge on an order that is paid is refused. `off` charges again: to test that the client notices. */
export type PaidOrderGuard = 428 | 422 | "off";

export type State = {
  readonly now: () => Date;
  readonly random: Random;
  readonly livemode: boolean;
  readonly guard: PaidOrderGuard;
  /** Whether a reference for cash or a transfer is taken after its order's end. */
  readonly takesLatePayments: boolean;
  /** Whether an order is cancelled although its cash or transfer may still come. */
  readonly cancelsReferences: boolean;
  readonly customers: Map<string, Customer>;
  readonly orders: OrderHistory;
  /** Orders whose checkout is open: only these can expire. */
  readonly openCheckouts: Set<string>;
  /** By order: payments that cross the order's end. */
  readonly paysAfterEnd: Map<string, PagePayment>;
  /** Tokens made by `POST /tokens`; taken out when used, for a real token works once. */
  readonly tokens: Map<string, Tokenized>;
  readonly usedTokens: Set<string>;
  readonly timesCharged: Map<string, number>;
  readonly events: EventLog;
  readonly webhooks: Map<string, Webhook>;
  readonly webhookKeys: Map<string, WebhookKey>;
  /** Of every key that is made; null: each has one of its own. */
  readonly webhookKeyPair: KeyPair | null;
};

export type StateOptions = {
  readonly now: () => Date;
  readonly random: Random;
  readonly livemode: boolean;
  readonly guard: PaidOrderGuard;
  readonly takesLatePayments: boolean;
  readonly cancelsReferences: boolean;
  readonly readLagMs: number;
  readonly events: EventLog;
  readonly webhookKeyPair: KeyPair | null;
};

export function emptyState({ readLagMs, ...given }: StateOptions): State {
  return {
    ...given,
    customers: new Map(),
    orders: new OrderHistory(readLagMs),
    openCheckouts: new Set(),
    paysAfterEnd: new Map(),
    tokens: new Map(),
    usedTokens: new Set(),
    timesCharged: new Map(),
    webhooks: new Map(),
    webhookKeys: new Map(),
  };
}

export function nowSeconds(state: State): number {
  return Math.floor(state.now().getTime() / 1000);
}

/** How often this card, by whatever name it is charged, was charged before; counts this time. */
export function countCharge(state: State, sourceOrToken: string): number {
  const before = state.timesCharged.get(sourceOrToken) ?? 0;
  state.timesCharged.set(sourceOrToken, before + 1);
  return before;
}

export type ChargeableCard = {
  /** What its charges are counted under. */
  readonly key: string;
  readonly card: Card;
  readonly behaviour: Tokenized["behaviour"];
};
