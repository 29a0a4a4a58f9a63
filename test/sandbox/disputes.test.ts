/** The sandbox plays a cardholder's bank: the charge's object, its statuses, and the webhooks that tell of it. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CHARGEBACK_STATUSES } from "../../src/sandbox/orders/dispute.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, customerWith } from "./caller.ts";

let sandbox: Sandbox;
let call: Caller;
let orderId: string;

type Seen = {
  payment_status: string;
  charges: { data: { status: string; chargeback: Record<string, unknown> | null }[] };
};

beforeAll(async () => {
  sandbox = await startSandbox({ holdWebhooks: true });
  call = callerOf(sandbox);
  const customerId = await customerWith(call, "tok_test_visa_4242", "Ana");
  const { body } = await call("POST", "/orders", {
    currency: "MXN",
    customer_info: { customer_id: customerId },
    line_items: [{ name: "Plan Oro", unit_price: 20015, quantity: 1 }],
    charges: [{ payment_method: { type: "default" } }],
  });
  orderId = String(body.id);
});
afterAll(() => sandbox.close());

const read = async () => (await call("GET", `/orders/${orderId}`)).body as unknown as Seen;

test("an order that nobody disputes shows none", async () => {
  expect((await read()).charges.data[0]?.chargeback).toBeNull();
});

test.each(CHARGEBACK_STATUSES)("status %s, over the control endpoint", async (status) => {
  const { status: answered } = await call("POST", `/_sandbox/orders/${orderId}/dispute`, {
    status,
    reason: "duplicate",
  });
  expect(answered).toBe(200);
  const order = await read();
  const [charge] = order.charges.data;
  const isLost = status === "lost" || status === "charged_back";
  expect([order.payment_status, charge?.status]).toEqual(isLost ? ["charged_back", "charged_back"] : ["paid", "paid"]);
  const shown = expect.objectContaining({ object: "chargeback", status, reason: "duplicate" });
  expect(charge?.chargeback).toEqual(status === "charged_back" ? null : shown);
});

test.each([
  ["a word of nobody", { status: "moon_phase" }, 422],
  ["nothing", {}, 422],
])("%s is refused", async (_what, body, expected) => {
  expect((await call("POST", `/_sandbox/orders/${orderId}/dispute`, body)).status).toBe(expected);
});
