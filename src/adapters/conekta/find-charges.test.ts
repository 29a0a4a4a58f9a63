/** The inquiry over a window: pages, bounds, and what an unreadable list must not conclude. */
import { describe, expect, test } from "@jest/globals";
import { charge, declinedCharge, INTENT, order, OTHER_REFERENCE, REFERENCE } from "../../../test/gateway/samples.ts";
import type { Caller } from "./api-client.ts";
import { findInWindow } from "./find-charges.ts";
import type { HttpCall } from "./transport.ts";

const WINDOW = { from: new Date(1677803700_500), to: new Date(1677803760_500) };
const INTENTS = [INTENT, { ...INTENT, reference: OTHER_REFERENCE }];

/** Answers one page after the other, then the last for ever. */
function pages(...lists: readonly { has_more: boolean; data: readonly unknown[] }[]) {
  const calls: HttpCall[] = [];
  const caller: Caller = {
    call: async (call, _operation, schema) => {
      const list = lists[Math.min(calls.length, lists.length - 1)];
      calls.push(call);
      return schema.parse({ object: "list", ...list });
    },
  };
  return { caller, calls };
}

function page(...data: unknown[]) {
  return { has_more: false, data };
}

async function kindsIn(caller: Caller) {
  const found = await findInWindow(caller, WINDOW, INTENTS, "single");
  return INTENTS.map(({ reference }) => [reference, found.get(reference)?.kind]);
}

describe("finding charges in a window", () => {
  test("walks to the last page, within the window in whole seconds", async () => {
    const filler = order([charge({ reference_id: "other" })], { id: "ord_1", metadata: null });
    const { caller, calls } = pages({ has_more: true, data: [filler] }, page(order([charge()], { id: "ord_2" })));
    expect(await kindsIn(caller)).toEqual([
      [REFERENCE, "paid"],
      [OTHER_REFERENCE, "absent"],
    ]);
    const bounds = { "created_at.gte": "1677803700", "created_at.lte": "1677803761", limit: "250" };
    expect(calls.map(({ query }) => query)).toEqual([bounds, { ...bounds, next: "ord_1" }]);
  });

  test("matches by the order's metadata and by any of its charges", async () => {
    const unpaid = { payment_status: "declined" };
    const byMetadata = order([declinedCharge("card_declined", { reference_id: null })], unpaid);
    const byCharge = order([declinedCharge("card_declined", { reference_id: OTHER_REFERENCE })], {
      ...unpaid,
      metadata: {},
    });
    expect(await kindsIn(pages(page(byMetadata, byCharge)).caller)).toEqual([
      [REFERENCE, "declined"],
      [OTHER_REFERENCE, "declined"],
    ]);
  });

  test("prefers the paid one of several orders with our reference, in either order", async () => {
    const paid = order([charge()], { id: "ord_1" });
    const declined = order([declinedCharge("card_declined")], { id: "ord_2", payment_status: "declined" });
    for (const list of [page(paid, declined), page(declined, paid)])
      expect((await kindsIn(pages(list).caller))[0]).toEqual([REFERENCE, "paid"]);
  });

  test("never calls an order of ours absent because it cannot be read", async () => {
    const odd = order([charge({ amount: "20015" })]);
    expect((await kindsIn(pages(page(odd)).caller))[0]).toEqual([REFERENCE, "unknown"]);
  });

  test("passes over another system's order that cannot be read", async () => {
    const { caller } = pages(page({ object: "order", id: 7 }, null, order([charge()])));
    expect((await kindsIn(caller))[0]).toEqual([REFERENCE, "paid"]);
  });

  test.each([
    ["does not move on", { has_more: true, data: [order(null, { id: "ord_1" })] }],
    ["promises more after nothing", { has_more: true, data: [] }],
  ])("a list that %s is no inquiry at all", async (_why, list) => {
    await expect(kindsIn(pages(list).caller)).rejects.toMatchObject({ name: "GatewayUnavailable" });
  });

  test("reports another amount than the intent's", async () => {
    const { caller } = pages(page(order([charge()], { amount: 23000 })));
    const found = await findInWindow(caller, WINDOW, [INTENT], "single");
    expect(found.get(REFERENCE)).toMatchObject({ kind: "paid", payment: { amountCents: 23000 } });
  });

  test("ends after 400 pages, with none left over", async () => {
    const lists = (count: number) =>
      Array.from({ length: count }, (_, nth) => ({
        has_more: nth < count - 1,
        data: [order(null, { id: `ord_${nth}`, metadata: null })],
      }));
    const most = pages(...lists(400));
    expect((await kindsIn(most.caller))[0]).toEqual([REFERENCE, "absent"]);
    expect(most.calls).toHaveLength(400);
    const tooMany = pages(...lists(401));
    await expect(kindsIn(tooMany.caller)).rejects.toMatchObject({ name: "GatewayUnavailable" });
    expect(tooMany.calls).toHaveLength(400);
  });

  test.each([
    ["the last of a page cannot be named", [[order(null, { id: "ord_1", metadata: null }), { id: 7 }]], 1],
    ["the last of a later page cannot be", [[order(null, { id: "ord_1" })], [{ id: 7 }]], 2],
    ["the list begins anew", [[order(null, { id: "ord_1" })], [order(null, { id: "ord_1" })]], 2],
  ])("asks no further where %s", async (_why, lists, calls) => {
    const list = pages(...lists.map((data) => ({ has_more: true, data })));
    await expect(kindsIn(list.caller)).rejects.toMatchObject({ name: "GatewayUnavailable" });
    expect(list.calls).toHaveLength(calls);
  });

  test("judges each by the way it was made: an order that is opened first waits before anything is charged", async () => {
    const { caller } = pages(page(order(null, { payment_status: "pending_payment" })));
    const found = async (intent: object, flow: "single" | "order_first") =>
      (await findInWindow(caller, WINDOW, [{ ...INTENT, ...intent }], flow)).get(REFERENCE)?.kind;
    expect(await found({}, "single")).toBe("pending");
    expect(await found({}, "order_first")).toBe("absent");
    expect(await found({ flow: "single" }, "order_first")).toBe("pending");
  });

  test("takes none for the answer to a call: a page that names no attempt may be another's", async () => {
    const checkout = { status: "Issued", url: "https://pay.conekta.com/1", expires_at: 1677900000 };
    const nobodys = order([declinedCharge("card_declined")], { payment_status: "declined", metadata: {}, checkout });
    expect((await kindsIn(pages(page(nobodys)).caller))[0]).toEqual([REFERENCE, "absent"]);
  });

  test("an order that cannot be read hides only those that it names", async () => {
    const odd = order([charge({ amount: "20015" })]);
    const { caller } = pages(page(odd, order([charge({ reference_id: OTHER_REFERENCE })], { metadata: {} })));
    expect(await kindsIn(caller)).toEqual([
      [REFERENCE, "unknown"],
      [OTHER_REFERENCE, "paid"],
    ]);
  });

  const PAID = order([charge()]);
  const WAITS = order(null, { payment_status: "pending_payment" });
  const UNREADABLE = order([charge({ amount: "20015" })]);
  const DECLINED = order([declinedCharge("card_declined")], { payment_status: "declined" });
  const LAPSED = order(null, {
    payment_status: "expired",
    checkout: { status: "Expired", url: null, expires_at: null },
  });
  const ABSENT = order(null, { payment_status: null });

  test.each([
    [PAID, WAITS, "paid"],
    [WAITS, UNREADABLE, "pending"],
    [UNREADABLE, DECLINED, "unknown"],
    [DECLINED, LAPSED, "declined"],
    [LAPSED, ABSENT, "lapsed"],
  ])(
    "of two orders with one reference, %j and %j, it is %s that keeps the invoice from being charged",
    async (a, b, kind) => {
      for (const data of [
        [a, b],
        [b, a],
      ])
        expect((await kindsIn(pages(page(...data)).caller))[0]).toEqual([REFERENCE, kind]);
    },
  );

  test("of two that show the same the first is told", async () => {
    const { caller } = pages(page(order([charge()], { id: "ord_1" }), order([charge()], { id: "ord_2" })));
    const found = await findInWindow(caller, WINDOW, [INTENT], "single");
    expect(found.get(REFERENCE)).toMatchObject({ payment: { orderId: "ord_1" } });
  });

  test("says where it looked", async () => {
    const found = await findInWindow(pages(page(UNREADABLE)).caller, WINDOW, INTENTS, "single");
    const trace = { httpStatus: 200, logId: null };
    expect([...found.values()]).toEqual([
      {
        ...{ kind: "unknown", orderId: null },
        trace: { ...trace, because: "the list shows an order of this attempt that cannot be read" },
      },
      { kind: "absent", trace: { ...trace, because: "the list shows no order of this attempt" } },
    ]);
  });
});
