import { expect, test } from "@jest/globals";
import type { SubscriptionOrder } from "../../domain/subscription.ts";
import { KeptOrders } from "./kept-orders.ts";

const orderOf = (n: number): SubscriptionOrder => ({
  ...{ id: `cus_ñ${n}:oro`, planId: "oro", customerId: `cus_ñ${n}` },
  ...{ startLocal: "2026-12-01T09:00", timeZone: "America/Mexico_City", quantity: n + 1, billPast: n % 2 === 0 },
  lineItems: n === 1 ? [{ name: "Su plan", unitPriceCents: 1, quantity: 1 }] : null,
  discount: n === 2 ? { percent: 12.5 } : null,
});

test.each([0, 1, 2, 3, 4, 7])("%i orders come back as they were, in their order and by their place", (count) => {
  const kept = new KeptOrders(3);
  const all = Array.from({ length: count }, (_, n) => ({ line: n + 2, order: orderOf(n) }));
  for (const { line, order } of all) kept.add(line, order);
  expect(kept.count).toBe(count);
  expect([...kept.parts()].flat()).toEqual(all);
  expect(all.map((_, place) => kept.at(place))).toEqual(all);
  expect(() => kept.at(count)).toThrow(`none at ${count}`);
});
