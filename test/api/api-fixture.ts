/**
 * The HTTP API in this process, at a sandbox, without a socket: calls go straight into the server, and every answer is held
 * against the description that the API gives of itself.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { FastifyInstance } from "fastify";
import type { Assembly } from "../../src/assemble.ts";
import type { Scope } from "../../src/domain/api-key.ts";
import { newApiKey } from "../../src/entrypoints/api-key.ts";
import { description, ENDPOINTS } from "../../src/entrypoints/http/api/endpoints.ts";
import { mountApi } from "../../src/entrypoints/http/api/mount.ts";
import { newServer } from "../../src/entrypoints/http/server.ts";
import { type AppFixture, type AppOptions, openApp } from "../support/app-fixture.ts";

export const ADMIN_TOKEN = "an admin's token".replaceAll(" ", "-");

export type Answered = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

export type CallOptions = {
  /** A key, or null for none; the admin's by default. */
  readonly as?: string | null;
  readonly body?: unknown;
  /** Idempotency-Key: one of its own for each POST by default; null: none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
};

export type ApiFixture = AsyncDisposable & {
  readonly app: AppFixture;
  readonly server: FastifyInstance;
  call(method: string, url: string, options?: CallOptions): Promise<Answered>;
  get(url: string, options?: CallOptions): Promise<Answered>;
  post(url: string, body?: unknown, options?: CallOptions): Promise<Answered>;
  newKey(name: string, scopes: readonly Scope[]): Promise<string>;
  /** Another server on the same database, as after a crash. @param app another application than the fixture's */
  restart(app?: Assembly): Promise<void>;
};

let keys = 0;

export async function openApi(options: AppOptions = {}): Promise<ApiFixture> {
  const app = await openApp({
    now: "2026-12-01T15:00:00Z",
    sandbox: {},
    ...options,
    env: { ADMIN_TOKEN, HTTP_PORT: "0", API_RATE_PER_SECOND: "0", ...options.env },
  });
  let server = await serverOf(app.assembly);

  const call: ApiFixture["call"] = async (method, url, { as = ADMIN_TOKEN, body, key, headers = {} } = {}) => {
    const given = key === undefined && method === "POST" ? `key-${(keys += 1)}` : key;
    const response = await server.inject({
      method: method as "GET",
      url,
      headers: {
        ...(as !== null && { authorization: `Bearer ${as}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(typeof given === "string" && { "idempotency-key": given }),
        ...headers,
      },
      ...(body !== undefined && { payload: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = response.body;
    const isJson = text !== "" && /[/+]json\b/.test(String(response.headers["content-type"]));
    const answered = {
      ...{ status: response.statusCode, text, headers: response.headers },
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
    mustBeDescribed(method, url, answered);
    return answered;
  };
  return {
    app,
    get server() {
      return server;
    },
    call,
    get: (url, more) => call("GET", url, more),
    post: (url, body, more) => call("POST", url, { ...more, ...(body !== undefined && { body }) }),
    async newKey(name, scopes) {
      const { key, hash, last4 } = newApiKey();
      await app.store.keys.add({ name, scopes, hash, last4, by: "maria" }, app.clock.now());
      return key;
    },
    async restart(assembly = app.assembly) {
      await server.close();
      server = await serverOf(assembly);
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await app[Symbol.asyncDispose]();
    },
  };
}

async function serverOf(app: Assembly): Promise<FastifyInstance> {
  const server = await newServer();
  await mountApi(server, app);
  return server;
}

// ---------------------------------------------------------------- the description

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

/** @throws what differs */
function mustBeDescribed(method: string, url: string, { status, headers, text }: Answered): void {
  if (status === 304 || text === "") return;
  const path = url.split("?")[0] ?? "";
  const found = ENDPOINTS.find((each) => each.method === method && patternOf(each.path).test(path));
  const type = String(headers["content-type"]).split(";")[0] ?? "";
  const answer =
    status >= 400
      ? "components/responses/Problem"
      : `paths/${pointer(found?.path ?? "none")}/${method.toLowerCase()}/responses/${status}`;
  const where = `openapi#/${answer}/content/${pointer(type)}/schema`;
  if (validators.size === 0) ajv.addSchema(description(), "openapi");
  const validate = validators.get(where) ?? ajv.compile({ $ref: where });
  validators.set(where, validate);
  if (!type.endsWith("/json") && !type.endsWith("+json")) return;
  if (!validate(JSON.parse(text)))
    throw new Error(`${method} ${path} ${status} differs: ${ajv.errorsText(validate.errors)}\n${text}`);
  // A terminal's words have no place in an answer to a program.
  const command = url.includes("openapi") ? null : /\bpuntual [a-z]+\b|[\s`("]--[a-z]/.exec(text);
  if (command !== null) throw new Error(`${method} ${path} names a command: ${command[0]} in ${text}`);
}

function pointer(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** What is fixed in a path comes before what is a name. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
