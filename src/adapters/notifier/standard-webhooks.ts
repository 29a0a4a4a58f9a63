/**
 * Delivers one message as the Standard Webhooks specification says: an id, the time of this try, a signature over the
 * raw body by every secret that is configured.
 *
 * Follows no redirect: what is signed for one address is not handed to another. Reads nothing of the answer but its
 * status and Retry-After. Its sockets and its name resolution are its own: a receiver that hangs delays no charge.
 * @see "Standard Webhooks", standardwebhooks.com specification, 1.0.0 (read 2026-11-23)
 */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { Agent, EnvHttpProxyAgent, fetch } from "undici";
import type { Notifier } from "../../application/ports/notify.ts";
import type { Answer } from "../../domain/delivery.ts";
import { type Lookup, sharedLookup } from "./shared-lookup.ts";
import { retryAfterMs } from "../../domain/retry-after.ts";

export type NotifierOptions = {
  readonly url: string;
  /** `whsec_…`, at least one: several while one is being replaced. */
  readonly secrets: readonly string[];
  /** Where calls go out through; null: directly. */
  readonly proxy?: { readonly httpProxy: string; readonly httpsProxy: string; readonly noProxy: string } | null;
  readonly timeoutMs?: number;
  /** Default: the system's. */
  readonly lookup?: Lookup;
};

const TIMEOUT_MS = 15_000;

export function standardWebhooks({
  url,
  secrets,
  proxy = null,
  timeoutMs = TIMEOUT_MS,
  lookup,
}: NotifierOptions): Notifier {
  assert(secrets.length > 0, "without a secret, messages would go out unsigned");
  const signers = secrets.map((secret) => new Webhook(secret));
  const connecting = { connect: { lookup: sharedLookup(lookup) } };
  const dispatcher = proxy === null ? new Agent(connecting) : new EnvHttpProxyAgent({ ...connecting, ...proxy });
  return {
    async deliver({ id, at, body }, signal): Promise<Answer> {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await fetch(url, {
          method: "POST",
          dispatcher,
          redirect: "manual",
          signal: AbortSignal.any([timeout, signal]),
          headers: {
            "content-type": "application/json",
            "user-agent": "Puntual",
            "webhook-id": id,
            "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
            "webhook-signature": signers.map((signer) => signer.sign(id, at, body)).join(" "),
          },
          body,
        });
        await response.body?.cancel().catch(() => undefined);
        const askedMs = retryAfterMs(response.headers.get("retry-after"), at);
        return { kind: "answered", httpStatus: response.status, retryAfterMs: askedMs };
      } catch (error) {
        if (timeout.aborted) return { kind: "failed", because: `no answer within ${timeoutMs} ms` };
        return { kind: "failed", because: reasonOf(error) };
      }
    },
  };
}

/** The code of the socket's error: its message may hold the address, which may hold a key. */
function reasonOf(error: unknown): string {
  for (let cause = error; typeof cause === "object" && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string") return `no connection (${code})`;
  }
  return "the call failed";
}
