/**
 * `POST /webhooks/conekta`: takes Conekta's events into the inbox.
 *
 * Open to the world, so it trusts no sender: the signature is checked over the raw bytes before anything is read of
 * them. 200 only once the event is durable. Fails closed: without a key nothing is taken. What follows from an event
 * is found out later, by reading at the gateway, and the answer does not wait for it.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { groupCommit } from "../../application/concurrency/group-commit.ts";
import { receiveWebhooks } from "../../application/webhooks/receive-webhooks.ts";
import type { WebhookEvent } from "../../application/ports/webhooks.ts";
import { verifyDigest } from "../../adapters/conekta/signature.ts";
import { readWebhookEvent } from "../../adapters/conekta/wire-webhook.ts";
import type { Assembly } from "../../assemble.ts";
import { inTime } from "./in-time.ts";
import { isWorthALine, type WebhookCounts } from "./webhook-counts.ts";

export const WEBHOOKS_PATH = "/webhooks/conekta";

export type WebhookIntake = {
  readonly counts: WebhookCounts;
  /** Called when something new is in the inbox; must not wait for anything. */
  readonly onAccepted: () => void;
};

/** For the sender it is not kept by then. */
const PATIENCE_MS = 15_000;

type Refusal = { readonly count: keyof WebhookCounts; readonly status: number; readonly error: string };

const NO_KEY: Refusal = {
  count: "unverifiable",
  status: 503,
  error: "CONEKTA_WEBHOOK_PUBLIC_KEY is not set, so no webhook can be verified",
};
const FORGED: Refusal = { count: "forged", status: 401, error: "the DIGEST is missing or wrong" };
const OVERSIZED: Refusal = { count: "oversized", status: 413, error: "the body is larger than 1 MiB" };
const MALFORMED: Refusal = { count: "malformed", status: 400, error: "the body is no event" };
const UNSTORED: Refusal = { count: "unstored", status: 500, error: "the event could not be stored; deliver it again" };

export async function takeWebhooks(server: FastifyInstance, app: Assembly, intake: WebhookIntake): Promise<void> {
  const { store, clock, log } = app;
  const keys = app.config.conekta.webhookPublicKeys;
  const { counts } = intake;
  const receive = groupCommit((events: readonly WebhookEvent[]) =>
    receiveWebhooks({ store, inbox: store.inbox, clock }, events),
  );

  async function refuse(reply: FastifyReply, { count, status, error }: Refusal, cause?: unknown): Promise<void> {
    counts[count] += 1;
    if (isWorthALine(counts[count])) log.warn("webhook.refused", { because: error, times: counts[count], cause });
    await reply.code(status).send({ error });
  }

  async function take(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!verifyDigest(rawBody, digestOf(request), keys)) return await refuse(reply, FORGED);
    const event = readWebhookEvent(rawBody);
    if (event === null) return await refuse(reply, MALFORMED);
    // It may be stored later all the same: delivered again, it is a copy.
    const reception = await inTime(receive(event), PATIENCE_MS).catch((error: unknown) => ({ error }));
    if (typeof reception !== "string") return await refuse(reply, UNSTORED, reception?.error);
    counts[reception] += 1;
    log.debug(`webhook.${reception}`, { webhookEventId: event.id, type: event.type, orderId: event.orderId });
    await reply.code(200).send({ status: reception });
    if (reception === "accepted") intake.onAccepted();
  }

  // In a scope of its own: the other paths keep their parsers.
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, asItCame);
    scope.addHook("onRequest", async (request, reply) => {
      // Before a byte of the body is waited for.
      if (keys.length === 0) await refuse(reply, NO_KEY);
      else if (digestOf(request) === undefined) await refuse(reply, FORGED);
    });
    scope.setErrorHandler(async (error: FastifyError, _request, reply) => {
      const isOversized = error.code === "FST_ERR_CTP_BODY_TOO_LARGE";
      await refuse(reply, isOversized ? OVERSIZED : { ...MALFORMED, status: error.statusCode ?? 400 }, error);
    });
    scope.post(WEBHOOKS_PATH, (request, reply) => take(request, reply));
  });
}

/** Parsed text written anew would have another signature. */
async function asItCame(_request: unknown, body: Buffer): Promise<Buffer> {
  return body;
}

function digestOf({ headers }: FastifyRequest): string | undefined {
  const digest = headers["digest"];
  return typeof digest === "string" && digest !== "" ? digest : undefined;
}
