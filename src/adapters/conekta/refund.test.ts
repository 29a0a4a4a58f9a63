import { expect, test } from "@jest/globals";
import { charge, conektaError, order } from "../../../test/gateway/samples.ts";
import type { Caller } from "./api-client.ts";
import { conektaRefunds } from "./refund.ts";
import type { HttpCall, Reply, Transport } from "./transport.ts";

const NEVER_SENT: Transport["send"] = async () => {
  throw new Error("nothing is to be sent");
};

// prettier-ignore
test.each<[status: string, amountRefunded: number | null, cents: number | null, because: string]>([
  ["paid", 0, 0, "nothing went back"],
  ["partially_refunded", 5000, 5000, "as it says"],
  ["refunded", 20015, 20015, "as it says"],
  ["refunded", null, 20015, "the whole, as webhooks read it, whether its sum is told or not"],
  ["refunded", 0, 20015, "a sum that lags"],
  ["partially_refunded", null, null, "nobody tells how much"],
  ["paid", -1, null, "no sum"],
])("of an order whose charge is %s, and that shows %p: %p cents went back (%s)", async (status, amountRefunded, cents) => {
  const shown = order([charge({ status })], { amount_refunded: amountRefunded });
  const caller: Caller = { call: async (_request, _operation, schema) => schema.parse(shown) };
  const read = conektaRefunds({ send: NEVER_SENT } as Transport, caller).readRefundedCents("ord_1");
  expect(await read.catch(() => null)).toBe(cents);
});

const NO_READ: Caller = {
  call: async () => {
    throw new Error("nothing is to be read");
  },
};
const ORDER = "ord_2tTUAiM5p5JbLGbDw";
const LOG_ID = "507f1f77bcf86cd799439011";

function answered(status: number, body: object | string): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter: null };
}

/** @param ids of the refunds, a list a charge; null: the charge tells none */
function refundedOrder(...ids: readonly (readonly (string | null)[] | null)[]) {
  return order(ids.map((each) => charge({ refunds: each && { data: each.map((id) => ({ id })) } })));
}

const DONE = { kind: "done", trace: { because: "the refund was accepted" } } as const;
const NOT_THIS = "the answer is not the order that was to be refunded";
const UNSURE = (status: number) => `status ${status}: it cannot be told whether money went back`;

// prettier-ignore
const ANSWERS: readonly (readonly [reply: Reply, means: object, because: string])[] = [
  [answered(200, refundedOrder(["ref_1", "ref_2"])), { ...DONE, gatewayRefundId: "ref_2" }, "the newest is the last"],
  [answered(201, refundedOrder(["ref_1"], ["ref_2"])), { ...DONE, gatewayRefundId: "ref_2" }, "of the last charge"],
  [answered(299, refundedOrder(["ref_1", null], null)), { ...DONE, gatewayRefundId: "ref_1" }, "that is told"],
  [answered(200, order(null)), { ...DONE, gatewayRefundId: null }, "none is told"],
  [answered(200, order([charge()])), { ...DONE, gatewayRefundId: null }, "none is told"],
  [answered(200, order(null, { id: "ord_another" })), { kind: "unknown", trace: { because: NOT_THIS } }, "another order"],
  [answered(200, charge()), { kind: "unknown", trace: { because: NOT_THIS } }, "no order"],
  [answered(200, "<html>"), { kind: "unknown", trace: { because: NOT_THIS } }, "a page"],
  [answered(199, order(null)), { kind: "unknown", trace: { because: UNSURE(199) } }, "no success"],
  [answered(300, order(null)), { kind: "unknown", trace: { because: UNSURE(300) } }, "elsewhere is not here"],
  [answered(401, conektaError("authentication.missing_key")), { kind: "not_sent", trace: { because: "status 401: Conekta does not accept the key", logId: LOG_ID } }, "the key"],
  [answered(403, "<html>"), { kind: "not_sent", trace: { because: "status 403: Conekta does not accept the key", logId: null } }, "a firewall before Conekta"],
  [answered(429, conektaError("rate_limit")), { kind: "not_sent", trace: { because: "status 429: too many calls", logId: LOG_ID } }, "Conekta's own word comes before it acts"],
  [answered(429, ""), { kind: "unknown", trace: { because: UNSURE(429), logId: null } }, "a proxy's may not"],
  [answered(422, conektaError("a.b")), { kind: "refused", failureCode: "conekta.errors.a.b", failureMessage: "Un texto.", trace: { because: "status 422: the refund was refused", logId: LOG_ID } }, "refused"],
  [answered(400, conektaError(null)), { kind: "refused", failureCode: null, failureMessage: null }, "refused without a reason"],
  [answered(422, "<html>"), { kind: "unknown", trace: { because: UNSURE(422) } }, "a proxy's page is no refusal"],
  [answered(399, conektaError("a.b")), { kind: "unknown", trace: { because: UNSURE(399), logId: LOG_ID } }, "an error that is none"],
  [answered(500, conektaError("a.b")), { kind: "unknown", trace: { because: UNSURE(500), logId: LOG_ID } }, "it may have acted"],
  [{ kind: "not-sent", because: "refused" }, { kind: "not_sent", trace: { httpStatus: null, because: "refused", logId: null } }, "no byte left"],
  [{ kind: "no-answer", status: 200, because: "cut off" }, { kind: "unknown", trace: { httpStatus: 200, because: "cut off" } }, "it may have acted"],
];

test.each(ANSWERS)("a refund that is answered with %j is %j (%s)", async (reply, means) => {
  const calls: HttpCall[] = [];
  const send: Transport["send"] = async (call) => {
    calls.push(call);
    return reply;
  };
  const refunds = conektaRefunds({ send } as Transport, NO_READ);
  const asked = { amountCents: 500, reason: "requested_by_client" } as const;
  const outcome = await refunds.refund(ORDER, asked);
  expect(outcome).toMatchObject(means);
  expect(outcome.trace.httpStatus).toBe(reply.kind === "not-sent" ? null : reply.status);
  expect(calls).toEqual([
    { method: "POST", path: `/orders/${ORDER}/refunds`, body: { amount: 500, reason: "requested_by_client" } },
  ]);
});
