/**
 * Dispatches one API call: checks key and version, finds the route, runs the handler, turns refusals into Conekta's error body.
 *
 * @see Conekta API 2.3.0 specification; "Autenticación" and "Errores", developers.conekta.com
 */
import type { IncomingHttpHeaders } from "node:http";
import { ApiError, errorBody, generalFailure, type Language, notFound } from "./api-error.ts";
import { type Answer, type ApiVersion, type Call, CardFault, type FaultEffects } from "./call.ts";
import type { DeliveryLogs } from "../webhooks/event-calls.ts";
import { timedId } from "../id.ts";
import { expireCheckouts } from "../orders/order-ending.ts";
import { findRoute } from "./routes.ts";
import { nowSeconds, type State } from "../state.ts";

export type ApiRequest = {
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when the text is no JSON. */
  readonly body: unknown;
  readonly effects: FaultEffects;
};

/**
 * Never throws for what the caller did.
 *
 * @param apiKey null accepts any key that is not empty
 * @throws {CardFault} when the charged card makes the call fail before anything happened
 */
export async function dispatch(
  state: State,
  request: ApiRequest,
  apiKey: string | null,
  delivery: DeliveryLogs,
): Promise<Answer> {
  const language = languageOf(request.headers);
  try {
    checkKey(request.headers.authorization, apiKey);
    const version = versionOf(request.headers.accept);
    const route = findRoute(request.method, request.path);
    if (route === null) throw notFound("Route", `${request.method} ${request.path}`);
    if (request.body === undefined && request.method !== "GET") throw malformed();

    expireCheckouts(state);
    const call: Call = {
      method: request.method,
      path: request.path,
      params: route.params,
      query: request.url.searchParams,
      address: request.url,
      body: request.body,
      language,
      version,
      effects: request.effects,
    };
    return await route.handler(state, call, delivery);
  } catch (error) {
    if (error instanceof CardFault) throw error;
    const refusal = error instanceof ApiError ? error : generalFailure(`A bug of this sandbox: ${String(error)}`);
    return { status: refusal.status, body: errorBody(refusal, language, newLogId(state)) };
  }
}

export function newLogId(state: State): string {
  return timedId(state.random, nowSeconds(state));
}

export function languageOf(headers: IncomingHttpHeaders): Language {
  return headers["accept-language"]?.trim().toLowerCase().startsWith("en") ? "en" : "es";
}

/** Both `Basic base64("key:")` and `Bearer key` are accepted. */
function checkKey(authorization: string | undefined, apiKey: string | null): void {
  const given = keyOf(authorization);
  if (given === "") {
    throw new ApiError(401, "authentication_error", [
      {
        code: "authentication.missing_key",
        es: "Acceso no autorizado.",
        en: "Unauthorized access.",
        debug: "Please include your access key in your request.",
      },
    ]);
  }
  if (apiKey === null || given === apiKey) return;
  // The code for a wrong key is our guess.
  throw new ApiError(401, "authentication_error", [
    {
      code: "authentication.invalid_key",
      es: "La llave de acceso no es válida.",
      en: "The access key is not valid.",
    },
  ]);
}

function keyOf(authorization: string | undefined): string {
  const [scheme = "", value = ""] = authorization?.split(" ") ?? [];
  if (scheme.toLowerCase() === "bearer") return value.trim();
  if (scheme.toLowerCase() !== "basic") return "";
  return Buffer.from(value, "base64").toString("utf8").split(":")[0] ?? "";
}

/** No vendor type in Accept is taken as the newest version: our guess. */
function versionOf(accept: string | undefined): ApiVersion {
  const named = /vnd\.conekta-v([^+;,\s]+)/.exec(accept ?? "")?.[1];
  if (named === undefined) return 3;
  const minor = /^2\.([0-3])\.0$/.exec(named)?.[1];
  if (minor !== undefined) return Number(minor) as ApiVersion;
  throw new ApiError(409, "conflict_error", [
    {
      code: "conflict.api_version",
      es: `La versión "${named}" de la API no existe.`,
      en: `There is no version "${named}" of the API.`,
    },
  ]);
}

function malformed(): ApiError {
  return new ApiError(400, "malformed_request_error", [
    {
      code: "malformed_request.json",
      es: "El cuerpo de la petición no es JSON válido.",
      en: "The request body is not valid JSON.",
    },
  ]);
}
