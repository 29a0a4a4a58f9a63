/**
 * Reads and people's calls: sent, repeated where that is safe, read by a schema, or thrown as one of three errors
 * that say what happened, where, and how to mend it. Never a key, a card, a token, a name or an e-mail in them.
 */
import type { z } from "zod";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { rowOf } from "./declines.ts";
import { retryAfterMs } from "../../domain/retry-after.ts";
import { repeated, type Patience, type Repeatable } from "./repeat.ts";
import type { HttpCall, Reply, Transport } from "./transport.ts";
import { readBody, readJson, type WireError } from "./wire.ts";
import type { Language, Text } from "../../domain/language.ts";
import { said, type Said } from "../../domain/refusals.ts";

type Operation = {
  /** For people: "read the customer cus_…". */
  readonly what: string;
  readonly repeatable: Repeatable;
};

export type Caller = {
  /**
   * @throws {GatewayUnavailable} no answer, or none that can be read
   * @throws {GatewayUnauthorized} the key is not accepted
   * @throws {GatewayRefused} understood and refused
   */
  call<T extends z.ZodType>(call: HttpCall, operation: Operation, schema: T): Promise<z.output<T>>;
};

export function conektaCaller(transport: Transport, baseUrl: string, patience: Patience): Caller {
  return {
    async call(call, operation, schema) {
      const { what, repeatable } = operation;
      const reply = await repeated(() => transport.send(call), { operation: what, repeatable }, patience);
      if (reply.kind !== "answered") throw unavailable(reply, operation, baseUrl);
      if (reply.status < 200 || reply.status >= 300) throw failureOf(reply, operation, baseUrl, patience.clock.now());
      const read = schema.safeParse(readJson(reply.text));
      if (read.success) return read.data;
      throw new GatewayUnavailable(said("gateway_unreadable", { what, status: reply.status, baseUrl }));
    },
  };
}

function unavailable(reply: Exclude<Reply, { kind: "answered" }>, operation: Operation, baseUrl: string) {
  if (reply.kind === "not-sent")
    return new GatewayUnavailable(
      said("gateway_not_reached", { what: operation.what, because: reply.because, baseUrl }),
      { wasReached: false },
    );
  return new GatewayUnavailable(
    said("gateway_silent", { what: operation.what, because: reply.because, doubt: doubt(operation), baseUrl }),
  );
}

function failureOf(reply: Extract<Reply, { kind: "answered" }>, operation: Operation, baseUrl: string, now: Date) {
  const { status, text } = reply;
  const { what } = operation;
  if (status === 401 || status === 403) return new GatewayUnauthorized(said("gateway_unauthorized", { what, status }));
  const body = readBody(text);
  if (body.kind === "error" && status >= 400 && status < 500 && status !== 429) {
    const code = body.error.details[0]?.code ?? null;
    const message = said("gateway_refused", { what, status, reasons: reasonsOf(body.error) });
    return new GatewayRefused(message, { httpStatus: status, code });
  }
  const redirected = status >= 300 && status < 400;
  return new GatewayUnavailable(
    redirected
      ? said("gateway_redirects", { what, status, doubt: doubt(operation), baseUrl })
      : said("gateway_failed", { what, status, doubt: doubt(operation) }),
    { retryAfterMs: retryAfterMs(reply.retryAfter, now) },
  );
}

/** What was sent may have been done. */
function doubt({ repeatable }: Operation): string | Said {
  return repeatable === "always" ? "" : said("gateway_in_doubt");
}

/** Codes and fields, with our own words: Conekta's texts may quote what was sent. */
function reasonsOf({ details }: WireError): Text | Said {
  if (details.length === 0) return said("gateway_without_reason");
  const inLanguage = (language: Language): string => details.map((detail) => reasonOf(detail, language)).join("; ");
  return { es: inLanguage("es"), en: inLanguage("en") };
}

function reasonOf({ code, param }: WireError["details"][number], language: Language): string {
  const known = code === null ? null : rowOf(code);
  const field = param === null || !/^[\w.[\]]{1,80}$/.test(param) ? "" : ` (${param})`;
  const noCode = { es: "sin código", en: "no code" }[language];
  const name = code === null || !/^[\w.]{1,120}$/.test(code) ? noCode : code;
  return known === null ? `${name}${field}` : `${name}${field}, ${known[language]}`;
}
