/**
 * Giving money back: sent once, and answered with an outcome. What a read shows of it afterwards is the order's sum.
 *
 * @see POST /orders/{id}/refunds, Conekta API 2.3.0 specification (amount and reason required; answers the order)
 */
import { z } from "zod";
import type { Refunder } from "../../application/ports/refunds.ts";
import type { Trace } from "../../domain/attempt.ts";
import type { RefundOutcome } from "../../domain/refund.ts";
import type { Caller } from "./api-client.ts";
import { refundedCentsOf } from "./read-order.ts";
import type { Reply, Transport } from "./transport.ts";
import { label, readBody, readJson, wire } from "./wire.ts";

/** Refunds of one charge; the newest is believed to be the last. */
const refunded = z.object({
  charges: z
    .object({
      data: z.array(
        z.object({
          refunds: z
            .object({ data: z.array(z.object({ id: label })) })
            .nullish()
            .catch(null),
        }),
      ),
    })
    .nullish()
    .catch(null),
});
/** An order that does not tell it is none that can be read: on nothing but a guess no money goes back. */
const sum = wire.order.transform(refundedCentsOf).pipe(z.int().min(0));

export function conektaRefunds(transport: Transport, caller: Caller): Refunder {
  return {
    async refund(orderId, { amountCents, reason }) {
      const path = `/orders/${encodeURIComponent(orderId)}/refunds`;
      return outcomeOf(await transport.send({ method: "POST", path, body: { amount: amountCents, reason } }), orderId);
    },
    async readRefundedCents(orderId) {
      const operation = { what: `read the order ${orderId}`, repeatable: "always" } as const;
      const path = `/orders/${encodeURIComponent(orderId)}`;
      return await caller.call({ method: "GET", path }, operation, sum);
    },
  };
}

function outcomeOf(reply: Reply, orderId: string): RefundOutcome {
  if (reply.kind === "not-sent") return { kind: "not_sent", trace: traceOf(null, reply.because) };
  if (reply.kind === "no-answer") return { kind: "unknown", trace: traceOf(reply.status, reply.because) };
  const { status, text } = reply;
  const body = readBody(text);
  if (status >= 200 && status < 300) {
    if (body.kind !== "order" || body.order.id !== orderId)
      return { kind: "unknown", trace: traceOf(status, "the answer is not the order that was to be refunded") };
    return { kind: "done", gatewayRefundId: newestRefund(text), trace: traceOf(status, "the refund was accepted") };
  }
  const logId = body.kind === "error" ? body.error.logId : null;
  if (status === 401 || status === 403)
    return { kind: "not_sent", trace: traceOf(status, `status ${status}: Conekta does not accept the key`, logId) };
  if (body.kind === "error" && status === 429)
    return { kind: "not_sent", trace: traceOf(status, "status 429: too many calls", logId) };
  if (body.kind === "error" && status >= 400 && status < 500) {
    const [detail] = body.error.details;
    return {
      kind: "refused",
      failureCode: detail?.code ?? null,
      failureMessage: detail?.message ?? null,
      trace: traceOf(status, `status ${status}: the refund was refused`, logId),
    };
  }
  return {
    kind: "unknown",
    trace: traceOf(status, `status ${status}: it cannot be told whether money went back`, logId),
  };
}

function newestRefund(text: string): string | null {
  const charges = refunded.safeParse(readJson(text)).data?.charges?.data ?? [];
  const ids = charges.flatMap(({ refunds }) => refunds?.data ?? []).map(({ id }) => id);
  return ids.findLast((id) => id !== null) ?? null;
}

function traceOf(httpStatus: number | null, because: string, logId: string | null = null): Trace {
  return { httpStatus, logId, because };
}
