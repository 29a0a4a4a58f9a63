/**
 * One HTTP request from first byte to log entry: read it, apply the faults that strike before or after it is carried out, answer, log.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { dispatch, languageOf, newLogId, type ApiRequest } from "../api/dispatch.ts";
import { CardFault } from "../api/call.ts";
import { answerControl, type Controls, isControlPath } from "./control.ts";
import type { Listener } from "./listener.ts";
import type { RulesInForce } from "../faults/rules-in-force.ts";
import type { RequestLog } from "./request-log.ts";
import { faultAfter, faultBefore, faultEffectsOf, send, applyFault, waitFor } from "../faults/fault-effects.ts";
import type { WebhookDelivery } from "../webhooks/webhook-delivery.ts";
import type { State } from "../state.ts";

export type ServerParts = {
  readonly state: State;
  readonly faults: RulesInForce;
  readonly log: RequestLog;
  readonly delivery: WebhookDelivery;
  readonly listener: Listener;
  readonly controls: Controls;
  readonly apiKey: string | null;
  readonly latencyMs: number;
  readonly url: () => string;
};

/** Stands in the log for a body that cannot be searched for card numbers. */
const NOT_JSON = "[not JSON]";
const BODY_BYTES_MAX = 1024 * 1024;

export async function answerRequest(
  server: ServerParts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", server.url());
  const path = url.pathname === "/" ? "/" : url.pathname.replace(/\/+$/, "");
  const method = incoming.method ?? "GET";
  const text = await readText(incoming);
  if (text === null) return void response.destroy();
  const body = jsonOf(text);

  if (isControlPath(path)) {
    const answer = await answerControl(server.controls, { method, path, body, isLoopback: isLoopback(incoming) });
    send(response, answer.status, JSON.stringify(answer.body), "application/json; charset=utf-8");
    return;
  }

  const rules = server.faults.strike({ method, path, customerId: () => customerOf(server.state, path, body) });
  const faults = rules.map((rule) => rule.kind);
  const at = server.state.now().toISOString();
  const number = server.log.begin({ at, method, path, query: url.search, faults }, body ?? NOT_JSON);
  const effects = faultEffectsOf(rules);
  const request: ApiRequest = { method, path, url, headers: incoming.headers, body, effects };

  await waitFor("latency", rules, server.latencyMs);
  const status = await answerCall(server, request, response, rules);
  const cardFaults = effects.cardFault === null ? [] : [effects.cardFault];
  server.log.end(number, { status, faults: [...faults, ...cardFaults] });
  server.delivery.wake();
  for (const rule of rules) if (rule.kind === "refuse") server.listener.stop(rule.forMs);
}

async function answerCall(
  server: ServerParts,
  request: ApiRequest,
  response: ServerResponse,
  rules: ReturnType<RulesInForce["strike"]>,
): Promise<number | null> {
  const language = languageOf(request.headers);
  // By the sandbox's clock, which a test may set, not by the machine's.
  response.setHeader("date", server.state.now().toUTCString());
  response.setHeader("conekta-media-type", "conekta-v2.3.0; format=application/json");
  if (rules.some((rule) => rule.kind === "refuse") || server.listener.isStopped) response.shouldKeepAlive = false;

  const before = faultBefore(rules);
  if (before !== null) return applyFault(response, before, null, language, newLogId(server.state));
  try {
    const answer = await dispatch(server.state, request, server.apiKey, server.delivery);
    await waitFor("latency_after", rules);
    const after = faultAfter(rules, request.effects);
    if (after !== null) return applyFault(response, after, answer, language, newLogId(server.state));
    return send(response, answer.status, JSON.stringify(answer.body), "application/json; charset=utf-8");
  } catch (error) {
    if (!(error instanceof CardFault)) throw error;
    request.effects.cardFault = error.kind;
    return applyFault(response, { kind: error.kind }, null, language, newLogId(server.state));
  }
}

/** The customer a call is about: named in the path, in the body, or behind the order. */
function customerOf(state: State, path: string, body: unknown): string | null {
  const [, resource, id = ""] = path.split("/");
  if (resource === "customers" && id !== "") return id;
  const order = resource === "orders" && id !== "" ? state.orders.latest(id) : undefined;
  if (order !== undefined) return order.customer.customerId;
  const info = (body as { customer_info?: { customer_id?: unknown } } | null | undefined)?.customer_info;
  return typeof info?.customer_id === "string" ? info.customer_id : null;
}

/** Null when it is larger than anything Conekta's API takes. */
async function readText(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** An empty body is an empty object; undefined is no JSON. */
function jsonOf(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLoopback(incoming: IncomingMessage): boolean {
  const address = incoming.socket.remoteAddress ?? "";
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
