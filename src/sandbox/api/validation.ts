/**
 * From a request body to a checked value, or to Conekta's 422.
 *
 * Unknown fields are refused, as Conekta's whitelist does. The `param` notation `line_items[0].name` and the codes
 * other than `…missing`, `…invalid` and `…whitelist` are our guess.
 *
 * @see "Errores", developers.conekta.com/reference/errores
 */
import { z } from "zod";
import { ApiError, type ErrorDetail } from "./api-error.ts";

/** @throws {ApiError} 422 naming every fault at once */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new ApiError(
    422,
    "parameter_validation_error",
    result.error.issues.flatMap((issue) => details(issue, body)),
  );
}

type Issue = z.core.$ZodIssue;

function details(issue: Issue, body: unknown): ErrorDetail[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField([...issue.path, key]));

  const param = paramName(issue.path);
  const code = `parameter_validation.${lastName(issue.path)}`;
  const isMissing = issue.code === "custom" ? issue.params?.["isMissing"] : valueAt(body, issue.path) === undefined;
  if (isMissing) {
    const texts = { es: `Falta el parámetro "${param}".`, en: `The parameter "${param}" is missing.` };
    return [{ code: `${code}.missing`, ...texts, param }];
  }
  const texts = {
    es: `El formato del parámetro "${param}" es inválido.`,
    en: `The parameter "${param}" is invalid.`,
    debug: `The parameter "${param}" is invalid: ${issue.message}`,
  };
  return [{ code: `${code}.invalid`, ...texts, param }];
}

function unknownField(path: readonly PropertyKey[]): ErrorDetail {
  const param = paramName(path);
  const detail = {
    code: "parameter_validation.whitelist",
    es: `El parámetro "${param}" no está permitido.`,
    en: `The parameter "${param}" is not allowed.`,
    param,
  };
  // The sample of "Cargo bajo demanda" nests charges so; code copied from it gets a better answer than "not allowed".
  if (path[0] === "line_items" && path.at(-1) === "charges") {
    return {
      ...detail,
      es: `"charges" no va dentro de "line_items": va al nivel de la orden, junto a "line_items" y "customer_info".`,
      en: `"charges" does not belong inside "line_items": put it at the top of the order, beside "line_items" and "customer_info".`,
    };
  }
  return detail;
}

function paramName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

function lastName(path: readonly PropertyKey[]): string {
  return path.findLast((key) => typeof key === "string") ?? "body";
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
