/**
 * What a card does to an order, and what the sandbox's own books say about it.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, chargedOrderFor, customerWith, type Json, orderFor } from "./caller.ts";

let sandbox: Sandbox;
let call: Caller;

beforeAll(async () => {
  sandbox = await startSandbox();
  call = callerOf(sandbox);
});

afterAll(async () => sandbox.close());

async function chargedWith(token: string): Promise<{ status: number; body: Json }> {
  return call("POST", "/orders", chargedOrderFor(await customerWith(call, token)));
}

function codeOf(body: Json): string {
  return body.details[0].code.replace("conekta.errors.", "");
}

describe("tokens", () => {
  // prettier-ignore
  const declines: [token: string, code: string, failureCode: string, because: string][] = [
    // token                            code                                                     failure_code           because
    ["tok_test_card_declined",          "processing.bank.declined",                              "card_declined",       "Conekta's own"],
    ["tok_test_insufficient_funds",     "processing.bank.insufficient_funds",                    "insufficient_funds",  "Conekta's own"],
    ["tok_sandbox_expired_card",        "processing.bank.invalid_expiration_date",               "expired_card",        "stored while it was still good"],
    ["tok_sandbox_stolen_card",         "processing.bank.pick_up_card",                          "stolen_card",         "never to be charged again"],
    ["tok_sandbox_fraud",               "processing.charge.card_payment.suspicious_behaviour",   "suspected_fraud",     "the code and the failure code differ"],
    ["tok_sandbox_call_issuer",         "processing.bank.call_issuer",                           "restricted_card",     "the customer must act"],
    ["tok_sandbox_bank_timeout",        "processing.bank.timeout",                               "timeout",             "a 402 that is no plain decline"],
    ["tok_sandbox_unheard_of",          "processing.bank.sandbox_unheard_of",                    "sandbox_unheard_of",  "no list knows it"],
  ];

  test.each(declines)("%s is a 402 %s with failure_code %s (%s)", async (token, code, failureCode) => {
    const { status, body } = await chargedWith(token);
    expect(status).toBe(402);
    expect(codeOf(body)).toBe(code);
    expect(body.data).toMatchObject({
      object: "order",
      payment_status: "declined",
      charges: { data: [{ status: "declined", failure_code: failureCode, paid_at: null }] },
    });
  });

  test("a blocked source is a 422 that leaves no order behind", async () => {
    const ordersBefore = sandbox.orders().length;
    const { status, body } = await chargedWith("tok_sandbox_blocked_source");
    expect([status, codeOf(body)]).toEqual([422, "parameter_validation.charge.blocked_payment_source"]);
    expect(sandbox.orders()).toHaveLength(ordersBefore);
  });

  test("tok_sandbox_declines_2_then_pays declines twice and pays from then on", async () => {
    const customer = await customerWith(call, "tok_sandbox_declines_2_then_pays");
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) {
      statuses.push((await call("POST", "/orders", chargedOrderFor(customer))).status);
    }
    expect(statuses).toEqual([402, 402, 200, 200]);
  });

  test("3DS answers 200 with next_action and without a charge; the customer may still pay", async () => {
    const { status, body } = await chargedWith("tok_sandbox_3ds");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      payment_status: "pending_payment",
      charges: null,
      next_action: { type: "redirect_to_url", redirect_to_url: { url: expect.any(String) } },
    });
    sandbox.settle(body.id, "paid");
    const { body: paid } = await call("GET", `/orders/${body.id}`);
    expect(paid).toMatchObject({ payment_status: "paid", charges: { data: [{ status: "paid" }] } });
    expect(paid.next_action).toBeUndefined();
  });

  test("a charge under review ends as the bank decides", async () => {
    const { body } = await chargedWith("tok_sandbox_under_review");
    expect(body).toMatchObject({
      payment_status: "pending_payment",
      charges: { data: [{ status: "under_fraud_review" }] },
    });
    sandbox.settle(body.id, "declined");
    expect((await call("GET", `/orders/${body.id}`)).body.payment_status).toBe("declined");
  });

  test("a token made here works once; the second use is a 402 that is no decline", async () => {
    const card = { number: "4242424242424242", name: "Ana Pérez", exp_month: "12", exp_year: "2040", cvc: "123" };
    const token = (await call("POST", "/tokens", { card })).body.id;
    await customerWith(call, token);
    const again = await call("POST", "/customers", {
      name: "Ana",
      email: "ana@example.mx",
      phone: "5522997233",
      payment_sources: [{ type: "card", token_id: token }],
    });
    expect([again.status, codeOf(again.body)]).toEqual([402, "processing.tokenization.used"]);
  });
});

describe("an order that exists", () => {
  test("collects declined charges and then the paid one, all on the same order", async () => {
    const customer = await customerWith(call, "tok_sandbox_insufficient_funds_2_then_pays");
    const { body: order } = await call("POST", "/orders", orderFor(customer));
    const charge = { payment_method: { type: "default" } };

    const first = await call("POST", `/orders/${order.id}/charges`, { ...charge, reference_id: "try 1" });
    expect(first.status).toBe(402);
    expect(first.body.data).toMatchObject({ object: "charge", status: "declined", reference_id: "try 1" });
    await call("POST", `/orders/${order.id}/charges`, { ...charge, reference_id: "try 2" });
    const third = await call("POST", `/orders/${order.id}/charges`, { ...charge, reference_id: "try 3" });
    expect(third).toMatchObject({ status: 200, body: { object: "charge", status: "paid", amount: 20_015 } });

    const charges = sandbox.ledger().filter((row) => row.orderId === order.id);
    expect(charges.map((row) => [row.referenceId, row.status])).toEqual([
      ["try 1", "declined"],
      ["try 2", "declined"],
      ["try 3", "paid"],
    ]);
  });

  test("of many concurrent charges exactly one is made", async () => {
    const { body: order } = await call("POST", "/orders", orderFor(await customerWith(call, "tok_test_visa_4242")));
    const charge = { payment_method: { type: "default" } };
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => call("POST", `/orders/${order.id}/charges`, charge)),
    );
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 428),
    ]);
  });

  test("without the guard a paid order is charged again, for those who want to see that noticed", async () => {
    await using unguarded = await startSandbox({ paidOrderGuard: "off" });
    const caller = callerOf(unguarded);
    const customer = await customerWith(caller, "tok_test_visa_4242");
    const { body: order } = await caller("POST", "/orders", chargedOrderFor(customer));
    const again = await caller("POST", `/orders/${order.id}/charges`, { payment_method: { type: "default" } });
    expect(again.status).toBe(200);
    expect(unguarded.ledger().map((row) => row.status)).toEqual(["paid", "paid"]);
  });

  test("a stored card other than the default can be named", async () => {
    const customer = await customerWith(call, "tok_test_card_declined");
    const source = { type: "card", token_id: "tok_test_amex_0005" };
    const { body: second } = await call("POST", `/customers/${customer}/payment_sources`, source);
    const payment_method = { type: "card", payment_source_id: second.id };
    const { body } = await call("POST", "/orders", orderFor(customer, { charges: [{ payment_method }] }));
    expect(body.charges.data[0].payment_method).toMatchObject({ brand: "amex", last4: "0005" });
  });

  test("PUT can carry a charge, and then moves money; once paid nothing can be changed", async () => {
    const { body: order } = await call("POST", "/orders", orderFor(await customerWith(call, "tok_test_visa_4242")));
    const charges = [{ payment_method: { type: "default" } }];
    expect((await call("PUT", `/orders/${order.id}`, { charges })).body.payment_status).toBe("paid");
    const change = await call("PUT", `/orders/${order.id}`, { metadata: { note: "too late" } });
    expect([change.status, codeOf(change.body)]).toEqual([
      428,
      "precondition_required.combo.order.cannot_be_updated_because_has_charge_paid",
    ]);
  });

  test("a refund is kept on the charge; the order is refunded when all of it is", async () => {
    const { body: order } = await chargedWith("tok_test_visa_4242");
    const refund = (amount: number) =>
      call("POST", `/orders/${order.id}/refunds`, { amount, reason: "duplicated_transaction" });
    expect((await refund(5_000)).body).toMatchObject({ payment_status: "partially_refunded", amount_refunded: 5_000 });
    expect((await refund(15_015)).body).toMatchObject({ payment_status: "refunded", amount_refunded: 20_015 });
    expect((await refund(1)).status).toBe(422);
  });

  test("a paid order is not canceled, and a canceled one not charged", async () => {
    const { body: paid } = await chargedWith("tok_test_visa_4242");
    expect((await call("POST", `/orders/${paid.id}/cancel`)).status).toBe(428);

    const { body: order } = await call("POST", "/orders", orderFor(await customerWith(call, "tok_test_visa_4242")));
    await call("POST", `/orders/${order.id}/cancel`);
    const charge = await call("POST", `/orders/${order.id}/charges`, { payment_method: { type: "default" } });
    expect(charge.status).toBe(428);
    expect(codeOf(charge.body)).not.toContain("has_charge");
  });

  test("a paid charge can still be given another reference", async () => {
    const { body: order } = await chargedWith("tok_test_visa_4242");
    const { id } = order.charges.data[0];
    expect((await call("PUT", `/charges/${id}`, { reference_id: "new" })).body.reference_id).toBe("new");
  });
});

test("the total is items plus taxes and shipping minus discounts", async () => {
  const { body } = await call(
    "POST",
    "/orders",
    orderFor(await customerWith(call, "tok_test_visa_4242"), {
      line_items: [{ name: "Plan Oro", unit_price: 10_000, quantity: 2 }],
      tax_lines: [{ description: "IVA", amount: 3_200 }],
      shipping_lines: [{ amount: 500, carrier: "FEDEX" }],
      discount_lines: [{ code: "BIENVENIDA", type: "coupon", amount: 1_000 }],
    }),
  );
  expect(body.amount).toBe(22_700);
});

test("a hosted checkout is an order without a charge that a customer pays, or that expires", async () => {
  let nowMs = Date.UTC(2026, 0, 31, 15);
  await using driven = await startSandbox({ now: () => new Date(nowMs) });
  const caller = callerOf(driven);
  const customer = await customerWith(caller, "tok_test_card_declined");
  const checkout = { type: "HostedPayment", expires_at: nowMs / 1000 + 3600 };

  const { body: paid } = await caller("POST", "/orders", orderFor(customer, { checkout }));
  expect(paid).toMatchObject({ payment_status: null, charges: null, checkout: { status: "Issued" } });
  driven.settle(paid.id, "paid");

  const { body: forgotten } = await caller("POST", "/orders", orderFor(customer, { checkout }));
  nowMs += 3_600_000;
  expect((await caller("GET", `/orders/${paid.id}`)).body.payment_status).toBe("paid");
  expect((await caller("GET", `/orders/${forgotten.id}`)).body).toMatchObject({
    payment_status: "expired",
    checkout: { status: "Expired" },
  });
});
