/** What is read of Conekta's JSON: tolerant of what was seen to vary, strict where money depends on it. */
import { describe, expect, test } from "@jest/globals";
import { charge, order } from "../../../test/gateway/samples.ts";
import { wireCustomer } from "./wire-customer.ts";
import { readBody, wire } from "./wire.ts";

// prettier-ignore
const BODIES: readonly (readonly [text: string, kind: string, because: string])[] = [
  [JSON.stringify(order([charge()])),             "order",      "the documented answer"],
  [JSON.stringify(charge()),                      "charge",     "the answer to a charge"],
  ['{"object":"error"}',                          "error",      "an error that says nothing else"],
  ['{"object":"error","details":"no","data":7}',  "error",      "odd details and data"],
  ["",                                            "unreadable", "nothing"],
  [JSON.stringify(order(null, { id: "1", currency: "M" })), "order", "an id and a currency are words, however short"],
  [JSON.stringify(order(null, { id: "" })),       "unreadable", "an order without an id"],
  [JSON.stringify(order(null, { currency: "" })), "unreadable", "nobody knows of what money"],
  [JSON.stringify(charge({ id: "1", status: "s", currency: "M" })), "charge", "as of an order"],
  [JSON.stringify(charge({ id: "" })),            "unreadable", "a charge without an id"],
  [JSON.stringify(charge({ status: "" })),        "unreadable", "a charge without a status"],
  [JSON.stringify(charge({ currency: "" })),      "unreadable", "nobody knows of what money"],
  ["null",                                        "unreadable", "JSON's nothing"],
  ["[]",                                          "unreadable", "a list"],
  ["<html></html>",                               "unreadable", "a page"],
  ['{"object":"order"',                           "unreadable", "half of the JSON"],
  ['{"object":"order"}',                          "unreadable", "an order without its facts"],
  ['{"details":[]}',                              "unreadable", "no word of what it is"],
];

test.each(BODIES)("%s is read as %s: %s", (text, kind) => {
  expect(readBody(text).kind).toBe(kind);
});

test.each([
  ["", "the body is empty"],
  [" \n", "the body is empty"],
  ["<html></html>", "the body is not JSON"],
  ["[]", "the body is JSON, but not of Conekta's shape"],
])("of %p a person is told: %s", (text, because) => {
  expect(readBody(text)).toEqual({ kind: "unreadable", because });
});

test.each<[nextAction: unknown, awaits: boolean, because: string]>([
  [undefined, false, "nothing is to be done"],
  [null, false, "nothing is to be done"],
  [{ type: "redirect_to_url" }, true, "the customer has to act"],
  ["odd", true, "something is to be done, whatever it is"],
])("an order whose next action is %j waits for its customer: %p (%s)", (nextAction, awaits) => {
  expect(wire.order.parse(order(null, { next_action: nextAction })).awaitsCustomer).toBe(awaits);
});

test("what has no id is none of a list's", () => {
  expect(wire.identified.safeParse({ id: "" }).success).toBe(false);
  expect(wire.identified.parse({ id: "1" })).toEqual({ id: "1" });
});

test("keys we do not know pass", () => {
  expect(wire.order.safeParse({ ...order([charge({ brand_new: 1 })]), brand_new: {} }).success).toBe(true);
});

test("nested details, as hosted checkout answers them, are found", () => {
  const inner = { code: "conekta.errors.processing.bank.declined", message: "no" };
  const body = readBody(JSON.stringify({ object: "error", details: [{ details: [inner] }, "odd"] }));
  // The odd one is left out: `toMatchObject` wants lists of one length.
  expect(body).toMatchObject({ kind: "error", error: { details: [{ code: inner.code, message: "no", param: null }] } });
});

test("U+0000, which no database keeps, is left out of what is read", () => {
  const text = '{"object":"error","details":[{"code":"a","message":"no\\u0000thing"}]}';
  expect(readBody(text)).toMatchObject({ error: { details: [{ message: "nothing" }] } });
});

// prettier-ignore
const INSTANTS: readonly (readonly [seconds: unknown, at: string | null, because: string])[] = [
  [1_795_000_000,            "2026-11-18T11:06:40.000Z", "seconds, as documented"],
  [946_684_800,              "2000-01-01T00:00:00.000Z", "the first that is one"],
  [946_684_799,              null, "Conekta was not there yet"],
  [4_102_444_799,            "2099-12-31T23:59:59.000Z", "the last that is one"],
  [0,                        null, "0 was seen on unpaid charges"],
  [1_795_000_000_000,        null, "milliseconds: in seconds it is the year 58851"],
  [9_007_199_254_740_991,    null, "no calendar has it, and a Date of it is no date"],
  [-9_999_999_999_999,       null, "before any calendar"],
  [4_102_444_800,            null, "2100: nobody paid then"],
  ["1795000000",             null, "text"],
  [1.5,                      null, "half a second"],
];

test.each(INSTANTS)("paid_at, expires_at and created_at of %p are %p: %s", (seconds, at) => {
  const seen = wire.order.parse(
    order([charge({ paid_at: seconds })], { checkout: { status: "Issued", expires_at: seconds } }),
  );
  expect(seen.charges[0]?.paidAt?.toISOString() ?? null).toBe(at);
  expect(seen.checkout?.expiresAt?.toISOString() ?? null).toBe(at);
});

test.each([
  [undefined, null],
  [{ has_more: true, data: [{ id: "src_1" }] }, null],
  [{ data: [{ id: "src_1" }] }, ["src_1"]],
  [{ data: [{ id: "" }] }, null],
  [{ has_more: false, data: [] }, []],
])("the cards of a customer that shows %j are %j", (payment_sources, ids) => {
  const shown = { object: "customer", id: "1", livemode: false, name: "", payment_sources };
  expect(wireCustomer.customer.parse(shown).sources?.map(({ id }) => id) ?? null).toEqual(ids);
});

test("a customer has an id, and one of another system bears no label of ours", () => {
  const shown = { object: "customer", livemode: false, name: "Jorge" };
  expect(wireCustomer.customer.safeParse({ ...shown, id: "" }).success).toBe(false);
  const list = (data: readonly unknown[]) => wireCustomer.labels.parse({ object: "list", has_more: false, data }).data;
  const untold = { name: "", email: null, phone: null, installationId: null, request: "" };
  expect(list([{ id: "1" }, { id: "" }, "odd"])).toEqual([{ customerId: "1", ...untold }, null, null]);
});

describe("a payment source", () => {
  const seed = {
    id: "src_2tTU5GdkwZvBmS3fT",
    object: "payment_source",
    type: "card",
    last4: "4242",
    exp_month: "08",
    exp_year: "39",
    brand: "visa",
    default: true,
    payment_source_status: "active",
  };
  test.each([
    [
      { type: "cash", default: false },
      { isCard: false, isDefault: false },
    ],
    [{ default: undefined }, { isCard: true, isDefault: false }],
    [{ default: "odd" }, { isCard: true, isDefault: false }],
    [{ id: "1" }, { id: "1", isCard: true, isDefault: true }],
  ])("with %j is %j", (change, seen) => {
    expect(wireCustomer.paymentSource.parse({ ...seed, ...change })).toMatchObject(seen);
  });

  // prettier-ignore
  const YEARS: readonly (readonly [exp_year: string | undefined, expYear: number | null, because: string])[] = [
    ["39",      2039, "two digits"],
    ["2039",    2039, "four digits"],
    ["039",     null, "neither"],
    ["",        null, "nothing"],
    [undefined, null, "missing"],
  ];

  test.each(YEARS)("expires in the year %j = %j: %s", (exp_year, expYear) => {
    expect(wireCustomer.paymentSource.parse({ ...seed, exp_year }).expYear).toBe(expYear);
  });

  test.each([
    ["08", 8],
    ["8", 8],
    ["1", 1],
    ["12", 12],
    ["13", null],
    ["00", null],
    ["1.5", null],
    ["-1", null],
    ["x", null],
    ["", null],
    [undefined, null],
  ])("expires in the month %j = %j", (exp_month, expMonth) => {
    expect(wireCustomer.paymentSource.parse({ ...seed, exp_month }).expMonth).toBe(expMonth);
  });
});

test.each(INSTANTS)("evidence_due_by and created_at of a chargeback of %p are %p: %s", (seconds, at) => {
  const chargeback = { id: "chbk_1", status: "lost", evidence_due_by: seconds, created_at: seconds };
  const [seen] = wire.order.parse(order([charge({ chargeback })])).charges;
  expect(seen?.chargeback?.evidenceDueBy?.toISOString() ?? null).toBe(at);
  expect(seen?.chargeback?.disputedAt?.toISOString() ?? null).toBe(at);
});

const UNREAD: unknown = expect.objectContaining({ id: null, status: null });

test.each<[chargeback: unknown, expected: unknown, because: string]>([
  [undefined, null, "the specification of before March 2026"],
  [null, null, "never disputed"],
  [{ id: 7, status: {} }, UNREAD, "there is one, whatever it says"],
  ["disputed", UNREAD, "there is one, whatever it says"],
])("a chargeback %j is read as %j: %s", (chargeback, expected, _because) => {
  const [seen] = wire.order.parse(order([charge({ chargeback })])).charges;
  expect(seen?.chargeback ?? null).toEqual(expected);
});
