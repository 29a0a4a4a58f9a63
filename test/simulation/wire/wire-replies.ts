/**
 * What comes back on the wire for what the hostile gateway did. The real adapter has to read the same out of it: each
 * outcome has several shapes, as they were seen or are promised.
 */
import type { HttpCall, Reply } from "../../../src/adapters/conekta/transport.ts";
import type { OpenedLink, OpenedOrder } from "../../../src/application/ports/gateway.ts";
import type { Outcome, Payment, Trace } from "../../../src/domain/attempt.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../../src/domain/errors.ts";
import type { RefundOutcome } from "../../../src/domain/refund.ts";
import type { Chance } from "../chance.ts";
import { isOfPanel, type Ledger } from "../ledger.ts";
import type { Sickness } from "../gateway/sickness.ts";
import { errorJson, orderJson } from "./wire-json.ts";

export type WireReplies = {
  ok(json: object): Reply;
  /** @param invoiceId what was asked about */
  ofOutcome(outcome: Outcome | OpenedOrder | OpenedLink, invoiceId: string): Reply;
  ofRefund(outcome: RefundOutcome, orderId: string): Reply;
  /** @throws what is none of the gateway's errors */
  ofError(error: unknown): Reply;
  ofSickness(sickness: Sickness, call: HttpCall): Reply;
};

export function wireReplies(ledger: Ledger, chance: Chance, nowMs: () => number): WireReplies {
  function ok(json: object): Reply {
    return answered(200, JSON.stringify(json));
  }

  function refusal(status: number, code: string, data: Readonly<Record<string, unknown>> | null = null): Reply {
    return answered(status, JSON.stringify(errorJson(code, data)));
  }

  function order(orderId: string, claimed: Payment | null = null): Readonly<Record<string, unknown>> {
    const found = ledger.orders.get(orderId);
    if (found === undefined) throw new Error(`the simulated gateway has no order ${orderId}`);
    return orderJson(found, nowMs(), claimed);
  }

  function notSent(trace: Trace, unauthorized: boolean): Reply {
    if (unauthorized) return refusal(chance.pick([401, 403]), "authentication.missing_key");
    if (trace.httpStatus === 429) return refusal(429, "too_many_requests");
    return { kind: "not-sent", because: "the connection was refused (ECONNREFUSED)" };
  }

  /** No answer that says anything. */
  function silence(): Reply {
    return chance.pick<Reply>([
      { kind: "no-answer", status: null, because: "no whole answer came in time" },
      answered(200, '{"object":"order","id":"ord_00'),
      answered(200, "<html>a proxy</html>"),
      { kind: "no-answer", status: 200, because: "the answer was cut off after status 200" },
    ]);
  }

  /** A whole answer, about somebody else's payment. One that names nobody could be ours, whose names were not echoed. */
  function anotherOrder(invoiceId: string): Reply {
    const others = [...ledger.orders.values()].filter(
      (each) => each.intent.invoiceId !== invoiceId && !isOfPanel(each),
    );
    return others.length === 0 ? silence() : ok(order(chance.pick(others).id));
  }

  function unclear({ orderId, trace }: Extract<Outcome, { kind: "unknown" }>, invoiceId: string): Reply {
    const { httpStatus } = trace;
    if (httpStatus === null) return chance.happens(0.2) ? anotherOrder(invoiceId) : silence();
    if (httpStatus === 428) return refusal(chance.pick([422, 428]), HAS_CHARGE);
    if (orderId !== null && httpStatus === 402) {
      const code = ledger.orders.get(orderId)?.charges.at(-1)?.failureCode ?? "general_error";
      return refusal(402, code, order(orderId));
    }
    if (orderId !== null && httpStatus === 200) return ok(order(orderId));
    return answered(httpStatus, chance.pick(["", "<html>bad gateway</html>", JSON.stringify(errorJson("api_error"))]));
  }

  return {
    ok,
    ofOutcome: (outcome, invoiceId) => {
      switch (outcome.kind) {
        case "opened":
          return ok(order(outcome.orderId));
        case "paid":
          return ok(order(outcome.payment.orderId, outcome.payment));
        case "pending":
          return ok(order(outcome.orderId));
        case "declined": {
          const { orderId, decline } = outcome;
          if (orderId === null || chance.happens(0.5))
            return refusal(402, decline.failureCode ?? "card_declined", orderId === null ? null : order(orderId));
          return ok(order(orderId));
        }
        case "refused":
          return refusal(chance.pick([400, 404, 422]), outcome.failureCode ?? "simulated.refusal");
        case "not_sent":
          return notSent(outcome.trace, outcome.unauthorized);
        case "unknown":
          return unclear(outcome, invoiceId);
        default:
          return outcome satisfies never;
      }
    },
    ofRefund: (outcome, orderId) => {
      switch (outcome.kind) {
        case "done":
          return ok(order(orderId));
        case "refused":
          return refusal(422, "simulated.refusal");
        case "not_sent":
          return notSent(outcome.trace, false);
        case "unknown":
          return silence();
        default:
          return outcome satisfies never;
      }
    },
    ofError: (error) => {
      if (error instanceof GatewayUnauthorized) return refusal(401, "authentication.missing_key");
      if (error instanceof GatewayRefused) return refusal(error.httpStatus, error.code ?? "simulated.refusal");
      if (error instanceof GatewayUnavailable) return chance.happens(0.3) ? answered(503, "") : silence();
      throw error;
    },
    ofSickness: (sickness, { method }) => {
      if (sickness === "nothing") return { kind: "no-answer", status: null, because: "no whole answer came in time" };
      if (sickness === "half a body") return answered(200, '{"object":"customer","id":"cus_');
      if (sickness === "500") return answered(500, method === "GET" ? "" : "<html>failed</html>");
      return refusal(Number(sickness), "simulated.refusal");
    },
  };
}

const HAS_CHARGE = "precondition_required.combo.order.cannot_be_updated_because_has_charge";

function answered(status: number, text: string): Reply {
  return { kind: "answered", status, text, retryAfter: null };
}
