/**
 * What the sandbox refuses, and in which words: a client that passes here is not surprised there.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, chargedOrderFor, customerWith, orderFor } from "./caller.ts";

let sandbox: Sandbox;
let call: Caller;
let customer: string;

beforeAll(async () => {
  sandbox = await startSandbox({ apiKey: "key_right" });
  const plain = callerOf(sandbox);
  call = (method, path, body, headers) => plain(method, path, body, { authorization: "Bearer key_right", ...headers });
  customer = await customerWith(call, "tok_test_visa_4242");
});

afterAll(async () => sandbox.close());

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

describe("keys and versions", () => {
  // prettier-ignore
  const cases: [authorization: string, status: number, because: string][] = [
    // authorization          status  because
    [basic("key_right:"),     200,    "the way of the guide"],
    ["Bearer key_right",      200,    "the way of the libraries"],
    [basic("key_wrong:"),     401,    "only the one key is accepted"],
    [basic(":"),              401,    "an empty key is none"],
    ["",                      401,    "no key at all"],
  ];
  test.each(cases)("authorization %j answers %i (%s)", async (authorization, status) => {
    expect((await call("GET", "/customers", undefined, { authorization })).status).toBe(status);
  });

  test("an unknown version is a 409, none is the newest", async () => {
    const accept = "application/vnd.conekta-v9.0.0+json";
    const unknown = await call("GET", "/customers", undefined, { accept });
    expect(unknown).toMatchObject({ status: 409, body: { type: "conflict_error" } });
    expect((await call("GET", "/customers", undefined, { accept: "*/*" })).status).toBe(200);
  });

  test("version 2.0 alone prints the fee", async () => {
    const accept = "application/vnd.conekta-v2.0.0+json";
    const { body: old } = await call("POST", "/orders", chargedOrderFor(customer), { accept });
    expect(old.charges.data[0].fee).toEqual(expect.any(Number));
    const { body: recent } = await call("GET", `/orders/${old.id}`);
    expect(recent.charges.data[0].fee).toBeUndefined();
  });
});

describe("fields", () => {
  const item = { name: "Plan Oro", unit_price: 20_015, quantity: 1 };
  const iva = { description: "IVA 16%", amount: 3_202 };
  const off = { code: "prorrateo", type: "campaign", amount: 1_000 };
  const manyKeys = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`key${index}`, 1]));
  // prettier-ignore
  const cases: [change: object, param: string, code: string, because: string][] = [
    [{ line_items: [] },                                       "line_items",             "line_items.invalid",   "at least one item"],
    [{ line_items: undefined },                                "line_items",             "line_items.missing",   "it is required"],
    [{ line_items: [{ ...item, name: "ab" }] },                "line_items[0].name",     "name.invalid",         "3 to 249 characters"],
    [{ line_items: [{ ...item, name: "a".repeat(250) }] },     "line_items[0].name",     "name.invalid",         "3 to 249 characters"],
    [{ line_items: [{ ...item, unit_price: 0.5 }] },           "line_items[0].unit_price", "unit_price.invalid", "whole cents"],
    [{ line_items: [{ ...item, quantity: 0 }] },               "line_items[0].quantity", "quantity.invalid",     "at least one"],
    [{ currency: "aaa" },                                      "currency",               "currency.invalid",     "MXN or USD"],
    [{ metadata: { nested: {} } },                             "metadata.nested",        "nested.invalid",       "scalars only"],
    [{ metadata: { long: "a".repeat(250) } },                  "metadata.long",          "long.invalid",         "249 characters"],
    [{ metadata: manyKeys },                                   "metadata",               "metadata.invalid",     "100 keys"],
    [{ customer_info: {} },                                    "customer_info.name",     "name.missing",         "an id, or name, email and phone"],
    [{ three_ds_mode: null },                                  "three_ds_mode",          "three_ds_mode.invalid", "an explicit null is rejected"],
    [{ amount: 1 },                                            "amount",                 "whitelist",            "unknown fields are refused"],
    [{ tax_lines: [{ ...iva, description: "IV" }] },           "tax_lines[0].description", "description.invalid", "3 characters at least"],
    [{ tax_lines: [{ ...iva, amount: -1 }] },                  "tax_lines[0].amount",    "amount.invalid",       "a tax takes nothing off"],
    [{ tax_lines: [{ ...iva, amount: 0.5 }] },                 "tax_lines[0].amount",    "amount.invalid",       "whole cents"],
    [{ discount_lines: [{ ...off, code: undefined }] },        "discount_lines[0].code", "code.missing",         "it is required"],
    [{ discount_lines: [{ ...off, type: "gift" }] },           "discount_lines[0].type", "type.invalid",         "coupon, campaign, loyalty or sign"],
    [{ discount_lines: [{ ...off, amount: -1 }] },             "discount_lines[0].amount", "amount.invalid",     "a discount adds nothing"],
    [{ discount_lines: [{ ...off, amount: 20_016 }] },         "discount_lines",         "discount_lines.invalid", "more than there is"],
    [{ tax_lines: [iva], discount_lines: [{ ...off, amount: 23_218 }] }, "discount_lines", "discount_lines.invalid", "more than lines and tax"],
  ];
  test.each(cases)("an order with %j is refused for %s: %s (%s)", async (change, param, code) => {
    const { status, body } = await call("POST", "/orders", { ...orderFor(customer), ...change });
    expect([status, body.type]).toEqual([422, "parameter_validation_error"]);
    expect(body.details[0]).toMatchObject({ param, code: `conekta.errors.parameter_validation.${code}` });
    expect(body.log_id).toMatch(/^[0-9a-f]{24}$/);
  });

  test.each([
    // charged, of 20015 + 3202 − 1000, answers, paid or refused where, because
    [22_217, 200, "paid", "what the lines add up to"],
    [22_218, 422, "charges[0].amount", "a cent more than they do"],
    [23_217, 422, "charges[0].amount", "the discount left out"],
  ])("a charge of %i cents answers %i, %s: %s", async (amount, status, expected, _because) => {
    const charges = [{ payment_method: { type: "default" }, amount }];
    const order = orderFor(customer, { line_items: [item], tax_lines: [iva], discount_lines: [off], charges });
    const answer = await call("POST", "/orders", order);
    expect([answer.status, answer.body.payment_status ?? answer.body.details[0].param]).toEqual([status, expected]);
  });

  test("charges nested in line_items, as the guide prints them, are refused with where they belong", async () => {
    const nested = { ...item, charges: [{ payment_method: { type: "default" } }] };
    const { status, body } = await call("POST", "/orders", orderFor(customer, { line_items: [nested] }));
    expect(status).toBe(422);
    expect(body.details[0].param).toBe("line_items[0].charges");
    expect(body.details[0].message).toContain("beside");
  });

  test("less than 3.00 MXN is not charged, and leaves no order behind", async () => {
    const ordersBefore = sandbox.orders().length;
    const line_items = [{ ...item, unit_price: 299 }];
    const { status } = await call("POST", "/orders", chargedOrderFor(customer, { line_items }));
    expect(status).toBe(422);
    expect(sandbox.orders()).toHaveLength(ordersBefore);
  });

  test("a customer without a default card cannot be charged by default; the answer says it is our guess", async () => {
    const { body: poor } = await call("POST", "/customers", {
      name: "Ana",
      email: "ana@example.mx",
      phone: "5522997233",
    });
    const { status, body } = await call("POST", "/orders", chargedOrderFor(poor.id));
    expect(status).toBe(422);
    expect(body.details[0].debug_message).toContain("guess");
  });

  test("a token nobody made is refused where it stands", async () => {
    const source = { type: "card", token_id: "tok_unknown" };
    const { body } = await call("POST", `/customers/${customer}/payment_sources`, source);
    expect(body.details[0].code).toBe("conekta.errors.parameter_validation.payment_sources.token_id.nonexistent_token");
  });

  test("a source's token and type cannot be changed, and default: true has no effect", async () => {
    const source = { type: "card", token_id: "tok_test_amex_0005" };
    const { body: second } = await call("POST", `/customers/${customer}/payment_sources`, source);
    const path = `/customers/${customer}/payment_sources/${second.id}`;
    expect((await call("PUT", path, { token_id: "tok_test_visa_4242" })).status).toBe(422);
    expect((await call("PUT", path, { default: true })).body.default).toBe(false);
    expect((await call("DELETE", path)).body.deleted).toBe(true);
  });
});

describe("words", () => {
  test("messages are Spanish unless English is asked for; debug messages are English", async () => {
    const spanish = await call("GET", "/orders/ord_none", undefined, { "accept-language": "es" });
    expect(spanish.body.details[0]).toMatchObject({
      message: "El recurso no fue encontrado.",
      debug_message: 'The object Order "ord_none" could not be found.',
    });
    const silent = await call("GET", "/orders/ord_none", undefined, { "accept-language": "" });
    expect(silent.body.details[0].message).toBe(spanish.body.details[0].message);
    const english = await call("GET", "/orders/ord_none", undefined, { "accept-language": "en" });
    expect(english.body.details[0].message).toBe("The resource was not found.");
  });

  test("what is no JSON is a malformed request", async () => {
    const { status, body } = await call("POST", "/customers", '{"name": "Jorge",}');
    expect([status, body.type]).toEqual([400, "malformed_request_error"]);
  });

  test("a path with a slash at its end is the same path", async () => {
    expect((await call("GET", `/customers/${customer}/payment_sources/`)).body.total).toBe(1);
  });
});

test("a body that is no JSON is not logged: it may hold a card number", async () => {
  await call("POST", "/customers", '{"number": "4242424242424242",}');
  expect(sandbox.requests().at(-1)?.body).toBe("[not JSON]");
});

test("card numbers and security codes are in no answer and no log", async () => {
  const number = "283081093801218301";
  const { body, text } = await call("POST", `/customers/${customer}/payment_sources`, {
    type: "card",
    number,
    name: "Jorge Martinez",
    exp_month: "12",
    exp_year: "2030",
    cvc: "198",
  });
  expect(body).toMatchObject({ bin: "283081", last4: "8301", exp_year: "2030", default: false });
  const everything = text + JSON.stringify([sandbox.requests(), sandbox.ledger()]);
  expect(everything).not.toContain(number);
  expect(everything).not.toContain("key_right");
  expect(sandbox.requests().at(-1)?.body).toMatchObject({ number: "[hidden]", cvc: "[hidden]" });
});
