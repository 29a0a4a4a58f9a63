/**
 * A merchant's side in a few lines: calls a sandbox, answers status and body.
 */
import type { Sandbox } from "../../src/sandbox/server.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- tests reach deep into JSON that is not ours
export type Json = any;
export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Json };

export type Caller = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

export function callerOf(sandbox: Pick<Sandbox, "url">, apiKey = "key_test"): Caller {
  return async function call(method, path, body, headers = {}) {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: "application/vnd.conekta-v2.3.0+json",
        "content-type": "application/json",
        "accept-language": "en",
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: jsonOf(text) };
  };
}

/** A customer with one stored card, its default; without a token, one without a card. */
export async function customerWith(call: Caller, token: string | null, name = "Jorge Martínez"): Promise<string> {
  const { status, text, body } = await call("POST", "/customers", {
    ...{ name, email: "jorge@example.mx", phone: "+5218181818181" },
    ...(token !== null && { payment_sources: [{ type: "card", token_id: token }] }),
  });
  if (status >= 400) throw new Error(`no customer: ${status} ${text}`);
  return body.id;
}

export function orderFor(customerId: string, change: object = {}): object {
  return {
    currency: "MXN",
    customer_info: { customer_id: customerId },
    line_items: [{ name: "Vasija de Cerámica", unit_price: 20_015, quantity: 1 }],
    ...change,
  };
}

/** The documented one-call order: charged to the customer's default card. */
export function chargedOrderFor(customerId: string, change: object = {}): object {
  return orderFor(customerId, { charges: [{ payment_method: { type: "default" } }], ...change });
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
