/**
 * Errors as Conekta answers them.
 *
 * `message` follows Accept-Language (Spanish unless English is asked for), `debug_message` is always English.
 * Codes marked "our guess" have no public source.
 *
 * @see Conekta API 2.3.0 specification, schemas `error` and `details_error`; "Errores", developers.conekta.com
 */
import { DECLINES, type DeclineName } from "../cards/decline.ts";

export type Language = "es" | "en";

export type ErrorType =
  | "malformed_request_error"
  | "authentication_error"
  | "processing_error"
  | "resource_not_found_error"
  | "conflict_error"
  | "parameter_validation_error"
  | "precondition_required_error"
  | "rate_limit_error"
  | "api_error";

export type ErrorDetail = {
  /** Without the prefix `conekta.errors.` */
  readonly code: string;
  readonly es: string;
  readonly en: string;
  /** English, for the developer; `en` when absent. */
  readonly debug?: string;
  readonly param?: string;
};

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: ErrorType;
  readonly details: readonly ErrorDetail[];
  /** The object that was changed all the same: the order or the charge of a decline. */
  readonly data: object | undefined;

  constructor(status: number, type: ErrorType, details: readonly ErrorDetail[], data?: object) {
    super(details.map((detail) => detail.debug ?? detail.en).join(" "));
    this.status = status;
    this.type = type;
    this.details = details;
    this.data = data;
  }
}

export function errorBody(error: ApiError, language: Language, logId: string): object {
  return {
    object: "error",
    type: error.type,
    log_id: logId,
    details: error.details.map((detail) => ({
      code: `conekta.errors.${detail.code}`,
      message: detail[language],
      debug_message: detail.debug ?? detail.en,
      ...(detail.param === undefined ? {} : { param: detail.param }),
    })),
    ...(error.data === undefined ? {} : { data: error.data }),
  };
}

export function invalidParameter(code: string, param: string, es: string, en: string, debug?: string): ApiError {
  const detail = { code: `parameter_validation.${code}`, es, en, param };
  return new ApiError(422, "parameter_validation_error", [debug === undefined ? detail : { ...detail, debug }]);
}

export function notFound(kind: string, id: string): ApiError {
  return new ApiError(404, "resource_not_found_error", [
    {
      code: "resource_not_found.entity",
      es: "El recurso no fue encontrado.",
      en: "The resource was not found.",
      debug: `The object ${kind} "${id}" could not be found.`,
    },
  ]);
}

export function preconditionRequired(code: string, es: string, en: string, status: 422 | 428 = 428): ApiError {
  const type = status === 428 ? "precondition_required_error" : "parameter_validation_error";
  return new ApiError(status, type, [{ code: `precondition_required.${code}`, es, en }]);
}

/** @param data the order for calls on `/orders`, the charge for calls on `/orders/{id}/charges` */
export function declined(name: DeclineName, data: object): ApiError {
  const { code, es, en } = DECLINES[name];
  return new ApiError(402, "processing_error", [{ code, es, en, debug: en }], data);
}

export function tokenAlreadyUsed(): ApiError {
  const texts = {
    es: "La tarjeta no pudo ser procesada.",
    en: "The card could not be processed.",
    debug: "The token has already been used.",
  };
  return new ApiError(402, "processing_error", [{ code: "processing.tokenization.used", ...texts }]);
}

export function generalFailure(debug?: string): ApiError {
  const texts = {
    es: "Hubo un error y los ingenieros de Conekta han sido notificados.",
    en: "There was a runtime error and Conekta engineers have been notified.",
  };
  const detail = { code: "api.system.general_failure", ...texts };
  return new ApiError(500, "api_error", [debug === undefined ? detail : { ...detail, debug }]);
}

/** Conekta documents no 429; type and code are our guess. */
export function tooManyRequests(): ApiError {
  return new ApiError(429, "rate_limit_error", [
    { code: "rate_limit.exceeded", es: "Demasiadas peticiones. Intenta más tarde.", en: "Too many requests." },
  ]);
}
