/**
 * A fault rule: which call goes wrong, how, and how often. Plain JSON, so that it can be sent to a running sandbox.
 */
import { z } from "zod";
import { FAULT_KINDS, type FaultKind, traitsOf } from "./fault-kind.ts";

const KINDS = Object.keys(FAULT_KINDS) as [FaultKind, ...FaultKind[]];
const CALL = /^(\*|GET|POST|PUT|DELETE|PATCH) (\*|\/\S*)$/;

const faultRuleSchema = z
  .strictObject({
    kind: z.enum(KINDS, { error: `must be one of ${KINDS.join(", ")}` }),
    call: z
      .string()
      .regex(CALL, { error: 'must be a method and a path, such as "POST /orders" or "POST /orders/*/charges"' })
      .optional(),
    customerId: z.string().min(1).optional(),
    nth: z.int().min(1).optional(),
    next: z.int().min(1).optional(),
    always: z.literal(true).optional(),
    chance: z.number().gt(0).max(1).optional(),
    ms: z.int().min(1).optional(),
    forMs: z.int().min(1).optional(),
    retryAfterSeconds: z.int().min(0).optional(),
  })
  .superRefine((rule, context) => {
    const often = (["nth", "next", "always", "chance"] as const).filter((key) => rule[key] !== undefined);
    if (often.length > 1) context.addIssue({ code: "custom", message: `choose one of ${often.join(", ")}` });

    const isLatency = rule.kind === "latency" || rule.kind === "latency_after";
    if (isLatency !== (rule.ms !== undefined)) {
      context.addIssue({
        code: "custom",
        path: ["ms"],
        message: "goes with latency and latency_after, and they need it",
      });
    }
    if (rule.forMs !== undefined && rule.kind !== "refuse") {
      context.addIssue({ code: "custom", path: ["forMs"], message: "goes with refuse only" });
    }
    const status = traitsOf(rule.kind).status ?? 200;
    if (rule.retryAfterSeconds !== undefined && status !== 429 && status !== 503) {
      context.addIssue({ code: "custom", path: ["retryAfterSeconds"], message: "goes with 429 and 503 only" });
    }
    if (rule.kind === "refuse" && (rule.next !== undefined || rule.chance !== undefined)) {
      context.addIssue({ code: "custom", message: "nobody can count refused connections: use nth, forMs or neither" });
    }
  });

/**
 * - `call`: method and path, `*` stands for any method, any one segment, or (alone) any path. Default: every call.
 * - `customerId`: only calls that concern this customer, by path, by body, or through the order.
 * - How often: `nth` the n-th matching call only; `next` the next k; `always`; `chance` by luck with the
 *   sandbox's seed. Default: the next one.
 */
export type FaultRule = {
  readonly kind: FaultKind;
  readonly call?: string | undefined;
  readonly customerId?: string | undefined;
  readonly nth?: number | undefined;
  readonly next?: number | undefined;
  readonly always?: true | undefined;
  readonly chance?: number | undefined;
  readonly ms?: number | undefined;
  readonly forMs?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
};

export class InvalidFault extends Error {
  override readonly name = "InvalidFault";
}

/** @throws {InvalidFault} with everything that is wrong with the rule in one sentence */
export function checkFaultRule(value: unknown): FaultRule {
  const result = faultRuleSchema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": "));
  throw new InvalidFault(`not a fault rule: ${faults.join("; ")}`);
}
