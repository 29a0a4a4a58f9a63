/**
 * Conekta's own Node library drives the sandbox: what it sends is understood, what it reads is there.
 *
 * Used here only: its transport switches TLS verification off, so nothing of ours may charge through it.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  ChargesApi,
  Configuration,
  CustomersApi,
  EventsApi,
  OrdersApi,
  PaymentMethodsApi,
  WebhookKeysApi,
  WebhooksApi,
  type CustomerResponse,
  type OrderRequest,
} from "conekta";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let configuration: Configuration;

beforeAll(async () => {
  sandbox = await startSandbox();
  configuration = new Configuration({ accessToken: "key_test", basePath: sandbox.url });
});

afterAll(async () => sandbox.close());

const jorge = { name: "Jorge Martínez", email: "jorge@example.mx", phone: "+5218181818181" };

async function newCustomer(token: string): Promise<CustomerResponse> {
  const payment_sources = [{ type: "card", token_id: token }];
  return (await new CustomersApi(configuration).createCustomer({ ...jorge, payment_sources })).data;
}

/** The library types every id as optional. */
function idOf({ id }: { readonly id?: string | undefined }): string {
  return id ?? "";
}

function unchargedOrderOf(customer: CustomerResponse): OrderRequest {
  return {
    currency: "MXN",
    customer_info: { customer_id: customer.id },
    line_items: [{ name: "Plan Oro", unit_price: 20_015, quantity: 1 }],
    metadata: { invoice: "inv_1" },
  };
}

function orderOf(customer: CustomerResponse): OrderRequest {
  return {
    ...unchargedOrderOf(customer),
    charges: [{ amount: 20_015, reference_id: "att_1", payment_method: { type: "default" } }],
  };
}

type Refusal = {
  response: { status: number; data: { type: string; details: { code: string }[]; data?: { id: string } } };
};

async function refusalOf(call: Promise<unknown>): Promise<Refusal["response"]> {
  return call.then(
    () => Promise.reject(new Error("the call should have been refused")),
    (error: Refusal) => error.response,
  );
}

describe("customers and payment sources", () => {
  test("a customer is created with a card in one step", async () => {
    const customer = await newCustomer("tok_test_visa_4242");
    expect(customer.id).toMatch(/^cus_[1-9A-HJ-NP-Za-km-z]{17}$/);
    expect(customer.default_payment_source_id).toMatch(/^src_/);
    expect(customer.payment_sources?.data).toMatchObject([{ last4: "4242", brand: "visa", default: true }]);
  });

  test("…or in two; the first card becomes the default, the second when it is made so", async () => {
    const customers = new CustomersApi(configuration);
    const sources = new PaymentMethodsApi(configuration);
    const { id } = (await customers.createCustomer(jorge)).data;

    await sources.createCustomerPaymentMethods(id, { type: "card", token_id: "tok_test_visa_4242" });
    const second = (
      await sources.createCustomerPaymentMethods(id, { type: "card", token_id: "tok_test_mastercard_4444" })
    ).data as { id: string; default?: boolean };
    expect(second.default).toBe(false);

    const changed = (await customers.updateCustomer(id, { default_payment_source_id: second.id })).data;
    expect(changed.default_payment_source_id).toBe(second.id);
    const listed = (await sources.getCustomerPaymentMethods(id)).data.data;
    expect(listed).toMatchObject([
      { last4: "4444", default: true },
      { last4: "4242", default: false },
    ]);
  });

  test("a deleted customer is not found any more", async () => {
    const customers = new CustomersApi(configuration);
    const { id } = await newCustomer("tok_test_visa_4242");
    await customers.deleteCustomerById(id);
    const refusal = await refusalOf(customers.getCustomerById(id));
    expect(refusal).toMatchObject({ status: 404, data: { type: "resource_not_found_error" } });
  });
});

describe("orders", () => {
  test("an order is charged to the default card, and echoes what identifies it", async () => {
    const customer = await newCustomer("tok_test_visa_4242");
    const order = (await new OrdersApi(configuration).createOrder(orderOf(customer))).data;
    expect(order).toMatchObject({
      payment_status: "paid",
      amount: 20_015,
      metadata: { invoice: "inv_1" },
      customer_info: { customer_id: customer.id },
      charges: { data: [{ status: "paid", reference_id: "att_1", order_id: order.id }] },
    });
    expect((await new OrdersApi(configuration).getOrderById(idOf(order))).data).toEqual(order);
  });

  test("an order without charges is charged later, once", async () => {
    const customer = await newCustomer("tok_test_visa_4242");
    const order = (await new OrdersApi(configuration).createOrder(unchargedOrderOf(customer))).data;
    expect(order.charges).toBeNull();

    const charge = { payment_method: { type: "default" } };
    const api = new ChargesApi(configuration);
    expect((await api.ordersCreateCharge(idOf(order), charge)).data).toMatchObject({
      object: "charge",
      status: "paid",
    });

    const refusal = await refusalOf(api.ordersCreateCharge(idOf(order), charge));
    expect(refusal.status).toBe(428);
    expect(refusal.data.details[0]?.code).toBe(
      "conekta.errors.precondition_required.combo.order.cannot_be_updated_because_has_charge_paid",
    );
  });

  test("a decline is a 402 that carries the order", async () => {
    const customer = await newCustomer("tok_test_insufficient_funds");
    const orders = new OrdersApi(configuration);
    const refusal = await refusalOf(orders.createOrder(orderOf(customer)));
    expect(refusal).toMatchObject({
      status: 402,
      data: { details: [{ code: "conekta.errors.processing.bank.insufficient_funds" }] },
    });
    const order = (await orders.getOrderById(refusal.data.data?.id ?? "")).data;
    expect(order).toMatchObject({
      payment_status: "declined",
      charges: { data: [{ status: "declined", failure_code: "insufficient_funds" }] },
    });
  });

  test("the list is walked page by page with the last id, newest first", async () => {
    const customer = await newCustomer("tok_test_visa_4242");
    const orders = new OrdersApi(configuration);
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.unshift(idOf((await orders.createOrder(orderOf(customer))).data));

    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = (await orders.getOrders(undefined, undefined, 2, undefined, next)).data;
      seen.push(...page.data.map(idOf));
      next = page.has_more ? seen.at(-1) : undefined;
    } while (next !== undefined);
    expect(seen.slice(0, 5)).toEqual(made);
    expect(seen).toHaveLength(sandbox.orders().length);
  });

  test("an unpaid order is canceled", async () => {
    const customer = await newCustomer("tok_test_visa_4242");
    const orders = new OrdersApi(configuration);
    const order = (await orders.createOrder(unchargedOrderOf(customer))).data;
    expect((await orders.cancelOrder(idOf(order))).data.payment_status).toBe("canceled");
  });
});

describe("webhooks and events", () => {
  test("keys and webhooks are registered, events are listed", async () => {
    const key = (await new WebhookKeysApi(configuration).createWebhookKey(undefined, { active: true })).data;
    expect(key.public_key).toContain("BEGIN PUBLIC KEY");

    const webhooks = new WebhooksApi(configuration);
    const webhook = (await webhooks.createWebhook({ url: "http://127.0.0.1:9/hook", subscribed_events: ["none"] }))
      .data;
    expect((await webhooks.getWebhooks()).data.data).toMatchObject([{ id: webhook.id, status: "listening" }]);
    await webhooks.deleteWebhook(webhook.id ?? "");

    const events = (await new EventsApi(configuration).getEvents(undefined, undefined, 250)).data.data ?? [];
    expect(new Set(events.map((event) => event.type))).toContain("order.paid");
  });
});

test("without a key everything is refused", async () => {
  const keyless = new CustomersApi(new Configuration({ basePath: sandbox.url }));
  const refusal = await refusalOf(keyless.getCustomers());
  expect(refusal).toMatchObject({
    status: 401,
    data: { details: [{ code: "conekta.errors.authentication.missing_key" }] },
  });
});
