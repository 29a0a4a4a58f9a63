/**
 * One HTTP exchange: read the request, let faults strike before or after acting, answer, and write it all down.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { act, languageOf, newLogId, type ApiRequest } from "./act.ts";
import { CardFault } from "./call.ts";
import { answerControl, type Controls, isControlPath } from "./control.ts";
import type { Door } from "./door.ts";
import type { FaultBook } from "./fault-book.ts";
import type { RequestLog } from "./request-log.ts";
import { faultAfter, faultBefore, mischiefOf, send, spoil, waitFor } from "./spoil.ts";
import type { WebhookDelivery } from "./webhook-delivery.ts";
import type { World } from "./world.ts";

export type Desk = {
  readonly world: World;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  readonly delivery: WebhookDelivery;
  readonly door: Door;
  readonly controls: Controls;
  readonly apiKey: string | null;
  readonly latencyMs: number;
  readonly url: () => string;
};

/** Stands in the log for a body that cannot be searched for card numbers. */
const NOT_JSON = "[not JSON]";
const BODY_BYTES_MAX = 1024 * 1024;

export async function answerExchange(desk: Desk, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? "/", desk.url());
  const path = url.pathname === "/" ? "/" : url.pathname.replace(/\/+$/, "");
  const method = incoming.method ?? "GET";
  const text = await readText(incoming);
  if (text === null) return void response.destroy();
  const body = jsonOf(text);

  if (isControlPath(path)) {
    const answer = await answerControl(desk.controls, { method, path, body, isLoopback: isLoopback(incoming) });
    send(response, answer.status, JSON.stringify(answer.body), "application/json; charset=utf-8");
    return;
  }

  const rules = desk.faults.strike({ method, path, customerId: () => customerOf(desk.world, path, body) });
  const faults = rules.map((rule) => rule.kind);
  const at = desk.world.now().toISOString();
  const number = desk.log.begin({ at, method, path, query: url.search, faults }, body ?? NOT_JSON);
  const mischief = mischiefOf(rules);
  const request: ApiRequest = { method, path, url, headers: incoming.headers, body, mischief };

  await waitFor("latency", rules, desk.latencyMs);
  const status = await answerCall(desk, request, response, rules);
  const cardFaults = mischief.cardFault === null ? [] : [mischief.cardFault];
  desk.log.end(number, { status, faults: [...faults, ...cardFaults] });
  desk.delivery.wake();
  for (const rule of rules) if (rule.kind === "refuse") desk.door.shut(rule.forMs);
}

async function answerCall(
  desk: Desk,
  request: ApiRequest,
  response: ServerResponse,
  rules: ReturnType<FaultBook["strike"]>,
): Promise<number | null> {
  const language = languageOf(request.headers);
  // Its own clock, which may be turned by hand, and not the machine's.
  response.setHeader("date", desk.world.now().toUTCString());
  response.setHeader("conekta-media-type", "conekta-v2.3.0; format=application/json");
  if (rules.some((rule) => rule.kind === "refuse") || desk.door.isShut) response.shouldKeepAlive = false;

  const before = faultBefore(rules);
  if (before !== null) return spoil(response, before, null, language, newLogId(desk.world));
  try {
    const answer = await act(desk.world, request, desk.apiKey, desk.delivery);
    await waitFor("latency_after", rules);
    const after = faultAfter(rules, request.mischief);
    if (after !== null) return spoil(response, after, answer, language, newLogId(desk.world));
    return send(response, answer.status, JSON.stringify(answer.body), "application/json; charset=utf-8");
  } catch (error) {
    if (!(error instanceof CardFault)) throw error;
    request.mischief.cardFault = error.kind;
    return spoil(response, { kind: error.kind }, null, language, newLogId(desk.world));
  }
}

/** The customer a call is about: named in the path, in the body, or behind the order. */
function customerOf(world: World, path: string, body: unknown): string | null {
  const [, resource, id = ""] = path.split("/");
  if (resource === "customers" && id !== "") return id;
  const order = resource === "orders" && id !== "" ? world.orders.latest(id) : undefined;
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
