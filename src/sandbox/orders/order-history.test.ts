import { describe, expect, test } from "@jest/globals";
import type { Order } from "./order.ts";
import { OrderHistory } from "./order-history.ts";

function order(id: string, paymentStatus: Order["paymentStatus"]): Order {
  return { id, paymentStatus, charges: [] as Order["charges"] } as Order;
}

/** The history as it is at this time, with a lag of 10 ms: declined after 5 ms, paid after 20. */
function historyAt(atMs: number): OrderHistory {
  const history = new OrderHistory(10);
  for (const [changedAtMs, status] of [
    [0, null],
    [5, "declined"],
    [20, "paid"],
  ] as const) {
    if (changedAtMs <= atMs) history.put(order("a", status), changedAtMs);
  }
  return history;
}

describe("with a read lag of 10 ms", () => {
  // prettier-ignore
  const cases: [atMs: number, read: Order["paymentStatus"], truth: Order["paymentStatus"], listed: boolean, because: string][] = [
    // at  read        truth       listed  because
    [0,    null,       null,       false,  "younger than the lag: its first state, and not in the list"],
    [9,    null,       "declined", false,  "still"],
    [10,   null,       "declined", true,   "ten later the first state is seen"],
    [15,   "declined", "declined", true,   "then the second"],
    [29,   "declined", "paid",     true,   "the payment is not seen yet"],
    [30,   "paid",     "paid",     true,   "and then it is"],
  ];
  test.each(cases)("at %i ms it reads %s while the truth is %s, listed %s (%s)", (atMs, read, truth, listed) => {
    const history = historyAt(atMs);
    expect(history.read("a", atMs)?.paymentStatus).toBe(read);
    expect(history.latest("a")?.paymentStatus).toBe(truth);
    expect([...history.list(atMs)]).toHaveLength(listed ? 1 : 0);
  });
});

test("without a lag every read is the latest, and only the latest is kept", () => {
  const history = new OrderHistory(0);
  history.put(order("a", null), 0);
  history.put(order("a", "paid"), 0);
  expect(history.read("a", 0)?.paymentStatus).toBe("paid");
});

test("what can never be shown again is forgotten, what can is kept", () => {
  const history = new OrderHistory(10);
  for (let atMs = 0; atMs < 100; atMs++) history.put(order("a", atMs % 2 === 0 ? "declined" : "paid"), atMs);
  expect(history.read("a", 99)?.paymentStatus).toBe("paid");
  expect(history.read("a", 100)?.paymentStatus).toBe("declined");
});
