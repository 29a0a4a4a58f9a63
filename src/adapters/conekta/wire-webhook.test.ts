/** What is read of an event, and what of a webhook and its key. A row: what Conekta tells, and whom it is about. */
import { describe, expect, test } from "@jest/globals";
import { readWebhookEvent, wireWebhook } from "./wire-webhook.ts";

function eventAbout(object: unknown, change: object = {}) {
  const event = { object: "event", id: "evt_1", type: "order.paid", livemode: false, data: { object }, ...change };
  return readWebhookEvent(Buffer.from(JSON.stringify(event)));
}

describe("an event", () => {
  // prettier-ignore
  test.each<[about: unknown, orderId: string | null, customerId: string | null, because: string]>([
    [{ object: "order", id: "ord_1", customer_info: { customer_id: "cus_1" } }, "ord_1", "cus_1", "an order, of its customer"],
    [{ object: "order", id: null, order_id: "ord_2" }, null, null, "an order that does not say which"],
    [{ object: "charge", id: "chg_1", order_id: "ord_1", customer_id: "cus_1" }, "ord_1", "cus_1", "a charge, of its order"],
    [{ object: "charge", id: "chg_1", customer_id: "" }, null, null, "a charge of no order that is told"],
    [{ object: "customer", id: "cus_1", parent_id: "cus_2" }, null, "cus_1", "a customer"],
    [{ object: "payment_source", id: "src_1", parent_id: "cus_1" }, null, "cus_1", "a card, of its customer"],
    [{ object: "card", id: "cus_9", customer_id: "cus_1", parent_id: "cus_2" }, null, "cus_1", "its own id is no customer's, whatever it looks like"],
    [{ object: "charge", customer_id: "src_1", customer_info: { customer_id: "cus_1" } }, null, "cus_1", "the first that is a customer's id"],
    [null, null, null, "about nothing"],
    ["odd", null, null, "about nothing that can be read"],
  ])("about %j names the order %p and the customer %p (%s)", (about, orderId, customerId) => {
    expect(eventAbout(about)).toMatchObject({ id: "evt_1", type: "order.paid", livemode: false, orderId, customerId });
  });

  test("that does not tell its mode is of none", () => {
    expect(eventAbout(null, { livemode: undefined })).toMatchObject({ livemode: null });
    expect(eventAbout(null, { livemode: true })).toMatchObject({ livemode: true });
  });

  test.each([{ id: undefined }, { id: "two words" }, { type: undefined }, { object: "order" }])(
    "with %j is none",
    (change) => {
      expect(eventAbout(null, change)).toBeNull();
    },
  );

  test("is kept without what is personal", () => {
    const about = {
      object: "order",
      id: "ord_1",
      amount: 20015,
      customer_info: { customer_id: "cus_1", name: "Jorge" },
    };
    expect(eventAbout(about)?.payload).toMatchObject({
      data: { object: { id: "ord_1", amount: 20015, customer_info: { customer_id: "cus_1" } } },
    });
    expect(JSON.stringify(eventAbout(about))).not.toContain("Jorge");
  });
});

// prettier-ignore
test.each<[shown: object, seen: object, because: string]>([
  [{ id: "1", url: "u", status: "listening", active: false, subscribed_events: ["order.paid"] }, { id: "1", url: "u", isActive: false, status: "listening", events: ["order.paid"] }, "all is told"],
  [{ id: "1", url: "u" }, { id: "1", url: "u", isActive: true, status: null, events: [] }, "nothing says that it sleeps, and nothing what it hears"],
])("a webhook %j is read as %j (%s)", (shown, seen) => {
  expect(wireWebhook.webhook.parse(shown)).toEqual(seen);
});

test.each<[shown: object, seen: object | null, because: string]>([
  [{ id: "1", public_key: "p", livemode: true }, { id: "1", publicKeyPem: "p", livemode: true }, "all is told"],
  [{ id: "1", public_key: "p" }, { id: "1", publicKeyPem: "p", livemode: null }, "not its mode"],
  [{ id: "", public_key: "p" }, null, "which key?"],
  [{ id: "1", public_key: "" }, null, "no key"],
])("the key %j is read as %j (%s)", (shown, seen) => {
  expect(wireWebhook.key.safeParse(shown).data ?? null).toEqual(seen);
});

test("a webhook without an id is none", () => {
  expect(wireWebhook.webhook.safeParse({ id: "", url: "u" }).success).toBe(false);
});
