import { describe, expect, test } from "@jest/globals";
import { isAboutDispute, nextTryAt, noteOf, SUBSCRIBED_EVENTS, taskOf } from "./webhook-event.ts";

// prettier-ignore
const TABLE: readonly (readonly [type: string, task: string, noted: string | null, because: string])[] = [
  ["order.paid",                          "read_order until paid",       null,                       "reads were seen to lag behind this very event"],
  ["charge.paid",                         "read_order until paid",       null,                       "one payment is told several times"],
  ["order.declined",                      "read_order until over",       null,                       "another charge of the order may have paid"],
  ["order.expired",                       "read_order until over",       null,                       "ends what is pending"],
  ["order.pending_payment",               "read_order until seen",       null,                       "the customer, or a review, has to act"],
  ["order.refunded",                      "read_order until given_back", "order.refunded",           "the invoice stays paid"],
  ["order.charged_back",                  "read_order until given_back", "order.charged_back",       "the invoice stays paid"],
  ["charge.refunded",                     "read_order until given_back", null,                       "order.refunded tells the same"],
  ["charge.chargeback.lost",              "read_order until disputed",   "order.chargeback.lost",    "the dispute stands on the charge"],
  ["order.fraudulent",                    "read_order until given_back", "order.fraudulent",         "the money may be gone"],
  ["order.created",                       "read_order until anything",   null,                       "there is nothing to wait for"],
  ["customer.updated",                    "read_customer",               null,                       "the default card may be another"],
  ["customer.payment_source.card.blocked", "read_customer",              null,                       "the default card may be another"],
  ["webhook_ping",                        "nothing",                     null,                       "a ping"],
  ["subscription.paid",                   "nothing",                     null,                       "Conekta's own subscriptions are not ours"],
  ["order.teleported",                    "nothing",                     null,                       "unknown"],
  ["constructor",                         "nothing",                     null,                       "not a key of any object"],
];

test.each(TABLE)("%s: %s", (type, expected, noted, because) => {
  const task = taskOf(type);
  const told = task.do === "read_order" ? `read_order until ${task.until}` : task.do;
  expect([because, told, noteOf(type)]).toEqual([because, expected, noted]);
});

test("what is not followed says why", () => {
  expect(taskOf("webhook_ping")).toEqual({ do: "nothing", because: "a ping" });
  const because = "a type of event that Puntual has no use for";
  expect(taskOf("order.teleported")).toEqual({ do: "nothing", because });
});

test("every event that is asked for has a use, but the ping", () => {
  expect(SUBSCRIBED_EVENTS).toEqual(expect.arrayContaining(["order.paid", "order.pending_payment", "order.declined"]));
  expect(SUBSCRIBED_EVENTS).not.toContain("order.created");
  expect(SUBSCRIBED_EVENTS.filter((type) => isAboutDispute(type))).toEqual([
    ...["order.charged_back", "charge.chargeback.created", "charge.chargeback.updated"],
    ...["charge.chargeback.under_review", "charge.chargeback.lost", "charge.chargeback.won"],
  ]);
  expect(SUBSCRIBED_EVENTS.filter((type) => type.startsWith("customer."))).toEqual([
    ...["customer.updated", "customer.payment_source.card.blocked"],
  ]);
  expect(SUBSCRIBED_EVENTS.filter((type) => taskOf(type).do === "nothing")).toEqual(["webhook_ping"]);
});

describe("nextTryAt", () => {
  const now = new Date("2026-02-28T15:00:00Z");
  test.each([
    [0, 5],
    [1, 5],
    [2, 10],
    [5, 80],
    [10, 2560],
    [11, 3600],
    [15, 3600],
  ])("after %d tries waits %d s", (tries, seconds) => {
    expect(nextTryAt(tries, now)?.getTime()).toBe(now.getTime() + seconds * 1000);
  });

  test("gives up after sixteen", () => {
    expect(nextTryAt(16, now)).toBeNull();
  });
});
