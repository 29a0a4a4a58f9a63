/** Carries out a change once, however often it is asked for with the same key. */
import { createHash } from "node:crypto";
import { carryOut, doOnce, type Given } from "../../../application/idempotency/do-once.ts";
import type { Answer, Reader, Request } from "../../../application/ports/requests.ts";
import type { Assembly } from "../../../assemble.ts";
import { DAY_MS, HOUR_MS } from "../../../domain/duration.ts";
import { isSameContent } from "../../../domain/same-content.ts";
import { NotFound, RequestInProgress, StaleVersion } from "../../../domain/errors.ts";
import type { Language } from "../../../domain/language.ts";
import { digestOf } from "../../digest.ts";
import { toldIn } from "./documents.ts";
import type { ChangeEndpoint } from "./endpoint.ts";
import { ApiProblem } from "./problem.ts";
import { said } from "../../../domain/refusals.ts";

const KEPT_MS = 30 * DAY_MS;

export type Asked = {
  /** Without the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly by: string;
  /** In which the first answer is told; a replay is byte by byte the same. */
  readonly language: Language;
  /** Idempotency-Key; null: none. */
  readonly key: string | null;
  /** If-Match; null: whatever it is by now. */
  readonly versions: readonly string[] | null;
};

export type Perform = (endpoint: ChangeEndpoint, asked: Asked) => Promise<Given>;

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
      if (endpoint.needsKey) throw new ApiProblem("idempotency_key_missing", said("idempotency_key_wanted"));
      return { ...(await act(app, endpoint, asked, { request: null, now, noteMade() {} })), isReplay: false };
    }
    const { method } = endpoint;
    const bodyHash = createHash("sha256").update(JSON.stringify(asked.body)).digest("hex");
    const request: Request = { id: app.random.newId("req", now), method, path, key, bodyHash };
    const name = `${method} ${path} ${key}`;
    if (inProgress.has(name)) throw new RequestInProgress(said("request_in_progress", { key }));
    inProgress.add(name);
    try {
      await forgetOld(now);
      const given = await doOnce(app.store.requests, request, {
        ...{ clock: app.clock, callsConekta: endpoint.callsConekta },
        carryOut: (noteMade) => act(app, endpoint, asked, { request, now, noteMade }),
      });
      if (given !== null) return given;
      throw new ApiProblem("idempotency_key_reused", said("idempotency_key_reused", { key }));
    } finally {
      inProgress.delete(name);
    }
  };
}

/** @returns what is sent; a secret in it is not kept */
async function act(
  app: Assembly,
  endpoint: ChangeEndpoint,
  { params, body, by, language, versions }: Asked,
  { request, now, noteMade }: { readonly request: Request | null; readonly now: Date; readonly noteMade: () => void },
): Promise<Answer> {
  const why = typeof body["reason"] === "string" ? body["reason"] : "";
  const label = request === null ? "" : digestOf(`${request.method} ${request.path} ${request.key}`);
  const call = { ...{ app, params, body, by, language, why, label, noteMade }, made: {}, kept: {}, store: app.store };
  let sent: Answer | null = null;

  async function answer(reader: Reader): Promise<Answer> {
    const document = toldIn(language, await endpoint.answerOf(reader, call));
    sent = { status: endpoint.status, body: JSON.stringify(document) };
    if (endpoint.secret === null) return sent;
    return { ...sent, body: JSON.stringify({ ...(document as object), [endpoint.secret]: null }) };
  }
  async function check(reader: Reader): Promise<void> {
    const echoed = endpoint.echoes.filter((name) => body[name] !== undefined);
    if (endpoint.resource === null || (versions === null && echoed.length === 0)) return;
    const resource = await endpoint.resource(reader, call);
    mustBeAsRead(body, echoed, resource as Readonly<Record<string, unknown>> | null);
    if (versions === null) return;
    if (resource === null) throw new NotFound(said("nothing_there"));
    const version = versionOf(JSON.stringify(resource));
    if (!versions.includes("*") && !versions.includes(version)) throw new StaleVersion(said("stale", { version }));
  }
  const kept = await carryOut(app.store, {
    ...{ actor: { name: by, reason: why === "" ? null : why }, now, request, check, answer },
    change: (store) => endpoint.change({ ...call, store: { ...app.store, ...store } }),
  });
  return sent ?? kept;
}

/** @throws {ApiProblem} with each field that is not as it is. Of what is made by this request, nothing was read. */
function mustBeAsRead(
  body: Asked["body"],
  echoed: readonly string[],
  resource: Readonly<Record<string, unknown>> | null,
): void {
  if (resource === null) return;
  const differing = echoed.filter((name) => !isSameContent(body[name], resource[name]));
  if (differing.length === 0) return;
  throw new ApiProblem(
    "invalid_request",
    said("fields_invalid"),
    differing.map((name) => ({
      pointer: `/${name}`,
      detail: said("not_changed_here", { is: JSON.stringify(resource[name]) }),
    })),
  );
}

/** Of a document as it is sent: whatever changes in it changes this. */
export function versionOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
}
