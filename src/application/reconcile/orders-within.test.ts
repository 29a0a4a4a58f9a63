import { describe, expect, test } from "@jest/globals";
import { ordersWithin, type ReadPart } from "./orders-within.ts";
import type { ListedOrder, OrderLister, Window } from "../ports/reconcile.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../domain/duration.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";

const FROM = new Date("2026-01-01T00:00:00Z");

function orderAt(atMs: number, name: string): ListedOrder {
  return {
    ...{ orderId: name, createdAt: new Date(atMs), subscriptionId: null, invoiceId: null, cycle: null, shown: null },
    ...{ installationId: null, references: [], chargeReferences: new Map(), givenBack: null, movedPayment: null },
    ...{ refundedCents: null, refundedCharges: new Map(), disputes: [], paidChargeIds: [] },
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

/** How long each listing was, in days. */
const days = (windows: readonly Window[]): readonly number[] =>
  windows.map(({ from, to }) => (to.getTime() - from.getTime() + 1) / DAY_MS);

describe("how long the parts are", () => {
  test("twice as long as the one before while it shows few, up to 64 days", async () => {
    const { read, windows } = shopWith(() => 0, 400);
    await read();
    expect(days(windows)).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 17]);
  });

  test.each<[orders: number, parts: readonly number[], because: string]>([
    [250, [1, 2, 4], "as many as one call shows are few"],
    [251, [1, 1, 2, 3], "one more is a second call"],
  ])("with %i orders on the first day they are of %j days (%s)", async (orders, parts) => {
    const { read, windows } = shopWith((day) => (day === 0 ? orders : 0), 7);
    await read();
    expect(days(windows)).toEqual(parts);
  });

  test.each<[orders: number, parts: readonly number[], because: string]>([
    [5000, [1, 2, 2], "twenty pages are read to their end"],
    [5001, [1, 2, 1, 1, 1, 1], "one order more, and they are read by the day"],
  ])("with %i orders on the two days after a quiet one they are of %j days (%s)", async (orders, parts) => {
    const { read, windows } = shopWith((day) => (day === 0 ? 0 : day === 1 ? orders - 2500 : 2500), 5);
    await read();
    expect(days(windows)).toEqual(parts);
  });

  test.each<[orders: number, hours: readonly number[], because: string]>([
    [20_000, [24], "a day is read in one piece, however busy"],
    [20_001, [24, 3, 3, 3, 3, 3, 3, 3, 3], "but not busier than that"],
  ])("with %i orders in a day they are of %j hours (%s)", async (orders, hours) => {
    const { read, windows } = shopWith(() => orders, 1);
    await read();
    expect(days(windows).map((each) => each * 24)).toEqual(hours);
  });

  test("never shorter than a minute, whatever it shows", async () => {
    const orders = Array.from({ length: 20_001 }, (_, place) => orderAt(FROM.getTime(), `ord_${place}`));
    const windows: Window[] = [];
    const lister: OrderLister = {
      async *listOrders(window) {
        windows.push(window);
        if (window.from <= FROM) yield* orders;
      },
    };
    const ids = new Set<string>();
    const window = { from: FROM, to: new Date(FROM.getTime() + HOUR_MS - 1) };
    for await (const { orderId } of ordersWithin(lister, window)) ids.add(orderId);
    expect(ids.size).toBe(20_001);
    const last = windows.findLast(({ from }) => from <= FROM);
    expect(last?.to.getTime()).toBe(FROM.getTime() + MINUTE_MS - 1);
  });

  test("a window of one moment is listed once", async () => {
    const windows: Window[] = [];
    const lister: OrderLister = {
      async *listOrders(window) {
        windows.push(window);
        yield orderAt(FROM.getTime(), "ord_1");
      },
    };
    const ids: string[] = [];
    for await (const { orderId } of ordersWithin(lister, { from: FROM, to: FROM })) ids.push(orderId);
    expect(ids).toEqual(["ord_1"]);
    expect(windows).toEqual([{ from: FROM, to: FROM }]);
  });
});

test("after each part it is told how far it is, how many there were, and when the latest was made", async () => {
  const hour = (hours: number, name: string): ListedOrder => orderAt(FROM.getTime() + hours * HOUR_MS, name);
  const undated = { ...hour(0, "undated"), createdAt: null };
  const shown = [
    [undated],
    [hour(30, "b"), hour(26, "a"), hour(30, "b")],
    [undated, hour(28, "late"), hour(31, "last")],
  ];
  let place = 0;
  const lister: OrderLister = {
    async *listOrders() {
      yield* shown[place++] ?? [];
    },
  };
  const parts: ReadPart[] = [];
  const window = { from: FROM, to: new Date(FROM.getTime() + 7 * DAY_MS - 1) };
  const ids: string[] = [];
  for await (const { orderId } of ordersWithin(lister, window, (part) => void parts.push(part))) ids.push(orderId);
  expect(ids).toEqual(["undated", "b", "a", "late", "last"]);
  const end = (day: number): Date => new Date(FROM.getTime() + day * DAY_MS - 1);
  const at = (hours: number): Date => new Date(FROM.getTime() + hours * HOUR_MS);
  expect(parts).toEqual([
    { until: end(1), orders: 1, latestAt: null },
    { until: end(3), orders: 3, latestAt: at(30) },
    { until: end(7), orders: 5, latestAt: at(31) },
  ]);
});
