/**
 * The API this sandbox speaks: method, path, and who answers. `*` is a variable segment.
 */
import type { Answer, Call } from "./call.ts";
import { chargeOrder, listCharges, updateCharge } from "../orders/charge-calls.ts";
import {
  createCustomer,
  deleteCustomer,
  getCustomer,
  listCustomers,
  updateCustomer,
} from "../customers/customer-calls.ts";
import { type DeliveryLogs, getEvent, listEvents, resendEvent } from "../webhooks/event-calls.ts";
import { createOrder, getOrder, updateOrder } from "../orders/order-calls.ts";
import { listOrders } from "../orders/order-list.ts";
import { cancelOrder } from "../orders/order-ending.ts";
import { refundOrder } from "../orders/order-settling.ts";
import { addSource, deleteSource, listSources, updateSource } from "../customers/payment-source-calls.ts";
import { createToken } from "../cards/token-calls.ts";
import {
  createWebhook,
  createWebhookKey,
  deleteWebhook,
  deleteWebhookKey,
  getWebhook,
  getWebhookKey,
  listWebhookKeys,
  listWebhooks,
  testWebhook,
  updateWebhook,
  updateWebhookKey,
} from "../webhooks/webhook-calls.ts";
import type { State } from "../state.ts";

export type Handler = (state: State, call: Call, delivery: DeliveryLogs) => Answer | Promise<Answer>;

type Route = readonly [method: string, path: string, handler: Handler];

const ROUTES: readonly Route[] = [
  ["POST", "/customers", createCustomer],
  ["GET", "/customers", listCustomers],
  ["GET", "/customers/*", getCustomer],
  ["PUT", "/customers/*", updateCustomer],
  ["DELETE", "/customers/*", deleteCustomer],
  ["POST", "/customers/*/payment_sources", addSource],
  ["GET", "/customers/*/payment_sources", listSources],
  ["PUT", "/customers/*/payment_sources/*", updateSource],
  ["DELETE", "/customers/*/payment_sources/*", deleteSource],
  ["POST", "/tokens", createToken],
  ["POST", "/orders", createOrder],
  ["GET", "/orders", listOrders],
  ["GET", "/orders/*", getOrder],
  ["PUT", "/orders/*", updateOrder],
  ["POST", "/orders/*/charges", chargeOrder],
  ["POST", "/orders/*/cancel", cancelOrder],
  ["POST", "/orders/*/refunds", refundOrder],
  ["GET", "/charges", listCharges],
  ["PUT", "/charges/*", updateCharge],
  ["GET", "/events", listEvents],
  ["GET", "/events/*", getEvent],
  ["POST", "/events/*/resend", resendEvent],
  ["POST", "/webhooks", createWebhook],
  ["GET", "/webhooks", listWebhooks],
  ["GET", "/webhooks/*", getWebhook],
  ["PUT", "/webhooks/*", updateWebhook],
  ["DELETE", "/webhooks/*", deleteWebhook],
  ["POST", "/webhooks/*/test", testWebhook],
  ["POST", "/webhook_keys", createWebhookKey],
  ["GET", "/webhook_keys", listWebhookKeys],
  ["GET", "/webhook_keys/*", getWebhookKey],
  ["PUT", "/webhook_keys/*", updateWebhookKey],
  ["DELETE", "/webhook_keys/*", deleteWebhookKey],
];

export type Match = { readonly handler: Handler; readonly params: readonly string[] };

export function findRoute(method: string, path: string): Match | null {
  for (const [routeMethod, pattern, handler] of ROUTES) {
    if (routeMethod !== method) continue;
    const params = matchPath(pattern, path);
    if (params !== null) return { handler, params };
  }
  return null;
}

/**
 * The segments that stand where the pattern has `*`; null when it does not match.
 * A pattern that is only `*` matches every path.
 */
export function matchPath(pattern: string, path: string): readonly string[] | null {
  if (pattern === "*") return [];
  const expected = pattern.split("/");
  const actual = path.split("/");
  if (expected.length !== actual.length) return null;
  const params: string[] = [];
  for (const [index, segment] of expected.entries()) {
    const value = actual[index] ?? "";
    if (segment === "*" && value !== "") params.push(value);
    else if (segment !== value) return null;
  }
  return params;
}
