/**
 * `GET /orders`.
 *
 * `search` looks in ids, name, e-mail and phone only: whether the real one looks in metadata or in a charge's
 * reference is not known, and a client that needs it should find that out here.
 *
 * @see Conekta API 2.3.0 specification, `GET /orders`
 */
import { z } from "zod";
import { type Answer, type Call, ok } from "../api/call.ts";
import type { Order } from "./order.ts";
import { viewOptions } from "./order-store.ts";
import { orderView } from "./order-view.ts";
import { cutPage, listBody, pageQuery } from "../api/list-page.ts";
import { checked } from "../api/validation.ts";
import type { State } from "../state.ts";

const seconds = z.coerce.number().int().min(0).optional();

const orderQuerySchema = z.object({
  ...pageQuery,
  payment_status: z.string().optional(),
  "last_payment_info.status": z.string().optional(),
  created_at: seconds,
  "created_at.gte": seconds,
  "created_at.lte": seconds,
  "updated_at.gte": seconds,
  "updated_at.lte": seconds,
});

type OrderQuery = z.output<typeof orderQuerySchema>;

export function listOrders(state: State, call: Call): Answer {
  const query = checked(orderQuerySchema, Object.fromEntries(call.query));
  const orders = state.orders.list(state.now().getTime());
  const page = cutPage(orders, query, (order) => matchesQuery(order, query));
  return ok(listBody(page, call.address, (order) => orderView(order, viewOptions(state, call))));
}

function matchesQuery(order: Order, query: OrderQuery): boolean {
  return (
    isWithin(order.createdAtSeconds, query["created_at.gte"], query["created_at.lte"]) &&
    isWithin(order.createdAtSeconds, query.created_at, query.created_at) &&
    isWithin(order.updatedAtSeconds, query["updated_at.gte"], query["updated_at.lte"]) &&
    (query.payment_status === undefined || order.paymentStatus === query.payment_status) &&
    (query["last_payment_info.status"] === undefined ||
      order.charges.at(-1)?.status === query["last_payment_info.status"]) &&
    isFoundBy(order, query.search)
  );
}

function isWithin(value: number, from: number | undefined, to: number | undefined): boolean {
  return (from === undefined || value >= from) && (to === undefined || value <= to);
}

export function isFoundBy(order: Order, search: string | undefined, ...more: readonly string[]): boolean {
  if (search === undefined || search === "") return true;
  const { customerId, name, email, phone } = order.customer;
  const texts = [order.id, customerId ?? "", name, email, phone, ...more];
  return texts.some((text) => text.toLowerCase().includes(search.toLowerCase()));
}
