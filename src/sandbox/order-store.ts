/**
 * Finding an order, and how this call wants it printed.
 */
import { notFound } from "./api-error.ts";
import type { Call } from "./call.ts";
import type { Order } from "./order.ts";
import type { ViewOptions } from "./order-view.ts";
import type { World } from "./world.ts";

/** @throws {ApiError} 404 */
export function findOrder(world: World, id: string): Order {
  const order = world.orders.latest(id);
  if (order === undefined) throw notFound("Order", id);
  return order;
}

export function viewOptions(world: World, call: Call): ViewOptions {
  return { livemode: world.livemode, version: call.version };
}
