/** What the answer to making a payment link means. A row: status, body, what we take it for, and why. */
import { describe, expect, test } from "@jest/globals";
import { charge, conektaError, declinedCharge, order, OTHER_REFERENCE, SINGLE } from "../../../test/gateway/samples.ts";
import type { OpenedLink } from "../../application/ports/gateway.ts";
import { classify } from "./classify.ts";
import { openedLink } from "./opened-link.ts";
import type { Reply } from "./transport.ts";

const PAGE = { status: "Issued", url: "https://pay.conekta.com/checkout/1", expires_at: 1677900000 };
const OPENED = order(null, { payment_status: null, checkout: PAGE });
const ORDER_ID = "ord_2tTUAiM5p5JbLGbDw";

function wordsOf(opened: OpenedLink): string {
  switch (opened.kind) {
    case "pending":
      return `pending ${opened.orderId} ${opened.link?.url ?? "without a page"}`;
    case "refused":
      return `refused ${opened.failureCode}`;
    case "not_sent":
      return opened.unauthorized ? "not_sent, unauthorized" : "not_sent";
    case "unknown":
      return `unknown ${opened.orderId}`;
    default:
      return opened satisfies never;
  }
}

// prettier-ignore
const ROWS: readonly (readonly [status: number, body: object | string, expected: string, because: string])[] = [
  [200, OPENED, `pending ${ORDER_ID} ${PAGE.url}`, "the page is there"],
  [200, order(null, { payment_status: "pending_payment", checkout: PAGE, metadata: {} }), `pending ${ORDER_ID} ${PAGE.url}`, "the direct answer needs no echo"],
  [200, order(null, { payment_status: null }), `unknown ${ORDER_ID}`, "an order without a page: an inquiry shows"],
  [200, order(null, { payment_status: "pending_payment" }), `unknown ${ORDER_ID}`, "it waits for something, not for a page"],
  [200, order(null, { payment_status: null, checkout: { ...PAGE, url: null } }), `unknown ${ORDER_ID}`, "no customer could be sent there"],
  [200, order(null, { payment_status: null, checkout: { ...PAGE, url: "http://pay.conekta.com/1" } }), `unknown ${ORDER_ID}`, "not over plain HTTP"],
  [200, order(null, { payment_status: null, checkout: PAGE, metadata: { puntual_attempt: OTHER_REFERENCE } }), "unknown null", "another system's order"],
  [200, order([charge()], { checkout: PAGE }), `unknown ${ORDER_ID}`, "paid already? an inquiry shows"],
  [402, conektaError("processing.bank.declined", order([declinedCharge("card_declined")], { payment_status: "declined" })), `unknown ${ORDER_ID}`, "a decline that left an order behind"],
  [402, conektaError("processing.bank.declined", order([declinedCharge("card_declined")], { payment_status: "declined", checkout: PAGE })), `pending ${ORDER_ID} ${PAGE.url}`, "whatever was declined: the page is there, and open"],
  [402, conektaError("processing.tokenization.used"), "refused conekta.errors.processing.tokenization.used", "our data"],
  [402, conektaError("processing.bank.declined"), "refused conekta.errors.processing.bank.declined", "no card was charged: our data"],
  [404, conektaError("resource_not_found.entity"), "refused conekta.errors.resource_not_found.entity", "the customer is gone"],
  [422, conektaError("parameter_validation.checkout.expires_at.invalid"), "refused conekta.errors.parameter_validation.checkout.expires_at.invalid", "too soon"],
  [401, conektaError("authentication.missing_key"), "not_sent, unauthorized", "the key"],
  [429, conektaError(null), "not_sent", "Conekta's own word"],
  [429, "", "unknown null", "a proxy's"],
  [500, conektaError("api.system.general_failure"), "unknown null", "it may have been made"],
  [502, "<html>", "unknown null", "it may have been made"],
  [200, "<html>", "unknown null", "it may have been made"],
];

describe("the answer to making a payment link", () => {
  test.each(ROWS)("%i %j is %s: %s", (status, body, expected) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(wordsOf(openedLink(classify({ kind: "answered", status, text, retryAfter: null }, SINGLE)))).toBe(expected);
  });

  test.each<readonly [Reply, string]>([
    [{ kind: "not-sent", because: "the connection was refused" }, "not_sent"],
    [{ kind: "no-answer", status: null, because: "the connection was cut" }, "unknown null"],
  ])("that never came, %j, is %s", (reply, expected) => {
    expect(wordsOf(openedLink(classify(reply, SINGLE)))).toBe(expected);
  });
});
