/**
 * The HTTP side: of the daemon, whether it lives, whether it can do its work, Conekta's webhooks, and the API; or the API
 * alone, of a process that never charges.
 *
 * Off loopback everything but `/healthz` and `/webhooks/conekta` wants the ADMIN_TOKEN; the configuration refuses to start
 * without one. The API wants a key, or that token, on loopback too.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Assembly } from "../../assemble.ts";
import { redactText } from "../../adapters/redact.ts";
import { UsageInvalid, BillingError, messageOf } from "../../domain/errors.ts";
import { isLoopback } from "../../config/variables.ts";
import type { DaemonState } from "../daemon-state.ts";
import { isSame } from "./api/callers.ts";
import { isOfApi, mountApi, refuseEarly } from "./api/mount.ts";
import { readinessOf } from "./readiness.ts";
import { inTime } from "./in-time.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import { takeWebhooks, type WebhookIntake, WEBHOOKS_PATH } from "./webhooks.ts";

/** Of every request: an event of Conekta's, or what the API is asked. */
const BODY_BYTES_MAX = 1_048_576;
/** For the head of a request, and for all of it: what comes slower is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How often sockets are held against that limit. */
const TIMEOUT_CHECK_MS = 1_000;
/** Conekta, a monitor and a few people; beyond it a connection is refused at once. */
const MAX_CONNECTIONS = 256;
/** Prometheus hangs up after ten. */
const METRICS_PATIENCE_MS = 9_000;
const OPEN_PATHS = new Set(["/healthz", WEBHOOKS_PATH]);

/** HTTP_PORT is in use. */
export class PortInUse extends BillingError {
  override readonly name = "PortInUse";
}

export type HttpSide = AsyncDisposable & {
  /** Where it listens: HTTP_PORT may be 0. Null: nowhere. */
  readonly url: string | null;
};

/** Listens where the configuration says, or nowhere. @throws {PortInUse} */
export async function startHttp(app: Assembly, state: DaemonState, webhooks: WebhookIntake): Promise<HttpSide> {
  if (app.config.http === null) return { url: null, [Symbol.asyncDispose]: async () => {} };
  const server = await newServer();
  guard(server, app);
  server.get("/healthz", () => ({ status: "ok" }));
  const notReadyBecause = readinessOf(app, state);
  server.get("/readyz", async (_request, reply) => {
    const because = await notReadyBecause(app.clock.now());
    return await reply.code(because === null ? 200 : 503).send({
      status: because === null ? "ready" : "not ready",
      because,
      lastTickAt: state.lastTickAt?.toISOString() ?? null,
    });
  });

  server.get("/metrics", async (_request, reply) => {
    try {
      return await reply.type(METRICS_TYPE).send(await inTime(metricsText(app, state), METRICS_PATIENCE_MS));
    } catch (error) {
      // A scrape that fails is an alarm of its own.
      const because = redactText(messageOf(error));
      return await reply.code(503).type("text/plain; charset=utf-8").send(`the database cannot be read: ${because}\n`);
    }
  });

  await takeWebhooks(server, app, webhooks);
  await mountApi(server, app);
  return await listening(server, app.config.http);
}

/** The API alone. @throws {PortInUse} */
export async function serveApi(app: Assembly, http: NonNullable<Assembly["config"]["http"]>): Promise<HttpSide> {
  const server = await newServer();
  server.get("/healthz", () => ({ status: "ok" }));
  await mountApi(server, app);
  return await listening(server, http);
}

export async function newServer(): Promise<FastifyInstance> {
  const { fastify } = await import("fastify");
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    // A stop waits for no socket: the right to charge is given back with the process.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    // No route has a schema of fastify's: what would compile them is a tenth of all that a daemon loads.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors: (error, request, reply) => void refuseEarly(error, request, reply),
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function noCompiler(): never {
  throw new Error("routes check what comes in by their own schemas, and write their own answers");
}

function guard(server: FastifyInstance, { config: { http } }: Assembly): void {
  if (http === null || isLoopback(http.host)) return;
  server.addHook("onRequest", async (request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    if (OPEN_PATHS.has(path) || isOfApi(request.url) || hasToken(request, http.adminToken?.reveal())) return;
    await reply.code(401).header("www-authenticate", "Bearer").send({ error: "the ADMIN_TOKEN is missing or wrong" });
  });
}

async function listening(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpSide> {
  let url: string;
  try {
    url = await server.listen({ host, port });
  } catch (error) {
    await server.close();
    const { code } = error as { code?: string };
    if (code === "EADDRINUSE")
      throw new PortInUse(
        `port ${port} of ${host} is in use; stop the program that listens there, or set HTTP_PORT to another port (empty: off)`,
      );
    if (code === "EACCES" || code === "EADDRNOTAVAIL")
      throw new UsageInvalid(`cannot listen on ${host}:${port} (${code}); choose another HTTP_HOST or HTTP_PORT`);
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => server.close() };
}

function hasToken(request: FastifyRequest, expected: string | undefined): boolean {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  return given !== undefined && expected !== undefined && isSame(given, expected);
}
