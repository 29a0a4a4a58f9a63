/**
 * The description of the API, made of the schemas that its routes check with.
 *
 * It is checked in as docs/openapi.json; a test compares, and says how it is written anew.
 * @see "OpenAPI Specification", 3.1.1 (read 2026-11-28)
 */
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { PROBLEM_CODES, problemSchema } from "./problem.ts";

type Json = Record<string, unknown>;
type JsonOf = (schema: z.ZodType, io: "input" | "output") => Json;

export function openapiOf(endpoints: readonly Endpoint[]): Json {
  const schemas: Record<string, Json> = {};
  /** What has a name stands once, among the components. */
  const jsonOf: JsonOf = (schema, io) => {
    const written = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any", override: brief });
    const text = JSON.stringify(written).replaceAll('"#/$defs/', '"#/components/schemas/');
    const { $schema: _version, $defs = {}, ...json } = JSON.parse(text) as Json & { $defs?: Record<string, Json> };
    for (const [name, { id: _id, ...definition }] of Object.entries($defs)) schemas[name] = definition;
    return json;
  };
  const problem = {
    description: `What went wrong, by its code: ${PROBLEM_CODES.join(", ")}.`,
    content: { "application/problem+json": { schema: jsonOf(z.union([problemSchema]), "output") } },
  };
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints)
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint, jsonOf),
    };
  return {
    openapi: "3.1.1",
    info: { title: "Puntual", version: "1", description: "Charges stored cards on time, exactly once." },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "A key, pk_…" } },
      responses: { Problem: problem },
      schemas,
    },
  };
}

/** What a format or a type says already. */
function brief({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function operationOf(endpoint: Endpoint, jsonOf: JsonOf): Json {
  const { summary, scope, path } = endpoint;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string", minLength: 1, maxLength: 200 } },
  }));
  const common = { operationId: operationIdOf(endpoint), summary, "x-scope": scope };
  const answered = (schema: Json, contentTypes: readonly string[] = ["application/json"]) => ({
    ...{ description: "Done.", content: Object.fromEntries(contentTypes.map((type) => [type, { schema }])) },
  });
  const refused = { default: { $ref: "#/components/responses/Problem" } };
  if (endpoint.kind === "read") {
    const { contentTypes, answer, page, query } = endpoint;
    const done =
      contentTypes === null
        ? withPage(answered(jsonOf(answer, "output")), page !== null)
        : answered({ type: "string" }, Object.values(contentTypes));
    return {
      ...common,
      ...(endpoint.isOpen && { security: [] }),
      parameters: [...inPath, ...queryOf(query, jsonOf)],
      responses: { 200: done, ...refused },
    };
  }
  const header = (name: string, required: boolean, description: string) => ({
    ...{ name, in: "header", required, description, schema: { type: "string" } },
  });
  const body = jsonOf(endpoint.body, "input");
  return {
    ...common,
    parameters: [
      ...inPath,
      header("Idempotency-Key", endpoint.needsKey, "Of your own; the same for each try of the same request."),
      ...(endpoint.resource === null ? [] : [header("If-Match", false, "The ETag that was read; 412 if it changed.")]),
    ],
    requestBody: { required: "required" in body, content: { "application/json": { schema: body } } },
    responses: { [endpoint.status]: answered(jsonOf(endpoint.answer, "output")), ...refused },
  };
}

function withPage(done: { readonly content: Json }, hasPage: boolean): Json {
  if (!hasPage) return done;
  return { ...done, content: { ...done.content, "text/html": { schema: { type: "string" } } } };
}

/** What is written in a query is text; what is meant is the schema. */
function queryOf(query: z.ZodObject, jsonOf: JsonOf): Json[] {
  const { required = [] } = jsonOf(query, "input") as { required?: string[] };
  const { properties = {} } = jsonOf(query, "output") as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: "query", required: required.includes(name) && !("default" in schema), schema },
    ...(description !== undefined && { description }),
  }));
}

/** "get_invoices_by_invoice_id": one a method and path. */
function operationIdOf({ method, path }: Endpoint): string {
  const parts = path.split("/").slice(2);
  const words = parts.map((part) => (part.startsWith("{") ? `by_${part.slice(1, -1)}` : part.replaceAll(/\W/g, "_")));
  return [method.toLowerCase(), ...words].join("_");
}
