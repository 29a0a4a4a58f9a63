/**
 * Finding an order, and how this call wants it printed.
 */
import { notFound } from "../api/api-error.ts";
import type { Call } from "../api/call.ts";
import type { Order } from "./order.ts";
import type { ViewOptions } from "./order-view.ts";
import type { State } from "../state.ts";

/** @throws {ApiError} 404 */
export function findOrder(state: State, id: string): Order {
  const order = state.orders.latest(id);
  if (order === undefined) throw notFound("Order", id);
  return order;
}

export function viewOptions(state: State, call: Call): ViewOptions {
  return { livemode: state.livemode, version: call.version };
}
