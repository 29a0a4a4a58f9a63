/**
 * What went wrong, as problem+json: one table from each error to its HTTP status, and its title in two languages.
 *
 * @see RFC 9457, "Problem Details for HTTP APIs" (read 2026-11-28)
 */
import { z } from "zod";
import { type BillingError, type ErrorName, InputFaulty, type Mend } from "../../../domain/errors.ts";
import { inEnglish, inWords, type Said } from "../../../domain/refusals.ts";
import { type Language, LANGUAGES, type Text } from "../../../domain/language.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
    mend: z.strictObject({ method: z.string(), path: z.string() }).nullable(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problemSchema>;

type Kind = Text & { readonly status: number };

const KINDS = {
  invalid_request: { status: 400, es: "La petición no es válida", en: "The request is not valid" },
  idempotency_key_missing: {
    status: 400,
    es: "Falta el encabezado Idempotency-Key",
    en: "The header Idempotency-Key is missing",
  },
  unauthorized: { status: 401, es: "La llave falta o no es válida", en: "The key is missing or wrong" },
  forbidden: { status: 403, es: "La llave no permite esto", en: "The key does not allow this" },
  not_found: { status: 404, es: "No existe", en: "It does not exist" },
  method_not_allowed: { status: 405, es: "Método no permitido", en: "The method is not allowed" },
  refused: { status: 409, es: "No se puede hacer en el estado actual", en: "It cannot be done in the present state" },
  needs_confirmation: {
    status: 409,
    es: "Parece un error; hace falta confirmarlo",
    en: "It looks like a mistake; it must be confirmed",
  },
  request_in_progress: { status: 409, es: "La misma petición está en curso", en: "The same request is in progress" },
  count_differs: { status: 409, es: "El conjunto cambió", en: "What matches has changed" },
  stale_version: { status: 412, es: "Cambió desde que se leyó", en: "It has changed since it was read" },
  too_large: { status: 413, es: "El cuerpo pasa de 1 MiB", en: "The body is larger than 1 MiB" },
  unsupported_media_type: { status: 415, es: "Se espera application/json", en: "application/json is expected" },
  idempotency_key_reused: {
    status: 422,
    es: "La llave de idempotencia ya se usó con otro cuerpo",
    en: "The idempotency key was used with another body",
  },
  usage_invalid: { status: 422, es: "Un valor no puede ser", en: "A value cannot be" },
  input_invalid: { status: 422, es: "Los datos no son válidos", en: "The data is not valid" },
  gateway_refused: { status: 422, es: "Conekta rechazó la petición", en: "Conekta refused the request" },
  too_many_requests: { status: 429, es: "Demasiadas peticiones", en: "Too many requests" },
  internal: { status: 500, es: "Error inesperado", en: "Something unforeseen happened" },
  gateway_unavailable: { status: 503, es: "Conekta no responde", en: "Conekta does not answer" },
  unavailable: { status: 503, es: "El servicio no está disponible", en: "The service is not available" },
  timeout: { status: 503, es: "La petición tardó demasiado", en: "The request took too long" },
} as const satisfies Readonly<Record<string, Kind>>;
export type ProblemCode = keyof typeof KINDS;
export const PROBLEM_CODES = Object.keys(KINDS) as readonly ProblemCode[];

const CODES: Readonly<Record<ErrorName, ProblemCode>> = {
  AlreadyRunning: "unavailable",
  ConfigurationInvalid: "unavailable",
  DatabaseUnusable: "unavailable",
  GatewayRefused: "gateway_refused",
  GatewayUnauthorized: "unavailable",
  GatewayUnavailable: "gateway_unavailable",
  InputInvalid: "input_invalid",
  NeedsConfirmation: "needs_confirmation",
  NotFound: "not_found",
  PortInUse: "unavailable",
  Refused: "refused",
  RequestInProgress: "request_in_progress",
  StaleVersion: "stale_version",
  UsageInvalid: "usage_invalid",
  WrongAccount: "unavailable",
  WrongMode: "unavailable",
};

/** What is said is worded where the answer goes out. */
export type ProblemFault = { readonly pointer: string; readonly detail: string | Said };

/** Said by the API itself, of a request that no use case has seen. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: ProblemCode;
  readonly said: Said;
  readonly errors: readonly ProblemFault[];
  constructor(code: ProblemCode, what: Said, errors: readonly ProblemFault[] = []) {
    super(inEnglish(what));
    this.said = what;
    this.code = code;
    this.errors = errors;
  }
}

export function problemOf(error: BillingError, where: { readonly path: string; readonly language: Language }): Problem {
  const faults = error instanceof InputFaulty ? error.faults : [];
  const errors = faults.map(({ where: place, what }) => ({
    pointer: pointerOf(place),
    detail: inWords(what, where.language),
  }));
  const detail = inWords(error instanceof InputFaulty ? error.subject : (error.said ?? error.message), where.language);
  const mend = error.mend ?? faults.find((fault) => fault.mend !== undefined)?.mend ?? null;
  return problem(CODES[error.name], { ...where, detail, errors, mend });
}

/** A field of the body, by its name there: `postalCode` is "/postal_code". What is no field is all of it. */
function pointerOf(place: string): string {
  return /^[a-z]+([A-Z][a-z]*)*$/.test(place)
    ? `/${place.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`
    : "";
}

export function problem(
  code: ProblemCode,
  said: {
    readonly path: string;
    readonly language: Language;
    readonly detail: string;
    readonly errors?: Problem["errors"];
    readonly mend?: Mend | null;
  },
): Problem {
  const { status, ...titles } = KINDS[code];
  return {
    type: `urn:puntual:problem:${code}`,
    title: titles[said.language],
    status,
    detail: said.detail,
    instance: said.path,
    code,
    errors: [...(said.errors ?? [])],
    mend: mendOf(said.mend ?? null),
  };
}

const get = (path: string) => ({ method: "GET", path: `/v1/${path}` });
const post = (path: string) => ({ method: "POST", path: `/v1/${path}` });

function previewQuery({ planId, quantity, apply, on }: Extract<Mend, { do: "preview_change" }>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ plan_id: planId, quantity, apply, on }))
    if (value !== null) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query.toString()}`;
}

/** What can be done about it, as an endpoint; null: none does. */
function mendOf(mend: Mend | null): Problem["mend"] {
  if (mend === null) return null;
  switch (mend.do) {
    case "list":
      return get(mend.what === "unknown" ? "attempts?state=unknown" : mend.what);
    case "list_invoices_of":
      return get(`invoices?subscription_id=${encodeURIComponent(mend.subscriptionId)}`);
    case "show_invoice":
      return get(`invoices/${mend.invoiceId}`);
    case "show_attempt":
      return get(`attempts/${mend.attemptId}`);
    case "add_customer":
      return post("customers");
    case "choose_default_card":
    case "add_card":
      return post(`customers/${mend.customerId}/cards`);
    case "allow_card":
      return post(`cards/${mend.paymentSourceId}/allow`);
    case "cancel_link":
      return post(`invoices/${mend.invoiceId}/cancel-link`);
    case "undo_change":
      return post(`subscriptions/${encodeURIComponent(mend.subscriptionId)}/change/undo`);
    case "preview_change":
      return get(`subscriptions/${encodeURIComponent(mend.subscriptionId)}/preview${previewQuery(mend)}`);
    case "keep_subscription":
      return get(`subscriptions/${encodeURIComponent(mend.subscriptionId)}`);
    case "use_customer":
      return get(`customers/${mend.customerId}`);
    case "go":
      return post("go");
    case "make_database":
    case "migrate":
    case "start_at":
    case "sweep":
    case "sweep_since":
      return null;
    default:
      return mend satisfies never;
  }
}

/** Of Spanish and English, what the sender likes better; English where it says neither. */
export function languageOf(header: string | undefined): Language {
  const wishes = (header ?? "").split(",").map((each) => {
    const [tag = "", ...parameters] = each.trim().toLowerCase().split(";");
    const quality = parameters.map((one) => /^\s*q=([\d.]+)$/.exec(one)?.[1]).find((one) => one !== undefined);
    return { tag: tag.split("-")[0], quality: quality === undefined ? 1 : Number(quality) };
  });
  const [best] = wishes
    .flatMap(({ tag, quality }) =>
      LANGUAGES.filter((language) => language === tag).map((language) => ({ language, quality })),
    )
    .toSorted((a, b) => b.quality - a.quality);
  return best?.language ?? "en";
}
