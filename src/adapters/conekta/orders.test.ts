/** The calls around an order: what is sent, by which way, and what an answer to one without a charge means. */
import { expect, test } from "@jest/globals";
import { charge, conektaError, declinedCharge, INTENT, order, REFERENCE } from "../../../test/gateway/samples.ts";
import type { OpenedOrder } from "../../application/ports/gateway.ts";
import type { Caller } from "./api-client.ts";
import { conektaOrders } from "./orders.ts";
import { chargeOf, orderWithCharge, orderWithoutCharge, orderWithPage } from "./requests.ts";
import type { HttpCall, Reply, Transport } from "./transport.ts";

const TERMS = { methods: ["card", "cash"], expiresAt: new Date("2026-12-06T15:00:00Z") } as const;

/** Every call is answered with the one reply, or its text. */
function ordersWith(reply: Reply) {
  const calls: (HttpCall & { readonly repeatable?: string })[] = [];
  const send: Transport["send"] = async (call) => {
    calls.push(call);
    return reply;
  };
  const caller: Caller = {
    call: async (call, { repeatable }, schema) => {
      calls.push({ ...call, repeatable });
      return schema.parse(JSON.parse((reply as { readonly text: string }).text));
    },
  };
  const transport = { send, async [Symbol.asyncDispose]() {} };
  return { orders: conektaOrders(transport, caller, { flow: "order_first" }), calls };
}

function answered(status: number, body: object | string = ""): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter: null };
}

const OPENED = answered(200, order(null, { payment_status: null }));

test("each call goes to its address; only what a run makes by the thousand takes the short way", async () => {
  const { orders, calls } = ordersWith(OPENED);
  await orders.charge(INTENT, null);
  await orders.charge(INTENT, "ord 1");
  await orders.openOrder(INTENT);
  await orders.openPaymentLink(INTENT, TERMS);
  await orders.readCharge("ord 1", REFERENCE, 20015);
  await orders.cancelOrder("ord 1");
  expect(calls).toStrictEqual([
    { method: "POST", isHot: true, path: "/orders", body: orderWithCharge(INTENT) },
    { method: "POST", isHot: true, path: "/orders/ord%201/charges", body: chargeOf(INTENT) },
    { method: "POST", isHot: true, path: "/orders", body: orderWithoutCharge(INTENT) },
    { method: "POST", path: "/orders", body: orderWithPage(INTENT, TERMS) },
    { method: "GET", path: "/orders/ord%201", repeatable: "always" },
    { method: "POST", path: "/orders/ord%201/cancel", repeatable: "if-not-sent" },
  ]);
});

// prettier-ignore
test.each<[flow: "single" | undefined, kind: string, because: string]>([
  ["single", "pending", "an order that is made with its charge waits for it"],
  [undefined, "absent", "as this gateway charges: an order that is opened first waits before anything is charged"],
])("an order read for a try of the flow %s is %s (%s)", async (flow, kind) => {
  const { orders } = ordersWith(answered(200, order(null, { payment_status: "pending_payment" })));
  expect(await orders.readCharge("ord_1", REFERENCE, 20015, flow)).toMatchObject({ kind });
});

test("an order that is read later is not taken for the answer to a call: nothing is guessed from it", async () => {
  const nobodys = order([declinedCharge("card_declined", { reference_id: null })], {
    payment_status: "declined",
    metadata: {},
  });
  expect(await ordersWith(answered(200, nobodys)).orders.readCharge("ord_1", REFERENCE, 20015)).toMatchObject({
    kind: "absent",
  });
});

function wordsOf(opened: OpenedOrder): string {
  const { httpStatus, logId } = opened.kind === "opened" ? { httpStatus: null, logId: null } : opened.trace;
  const shown = `${httpStatus}${logId === null ? "" : ", logged"}`;
  if (opened.kind === "opened") return `opened ${opened.orderId}`;
  if (opened.kind === "refused") return `refused ${opened.failureCode} (${shown})`;
  return `not_sent${opened.unauthorized ? " unauthorized" : ""} (${shown})`;
}

// prettier-ignore
const OPENS: readonly (readonly [reply: Reply, means: string, because: string])[] = [
  [OPENED, "opened ord_2tTUAiM5p5JbLGbDw", "there it is"],
  [answered(299, order(null)), "opened ord_2tTUAiM5p5JbLGbDw", "whatever success is called"],
  [answered(300, order(null)), "not_sent (300)", "elsewhere is not here"],
  [answered(199, order(null)), "not_sent (199)", "no success"],
  [answered(200, charge()), "not_sent (200)", "no order came back"],
  [answered(200, ""), "not_sent (200)", "nothing came back: without a charge no money can move"],
  [answered(401, conektaError("authentication.missing_key")), "not_sent unauthorized (401, logged)", "the key"],
  [answered(403, "<html>"), "not_sent unauthorized (403)", "a firewall before Conekta"],
  [answered(402, conektaError("processing.tokenization.used")), "refused conekta.errors.processing.tokenization.used (402, logged)", "our data"],
  [answered(400, conektaError(null)), "refused null (400, logged)", "malformed, and no reason"],
  [answered(404, conektaError("resource_not_found.entity")), "refused conekta.errors.resource_not_found.entity (404, logged)", "the customer is gone"],
  [answered(409, conektaError("conflict")), "refused conekta.errors.conflict (409, logged)", "a conflict of versions"],
  [answered(422, conektaError("a.b")), "refused conekta.errors.a.b (422, logged)", "our data"],
  [answered(422, "<html>"), "not_sent (422)", "a proxy's page is no refusal"],
  [answered(429, conektaError("rate_limit")), "not_sent (429, logged)", "too many calls"],
  [answered(500, conektaError("api.system")), "not_sent (500, logged)", "its order, if there is one, is never charged"],
  [{ kind: "not-sent", because: "the connection was refused" }, "not_sent (null)", "no byte left"],
  [{ kind: "no-answer", status: null, because: "cut off" }, "not_sent (null)", "without a charge no money can move"],
  [{ kind: "no-answer", status: 200, because: "cut off" }, "not_sent (200)", "as above"],
];

test.each(OPENS)("opening an order, answered with %j, means %s: %s", async (reply, means) => {
  expect(wordsOf(await ordersWith(reply).orders.openOrder(INTENT))).toBe(means);
});

test("of an order that is refused a person is told the reason", async () => {
  const opened = await ordersWith(answered(422, conektaError("a.b"))).orders.openOrder(INTENT);
  expect(opened).toMatchObject({
    failureMessage: "Un texto.",
    trace: { because: "status 422: our order was refused" },
  });
});

test.each<[orderId: string | null, kind: string, because: string]>([
  [null, "pending", "the order is made with its charge, so that is what waits"],
  ["ord_2tTUAiM5p5JbLGbDw", "unknown", "an order that was opened first waits before anything is charged"],
])("the answer to a charge of the order %p that shows no charge is %s (%s)", async (orderId, kind) => {
  const { orders } = ordersWith(answered(200, order(null, { payment_status: "pending_payment" })));
  expect(await orders.charge(INTENT, orderId)).toMatchObject({ kind });
});

test.each<[orderId: string | null, kind: Reply["kind"], httpStatus: number | null]>([
  [null, "answered", 200],
  ["ord_1", "answered", 200],
  ["ord_1", "no-answer", 200],
  [null, "not-sent", null],
])(
  "a charge of the order %p that is %s, and that we fail to judge, may have moved money",
  async (orderId, kind, httpStatus) => {
    const broken = { kind, retryAfter: null, ...(httpStatus !== null && { status: httpStatus }) } as Reply;
    Object.defineProperty(broken, kind === "answered" ? "text" : "because", {
      get() {
        throw new RangeError("a fault of ours");
      },
    });
    const because = "the answer could not be judged: RangeError in our own reading of it";
    expect(await ordersWith(broken).orders.charge(INTENT, orderId)).toEqual({
      ...{ kind: "unknown", orderId },
      trace: { httpStatus, logId: null, because },
    });
  },
);

// prettier-ignore
test.each<[status: number, retryAfter: string | null, waits: object, because: string]>([
  [429, "90",       { retryAfterMs: 90_000 }, "too many calls: as long as is asked"],
  [503, "7",        { retryAfterMs: 7_000 },  "closed for a while"],
  [429, null,       {},                       "nothing is asked"],
  [429, "tomorrow", {},                       "nor anything that can be understood"],
  [401, "90",       {},                       "the key is not accepted: nothing that waiting would mend"],
])("an order that is answered with %d, and Retry-After %p, waits %j (%s)", async (status, retryAfter, waits) => {
  const reply = { ...answered(status, conektaError("a.b")), retryAfter } as Reply;
  const opened = await ordersWith(reply).orders.openOrder(INTENT);
  const { trace, ...rest } = opened as Extract<OpenedOrder, { kind: "not_sent" }>;
  expect(rest).toEqual({ kind: "not_sent", unauthorized: status === 401, ...waits });
  expect(trace.httpStatus).toBe(status);
});
