/**
 * Applies a fault to the connection, or to the answer before it is sent.
 */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { errorBody, generalFailure, type Language, tooManyRequests } from "../api/api-error.ts";
import type { Answer, FaultEffects } from "../api/call.ts";
import type { FaultRule } from "./fault-rule.ts";
import { traitsOf } from "./fault-kind.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** The fault that strikes instead of the call; null when the call is carried out. */
export function faultBefore(rules: readonly FaultRule[]): FaultRule | null {
  return rules.find(({ kind }) => traitsOf(kind).strikes === "before") ?? null;
}

export function faultAfter(rules: readonly FaultRule[], { cardFault }: FaultEffects): FaultRule | null {
  const candidates: readonly FaultRule[] = cardFault === null ? rules : [...rules, { kind: cardFault }];
  return candidates.find(({ kind }) => traitsOf(kind).strikes === "after") ?? null;
}

export function faultEffectsOf(rules: readonly FaultRule[]): FaultEffects {
  return {
    staleStatus: rules.some(({ kind }) => kind === "stale_status"),
    otherAmount: rules.some(({ kind }) => kind === "other_amount"),
    cardFault: null,
  };
}

/** Waits wall time, even under a clock set by hand: this is for the client's timeouts. */
export async function waitFor(
  kind: "latency" | "latency_after",
  rules: readonly FaultRule[],
  alsoMs = 0,
): Promise<void> {
  const ms = rules.filter((rule) => rule.kind === kind).reduce((sum, rule) => sum + (rule.ms ?? 0), alsoMs);
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}

/**
 * @param answer what would have been sent; null when the sandbox did not act
 * @returns the status that was sent; null when no complete answer was
 */
export function applyFault(
  response: ServerResponse,
  fault: FaultRule,
  answer: Answer | null,
  language: Language,
  logId: string,
): number | null {
  const { damage, status = 200 } = traitsOf(fault.kind);
  assert(damage !== undefined, `${fault.kind} does no damage to an answer`);
  if (fault.retryAfterSeconds !== undefined) response.setHeader("retry-after", fault.retryAfterSeconds);
  const text = JSON.stringify(answer?.body ?? {});
  const half = text.slice(0, Math.floor(text.length / 2));

  switch (damage) {
    case "reset":
      response.socket?.resetAndDestroy();
      return null;
    case "hang":
      // Nothing more is written; the connection lives until the client or the sandbox closes it.
      return null;
    case "conekta error": {
      const error = status === 429 ? tooManyRequests() : generalFailure();
      return send(response, status, JSON.stringify(errorBody(error, language, logId)));
    }
    case "bare status":
      return send(response, status, "", "text/plain");
    case "html status":
    case "html page":
      return send(response, status, htmlPage(status), "text/html");
    case "half the json":
      return send(response, answer?.status ?? status, half);
    case "half the body":
      response.writeHead(answer?.status ?? status, {
        "content-type": JSON_TYPE,
        "content-length": Buffer.byteLength(text),
      });
      response.write(half, () => response.destroy());
      return null;
    case "no data":
      return send(response, answer?.status ?? status, withoutErrorData(answer));
    default:
      return damage satisfies never;
  }
}

export function send(response: ServerResponse, status: number, text: string, contentType = JSON_TYPE): number {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
  response.end(text);
  return status;
}

function withoutErrorData(answer: Answer | null): string {
  if (answer === null || answer.status < 400) return JSON.stringify(answer?.body ?? {});
  const { data: _lost, ...rest } = answer.body as { data?: unknown };
  return JSON.stringify(rest);
}

/** What a proxy in front of the API prints. */
function htmlPage(status: number): string {
  return `<!doctype html><html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`;
}
