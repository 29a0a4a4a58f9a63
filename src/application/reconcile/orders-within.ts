/**
 * A window of any length, listed in parts that can each be read to their end.
 *
 * Parts grow while they show few orders, so that a quiet year costs a dozen listings and a busy week is read by the day.
 * A part that turns out to be full is broken off and read again in shorter ones, down to a minute: a shop with a hundred
 * thousand orders a day is read by the hour, where one listing of the day would never reach its end.
 */
import type { ListedOrder, OrderLister, Window } from "../ports/reconcile.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";

const LONGEST_MS = 64 * DAY_MS;
/** A page of Conekta's: a part with no more than that cost one call. */
const FEW = 250;
/** Twenty pages. A walk that fails at the twenty-first begins again. */
const MANY = 5_000;
/** Of a day or less: below that the day is read in one piece, however busy. */
const TOO_MANY = 20_000;
const SHORTEST_MS = MINUTE_MS;
const SHORTER = 8;

/** A part that was read to its end. */
export type ReadPart = {
  readonly until: Date;
  /** Of all parts so far. */
  readonly orders: number;
  /** The latest that an order so far was made, by the gateway's clock; null: no order says when. */
  readonly latestAt: Date | null;
};

/** Each order once. @param onPart after each part: the orders before its end are all told @throws {GatewayUnavailable} a part could not be read to its end; what came before is true */
export async function* ordersWithin(
  lister: OrderLister,
  { from, to }: Window,
  onPart: (part: ReadPart) => Promise<void> | void = () => {},
): AsyncGenerator<ListedOrder> {
  const seen = new Set<string>();
  let latestAt: Date | null = null;
  let lengthMs = DAY_MS;
  for (let startMs = from.getTime(); startMs <= to.getTime();) {
    const endMs = Math.min(startMs + lengthMs - 1, to.getTime());
    let count = 0;
    for await (const order of lister.listOrders({ from: new Date(startMs), to: new Date(endMs) })) {
      count += 1;
      if (isTooFull(count, lengthMs)) break;
      if (seen.has(order.orderId)) continue;
      seen.add(order.orderId);
      if (order.createdAt !== null && (latestAt === null || order.createdAt > latestAt)) latestAt = order.createdAt;
      yield order;
    }
    if (isTooFull(count, lengthMs)) {
      lengthMs = lengthMs > DAY_MS ? DAY_MS : Math.max(SHORTEST_MS, lengthMs / SHORTER);
      continue;
    }
    startMs = endMs + 1;
    await onPart({ until: new Date(endMs), orders: seen.size, latestAt });
    if (count <= FEW) lengthMs = Math.min(2 * lengthMs, LONGEST_MS);
  }
}

function isTooFull(count: number, lengthMs: number): boolean {
  return lengthMs > DAY_MS ? count > MANY : count > TOO_MANY && lengthMs > SHORTEST_MS;
}
