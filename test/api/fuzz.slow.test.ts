/** Requests that nobody would write, made of the description from a seed: whatever comes in, nothing breaks; and `serve` as a process. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { description } from "../../src/entrypoints/http/api/endpoints.ts";
import { startPuntual, until } from "../daemon/real-process.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { ADMIN_TOKEN, type ApiFixture, openApi } from "./api-fixture.ts";

const SEED = 20_261_128;
const REQUESTS = 2_000;

type Json = Readonly<Record<string, unknown>>;
type Parameter = { readonly name: string; readonly in: "path" | "query" | "header"; readonly schema: Json };
type Operation = { readonly parameters: readonly Parameter[]; readonly requestBody?: { readonly content: Json } };

describe("requests from a seed", () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await openApi();
    for (const id of ["ana", "luz"]) await api.app.subscribeWithCard(id);
    await api.app.run();
  });
  afterAll(async () => await api[Symbol.asyncDispose]());

  test("never a 5xx that is ours, never a stack, and every answer as described", async () => {
    const random = seededRandom(SEED);
    const fraction = (): number => random.fraction();
    const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(fraction() * list.length)] as Each;
    const { paths, components } = description() as {
      paths: Record<string, Record<string, Operation>>;
      components: Json;
    };
    const operations = Object.entries(paths).flatMap(([path, ofPath]) =>
      Object.entries(ofPath).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
    const [invoice] = await api.app.invoices("ana");
    const [attempt] = await api.app.attempts();
    const ids = [
      "ana",
      "luz",
      "oro",
      invoice?.invoiceId,
      attempt?.attemptId,
      invoice?.customerId,
      "none",
      "x".repeat(180),
    ];
    const odd = [
      null,
      "",
      " ",
      -1,
      1.5,
      1e21,
      true,
      [],
      {},
      "\u0000",
      "ñ💥",
      "'; drop table plan; --",
      { a: { b: [1] } },
    ];

    function valueOf(schema: Json, depth = 0): unknown {
      if (fraction() < 0.08 || depth > 6) return pick(odd);
      if (typeof schema["$ref"] === "string") {
        const name = schema["$ref"].split("/").at(-1) ?? "";
        return valueOf((components["schemas"] as Record<string, Json>)[name] ?? {}, depth + 1);
      }
      if (Array.isArray(schema["enum"])) return pick(schema["enum"] as unknown[]);
      if (Array.isArray(schema["anyOf"])) return valueOf(pick(schema["anyOf"] as Json[]), depth + 1);
      switch (schema["type"]) {
        case "integer":
        case "number":
          return pick([Number(schema["minimum"] ?? 1), 1, 2, 300, 20_015, Number(schema["maximum"] ?? 100), 10 ** 12]);
        case "boolean":
          return fraction() < 0.5;
        case "array":
          return Array.from({ length: Math.floor(fraction() * 3) }, () =>
            valueOf((schema["items"] ?? {}) as Json, depth + 1),
          );
        case "object": {
          const { properties = {}, required = [] } = schema as {
            properties?: Record<string, Json>;
            required?: string[];
          };
          const kept = Object.entries(properties).filter(([name]) => required.includes(name) || fraction() < 0.5);
          return Object.fromEntries(kept.map(([name, each]) => [name, valueOf(each, depth + 1)]));
        }
        default:
          return pick([
            ...ids,
            "2026-12-01T09:00",
            "2026-12-01T09:00:00Z",
            "2026-12-15",
            "MXN",
            "she asked at the counter",
          ]);
      }
    }

    const statuses = new Map<number, number>();
    for (let count = 0; count < REQUESTS; count++) {
      const { path, method, operation } = pick(operations);
      // Nobody waits for Conekta in vain: what asks it of everybody is asked elsewhere.
      if (path === "/v1/doctor") continue;
      const parameters = operation.parameters.filter(({ name }) => name !== "Idempotency-Key" && name !== "If-Match");
      const at = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(String(pick(ids))));
      const query = parameters.filter((each) => each.in === "query" && fraction() < 0.4);
      const search = new URLSearchParams(
        query.map(({ name, schema }) => [name, String(valueOf(schema))] as [string, string]),
      );
      const content = operation.requestBody?.content["application/json"] as { schema: Json } | undefined;
      const body = content === undefined ? undefined : valueOf(content.schema);
      const url = method === "GET" && query.length > 0 ? `${at}?${search.toString()}` : at;
      const answered = await api.call(method, url, body === undefined ? {} : { body });
      expect([
        count,
        method,
        url,
        JSON.stringify(body),
        answered.status < 500 || answered.status === 503,
        answered.text,
      ]).toEqual([
        count,
        method,
        url,
        JSON.stringify(body),
        true,
        expect.not.stringMatching(/\n\s+at |node:internal|SQLITE|select /),
      ]);
      statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1);
    }
    // Control: many of them are understood.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(REQUESTS / 20);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(REQUESTS / 20);
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  });
});

describe("`serve`", () => {
  const folder = temporaryFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("answers beside whoever charges, takes no right to charge, and stops when it is asked to", async () => {
    await putNewDatabase(`${folder}/books.db`);
    const env = { DATABASE_URL: "sqlite:books.db", HTTP_PORT: "0", ADMIN_TOKEN };
    const server = startPuntual(["serve"], { cwd: folder, env });
    const address = (): string | undefined => /"http":"(http:[^"]+)"/.exec(server.output())?.[1];
    await until(() => address() !== undefined, "the API to listen");
    const url = address() ?? "";
    const statusOf = async (path: string, token?: string): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(url + path, { headers });
      await response.body?.cancel();
      return response.status;
    };
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/v1/plans")).toBe(401);
    expect(await statusOf("/v1/plans", ADMIN_TOKEN)).toBe(200);
    expect(await statusOf("/metrics")).toBe(404);
    expect(readdirSync(folder)).not.toContain("books.db.pid");
    expect(existsSync(`${folder}/books.db`)).toBe(true);
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
  });
});
