/**
 * `/_sandbox/…`: controls the sandbox while it runs. Needs no key; answers calls from this machine only.
 *
 * None of it exists at Conekta. Described in docs/sandbox.md.
 */
import { z } from "zod";
import { ApiError } from "../api/api-error.ts";
import type { Answer } from "../api/call.ts";
import { checkFaultRule, type FaultRule, InvalidFault } from "../faults/fault-rule.ts";
import { FAULT_KINDS } from "../faults/fault-kind.ts";
import type { RuleInForce } from "../faults/rules-in-force.ts";
import type { LedgerCharge, LedgerOrder } from "../orders/ledger.ts";
import type { LoggedRequest } from "./request-log.ts";
import { CHARGEBACK_STATUSES, type Dispute } from "../orders/dispute.ts";
import type { Settlement } from "../orders/order-settling.ts";
import { matchPath } from "../api/routes.ts";
import type { DeliveryReport, DeliveryChange, DeliveryOptions } from "../webhooks/webhook-delivery.ts";

export type Controls = {
  readonly isOpenToAll: boolean;
  readonly inject: (rule: FaultRule) => void;
  readonly clearFaults: () => void;
  readonly faults: () => readonly RuleInForce[];
  readonly ledger: () => readonly LedgerCharge[];
  readonly orders: () => readonly LedgerOrder[];
  readonly requests: () => readonly LoggedRequest[];
  readonly settle: (orderId: string, as: Settlement) => object;
  readonly visitPage: (orderId: string, visit: unknown) => object;
  readonly dispute: (orderId: string, dispute: Dispute) => object;
  readonly advanceClock: (byMs: number) => Date;
  readonly deliveryOptions: (change: DeliveryChange) => DeliveryOptions;
  readonly flushWebhooks: (change: DeliveryChange) => Promise<readonly DeliveryReport[]>;
};

export type ControlCall = {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly isLoopback: boolean;
};

const PREFIX = "/_sandbox";

const ENDPOINTS = [
  "GET /_sandbox",
  "GET /_sandbox/faults",
  "POST /_sandbox/faults",
  "DELETE /_sandbox/faults",
  "GET /_sandbox/ledger",
  "GET /_sandbox/orders",
  "POST /_sandbox/orders/{id}/settle",
  "POST /_sandbox/orders/{id}/page",
  "POST /_sandbox/orders/{id}/dispute",
  "GET /_sandbox/requests",
  "POST /_sandbox/clock",
  "PUT /_sandbox/webhooks",
  "POST /_sandbox/webhooks/flush",
];

const settleSchema = z.strictObject({ status: z.enum(["paid", "declined", "expired", "canceled"]) });

const disputeSchema = z.strictObject({
  status: z.enum(CHARGEBACK_STATUSES),
  reason: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
  evidenceDueInDays: z.number().min(0).max(365).optional(),
});

const advanceSchema = z.strictObject({ advanceMs: z.int().min(1) });

const deliverySchema = z.strictObject({
  delayMs: z.int().min(0).optional(),
  copies: z.int().min(1).max(10).optional(),
  order: z.enum(["in_order", "newest_first", "shuffled"]).optional(),
  hold: z.boolean().optional(),
});

export function isControlPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`);
}

export async function answerControl(controls: Controls, call: ControlCall): Promise<Answer> {
  if (!call.isLoopback && !controls.isOpenToAll) {
    return { status: 403, body: { error: "the control endpoints answer this machine only" } };
  }
  try {
    return (await route(controls, call)) ?? { status: 404, body: { error: "no such endpoint", endpoints: ENDPOINTS } };
  } catch (error) {
    if (error instanceof InvalidFault) return { status: 422, body: { error: error.message } };
    if (error instanceof ApiError) return { status: error.status, body: { error: error.message } };
    if (error instanceof z.ZodError) return { status: 422, body: { error: z.prettifyError(error) } };
    return { status: 500, body: { error: `a bug of this sandbox: ${String(error)}` } };
  }
}

async function route(controls: Controls, { method, path, body }: ControlCall): Promise<Answer | null> {
  const [orderId] = matchPath(`${PREFIX}/orders/*/settle`, path) ?? [];
  if (method === "POST" && orderId !== undefined) {
    return done(controls.settle(orderId, settleSchema.parse(body).status));
  }
  const [visitedId] = matchPath(`${PREFIX}/orders/*/page`, path) ?? [];
  if (method === "POST" && visitedId !== undefined) return done(controls.visitPage(visitedId, body));
  const [disputedId] = matchPath(`${PREFIX}/orders/*/dispute`, path) ?? [];
  if (method === "POST" && disputedId !== undefined)
    return done(controls.dispute(disputedId, disputeSchema.parse(body)));
  switch (`${method} ${path.slice(PREFIX.length)}`) {
    case "GET ": {
      const faultKinds = Object.fromEntries(Object.entries(FAULT_KINDS).map(([kind, { help }]) => [kind, help]));
      return done({ endpoints: ENDPOINTS, faultKinds });
    }
    case "GET /faults":
      return done({ faults: controls.faults() });
    case "POST /faults":
      return injectFaults(controls, body);
    case "DELETE /faults":
      controls.clearFaults();
      return done({ faults: [] });
    case "GET /ledger":
      return done({ charges: controls.ledger() });
    case "GET /orders":
      return done({ orders: controls.orders() });
    case "GET /requests":
      return done({ requests: controls.requests() });
    case "POST /clock":
      return done({ now: controls.advanceClock(advanceSchema.parse(body).advanceMs).toISOString() });
    case "PUT /webhooks":
      return done(controls.deliveryOptions(deliverySchema.parse(body)));
    case "POST /webhooks/flush":
      return done({ deliveries: await controls.flushWebhooks(deliverySchema.parse(body)) });
    default:
      return null;
  }
}

/** One rule, or a list of them; all or none. */
function injectFaults(controls: Controls, body: unknown): Answer {
  const rules = (Array.isArray(body) ? body : [body]).map((rule) => checkFaultRule(rule));
  if (rules.some((rule) => rule.kind === "refuse" && rule.forMs === undefined)) {
    throw new InvalidFault('not a fault rule: "refuse" needs forMs here, for it shuts this door too');
  }
  for (const rule of rules) controls.inject(rule);
  return done({ faults: controls.faults() });
}

function done(body: object): Answer {
  return { status: 200, body };
}
