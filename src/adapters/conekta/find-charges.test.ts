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
});
