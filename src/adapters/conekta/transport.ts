/**
 * One HTTP call to Conekta as a value: answered, surely not sent, or sent without a whole answer.
 *
 * Knows the host, the key, headers and time limits; knows nothing of orders. Never throws for what the network or the
 * gateway did, never repeats, never follows a redirect. Whether a byte left is evidence from byte-watch.ts, not a guess
 * from the error's type: the same error means both. test/gateway/network-faults.test.ts shows each fault.
 */
import ky from "ky";
import { Agent, EnvHttpProxyAgent } from "undici";
import { newFlight, watched, type Flight } from "./byte-watch.ts";
import { dispatched } from "./dispatched.ts";
import { afterSending, beforeSending, reasonOf } from "./failed-call.ts";
import { bounded, MAX_ANSWER_BYTES, unpacked } from "./packed-answer.ts";

/** The version whose specification wire.ts was written from. */
const API_VERSION = "application/vnd.conekta-v2.3.0+json";

/** Well under what servers keep: a socket that the other side is about to close is better not used again. */
const KEEP_ALIVE_MS = 2_000;
const MAX_CONNECT_MS = 10_000;

export type HttpCall = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /**
   * A charge of a run, made by the thousand: it goes past ky and fetch, which cost as much as all the rest of a charge
   * (docs/performance.md). On the same connections, watched in the same way, under the same limits.
   */
  readonly isHot?: true;
};

export type Reply =
  | { readonly kind: "answered"; readonly status: number; readonly text: string; readonly retryAfter: string | null }
  /** No byte was written. `because` has no personal data, as in the next line. */
  | { readonly kind: "not-sent"; readonly because: string }
  /** `isTimeUp`: the whole time limit was waited for. */
  | { readonly kind: "no-answer"; readonly status: number | null; readonly because: string; readonly isTimeUp?: true };

export type Transport = AsyncDisposable & { send(call: HttpCall): Promise<Reply> };

export type TransportOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** For the whole call: waiting for a socket, connecting, sending, and reading the answer to its end. */
  readonly timeoutMs: number;
  /** Sockets at most. Calls beyond it wait, and are `not-sent` when their time is up. */
  readonly connections: number;
  readonly userAgent: string;
  /** Where calls go out through; null: directly. A call that the proxy did not let through was not sent. */
  readonly proxy?: { readonly httpProxy: string; readonly httpsProxy: string; readonly noProxy: string } | null;
  /** Aborted: the end waits for no answer. */
  readonly stopping?: AbortSignal;
  /** Called with the `Date` of every answer: the gateway's clock, to the second; null where it has none. */
  readonly onAnswer: (date: Date | null) => void;
};

export function conektaTransport(options: TransportOptions): Transport {
  const { timeoutMs } = options;
  const connecting = {
    connections: options.connections,
    connect: { timeout: connectingMs(timeoutMs) },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // Both are within the one limit of the whole call: ky's totalTimeout, or the timer of dispatched.ts.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_ANSWER_BYTES,
  };
  const { proxy = null } = options;
  const agent = proxy === null ? new Agent(connecting) : new EnvHttpProxyAgent({ ...connecting, ...proxy });
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const headers = {
    accept: API_VERSION,
    "accept-language": "es",
    authorization: `Basic ${Buffer.from(`${options.apiKey}:`).toString("base64")}`,
    "user-agent": options.userAgent,
  };
  const jsonHeaders = { ...headers, "content-type": "application/json" };
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/+$/, "");

  async function fetched(call: HttpCall, flight: Flight): Promise<Answer> {
    const pending = ky(baseUrl + call.path, {
      method: call.method,
      headers,
      // Of neither, where there is none: ky looks for that.
      json: call.body,
      searchParams: { ...call.query },
      // Node declares the types of its own undici; the two agree at run time.
      dispatcher: watched(agent, flight) as unknown as NonNullable<RequestInit["dispatcher"]>,
      retry: 0,
      timeout: false,
      totalTimeout: timeoutMs,
      throwHttpErrors: false,
      // A 307 would send the charge again, elsewhere.
      redirect: "manual",
      hooks: { afterResponse: [({ response }) => bounded(response, MAX_ANSWER_BYTES)] },
    });
    const response = await pending;
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      text: async () => await pending.text(),
    };
  }

  async function hot({ method, path, body }: HttpCall, flight: Flight): Promise<Answer> {
    const sent = { origin, path: prefix + path, method, headers: jsonHeaders, body: JSON.stringify(body) };
    const head = await dispatched(agent, sent, flight, timeoutMs);
    return {
      status: head.status,
      header(name) {
        const value = head.headers[name];
        return value === undefined ? null : String(value);
      },
      async text() {
        const encoding = head.headers["content-encoding"];
        const bytes = await head.body;
        return withoutMark(
          encoding === undefined ? bytes.toString("utf8") : await unpacked(bytes, String(encoding), MAX_ANSWER_BYTES),
        );
      },
    };
  }

  return {
    async send(call) {
      const flight = newFlight(timeoutMs);
      let status: number | null = null;
      try {
        const answer = await (call.isHot === true ? hot(call, flight) : fetched(call, flight));
        status = answer.status;
        const date = Date.parse(answer.header("date") ?? "");
        options.onAnswer(Number.isNaN(date) ? null : new Date(date));
        const retryAfter = inSeconds(answer.header("retry-after"), date);
        return { kind: "answered", status, text: await answer.text(), retryAfter };
      } catch (error) {
        const reason = reasonOf(error, flight.failure);
        return flight.begun
          ? {
              ...{ kind: "no-answer", status, because: afterSending(reason, status, timeoutMs) },
              ...(reason === "TimeoutError" && { isTimeUp: true }),
            }
          : { kind: "not-sent", because: beforeSending(reason, timeoutMs) };
      } finally {
        flight.concluded = true;
      }
    },
    async [Symbol.asyncDispose]() {
      // Whoever is to end has booked its charges by now: what is still read is read for nobody.
      await (options.stopping?.aborted ? agent.destroy() : agent.close());
    },
  };
}

/** Shorter than the whole call, so that a connection that hangs is reported as such. */
export function connectingMs(timeoutMs: number): number {
  return Math.min(MAX_CONNECT_MS, timeoutMs / 2);
}

type Answer = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly text: () => Promise<string>;
};

/** A date is told by the gateway's clock, and so is measured by it: the answer's own date. */
function inSeconds(retryAfter: string | null, answeredMs: number): string | null {
  const atMs = retryAfter === null || /^\s*\d+\s*$/.test(retryAfter) ? Number.NaN : Date.parse(retryAfter);
  if (Number.isNaN(atMs) || Number.isNaN(answeredMs)) return retryAfter;
  return String(Math.max(0, Math.ceil((atMs - answeredMs) / 1000)));
}

/** The mark at the beginning of a text belongs to no JSON. */
function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
