/**
 * The HTTP API on a server: who may call, what comes in, and how faults go out.
 *
 * In a scope of its own, so that the webhook's raw body and the other paths stay as they are. No request ever charges: a
 * change is written, and the next run acts on it.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { redactText } from "../../../adapters/redact.ts";
import type { Assembly } from "../../../assemble.ts";
import { mayDo } from "../../../domain/api-key.ts";
import { BillingError } from "../../../domain/errors.ts";
import { type Caller, callersOf } from "./callers.ts";
import { toldIn } from "./documents.ts";
import type { ChangeEndpoint, Endpoint, ReadEndpoint } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { faultsIn } from "./field-faults.ts";
import { performerOf, type Perform, versionOf } from "./perform.ts";
import { ApiProblem, languageOf, PROBLEM_TYPE, problem, problemOf, type ProblemCode } from "./problem.ts";
import { inWords, type Said, said } from "../../../domain/refusals.ts";
import { placeOfUnstorable } from "../../../domain/storable-text.ts";

export const API_PATH = "/v1";

const HANDLER_TIMEOUT_MS = 30_000;
const KEY_LENGTH_MAX = 200;

export function isOfApi(url: string): boolean {
  return url === API_PATH || url.startsWith(`${API_PATH}/`) || url.startsWith(`${API_PATH}?`);
}

export async function mountApi(server: FastifyInstance, app: Assembly): Promise<void> {
  const callers = callersOf(app);
  const perform = performerOf(app);
  const known = new WeakMap<FastifyRequest, Caller>();
  const callerOf = (request: FastifyRequest): Caller => {
    const caller = known.get(request);
    if (caller === undefined) throw new ApiProblem("unauthorized", said("send_key"));
    return caller;
  };

  await server.register(
    async (scope) => {
      scope.removeContentTypeParser(["text/plain", "application/json"]);
      const parse = scope.getDefaultJsonParser("error", "error");
      // Many clients name the type of a body that they do not send.
      scope.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
        if (body === "") done(null, undefined);
        else void parse(request, String(body), done);
      });
      scope.setErrorHandler((error: FastifyError, request, reply) => refuse(app, error, request, reply));
      scope.setNotFoundHandler(async (request, reply) => {
        const where = whereOf(request);
        const methods = methodsOf(where.path);
        if (methods.length > 0) void reply.header("allow", methods.join(", "));
        if (methods.length > 0 && request.method === "OPTIONS") return await reply.code(204).send();
        const detail = inWords(said("no_path", { method: request.method, path: where.path }), where.language);
        return await sendProblem(
          reply,
          problem(methods.length > 0 ? "method_not_allowed" : "not_found", { ...where, detail }),
        );
      });
      scope.addHook("onRequest", async (request, reply) => {
        // Of customers, or a key that is shown once: nobody on the way keeps it.
        void reply.header("cache-control", "no-store");
        if (isOpen(request)) return;
        const caller = await callers.whoIs(request.headers.authorization);
        if (caller === null) {
          void reply.header("www-authenticate", "Bearer");
          throw new ApiProblem("unauthorized", said("send_key"));
        }
        known.set(request, caller);
        const seconds = callers.waitSeconds(caller);
        if (seconds === 0) return;
        void reply.header("retry-after", String(seconds));
        throw new ApiProblem("too_many_requests", said("call_later", { seconds }));
      });
      scope.addHook("onClose", async () => await callers.settled());
      for (const endpoint of ENDPOINTS) route(scope, endpoint, { app, callerOf, perform });
    },
    { prefix: API_PATH },
  );
}

/** What a path takes; none: there is no such path. */
function methodsOf(path: string): readonly string[] {
  const methods = ENDPOINTS.filter((each) => patternOf(each.path).test(path)).map(({ method }) => method);
  return [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : [])])].toSorted();
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

type Needs = {
  readonly app: Assembly;
  readonly callerOf: (request: FastifyRequest) => Caller;
  readonly perform: Perform;
};

function isOpen(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return ENDPOINTS.some(
    (each) => each.kind === "read" && each.isOpen && request.method === "GET" && each.path === path,
  );
}

function route(scope: FastifyInstance, endpoint: Endpoint, { app, callerOf, perform }: Needs): void {
  scope.route({
    method: endpoint.method,
    url: endpoint.path.slice(API_PATH.length).replaceAll(/\{(\w+)\}/g, ":$1"),
    handlerTimeout: HANDLER_TIMEOUT_MS,
    preParsing: async (request) => {
      if (isOpen(request)) return;
      const { scopes } = callerOf(request);
      if (!mayDo(scopes, endpoint.scope))
        throw new ApiProblem("forbidden", said("scope_missing", { scope: endpoint.scope, held: scopes.join(", ") }));
    },
    handler: async (request, reply) => {
      if (endpoint.kind === "read") return await answerRead(app, endpoint, request, reply);
      return await answerChange(endpoint, request, reply, { by: callerOf(request).name, perform });
    },
  });
}

async function answerRead(app: Assembly, endpoint: ReadEndpoint, request: FastifyRequest, reply: FastifyReply) {
  const { language } = whereOf(request);
  const query = checked(endpoint.query, request.query);
  const call = { app, params: paramsOf(request), query, language };
  if (endpoint.page !== null && wantsPage(request)) {
    void reply.header("content-security-policy", PAGE_LOADS).type("text/html; charset=utf-8");
    return await reply.send(await endpoint.page(call));
  }
  const document = await endpoint.read(call);
  if (endpoint.contentTypes !== null)
    return await reply.type(`${endpoint.contentTypes[String(query["format"])]}; charset=utf-8`).send(document);
  if (endpoint.isResource) {
    const version = versionOf(JSON.stringify(document));
    void reply.header("etag", version);
    if (request.headers["if-none-match"] === version) return await reply.code(304).send();
  }
  return await reply.type("application/json; charset=utf-8").send(JSON.stringify(toldIn(language, document)));
}

/** Nothing but its own style: no script, whatever a name holds. */
const PAGE_LOADS = "default-src 'none'; style-src 'unsafe-inline'";

/** Before JSON, or without it. */
function wantsPage({ headers: { accept = "" } }: FastifyRequest): boolean {
  const [html, json] = [accept.indexOf("text/html"), accept.indexOf("application/json")];
  return html !== -1 && (json === -1 || html < json);
}

async function answerChange(
  endpoint: ChangeEndpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  { by, perform }: { readonly by: string; readonly perform: Perform },
) {
  checked(z.strictObject({}), request.query);
  const { status, body, isReplay } = await perform(endpoint, {
    path: pathOf(request),
    params: paramsOf(request),
    body: checked(endpoint.body, request.body === undefined ? {} : request.body),
    by,
    language: whereOf(request).language,
    key: keyOf(request),
    versions: versionsOf(request),
  });
  if (isReplay) void reply.header("idempotency-replayed", "true");
  return await reply.code(status).type("application/json; charset=utf-8").send(body);
}

function checked(schema: z.ZodObject, value: unknown): Record<string, unknown> {
  const read = schema.safeParse(value, { reportInput: true });
  if (!read.success) throw new ApiProblem("invalid_request", said("fields_invalid"), faultsIn(read.error, schema));
  const place = placeOfUnstorable(value);
  if (place === null) return read.data;
  const fault = { pointer: ["", ...place].join("/"), detail: said("holds_unstorable") };
  throw new ApiProblem("invalid_request", said("fields_invalid"), [fault]);
}

/** Nothing is longer, and nothing that could not be found has a line break in it. */
function paramsOf(request: FastifyRequest): Record<string, string> {
  const params = request.params as Record<string, string>;
  if (Object.values(params).includes(""))
    throw new ApiProblem("not_found", said("no_path", { method: request.method, path: pathOf(request) }));
  const odd = Object.entries(params).find(([, value]) => value.length > 200 || /[\p{Cc}]/u.test(value));
  if (odd === undefined) return params;
  throw new ApiProblem("not_found", said("nothing_of", { name: odd[0] }));
}

function keyOf(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && /^[\x21-\x7e]+$/.test(key) && key.length <= KEY_LENGTH_MAX) return key;
  throw new ApiProblem("invalid_request", said("idempotency_key_form", { most: KEY_LENGTH_MAX }));
}

function versionsOf(request: FastifyRequest): readonly string[] | null {
  const header = request.headers["if-match"];
  return header === undefined ? null : header.split(",").map((each) => each.trim().replace(/^W\//, ""));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? "";
}

function whereOf(request: FastifyRequest) {
  return { path: pathOf(request), language: languageOf(request.headers["accept-language"]) };
}

/** Of fastify's own refusals, those that a request can bring about. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ProblemCode, Said]>> = {
  FST_ERR_BAD_URL: ["invalid_request", said("url_odd")],
  FST_ERR_CTP_BODY_TOO_LARGE: ["too_large", said("body_too_large")],
  FST_ERR_CTP_INVALID_JSON_BODY: ["invalid_request", said("body_no_json")],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", said("body_of_other_type")],
  FST_ERR_HANDLER_TIMEOUT: ["timeout", said("took_too_long")],
};

/** What fastify refuses before it knows the path. */
export async function refuseEarly(error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const where = whereOf(request);
  const [code, what] = FASTIFY_CODES[error.code] ?? ["invalid_request", said("request_odd")];
  await sendProblem(reply, problem(code, { ...where, detail: inWords(what, where.language) }));
}

async function refuse(app: Assembly, error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const where = whereOf(request);
  if (error instanceof BillingError) {
    const told = problemOf(error, where);
    if (told.code === "unavailable") {
      app.log.error("request.failed", { method: request.method, path: where.path, error });
      return await sendProblem(reply, { ...told, detail: told.title, errors: [] });
    }
    return await sendProblem(reply, { ...told, detail: redactText(told.detail) });
  }
  if (error instanceof ApiProblem) {
    const errors = error.errors.map((each) => ({ ...each, detail: inWords(each.detail, where.language) }));
    const detail = inWords(error.said, where.language);
    return await sendProblem(reply, problem(error.code, { ...where, detail, errors }));
  }
  if (FASTIFY_CODES[error.code] !== undefined || isOfRequest(error)) return await refuseEarly(error, request, reply);
  app.log.error("request.failed", { method: request.method, path: where.path, error });
  const detail = inWords(said("log_says_more"), where.language);
  await sendProblem(reply, problem("internal", { ...where, detail }));
}

function isOfRequest({ statusCode }: FastifyError): boolean {
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500;
}

async function sendProblem(reply: FastifyReply, body: ReturnType<typeof problem>): Promise<void> {
  await reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));
}
