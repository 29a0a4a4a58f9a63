/** What GET answers can be sent back whole: it is accepted, and changes nothing. What is not changed there, is refused. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ENDPOINTS } from "../../src/entrypoints/http/api/endpoints.ts";
import { type Answered, type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
let ana = "";
beforeAll(async () => {
  api = await openApi();
  ana = await api.app.subscribeWithCard("ana");
  await api.app.run();
  await put("/v1/plans/full", FULL);
});
afterAll(async () => await api[Symbol.asyncDispose]());

const LINE = { name: "Gimnasio", unit_price_cents: 45_000 };
const FULL = {
  ...{ name: "Plan Familiar", interval: "half_month", frequency: 2, trial_period_days: 7, expiry_count: 12 },
  line_items: [
    { ...LINE, quantity: 2, sku: "GYM", description: "Dos personas", clave_prod_serv: "86121700", clave_unidad: "E48" },
    { name: "Casillero", unit_price_cents: 5_000, tax: { rate: 0, included: true } },
  ],
  tax: { rate: 16, included: false },
  prices: [{ from: "2027-01-01", line_items: [{ ...LINE, tax: 16 }] }],
};
const TAX_DATA = {
  rfc: "CACX7605101P8",
  name: "XOCHILT CASAS CHAVEZ",
  postal_code: "10740",
  regime: "612",
  use: "G03",
};

const put = (url: string, body: unknown) => api.call("PUT", url, { body });
const code = ({ status, body }: Answered) => `${status} ${String(body["code"])}`;
const events = async () => (await api.app.list("events")).length;

type Case = readonly [method: "PUT" | "PATCH", path: string, because: string, url: () => Promise<string>];

const CASES: readonly Case[] = [
  ["PUT", "/v1/plans/{plan_id}", "everything is told of it", async () => "/v1/plans/full"],
  ["PUT", "/v1/plans/{plan_id}", "nothing is", async () => (await put("/v1/plans/bare", BARE), "/v1/plans/bare")],
  ["PUT", "/v1/plans/{plan_id}", "others are on it", async () => "/v1/plans/oro"],
  ["PUT", "/v1/plans/{plan_id}", "it is archived", archivedPlan],
  ["PATCH", "/v1/customers/{customer_id}", "nothing was kept of her", async () => `/v1/customers/${ana}`],
  ["PATCH", "/v1/customers/{customer_id}", "something was", knownCustomer],
  ["PUT", "/v1/customers/{customer_id}/tax-data", "there is none", async () => `/v1/customers/${await luz()}/tax-data`],
  ["PUT", "/v1/customers/{customer_id}/tax-data", "there is some", taxedCustomer],
  ["PATCH", "/v1/subscriptions/{subscription_id}", "it runs", async () => "/v1/subscriptions/ana"],
  ["PUT", "/v1/cfdi/{document_id}", "nothing was exported", async () => `/v1/cfdi/${await invoiceId()}`],
  ["PUT", "/v1/cfdi/{document_id}", "it was stamped", stampedInvoice],
];
const BARE = { name: "Plan Oro", interval: "month", line_items: [LINE], tax: null };

async function archivedPlan(): Promise<string> {
  await put("/v1/plans/old", BARE);
  await api.post("/v1/plans/old/archive");
  return "/v1/plans/old";
}
async function knownCustomer(): Promise<string> {
  const body = { language: "es", metadata: { member: "4711" }, tax_data: TAX_DATA };
  await api.call("PATCH", `/v1/customers/${ana}`, { body });
  return `/v1/customers/${ana}`;
}
async function taxedCustomer(): Promise<string> {
  expect((await put(`/v1/customers/${ana}/tax-data`, TAX_DATA)).status).toBe(200);
  return `/v1/customers/${ana}/tax-data`;
}
async function luz(): Promise<string> {
  return await api.app.subscribeWithCard(`luz-${(people += 1)}`);
}
let people = 0;
async function invoiceId(): Promise<string> {
  return String((await api.app.invoices("ana"))[0]?.invoiceId);
}
async function stampedInvoice(): Promise<string> {
  const url = `/v1/cfdi/${await invoiceId()}`;
  expect((await put(url, { uuid: "2f1c6a40-7d0d-4b1e-9a53-3b9f3f1f2a11" })).status).toBe(200);
  return url;
}

describe("what was read is sent back", () => {
  test.each(CASES)("%s %s: nothing changes (%s)", async (method, _path, _because, urlOf) => {
    const url = await urlOf();
    const read = await api.get(url);
    expect(read.status).toBe(200);
    const before = await events();
    const written = await api.call(method, url, { body: read.body });
    expect([written.status, written.body]).toEqual([200, read.body]);
    expect([await events(), (await api.get(url)).body]).toEqual([before, read.body]);
    expect((await api.call(method, url, { body: read.body, headers: { "if-match": '"other"' } })).status).toBe(412);
  });

  test("and so can be whatever else is changed by PUT or PATCH", () => {
    const tried = new Set(CASES.map(([method, path]) => `${method} ${path}`));
    const changed = ENDPOINTS.filter(({ method }) => method === "PUT" || method === "PATCH");
    expect(changed.map(({ method, path }) => `${method} ${path}`).filter((name) => !tried.has(name))).toEqual([]);
  });

  test.each<[method: string, pointer: string, change: object, url: () => string]>([
    ["PUT", "/plan_id", { plan_id: "other" }, () => "/v1/plans/full"],
    ["PUT", "/archived_at", { archived_at: "2026-12-01T00:00:00.000Z" }, () => "/v1/plans/full"],
    ["PATCH", "/name", { name: "Ana Ruiz" }, () => `/v1/customers/${ana}`],
    ["PATCH", "/status", { status: "paused" }, () => "/v1/subscriptions/ana"],
  ])("%s: another %s is refused at its place, in both languages", async (method, pointer, change, urlOf) => {
    const url = urlOf();
    const body = { ...(await api.get(url)).body, ...change };
    const refused = await api.call(method, url, { body });
    expect(code(refused)).toBe("400 invalid_request");
    expect(refused.body["errors"]).toEqual([{ pointer, detail: expect.stringContaining("is not changed here") }]);
    const es = await api.call(method, url, { body, headers: { "accept-language": "es" } });
    expect(es.body["errors"]).toEqual([{ pointer, detail: expect.stringContaining("no se cambia aquí") }]);
  });

  test("a plan goes to other books as it was read", async () => {
    await using other = await openApi();
    const { body } = await api.get("/v1/plans/full");
    const made = await other.call("PUT", "/v1/plans/full", { body });
    expect(made).toMatchObject({ status: 200, body: { ...body, subscriptions: 0 } });
  });
});

describe("a new subscription", () => {
  const post = (body: object) => api.post("/v1/subscriptions", body);
  test("is asked for by the names that answers have, or by those of plans.yaml", async () => {
    const customer = await luz();
    const one = { plan_id: "full", customer_id: customer, start_local: "2026-12-15T09:00", subscription_id: "s1" };
    const made = await post(one);
    expect(made).toMatchObject({
      status: 201,
      body: { subscription_id: "s1", plan_id: "full", customer_id: customer },
    });
    const two = { plan: "bare", customer, start: "2026-12-15T09:00", id: "s2" };
    expect(await post(two)).toMatchObject({ status: 201, body: { subscription_id: "s2" } });
    expect(await post({ ...two, id: "s3", plan_id: "full" })).toMatchObject({
      ...{
        status: 400,
        body: { errors: [{ pointer: "/plan_id", detail: "plan_id and plan name the same, and differ" }] },
      },
    });
    expect(await post({})).toMatchObject({
      body: {
        errors: ["plan_id", "customer_id", "start_local"].map((name) => ({
          pointer: `/${name}`,
          detail: "is missing",
        })),
      },
    });
  });
});
