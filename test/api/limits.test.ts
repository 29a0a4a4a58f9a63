/** What bounds a request, each with its answer: how long it takes, how much it brings, how many rows it gets, and from where. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ENDPOINTS } from "../../src/entrypoints/http/api/endpoints.ts";
import { ADMIN_TOKEN, type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
  await api.app.subscribeWithCard("ana");
});
afterAll(async () => await api[Symbol.asyncDispose]());

test("30 seconds: a request that takes longer is told so, and that it may have taken effect", async () => {
  const { store } = api.app.assembly;
  const hanging = { ...store, page: () => new Promise<never>(() => {}) };
  await api.restart({ ...api.app.assembly, store: hanging });
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let answered = false;
    const asked = api.get("/v1/plans", { headers: { "accept-language": "es" } }).finally(() => (answered = true));
    await turn();
    mock.timers.tick(29_999);
    await turn();
    expect(answered).toBe(false);
    mock.timers.tick(1);
    const { status, body } = await asked;
    expect([status, body["code"]]).toEqual([503, "timeout"]);
    expect(body["detail"]).toContain("misma Idempotency-Key");
  } finally {
    mock.timers.reset();
    await api.restart();
  }
});

describe("1 MiB", () => {
  const LIMIT = 1_048_576;
  const bodyOf = (bytes: number): string => {
    const text = JSON.stringify({ name: "" });
    return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
  };

  test.each(ENDPOINTS.filter(({ method }) => method !== "GET").map(({ method, path }) => [method, path]))(
    "%s %s takes no larger body",
    async (method, path) => {
      const answered = await api.call(method, path.replaceAll(/\{\w+\}/g, "x"), { body: bodyOf(LIMIT + 1) });
      expect([answered.status, answered.body["code"]]).toEqual([413, "too_large"]);
    },
  );

  test("a body of just so many bytes is read", async () => {
    const body = bodyOf(LIMIT);
    expect(body).toHaveLength(LIMIT);
    expect((await api.post("/v1/customers", body)).body["code"]).toBe("invalid_request");
  });
});

describe("rows of a page", () => {
  const paged = ENDPOINTS.flatMap((each) =>
    each.kind === "read" && "limit" in each.query.shape && !each.path.includes("{") ? [each.path] : [],
  );

  test.each(paged)("%s: 1 to 100, and 20 where nobody says", async (path) => {
    for (const limit of ["0", "101", "-1", "1.5", "many", ""]) {
      const refused = await api.get(`${path}?limit=${limit}${path === "/v1/find" ? "&q=ana" : ""}`);
      expect([limit, refused.status, refused.body["code"]]).toEqual([limit, 400, "invalid_request"]);
      expect(refused.body["errors"]).toMatchObject([{ pointer: "/limit" }]);
    }
    for (const limit of ["1", "100"])
      expect((await api.get(`${path}?limit=${limit}${path === "/v1/find" ? "&q=ana" : ""}`)).status).toBe(200);
  });

  test.each([
    ["x", "usage_invalid"],
    ["e30", "usage_invalid"],
    ["x".repeat(2001), "invalid_request"],
  ])("a cursor that no page gave is refused: %s", async (cursor, expected) => {
    expect((await api.get(`/v1/invoices?cursor=${cursor}`)).body["code"]).toBe(expected);
  });
});

test("no CORS: a page of another origin is told nothing that lets it read or ask", async () => {
  const headers = { origin: "https://shop.example", "access-control-request-method": "POST" };
  for (const [method, url] of [
    ["GET", "/v1/plans"],
    ["OPTIONS", "/v1/subscriptions"],
    ["GET", "/v1/openapi.json"],
    ["GET", "/v1/nothing"],
  ] as const) {
    const answer = await api.server.inject({
      method,
      url,
      headers: { ...headers, authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  // What a browser asks before it sends a key: without one.
  expect((await api.server.inject({ method: "OPTIONS", url: "/v1/subscriptions", headers })).statusCode).toBe(401);
});

test("an Idempotency-Key of 200 characters is taken, and one of 201 is not", async () => {
  const grant = { amount_cents: 100, reason: "for the broken shower" };
  const { customerId } = await api.app.subscription("ana");
  const url = `/v1/customers/${customerId}/balance/grant`;
  expect((await api.post(url, grant, { key: "k".repeat(200) })).status).toBe(201);
  expect((await api.post(url, grant, { key: "k".repeat(201) })).body["code"]).toBe("invalid_request");
});

test("a damaged invoice stands in the accountant's file by its id, in both formats, beside all others", async () => {
  await api.app.run();
  const [invoice] = await api.app.invoices("ana");
  api.app.sql("update invoice set line_items = '['");
  const ndjson = await api.get("/v1/exports/cfdi?month=2026-12");
  const damaged = { documentId: invoice?.invoiceId, missing: ["document"] };
  expect(
    ndjson.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([damaged]);
  const csv = await api.get("/v1/exports/cfdi?month=2026-12&format=csv");
  expect(csv.text).toMatch(new RegExp(`^${invoice?.invoiceId},+document,+$`, "m"));
});
