/**
 * What an order is about: its lines, and the total they make.
 */
import { invalidParameter } from "../api/api-error.ts";
import { type IdPrefix, prefixedId } from "../id.ts";
import type { LineItem, Order, PriceLine } from "./order.ts";
import type { LineRequests } from "./order-request.ts";
import type { Random } from "../random.ts";

export type OrderLines = Pick<Order, "lineItems" | "discountLines" | "taxLines" | "shippingLines" | "amountCents">;

export function orderLines(random: Random, request: LineRequests): OrderLines {
  const lines = {
    lineItems: lineItems(random, request.line_items),
    discountLines: priceLines(random, "dis_lin", request.discount_lines ?? []),
    taxLines: priceLines(random, "tax_lin", request.tax_lines ?? []),
    shippingLines: priceLines(random, "ship_lin", request.shipping_lines ?? []),
  };
  return { ...lines, amountCents: totalCents(lines) };
}

type LineChanges = { readonly [Key in keyof LineRequests]?: LineRequests[Key] | undefined };

/** A list that is given replaces the order's; the others stay. */
export function changedLines(random: Random, order: OrderLines, change: LineChanges): OrderLines {
  const lines = {
    lineItems: change.line_items ? lineItems(random, change.line_items) : order.lineItems,
    discountLines: change.discount_lines ? priceLines(random, "dis_lin", change.discount_lines) : order.discountLines,
    taxLines: change.tax_lines ? priceLines(random, "tax_lin", change.tax_lines) : order.taxLines,
    shippingLines: change.shipping_lines ? priceLines(random, "ship_lin", change.shipping_lines) : order.shippingLines,
  };
  return { ...lines, amountCents: totalCents(lines) };
}

/**
 * The items' prices, plus taxes and shipping, minus discounts.
 *
 * @throws {ApiError} 422 when the discounts are larger than the rest (our guess)
 */
function totalCents(lines: Omit<OrderLines, "amountCents">): number {
  const items = lines.lineItems.reduce((sum, item) => sum + item.unitPriceCents * item.quantity, 0);
  const total = items + sumCents(lines.taxLines) + sumCents(lines.shippingLines) - sumCents(lines.discountLines);
  if (total >= 0) return total;
  throw invalidParameter(
    "discount_lines.invalid",
    "discount_lines",
    "Los descuentos exceden el total de la orden.",
    "The discounts are larger than the order's total.",
  );
}

function sumCents(lines: readonly PriceLine[]): number {
  return lines.reduce((sum, line) => sum + line.amountCents, 0);
}

function lineItems(random: Random, requests: LineRequests["line_items"]): readonly LineItem[] {
  return requests.map(({ name, unit_price, quantity, metadata, ...extra }) => ({
    id: prefixedId(random, "line_item"),
    name,
    unitPriceCents: unit_price,
    quantity,
    metadata: metadata ?? {},
    extra,
  }));
}

type PriceLineRequest = { readonly amount: number } & Readonly<Record<string, unknown>>;

function priceLines(random: Random, prefix: IdPrefix, requests: readonly PriceLineRequest[]): readonly PriceLine[] {
  return requests.map(({ amount, ...fields }) => ({ id: prefixedId(random, prefix), amountCents: amount, fields }));
}
