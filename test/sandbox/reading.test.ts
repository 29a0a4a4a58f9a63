/**
 * Reads: windows, searches, pages, and how far they may lag behind the truth.
 */
import { describe, expect, test } from "@jest/globals";
import { startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, chargedOrderFor, customerWith, type Json, orderFor } from "./caller.ts";

const START = Date.UTC(2026, 0, 31, 15);

async function idsOf(call: Caller, query: string): Promise<string[]> {
  return (await call("GET", `/orders?${query}`)).body.data.map((order: Json) => order.id);
}

describe("windows and searches", () => {
  test("filters by creation, by status and by what the order says of the customer, never by metadata", async () => {
    let nowMs = START;
    await using sandbox = await startSandbox({ now: () => new Date(nowMs) });
    const call = callerOf(sandbox);
    const customer = await customerWith(call, "tok_test_visa_4242");
    const made: string[] = [];
    for (let count = 0; count < 3; count++) {
      const request = count === 1 ? chargedOrderFor(customer) : orderFor(customer, { metadata: { key: "needle" } });
      made.push((await call("POST", "/orders", request)).body.id);
      nowMs += 60_000;
    }
    const seconds = START / 1000;
    expect(await idsOf(call, `created_at.gte=${seconds + 60}&created_at.lte=${seconds + 60}`)).toEqual([made[1]]);
    expect(await idsOf(call, `created_at.gte=${seconds + 60}`)).toEqual([made[2], made[1]]);
    expect(await idsOf(call, `created_at=${seconds}`)).toEqual([made[0]]);
    expect(await idsOf(call, "payment_status=paid")).toEqual([made[1]]);
    expect(await idsOf(call, "last_payment_info.status=paid")).toEqual([made[1]]);
    expect(await idsOf(call, `search=${made[2]}`)).toEqual([made[2]]);
    expect(await idsOf(call, "search=jorge@example.mx")).toHaveLength(3);
    expect(await idsOf(call, "search=needle")).toEqual([]);
  });

  test("pages go forward and back, and keep the filter in their links", async () => {
    await using sandbox = await startSandbox();
    const call = callerOf(sandbox);
    const customer = await customerWith(call, "tok_test_visa_4242");
    const newestFirst: string[] = [];
    for (let count = 0; count < 5; count++) {
      newestFirst.unshift((await call("POST", "/orders", orderFor(customer))).body.id);
    }
    const first = (await call("GET", "/orders?limit=2&search=jorge")).body;
    expect(first).toMatchObject({ object: "list", has_more: true, previous_page_url: null });
    const second = (await call("GET", first.next_page_url.replace(sandbox.url, ""))).body;
    expect(second.data.map((order: Json) => order.id)).toEqual(newestFirst.slice(2, 4));
    expect(second.next_page_url).toContain("search=jorge");
    const back = (await call("GET", second.previous_page_url.replace(sandbox.url, ""))).body;
    expect(back.data.map((order: Json) => order.id)).toEqual(newestFirst.slice(0, 2));
    expect((await call("GET", "/orders?limit=251")).status).toBe(422);
  });
});

describe("read lag", () => {
  test("an order is seen as it was; the list does not know the newest at all", async () => {
    let nowMs = START;
    await using sandbox = await startSandbox({ now: () => new Date(nowMs), readLagMs: 9_000 });
    const call = callerOf(sandbox);
    const customer = await customerWith(call, "tok_test_visa_4242");
    const { body: order } = await call("POST", "/orders", chargedOrderFor(customer));
    expect(order.payment_status).toBe("paid");

    nowMs += 8_999;
    expect((await call("GET", `/orders/${order.id}`)).body).toMatchObject({ payment_status: null, charges: null });
    expect(await idsOf(call, "")).toEqual([]);
    nowMs += 1;
    expect((await call("GET", `/orders/${order.id}`)).body.payment_status).toBe("paid");
    expect(await idsOf(call, "")).toEqual([order.id]);
  });

  test("writes are never fooled by it: a paid order is refused at once", async () => {
    await using sandbox = await startSandbox({ readLagMs: 60_000 });
    const call = callerOf(sandbox);
    const customer = await customerWith(call, "tok_test_visa_4242");
    const { body: order } = await call("POST", "/orders", chargedOrderFor(customer));
    const again = await call("POST", `/orders/${order.id}/charges`, { payment_method: { type: "default" } });
    expect(again.status).toBe(428);
    expect(sandbox.ledger()).toHaveLength(1);
  });
});

test("every timestamp follows the clock that is driven by hand", async () => {
  const now = new Date(START);
  await using sandbox = await startSandbox({ now: () => now });
  const call = callerOf(sandbox);
  const { body } = await call("POST", "/orders", chargedOrderFor(await customerWith(call, "tok_test_visa_4242")));
  const seconds = START / 1000;
  const charge = body.charges.data[0];
  expect([body.created_at, body.updated_at, charge.created_at, charge.paid_at]).toEqual(Array(4).fill(seconds));
  expect(charge.id.slice(0, 8)).toBe(seconds.toString(16));
  expect(sandbox.ledger()[0]?.createdAt).toBe("2026-01-31T15:00:00.000Z");
});

async function customerIdFrom(seed: number): Promise<string> {
  await using sandbox = await startSandbox({ seed });
  return await customerWith(callerOf(sandbox), "tok_test_visa_4242");
}

test("the same seed and the same calls give the same ids, another seed gives others", async () => {
  expect(await customerIdFrom(7)).toBe(await customerIdFrom(7));
  expect(await customerIdFrom(7)).not.toBe(await customerIdFrom(8));
});
