/**
 * Customers and orders that are sick at the gateway, and stay it: whatever is asked about one of them is answered with the
 * same fault, in the weeks of peace too. Nobody else may notice.
 */
import type { Outcome } from "../../../src/domain/attempt.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../../src/domain/errors.ts";
import type { Timeline } from "../timeline.ts";
import type { GatewayPorts } from "./hostile-gateway.ts";
import { TIMEOUT_MS, traceOf } from "./station.ts";

export const SICKNESSES = ["500", "422", "403", "404", "nothing", "half a body"] as const;
export type Sickness = (typeof SICKNESSES)[number];

/** By id; whatever is added falls sick in that moment. */
export type Sick = {
  readonly customers: ReadonlyMap<string, Sickness>;
  sicknessOfOrder(orderId: string): Sickness | null;
};

export function sickGateway(ports: GatewayPorts, timeline: Timeline, sick: Sick): GatewayPorts {
  /** @throws unless it is well */
  async function mustBeWell(what: string, sickness: Sickness | null | undefined): Promise<void> {
    if (sickness === null || sickness === undefined) return;
    await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
    if (sickness === "403") throw new GatewayUnauthorized(`403 at ${what}`);
    if (sickness === "422" || sickness === "404")
      throw new GatewayRefused(`${sickness} at ${what}`, { httpStatus: Number(sickness), code: null });
    throw new GatewayUnavailable(`${sickness} at ${what}`);
  }

  async function mustBeWellCustomer(customerId: string | null): Promise<void> {
    await mustBeWell(`the customer ${customerId}`, sick.customers.get(customerId ?? ""));
  }

  async function mustBeWellOrder(orderId: string): Promise<void> {
    await mustBeWell(`the order ${orderId}`, sick.sicknessOfOrder(orderId));
  }

  return {
    ...ports,
    async charge(intent, orderId) {
      const sickness = sick.customers.get(intent.customerId);
      if (sickness === undefined) return await ports.charge(intent, orderId);
      await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
      return outcomeOf(sickness, orderId);
    },
    async openOrder(intent) {
      const sickness = sick.customers.get(intent.customerId);
      if (sickness === undefined) return await ports.openOrder(intent);
      await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
      const outcome = outcomeOf(sickness, null);
      return outcome.kind === "unknown" ? { kind: "not_sent", unauthorized: false, trace: outcome.trace } : outcome;
    },
    async readCustomer(customerId) {
      await mustBeWellCustomer(customerId);
      return await ports.readCustomer(customerId);
    },
    async listPaymentSources(customerId) {
      await mustBeWellCustomer(customerId);
      return await ports.listPaymentSources(customerId);
    },
    async probe(customerId) {
      await mustBeWellCustomer(customerId);
      return await ports.probe(customerId);
    },
    async readOrder(orderId) {
      await mustBeWellOrder(orderId);
      return await ports.readOrder(orderId);
    },
    async readCharge(orderId, ...asked) {
      await mustBeWellOrder(orderId);
      return await ports.readCharge(orderId, ...asked);
    },
    async cancelOrder(orderId) {
      await mustBeWellOrder(orderId);
      await ports.cancelOrder(orderId);
    },
  };
}

function outcomeOf(
  sickness: Sickness,
  orderId: string | null,
): Extract<Outcome, { kind: "unknown" | "refused" | "not_sent" }> {
  switch (sickness) {
    case "403":
      return { kind: "not_sent", unauthorized: true, trace: traceOf(403, "the key may not do that") };
    case "404":
      return {
        kind: "refused",
        failureCode: null,
        failureMessage: null,
        trace: traceOf(404, "there is no such customer"),
      };
    case "422":
      return {
        kind: "refused",
        failureCode: null,
        failureMessage: null,
        trace: traceOf(422, "the customer is refused"),
      };
    case "500":
      return { kind: "unknown", orderId, trace: traceOf(500, "the server failed") };
    case "nothing":
    case "half a body":
      return { kind: "unknown", orderId, trace: traceOf(null, "no answer") };
    default:
      return sickness satisfies never;
  }
}
