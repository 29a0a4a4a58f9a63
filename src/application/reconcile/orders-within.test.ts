import { describe, expect, test } from "@jest/globals";
import { ordersWithin } from "./orders-within.ts";
import type { ListedOrder, OrderLister, Window } from "../ports/reconcile.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";

const FROM = new Date("2026-01-01T00:00:00Z");

function orderAt(atMs: number, name: string): ListedOrder {
  return {
    ...{ orderId: name, createdAt: new Date(atMs), subscriptionId: null, invoiceId: null, cycle: null, shown: null },
    ...{ installationId: null, references: [], chargeReferences: new Map(), givenBack: null, movedPayment: null },
    ...{ refundedCents: null, disputes: [], paidChargeIds: [] },
    inquiryAnswerOf: () => ({ kind: "absent", trace: { httpStatus: 200, logId: null, because: "said the test" } }),
  };
}

/** @param perDay orders of each day, spread over it @param most a listing of more of them never reaches its end */
function shopWith(perDay: (day: number) => number, days: number, most = Infinity) {
  const windows: Window[] = [];
  let shown = 0;
  const orders = Array.from({ length: days }, (_, day) =>
    Array.from({ length: perDay(day) }, (_each, place) =>
      orderAt(FROM.getTime() + (day + place / perDay(day)) * DAY_MS, `ord_${day}_${place}`),
    ),
  ).flat();
  /** The first that is no older; they ascend. */
  function firstFrom(from: Date): number {
    let [low, high] = [0, orders.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((orders[middle]?.createdAt ?? from) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  const lister: OrderLister = {
    async *listOrders(window) {
      windows.push(window);
      let count = 0;
      for (const order of orders.slice(firstFrom(window.from))) {
        if (order.createdAt === null || order.createdAt > window.to) return;
        if ((count += 1) > most) throw new GatewayUnavailable("the list has no end");
        shown += 1;
        yield order;
      }
    },
  };
  const window = { from: FROM, to: new Date(FROM.getTime() + days * DAY_MS - 1) };
  const read = async () => {
    const ids: string[] = [];
    for await (const { orderId } of ordersWithin(lister, window)) ids.push(orderId);
    return ids;
  };
  return { read, windows, orders, shown: () => shown };
}

describe("a window of orders", () => {
  test.each<[what: string, perDay: (day: number) => number, days: number, listings: number]>([
    // orders a day, days, listings at most
    ["nothing in 400 days", () => 0, 400, 12],
    ["one charge a month", (day) => (day % 30 === 0 ? 1 : 0), 400, 12],
    ["a start after a quiet day", () => 3, 3, 2],
    ["300 a day: by the day, as many listings as days", () => 300, 10, 10],
    ["quiet, then 3,000 a day: parts that are too full are read by the day", (day) => (day < 31 ? 0 : 3000), 40, 20],
  ])("%s", async (_what, perDay, days, listings) => {
    const { read, windows, orders, shown } = shopWith(perDay, days);
    expect((await read()).toSorted((a, b) => a.localeCompare(b))).toEqual(
      orders.map(({ orderId }) => orderId).toSorted((a, b) => a.localeCompare(b)),
    );
    expect(windows.length).toBeLessThanOrEqual(listings);
    // What is read twice is no more than what a broken-off part had shown.
    expect(shown()).toBeLessThanOrEqual(orders.length + 2 * 5001);
  });

  test("120,000 orders in one day, of which no listing shows more than 100,000: each once, in parts of hours", async () => {
    const dense = shopWith((day) => (day === 1 ? 120_000 : 3), 3, 100_000);
    const ids = await dense.read();
    expect(ids).toHaveLength(120_006);
    expect(new Set(ids).size).toBe(120_006);
    // Broken off as a part that grew, as a day, and as an eighth of one.
    expect(dense.shown()).toBeLessThanOrEqual(120_006 + 5 * 20_001);
    expect(dense.windows.length).toBeLessThan(100);
  });

  test("control: a listing that cannot be read to its end fails, however short its part", async () => {
    const dense = shopWith(() => 250, 1, 0);
    await expect(dense.read()).rejects.toThrow(GatewayUnavailable);
  });

  test("has no gaps: each part begins where the last one ended", async () => {
    const { read, windows } = shopWith(() => 0, 100);
    await read();
    for (const [place, { from }] of windows.entries())
      expect(from.getTime()).toBe(place === 0 ? FROM.getTime() : (windows[place - 1]?.to.getTime() ?? 0) + 1);
    expect(windows.at(-1)?.to.getTime()).toBe(FROM.getTime() + 100 * DAY_MS - 1);
  });
});
