/**
 * Requests that nobody would write, made of the description from a seed: whatever comes in, nothing breaks.
 *
 * By hand: `node test/api/fuzz.ts --seed 7 --requests 20000`. It prints how often each status came, and each request that broke
 * something; it ends with 1 where one did.
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/adapters/random.ts";
import { description } from "../../src/entrypoints/http/api/endpoints.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

type Json = Readonly<Record<string, unknown>>;
type Parameter = { readonly name: string; readonly in: "path" | "query" | "header"; readonly schema: Json };
type Operation = { readonly parameters: readonly Parameter[]; readonly requestBody?: { readonly content: Json } };

export type Fuzzed = {
  readonly statuses: ReadonlyMap<number, number>;
  /** Each with what was sent, and what came of it. */
  readonly broken: readonly string[];
};

/** What no answer of ours ever holds. */
const TELLS = /\n\s+at |node:internal|SQLITE|select |<anonymous>/;

const ODD = [
  ...[
    null,
    "",
    " ",
    -1,
    1.5,
    1e21,
    Number.MAX_SAFE_INTEGER,
    true,
    [],
    {},
    "\u0000",
    "ñ💥",
    "\ud800",
    "'; drop table plan; --",
  ],
  ...[
    { a: { b: [1] } },
    "x".repeat(3000),
    "9999-12-31T23:59",
    "0001-01-01",
    "2026-02-30",
    "../../etc/passwd",
    "%",
    "{}",
  ],
];
const TEXTS = [
  "2026-12-01T09:00",
  "2026-12-01T09:00:00Z",
  "2026-12-15",
  "MXN",
  "she asked at the counter",
  "America/Tijuana",
];
const TYPES = ["text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data", ""];
/** Of what GET answers and nothing changes. */
const ECHO = "As it was read; nothing changes it here.";
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/** Two customers with a card and a paid invoice each, and what a person would have in hand. */
export async function openFuzzed(): Promise<ApiFixture> {
  const api = await openApi();
  for (const id of ["ana", "luz"]) await api.app.subscribeWithCard(id);
  await api.app.run();
  return api;
}

export async function fuzz(
  api: ApiFixture,
  { seed, requests }: { readonly seed: number; readonly requests: number },
): Promise<Fuzzed> {
  const random = seededRandom(seed);
  const chance = (of: number): boolean => random.fraction() < of;
  const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(random.fraction() * list.length)] as Each;
  const { paths, components } = description() as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Json> };
  };
  const operations = Object.entries(paths)
    // It asks Conekta of every customer; test/doctor tries it.
    .filter(([path]) => path !== "/v1/doctor")
    .flatMap(([path, ofPath]) =>
      Object.entries(ofPath).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
  const [invoice] = await api.app.invoices("ana");
  const [attempt] = await api.app.attempts();
  const ids = [
    ...["ana", "luz", "oro", invoice?.invoiceId, attempt?.attemptId, invoice?.customerId, "none", "x".repeat(180)],
    ...["%00", "a/b", "ñ", "__proto__", "constructor"],
  ];

  let fresh = 0;
  /** What a field or a part of a path of this name would hold, so that more than the schemas is tried. */
  const FITTING: Readonly<Record<string, () => readonly unknown[]>> = {
    subscription_id: () => ["ana", "luz", `new-${(fresh += 1)}`],
    id: () => [`new-${(fresh += 1)}`],
    plan_id: () => ["oro", "plata"],
    plan: () => ["oro"],
    customer_id: () => [invoice?.customerId],
    customer: () => [invoice?.customerId],
    invoice_id: () => [invoice?.invoiceId],
    attempt_id: () => [attempt?.attemptId],
    document_id: () => [invoice?.invoiceId],
    token_id: () => ["tok_test_visa_4242"],
    email: () => [`person${(fresh += 1)}@example.mx`],
    phone: () => ["+525512345678"],
    key: () => [`item-${(fresh += 1)}`, "item-1"],
    code: () => [`CODE${(fresh += 1)}`, "CODE1"],
    currency: () => ["MXN"],
    start: () => ["2026-12-15T09:00"],
    start_local: () => ["2026-12-15T09:00"],
    time_zone: () => ["America/Mexico_City"],
    reason: () => ["she asked for it at the counter"],
    on: () => ["2026-12-15"],
    from: () => ["2026-12-15"],
    until: () => ["2026-12-20"],
    month: () => ["2026-12"],
    tax: () => [16, { rate: 16, included: true }],
    dunning: () => ["standard"],
  };
  /** How odd the request is that is being made. */
  let oddness = 0;

  function valueOf(schema: Json, depth = 0, name = ""): unknown {
    if (chance(oddness) || depth > 6) return pick(ODD);
    const fitting = FITTING[name]?.();
    if (fitting !== undefined && chance(0.9)) return pick(fitting);
    if (typeof schema["$ref"] === "string")
      return valueOf(components.schemas[schema["$ref"].split("/").at(-1) ?? ""] ?? {}, depth + 1);
    if (Array.isArray(schema["enum"])) return pick(schema["enum"] as unknown[]);
    if (Array.isArray(schema["anyOf"])) return valueOf(pick(schema["anyOf"] as Json[]), depth + 1);
    switch (schema["type"]) {
      case "integer":
      case "number":
        return pick([Number(schema["minimum"] ?? 1), 1, 2, 300, 20_015, Number(schema["maximum"] ?? 100), 10 ** 12]);
      case "boolean":
        return chance(0.5);
      case "array":
        return Array.from({ length: Math.floor(random.fraction() * 3) }, () =>
          valueOf((schema["items"] ?? {}) as Json, depth + 1),
        );
      case "object": {
        const { properties = {}, required = [] } = schema as {
          properties?: Record<string, Json>;
          required?: string[];
        };
        const kept = Object.entries(properties).filter(
          ([key, each]) => required.includes(key) || chance(each["description"] === ECHO ? oddness : 0.4),
        );
        if (chance(oddness / 2)) kept.push(["surplus", {}]);
        return Object.fromEntries(kept.map(([key, each]) => [key, valueOf(each, depth + 1, key)]));
      }
      default:
        return pick([...ids, ...TEXTS]);
    }
  }

  const statuses = new Map<number, number>();
  const broken: string[] = [];
  for (let count = 0; count < requests; count++) {
    oddness = pick([0, 0.02, 0.08]);
    const { path, method: meant, operation } = pick(operations);
    const method = chance(0.03) ? pick(METHODS) : meant;
    const encode = chance(0.03) ? String : encodeURIComponent;
    const inPath = (name: string): unknown =>
      chance(oddness * 3) ? pick(ids) : pick(FITTING[name]?.().slice(0, 2) ?? ids);
    const at = path
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(String(inPath(name))))
      .replaceAll("\u0000", "");
    const inQuery = operation.parameters.filter((each) => each.in === "query" && chance(0.4));
    const search = new URLSearchParams(
      inQuery.map(({ name, schema }): [string, string] => [name, String(valueOf(schema, 0, name))]),
    );
    const content = operation.requestBody?.content["application/json"] as { schema: Json } | undefined;
    const value = content === undefined || method === "GET" ? undefined : valueOf(content.schema);
    const body = value !== undefined && chance(0.02) ? JSON.stringify(value).slice(0, -1) : value;
    const headers = {
      ...(chance(0.3) && { "accept-language": pick(["es", "en", "fr", "es-MX;q=2", "*", ";;;,", "q="]) }),
      ...(chance(0.05) && { "if-match": pick(['"x"', "*", "W/", ",", "ñ"]) }),
      ...(chance(0.03) && { "content-type": pick(TYPES) }),
    };
    // A key of before, now and then: with another body, and of another path.
    const key = chance(0.05) ? pick(["again", "ñ", " ", "x".repeat(300)]) : undefined;
    const url = inQuery.length > 0 && meant === "GET" ? `${at}?${search.toString()}` : at;
    const sent = `${count}: ${method} ${url} ${JSON.stringify({ body, headers, key })}`;
    try {
      const { status, text } = await api.call(method, url, { body, headers, ...(key !== undefined && { key }) });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isTold = TELLS.test(text) && !url.startsWith("/v1/openapi.json");
      if (status >= 500 || isTold) broken.push(`${sent}\n  ${status} ${text.slice(0, 500)}`);
    } catch (error) {
      broken.push(`${sent}\n  ${String(error).slice(0, 800)}`);
    }
  }
  return { statuses, broken };
}

if (import.meta.main) {
  const options = { seed: { type: "string" }, requests: { type: "string" } } as const;
  const { seed = "20261128", requests = "20000" } = parseArgs({ options }).values;
  await using api = await openFuzzed();
  const { statuses, broken } = await fuzz(api, { seed: Number(seed), requests: Number(requests) });
  for (const each of broken.slice(0, 40)) process.stdout.write(`${each}\n`);
  const counts = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status} ${count} times`);
  process.stdout.write(`seed ${seed}: ${requests} requests, ${broken.length} broke something; ${counts.join(", ")}\n`);
  process.exitCode = broken.length > 0 ? 1 : 0;
}
