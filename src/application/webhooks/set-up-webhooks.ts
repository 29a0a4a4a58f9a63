/**
 * Set webhooks up at Conekta: a key to sign them with, and the webhook itself.
 *
 * The key first, so that no event is ever sent that cannot be verified. What is there already is not made twice, so it
 * may be repeated; a crash between the two leaves a key that is not used.
 */
import { UsageInvalid } from "../../domain/errors.ts";
import { SUBSCRIBED_EVENTS } from "../../domain/webhook-event.ts";
import type { RegisteredWebhook, WebhookSetup } from "../ports/webhooks.ts";

export type WebhooksSetUp = {
  readonly webhook: RegisteredWebhook;
  readonly isNew: boolean;
  /** Null: none was made, for one is configured. */
  readonly key: { readonly id: string; readonly publicKeyPem: string; readonly livemode: boolean | null } | null;
};

type Wish = {
  readonly url: string;
  /** A server on this machine stands in for Conekta, which itself refuses such addresses. */
  readonly mayBeLocal: boolean;
  readonly needsKey: boolean;
};

/** @throws {UsageInvalid} Conekta could never deliver there */
export async function setUpWebhooks(setup: WebhookSetup, { url, mayBeLocal, needsKey }: Wish): Promise<WebhooksSetUp> {
  const address = checkedAddress(url, mayBeLocal);
  const known = (await setup.listWebhooks()).find((webhook) => webhook.url === address && webhook.isActive);
  const key = needsKey ? await setup.createWebhookKey() : null;
  const webhook = known ?? (await setup.createWebhook(address, SUBSCRIBED_EVENTS));
  return { webhook, isNew: known === undefined, key };
}

/** Events of ours that an existing webhook does not send. */
export function eventsMissing({ events }: RegisteredWebhook): readonly string[] {
  return events.length === 0 ? [] : SUBSCRIBED_EVENTS.filter((type) => !events.includes(type));
}

/** @see Conekta API 2.3.0 specification, webhook_request: url, pattern (read 2026-11-23) */
const LOCAL = /localhost|127\.0\.0\.1|\[::1\]/;

function checkedAddress(text: string, mayBeLocal: boolean): string {
  const url = URL.parse(text);
  const expected = "expected the public address of this daemon, like https://billing.example.mx/webhooks/conekta";
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new UsageInvalid(`"${text}" is not an address; ${expected}`);
  if (url.username !== "" || url.password !== "")
    throw new UsageInvalid(`leave out user and password: the signature is what proves the sender; ${expected}`);
  if (LOCAL.test(text) && !mayBeLocal)
    throw new UsageInvalid(`the address "${text}" is on this machine, where Conekta cannot deliver; ${expected}`);
  if (url.protocol === "http:" && !mayBeLocal)
    throw new UsageInvalid(`the address "${text}" is not encrypted, and events name your customers; ${expected}`);
  return text;
}
