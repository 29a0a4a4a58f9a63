/**
 * Customers who are sick at the gateway, and stay it: whatever is asked about one of them is answered with the same
 * fault, in the weeks of peace too. Nobody else may notice.
 */
import type { Outcome } from "../../../src/domain/attempt.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../../src/domain/errors.ts";
import type { Timeline } from "../timeline.ts";
import type { GatewayPorts } from "./hostile-gateway.ts";
import { TIMEOUT_MS, traceOf } from "./station.ts";

export const SICKNESSES = ["500", "422", "403", "404", "nothing", "half a body"] as const;
export type Sickness = (typeof SICKNESSES)[number];

/** @param sick by customer; whoever is added falls sick in that moment */
export function sickGateway(
  ports: GatewayPorts,
  timeline: Timeline,
  sick: ReadonlyMap<string, Sickness>,
): GatewayPorts {
  /** @throws unless the customer is well */
  async function mustBeWell(customerId: string | null): Promise<void> {
    const sickness = sick.get(customerId ?? "");
    if (sickness === undefined) return;
    await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
    if (sickness === "403") throw new GatewayUnauthorized(`403 at the customer ${customerId}`);
    if (sickness === "422" || sickness === "404")
      throw new GatewayRefused(`${sickness} at the customer ${customerId}`, {
        httpStatus: Number(sickness),
        code: null,
      });
    throw new GatewayUnavailable(`${sickness} at the customer ${customerId}`);
  }

  return {
    ...ports,
    async charge(intent, orderId) {
      const sickness = sick.get(intent.customerId);
      if (sickness === undefined) return await ports.charge(intent, orderId);
      await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
      return outcomeOf(sickness, orderId);
    },
    async openOrder(intent) {
      const sickness = sick.get(intent.customerId);
      if (sickness === undefined) return await ports.openOrder(intent);
      await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
      const outcome = outcomeOf(sickness, null);
      return outcome.kind === "unknown" ? { kind: "not_sent", unauthorized: false, trace: outcome.trace } : outcome;
    },
    async readCustomer(customerId) {
      await mustBeWell(customerId);
      return await ports.readCustomer(customerId);
    },
    async listPaymentSources(customerId) {
      await mustBeWell(customerId);
      return await ports.listPaymentSources(customerId);
    },
    async probe(customerId) {
      await mustBeWell(customerId);
      return await ports.probe(customerId);
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
