/** What holds for every call: who may, what is refused and how, and that the same request takes effect once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mayDo, SCOPES, type Scope } from "../../src/domain/api-key.ts";
import { createProgram } from "../../src/entrypoints/cli/program.ts";
import { description, ENDPOINTS, WITHOUT_ENDPOINT } from "../../src/entrypoints/http/api/endpoints.ts";
import { PROBLEM_CODES } from "../../src/entrypoints/http/api/problem.ts";
import { mountApi } from "../../src/entrypoints/http/api/mount.ts";
import { newServer } from "../../src/entrypoints/http/server.ts";
import { ADMIN_TOKEN, type Answered, type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
const byScope = new Map<Scope, string>();
beforeAll(async () => {
  api = await openApi();
  for (const scope of SCOPES) byScope.set(scope, await api.newKey(`may-${scope}`, [scope]));
  await api.app.subscribeWithCard("ana");
});
afterAll(async () => await api[Symbol.asyncDispose]());

const WHY = "she asked for it at the counter";
const code = ({ status, body }: Answered) => `${status} ${String(body["code"])}`;

describe("who may call", () => {
  test("nobody without a key, on loopback too; and no path says whether it exists", async () => {
    for (const as of [null, "pk_wrong", ""]) {
      const refused = await api.get("/v1/plans", { as });
      expect(code(refused)).toBe("401 unauthorized");
      expect(refused.headers).toMatchObject({ "www-authenticate": "Bearer" });
      expect((await api.server.inject({ url: "/v1/nothing" })).statusCode).toBe(401);
    }
    // A generator of clients fetches the description; it tells nothing of the books.
    expect((await api.get("/v1/openapi.json", { as: null })).status).toBe(200);
    expect((await api.call("POST", "/v1/openapi.json", { as: null })).status).toBe(401);
  });

  test("each endpoint by its scope: a key that lacks it is refused before a byte of the body is read", async () => {
    for (const { method, path, scope } of ENDPOINTS)
      for (const held of SCOPES) {
        if (mayDo([held], scope)) continue;
        const url = path.replaceAll(/\{\w+\}/g, "x");
        const as = byScope.get(held) ?? "";
        const refused = await api.call(method, url, { as, ...(method !== "GET" && { body: "{ no JSON" }) });
        expect([path, held, code(refused)]).toEqual([path, held, "403 forbidden"]);
      }
  });

  test("every key may read, and a revoked one nothing any more", async () => {
    const as = byScope.get("money") ?? "";
    expect((await api.get("/v1/plans", { as })).status).toBe(200);
    expect((await api.get("/v1/keys", { as })).status).toBe(403);
    const made = await api.post("/v1/keys", { name: "till", scopes: ["money"], reason: "the new till of the shop" });
    expect(made).toMatchObject({ status: 201, body: { name: "till", key: expect.stringMatching(/^pk_[\w-]{43}$/) } });
    const key = String(made.body["key"]);
    expect((await api.get("/v1/plans", { as: key })).status).toBe(200);
    await api.server.close();
    await api.restart();
    const listed = (await api.get("/v1/keys")).body["data"] as Record<string, unknown>[];
    expect(listed.find(({ name }) => name === "till")).toMatchObject({
      ...{ scopes: ["money"], created_by: "ADMIN_TOKEN", last4: key.slice(-4), last_used_at: expect.any(String) },
    });
    expect((await api.post("/v1/keys/till/revoke")).body).toMatchObject({ revoked_by: "ADMIN_TOKEN" });
    expect((await api.get("/v1/plans", { as: key })).status).toBe(401);
    expect(await api.post("/v1/keys/nobody/revoke")).toMatchObject({
      ...{ status: 404, body: { mend: { method: "GET", path: "/v1/keys" } } },
    });
    expect(code(await api.post("/v1/keys", { name: "till", scopes: ["read"] }))).toBe("409 refused");
    expect(code(await api.post("/v1/keys", { name: "ADMIN_TOKEN", scopes: ["read"] }))).toBe("400 invalid_request");
  });

  test("each key as often a second as API_RATE_PER_SECOND says", async () => {
    await using slow = await openApi({ env: { API_RATE_PER_SECOND: "2" } });
    const one = await slow.newKey("one", ["read"]);
    const other = await slow.newKey("other", ["read"]);
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await slow.get("/v1/plans", { as: one })).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await slow.get("/v1/plans", { as: one });
    expect(refused.headers).toMatchObject({ "retry-after": "1" });
    expect((await slow.get("/v1/plans", { as: other })).status).toBe(200);
    slow.app.clock.advance(1000);
    expect((await slow.get("/v1/plans", { as: one })).status).toBe(200);
  });
});

describe("what is refused", () => {
  const big = JSON.stringify({ name: "x".repeat(1_100_000) });
  test.each<[method: string, url: string, body: unknown, expected: string, because: string]>([
    ["GET", "/v1/nothing", undefined, "404 not_found", "there is no such path"],
    ["GET", "/v1/plans/none", undefined, "404 not_found", "there is no such plan"],
    ["GET", `/v1/plans/${"x".repeat(300)}`, undefined, "404 not_found", "no id is so long"],
    ["GET", "/v1/plans?color=red", undefined, "400 invalid_request", "an unknown filter would find everything"],
    ["GET", "/v1/invoices?status=lost", undefined, "400 invalid_request", "no invoice has this status"],
    ["POST", "/v1/subscriptions", "{ no JSON", "400 invalid_request", "no JSON"],
    [
      "POST",
      "/v1/subscriptions",
      { plan: "oro", customer: "cus_1", start: "2026-02-30T09:00" },
      "400 invalid_request",
      "no such day",
    ],
    [
      "POST",
      "/v1/subscriptions",
      { plan: "oro", customer: "cus_1", start: "2026-12-01T09:00", color: 1 },
      "400 invalid_request",
      "an unknown field",
    ],
    ["POST", "/v1/subscriptions", '{"__proto__":{"a":1}}', "400 invalid_request", "a name that poisons objects"],
    ["POST", "/v1/subscriptions", big, "413 too_large", "1 MiB"],
    [
      "POST",
      "/v1/subscriptions",
      { plan: "none", customer: "cus_1", start: "2026-12-01T09:00" },
      "404 not_found",
      "no such plan",
    ],
    [
      "POST",
      "/v1/subscriptions/ana/pause?now=1",
      undefined,
      "400 invalid_request",
      "what is changed stands in the body",
    ],
    ["POST", "/v1/subscriptions/none/pause", undefined, "404 not_found", "no such subscription"],
    ["POST", "/v1/customers", { name: "Ana" }, "422 usage_invalid", "a new customer needs more"],
    [
      "POST",
      "/v1/customers",
      { name: "Nul\u0000Ruiz", email: "nul@example.mx", phone: "+525512345678" },
      "400 invalid_request",
      "no database keeps U+0000, and nobody is made at Conekta first",
    ],
    ["GET", "/v1/customers?q=Nul%00Ruiz", undefined, "400 invalid_request", "nor looks for it"],
    ["POST", "/v1/customers", { customer_id: "cus_none" }, "422 gateway_refused", "Conekta knows nobody of this id"],
  ])("%s %s %j: %s (%s)", async (method, url, body, expected) => {
    expect(code(await api.call(method, url, body === undefined ? {} : { body }))).toBe(expected);
  });

  test("a body that is no JSON by its type, and a method that the path lacks", async () => {
    const headers = { "content-type": "text/plain" };
    expect(code(await api.post("/v1/go", "x", { headers }))).toBe("415 unsupported_media_type");
    const put = await api.call("PUT", "/v1/go", { body: {} });
    expect([code(put), put.headers["allow"]]).toEqual(["405 method_not_allowed", "POST"]);
    const asked = await api.call("OPTIONS", "/v1/plans/oro");
    expect([asked.status, asked.headers["allow"]]).toEqual([204, "GET, HEAD, PUT"]);
    expect(code(await api.call("OPTIONS", "/v1/nothing"))).toBe("404 not_found");
  });

  test("what fastify itself refuses is said in both languages, too, and no answer is kept on the way", async () => {
    const es = { "accept-language": "es" };
    const odd = await api.get("/v1/plans/%zz", { headers: es });
    expect([code(odd), odd.body["detail"]]).toEqual(["400 invalid_request", "la URL no se puede decodificar"]);
    const details = async (body: unknown, headers = {}) =>
      (await api.post("/v1/go", body, { headers: { ...es, ...headers } })).body["detail"];
    expect(await details("{ no JSON")).toBe("el cuerpo no es JSON válido");
    expect(await details("x", { "content-type": "text/plain" })).toContain("envíe el cuerpo como JSON");
    expect(await details(big)).toBe("un cuerpo tiene 1 MiB como máximo");
    expect(code(await api.post("/v1/subscriptions", "null"))).toBe("400 invalid_request");
    // Many clients name the type of a body that they do not send.
    expect((await api.post("/v1/go", "")).status).toBe(200);
    expect((await api.get("/v1/plans")).headers).toMatchObject({ "cache-control": "no-store" });
    expect((await api.get("/v1/plans/", { headers: es })).body["detail"]).toBe("no existe GET /v1/plans/");
    const without = await api.post("/v1/subscriptions", { plan: "oro", customer: "cus_1" }, { headers: es });
    expect(without.body["errors"]).toEqual([{ pointer: "/start", detail: "falta" }]);
  });

  test("in Spanish for those who read it, each fault with its place", async () => {
    const body = { plan: "oro", customer: 7, start: "2026-12-01T09:00", color: 1 };
    const refused = await api.post("/v1/subscriptions", body, { headers: { "accept-language": "es-MX,en;q=0.5" } });
    expect(refused.body).toEqual({
      type: "urn:puntual:problem:invalid_request",
      title: "La petición no es válida",
      status: 400,
      detail: "hay campos que no son válidos",
      instance: "/v1/subscriptions",
      code: "invalid_request",
      errors: [
        { pointer: "/customer", detail: "debe ser texto" },
        { pointer: "/color", detail: "no es un campo de esto" },
      ],
      mend: null,
    });
    expect(refused.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  });

  test("why something is refused in Spanish, too, down to the part that differs", async () => {
    const es = { headers: { "accept-language": "es" } };
    const detail = async (url: string, body: object) => (await api.post(url, body, es)).body["detail"];
    expect(await detail("/v1/subscriptions/none/pause", {})).toBe("no existe la suscripción none");
    expect(await detail("/v1/subscriptions/ana/pause", { from: "2026-12-15" })).toBe(
      "from va con until, el día desde el que se cobra de nuevo",
    );
    expect(await detail("/v1/subscriptions/ana/change", { quantity: 1 })).toBe(
      "la suscripción ana: ya está en este plan y en esta cantidad; nada cambió",
    );
    const taxed = { rfc: "X", name: "ANA", postal_code: "1", regime: "612", use: "G03" };
    const customer = String((await api.get("/v1/subscriptions/ana")).body["customer_id"]);
    const refused = await api.call("PUT", `/v1/customers/${customer}/tax-data`, { body: taxed, ...es });
    expect(refused.body).toMatchObject({
      detail: "nada cambió",
      errors: [{ pointer: "/rfc" }, { pointer: "/postal_code", detail: expect.stringContaining("código postal") }],
    });
    const odd = await api.post("/v1/keys", { name: "with space", scopes: ["read"] }, es);
    expect(odd.body["errors"]).toMatchObject([{ pointer: "/name", detail: expect.stringContaining("guiones bajos") }]);
  });

  test("every code has one status, and its own title in both languages", () => {
    expect(new Set(PROBLEM_CODES).size).toBe(PROBLEM_CODES.length);
  });
});

describe("Idempotency-Key", () => {
  const pause = (key: string | null, body: unknown = {}) => api.post("/v1/subscriptions/ana/pause", body, { key });

  test("is required where something is made or changed, and one that cannot be is refused", async () => {
    expect(code(await pause(null))).toBe("400 idempotency_key_missing");
    expect(code(await pause("with space"))).toBe("400 invalid_request");
    expect(code(await pause("x".repeat(201)))).toBe("400 invalid_request");
  });

  test("the same request again takes effect once, and is answered the same, byte by byte", async () => {
    const first = await pause("p1", { reason: WHY });
    expect(first).toMatchObject({ status: 200, body: { status: "paused" } });
    expect(first.headers).not.toHaveProperty("idempotency-replayed");
    await api.post("/v1/subscriptions/ana/resume");
    await api.restart();
    const again = await pause("p1", { reason: WHY });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers).toMatchObject({ "idempotency-replayed": "true" });
    expect((await api.get("/v1/subscriptions/ana")).body).toMatchObject({ status: "active" });
  });

  test("with another body it is refused; on another path it is another request", async () => {
    expect((await pause("p2", { reason: WHY })).status).toBe(200);
    expect((await api.post("/v1/subscriptions/ana/resume")).status).toBe(200);
    expect(code(await pause("p2", { reason: `${WHY} again` }))).toBe("422 idempotency_key_reused");
    expect((await api.post("/v1/subscriptions/ana/skip", { reason: WHY }, { key: "p2" })).status).toBe(200);
    expect((await api.post("/v1/subscriptions/ana/unskip")).status).toBe(200);
  });

  test("of two at once one works, the other is told that it is in progress", async () => {
    const person = { name: "Luz Paz", email: "luz@example.mx", phone: "+525512345679" };
    const make = () => api.post("/v1/customers", person, { key: "c1" });
    const both = await Promise.all([make(), make()]);
    expect(both.map(code).toSorted()).toEqual(["201 undefined", "409 request_in_progress"]);
    expect((await make()).headers).toMatchObject({ "idempotency-replayed": "true" });
    expect((await api.get("/v1/customers?q=luz")).body["data"]).toHaveLength(1);
  });

  test("of two at once, each to a process of its own, one works, the other is told that it is in progress", async () => {
    const other = await newServer();
    await mountApi(other, api.app.assembly);
    const person = { name: "Eva Paz", email: "eva@example.mx", phone: "+525512345670" };
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "idempotency-key": "c2" };
    const [one, two] = await Promise.all([
      api.post("/v1/customers", person, { key: "c2" }),
      other.inject({ method: "POST", url: "/v1/customers", headers, payload: person }),
    ]);
    await other.close();
    expect([one.status, two.statusCode].toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect((await api.get("/v1/customers?q=eva")).body["data"]).toHaveLength(1);
  });

  test("a refused request leaves its key free", async () => {
    expect(code(await api.post("/v1/subscriptions/ana/resume", {}, { key: "r1" }))).toBe("409 refused");
    await pause("p3");
    expect((await api.post("/v1/subscriptions/ana/resume", {}, { key: "r1" })).status).toBe(200);
  });

  test("a key is shown once: of a request that is repeated, the answer lacks it", async () => {
    const body = { name: "once", scopes: ["read"] };
    const first = await api.post("/v1/keys", body, { key: "k1" });
    const again = await api.post("/v1/keys", body, { key: "k1" });
    expect(again).toMatchObject({ status: 201, body: { ...first.body, key: null } });
    expect(
      JSON.stringify(await api.app.store.requests.find({ method: "POST", path: "/v1/keys", key: "k1" })),
    ).not.toContain(String(first.body["key"]));
  });

  test("is kept for 30 days", async () => {
    const request = { method: "POST", path: "/v1/subscriptions/ana/pause", key: "p3" };
    await pause(request.key);
    await api.post("/v1/subscriptions/ana/resume");
    expect(await api.app.store.requests.find(request)).not.toBeNull();
    api.app.clock.advance(31 * 24 * 3_600_000);
    await api.post("/v1/go");
    expect(await api.app.store.requests.find(request)).toBeNull();
  });
});

describe("If-Match", () => {
  test("a change of what was read meanwhile is refused, and changes nothing", async () => {
    const read = await api.get("/v1/subscriptions/ana");
    const version = String(read.headers["etag"]);
    expect(await api.get("/v1/subscriptions/ana", { headers: { "if-none-match": version } })).toMatchObject({
      status: 304,
    });
    const withVersion = (tag: string) => ({ headers: { "if-match": tag } });
    expect((await api.post("/v1/subscriptions/ana/pause", {}, withVersion(version))).status).toBe(200);
    expect(code(await api.post("/v1/subscriptions/ana/resume", {}, withVersion(version)))).toBe("412 stale_version");
    expect((await api.get("/v1/subscriptions/ana")).body).toMatchObject({ status: "paused" });
    expect((await api.post("/v1/subscriptions/ana/resume", {}, withVersion('"x", *'))).status).toBe(200);
    expect(code(await api.post("/v1/subscriptions/none/resume", {}, withVersion(version)))).toBe("404 not_found");
  });
});

describe("every command has its endpoint", () => {
  const commands = createProgram(process).commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((each) => `${command.name()} ${each.name()}`),
  );
  const served = new Set(ENDPOINTS.flatMap((endpoint) => endpoint.commands));

  test("or a reason why it has none", () => {
    expect(commands.length).toBeGreaterThan(50);
    expect(commands.filter((name) => !served.has(name) && !Object.hasOwn(WITHOUT_ENDPOINT, name))).toEqual([]);
  });
  test("and no endpoint or reason is of a command that does not exist, or of one that is served", () => {
    const named = [...served, ...Object.keys(WITHOUT_ENDPOINT)];
    expect(named.filter((name) => !commands.includes(name) && name !== "serve")).toEqual([]);
    expect(Object.keys(WITHOUT_ENDPOINT).filter((name) => served.has(name))).toEqual([]);
  });
  test("each method and path stands there once", () => {
    const names = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("what is written about it", () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, "..", "..", file), "utf8");

  test("docs/openapi.json is what the API says of itself; write it anew with: node test/api/write-openapi.ts", () => {
    expect(JSON.parse(read("docs/openapi.json"))).toEqual(JSON.parse(JSON.stringify(description())));
  });

  const calls = [...read("docs/api.md").matchAll(/^curl (?:[^\n\\]|\\\n)+/gm)].map(([call]) => call);
  test.each(calls)("docs/api.md: %s", (call) => {
    const [, method = "GET"] = /-X (\w+)/.exec(call) ?? [];
    const [, url = ""] = /"\$API(\/[^"]*)"/.exec(call) ?? [];
    const [at = "", query = ""] = url.split("?");
    const found = ENDPOINTS.find(
      (each) => each.method === method && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(at),
    );
    const [, body = "{}"] = /-d '([^']*)'/.exec(call) ?? [];
    const given =
      found?.kind === "read" ? Object.fromEntries(new URLSearchParams(query)) : (JSON.parse(body) as unknown);
    const schema = found?.kind === "read" ? found.query : found?.body;
    expect(call).toContain("Authorization: Bearer $KEY");
    expect(call.includes("Idempotency-Key: ")).toBe(method === "POST");
    expect(schema?.safeParse(given)).toMatchObject({ success: true });
  });
  test("docs/api.md runs as written, from the first call to the last, but for ids and a token of its own", async () => {
    await using shop = await openApi();
    await shop.app.subscribeWithCard("luz", "tok_test_insufficient_funds");
    const own = new Map([
      ["tok_2nXJMzTrkeVWkNFpK", "tok_test_visa_4242"],
      ['"expected_count": 12', '"expected_count": 0'],
    ]);
    const answered: string[] = [];
    for (const call of calls) {
      const text = [...own].reduce((sum, [written, ours]) => sum.replace(written, ours), call);
      const [, method = "GET"] = /-X (\w+)/.exec(text) ?? [];
      const [, url = ""] = /"\$API(\/[^"]*)"/.exec(text) ?? [];
      const [, key = null] = /Idempotency-Key: ([^"]+)"/.exec(text) ?? [];
      const [, body] = /-d '([^']*)'/.exec(text) ?? [];
      const { status, body: document } = await shop.call(method, url, { key, body });
      answered.push(`${method} ${url.replace(/\?.*/, "").replace(/inv_\w+/, "inv")} ${status}`);
      if (url === "/v1/customers") own.set("cus_2tTU5GdkwZvBmS3fN", String(document["customer_id"]));
      if (url !== "/v1/subscriptions") continue;
      await shop.app.run();
      const [[paid], [declined]] = [await shop.app.invoices("ana-oro"), await shop.app.invoices("luz")];
      own.set("inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2/refunds", `${paid?.invoiceId}/refunds`);
      own.set("inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2/retry", `${declined?.invoiceId}/retry`);
    }
    expect(answered).toEqual([
      "PUT /v1/plans/oro 200",
      "POST /v1/customers 201",
      "POST /v1/subscriptions 201",
      "GET /v1/subscriptions/ana-oro/explain 200",
      "POST /v1/invoices/inv/retry 202",
      "POST /v1/invoices/inv/refunds 201",
      "GET /v1/events 200",
      "POST /v1/subscriptions/ana-oro/consents 201",
      "POST /v1/invoices/bulk 200",
    ]);
  });
  test("control: there are calls to look at", () => expect(calls.length).toBeGreaterThan(6));
});
