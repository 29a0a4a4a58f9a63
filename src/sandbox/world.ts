/**
 * Everything one sandbox remembers, in memory, and its two sources of surprise: the time and the seed.
 */
import type { Card } from "./card.ts";
import type { Customer } from "./customer.ts";
import type { EventLog } from "./event-log.ts";
import { OrderBook } from "./order-book.ts";
import type { PagePayment } from "./paying.ts";
import type { Random } from "./random.ts";
import type { Tokenized } from "./token.ts";
import type { Webhook } from "./webhook.ts";
import type { WebhookKey } from "./webhook-key.ts";

/** How a charge on an order that is paid is refused. `off` charges again: for proving that someone else would notice. */
export type PaidOrderGuard = 428 | 422 | "off";

export type World = {
  readonly now: () => Date;
  readonly random: Random;
  readonly livemode: boolean;
  readonly guard: PaidOrderGuard;
  /** Whether a reference for cash or a transfer is taken after its order's end. */
  readonly takesLatePayments: boolean;
  /** Whether an order is cancelled although its cash or transfer may still come. */
  readonly cancelsReferences: boolean;
  readonly customers: Map<string, Customer>;
  readonly orders: OrderBook;
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
};

export type WorldOptions = {
  readonly now: () => Date;
  readonly random: Random;
  readonly livemode: boolean;
  readonly guard: PaidOrderGuard;
  readonly takesLatePayments: boolean;
  readonly cancelsReferences: boolean;
  readonly readLagMs: number;
  readonly events: EventLog;
};

export function emptyWorld({ readLagMs, ...given }: WorldOptions): World {
  return {
    ...given,
    customers: new Map(),
    orders: new OrderBook(readLagMs),
    openCheckouts: new Set(),
    paysAfterEnd: new Map(),
    tokens: new Map(),
    usedTokens: new Set(),
    timesCharged: new Map(),
    webhooks: new Map(),
    webhookKeys: new Map(),
  };
}

export function nowSeconds(world: World): number {
  return Math.floor(world.now().getTime() / 1000);
}

/** How often this card, by whatever name it is charged, was charged before; counts this time. */
export function countCharge(world: World, sourceOrToken: string): number {
  const before = world.timesCharged.get(sourceOrToken) ?? 0;
  world.timesCharged.set(sourceOrToken, before + 1);
  return before;
}

export type ChargeableCard = {
  /** What its charges are counted under. */
  readonly key: string;
  readonly card: Card;
  readonly behaviour: Tokenized["behaviour"];
};
