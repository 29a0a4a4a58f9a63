/**
 * Carries out a change once, however often it is asked for with the same key.
 *
 * What is answered is written in the transaction of the effect. A crash before it leaves nothing, and the same request does
 * it; a crash after it leaves both, and the same request is told the same. What calls Conekta first is claimed before, so
 * that nobody begins it a second time while it may be under way.
 */
import { createHash } from "node:crypto";
import type { Answer, Reader, Request } from "../../../application/ports/requests.ts";
import type { Assembly } from "../../../assemble.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../domain/duration.ts";
import { NotFound, RequestInProgress, StaleVersion } from "../../../domain/errors.ts";
import type { ChangeCall, ChangeEndpoint } from "./endpoint.ts";
import { ApiProblem } from "./problem.ts";

const KEPT_MS = 30 * DAY_MS;
/** Longer than all that Conekta is waited for in one request. */
const CLAIM_MS = 5 * MINUTE_MS;

export type Asked = {
  /** Without the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly by: string;
  /** Idempotency-Key; null: none. */
  readonly key: string | null;
  /** If-Match; null: whatever it is by now. */
  readonly versions: readonly string[] | null;
};

export type Performed = Answer & { readonly isReplay: boolean };

export type Perform = (endpoint: ChangeEndpoint, asked: Asked) => Promise<Performed>;

export function performerOf(app: Assembly): Perform {
  /** Those of this process; of others the database knows. */
  const inProgress = new Set<string>();
  let forgottenAt = 0;

  async function forgetOld(now: Date): Promise<void> {
    if (now.getTime() - forgottenAt < HOUR_MS) return;
    forgottenAt = now.getTime();
    await app.store.requests.forget(new Date(now.getTime() - KEPT_MS));
  }

  return async (endpoint, asked) => {
    const { key, path } = asked;
    const now = app.clock.now();
    if (key === null) {
      if (endpoint.needsKey)
        throw new ApiProblem(
          "idempotency_key_missing",
          "send an Idempotency-Key of your own, the same for each try of the same request",
        );
      return { ...(await carryOut(app, endpoint, asked, null, now)), isReplay: false };
    }
    const { method } = endpoint;
    const bodyHash = createHash("sha256").update(JSON.stringify(asked.body)).digest("hex");
    const request: Request = { id: app.random.newId("req", now), method, path, key, bodyHash };
    const name = `${method} ${path} ${key}`;
    if (inProgress.has(name)) throw new RequestInProgress(`a request with the key ${key} is in progress`);
    inProgress.add(name);
    try {
      await forgetOld(now);
      const kept = await app.store.requests.find(request);
      if (kept !== null && kept.bodyHash !== bodyHash)
        throw new ApiProblem("idempotency_key_reused", `the key ${key} was used with another body`);
      if (kept?.answer) return { ...kept.answer, isReplay: true };
      if (endpoint.callsConekta) {
        if (!(await app.store.requests.claim(request, now, new Date(now.getTime() + CLAIM_MS))))
          throw new RequestInProgress(`a request with the key ${key} is in progress`);
        return { ...(await carryOutClaimed(app, endpoint, asked, request, now)), isReplay: false };
      }
      return { ...(await carryOut(app, endpoint, asked, request, now)), isReplay: false };
    } finally {
      inProgress.delete(name);
    }
  };
}

async function carryOutClaimed(
  app: Assembly,
  endpoint: ChangeEndpoint,
  asked: Asked,
  request: Request,
  now: Date,
): Promise<Answer> {
  try {
    return await carryOut(app, endpoint, asked, request, now);
  } catch (error) {
    // Of one that took effect all the same, the answer is kept.
    await app.store.requests.release(request.id);
    throw error;
  }
}

async function carryOut(
  app: Assembly,
  endpoint: ChangeEndpoint,
  { params, body, by, versions }: Asked,
  request: Request | null,
  now: Date,
): Promise<Answer> {
  const why = typeof body["reason"] === "string" ? body["reason"] : "";
  const made: Record<string, string> = {};
  let sent: Answer | null = null;

  async function answer(reader: Reader): Promise<Answer> {
    const document = await endpoint.answerOf(reader, call);
    sent = { status: endpoint.status, body: JSON.stringify(document) };
    if (endpoint.secret === null) return sent;
    return { ...sent, body: JSON.stringify({ ...(document as object), [endpoint.secret]: null }) };
  }
  async function check(reader: Reader): Promise<void> {
    if (versions === null || endpoint.resource === null) return;
    const resource = await endpoint.resource(reader, call);
    if (resource === null) throw new NotFound("there is nothing of that id");
    const version = versionOf(JSON.stringify(resource));
    if (!versions.includes("*") && !versions.includes(version))
      throw new StaleVersion(`it is ${version} by now; read it again, and decide anew`);
  }
  const call: ChangeCall = {
    ...{ app, params, body, by, why, made, kept: {} },
    store: {
      ...app.store,
      ...app.store.onBehalf({
        actor: { name: by, reason: why === "" ? null : why },
        ...{ now, check },
        keep: request && { request, answer },
      }),
    },
  };
  await endpoint.change(call);
  if (sent === null) {
    // Nothing was changed: what was asked for was so already.
    const kept = await answer(app.store);
    if (request !== null) await app.store.requests.keep(request, kept, now);
  }
  return sent ?? (await answer(app.store));
}

/** Of a document as it is sent: whatever changes in it changes this. */
export function versionOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
}
