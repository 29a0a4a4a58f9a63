/** What no invoice can say: one clear sentence on the command line and over the API, and not a row is changed by it. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import path from "node:path";
import Database from "better-sqlite3";
import { customerAt, newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { planOf } from "../support/records.ts";
import { openApi, type ApiFixture } from "./api-fixture.ts";

const PLANS = `plans:
  - { id: oro, name: Plan Oro, interval: month, tax: 16, line_items: [{ name: Plan Oro, unit_price: 20015 }] }
  - { id: dolar, name: Plan Dólar, currency: USD, interval: month, line_items: [{ name: Plan Dólar, unit_price: 1000 }] }
subscriptions:
  - { id: ana, plan: oro, customer: CUS, start: 2026-12-01T09:00 }
`;
const PLAN = { name: "Plan X", interval: "month", line_items: [{ name: "Plan X", unit_price_cents: 1000 }] };
const TAXED = { rfc: "CACX7605101P9", name: "ANA", postal_code: "10740", regime: "612", use: "G03" };
const LOCKER = { key: "locker", subscription_id: "ana", name: "Locker" };
const ITEM = ["items", "add", "--subscription", "ana", "--name", "Locker", "--key", "locker", "--amount"];

const OTHER_ITEM = ITEM.map((each) => (each === "locker" ? "other" : each));

type Row = {
  /** On the command line; a file named as the last argument is written first. */
  readonly args: readonly string[];
  readonly file?: string;
  readonly exitCode: number;
  readonly says: string;
  /** Over the API. */
  readonly call: readonly [method: string, path: string, body: object];
  readonly status: number;
  readonly detail: string;
};

// prettier-ignore
const ROWS: Readonly<Record<string, Row>> = {
  "an unknown rate": {
    args: ["plans", "apply", "bad.yaml"], exitCode: 78, says: "expected { rate: 16, included: true }, or the rate alone: 16, 8, 0 or exempt",
    file: "plans:\n  - { id: x, name: Plan X, interval: month, tax: 15, line_items: [{ name: Plan X, unit_price: 1000 }] }\n",
    call: ["PUT", "/v1/plans/x", { ...PLAN, tax: 15 }], status: 400, detail: "solo la tasa: 16, 8, 0 o exempt",
  },
  "a rate that has ended": {
    args: ["plans", "apply", "bad.yaml"], exitCode: 78, says: "the rate of 8 %, which ended on 2025-12-31",
    file: "plans:\n  - { id: x, name: Plan X, interval: month, tax: 8, line_items: [{ name: Plan X, unit_price: 1000 }] }\n",
    call: ["PUT", "/v1/plans/x", { ...PLAN, tax: 8 }], status: 422, detail: "2025-12-31",
  },
  "an item of an unknown rate": {
    args: [...OTHER_ITEM, "100", "--tax", "11"], exitCode: 64, says: "no rate of 11 %",
    call: ["POST", "/v1/items", { ...LOCKER, key: "other", amount_cents: 100, tax: 11 }], status: 400, detail: "16, 8, 0",
  },
  "a coupon over 100 %": {
    args: ["coupons", "add", "VERANO", "--percent", "100.01"], exitCode: 64, says: "up to 100, with two decimals at most",
    call: ["POST", "/v1/coupons", { code: "VERANO", percent: 100.01 }], status: 400, detail: "100",
  },
  "a coupon of nothing": {
    args: ["coupons", "add", "VERANO"], exitCode: 64, says: "give --percent or --amount",
    call: ["POST", "/v1/coupons", { code: "VERANO" }], status: 422, detail: "percent",
  },
  "a change into another currency": {
    args: ["subscriptions", "change", "ana", "--plan", "dolar", "--yes"], exitCode: 1, says: "the plans are of different currencies",
    call: ["POST", "/v1/subscriptions/ana/change", { plan_id: "dolar" }], status: 409, detail: "monedas",
  },
  "a key that was used for something else": {
    args: [...ITEM, "20000"], exitCode: 1, says: "locker",
    call: ["POST", "/v1/items", { ...LOCKER, amount_cents: 20000 }], status: 409, detail: "locker",
  },
  "an RFC with a wrong check digit": {
    args: ["customers", "tax", "CUS", "--rfc", "CACX7605101P9", "--name", "ANA", "--postal-code", "10740", "--regime", "612", "--use", "G03"],
    exitCode: 64, says: "CACX7605101P9 is no RFC: its last character is not the check digit",
    call: ["PUT", "/v1/customers/CUS/tax-data", TAXED], status: 422, detail: "CACX7605101P9",
  },
  "more of the balance than there is": {
    args: ["balance", "take", "CUS", "--amount", "100", "--reason", "error"], exitCode: 1, says: "less than the $1.00 MXN to be taken",
    call: ["POST", "/v1/customers/CUS/balance/take", { amount_cents: 100, reason: "se dio por error" }], status: 409, detail: "1.00 MXN",
  },
};

let shop: CommandFixture;
let api: ApiFixture;
const customers = { shop: "", api: "" };

beforeAll(async () => {
  shop = await newCommandFixture();
  customers.shop = await customerAt(shop.sandbox.url, "Ana", "tok_test_visa_4242");
  shop.write("config/plans.yaml", PLANS.replace("CUS", customers.shop));
  for (const args of [
    ["plans", "apply", "--yes"],
    [...ITEM, "15000"],
  ])
    await shop.run(args);

  api = await openApi();
  customers.api = await api.app.subscribeWithCard("ana");
  await api.app.store.write(api.app.clock.now(), async (records) => {
    Object.assign((await records.plan("oro"))!, { tax: { rate: 16, included: true } });
    records.addPlan(planOf({ id: "dolar", name: "Plan Dólar", currency: "USD" }));
  });
  await api.post("/v1/items", { ...LOCKER, amount_cents: 15000 });
});
afterAll(async () => {
  await shop.close();
  await api[Symbol.asyncDispose]();
});

/** All that was decided, row by row. */
function booksIn(databasePath: string): string {
  const database = new Database(databasePath, { readonly: true });
  const tables = ["plan", "subscription", "subscription_change", "coupon", "coupon_grant", "item", "balance_entry"];
  const rows = [...tables, "customer_tax", "invoice", "event"].map((table) =>
    database.prepare(`select * from ${table} order by 1, 2`).all(),
  );
  database.close();
  return JSON.stringify(rows);
}

test("control: both books have what the rows begin from", () => {
  for (const databasePath of [path.join(shop.folder, "books.db"), api.app.databasePath])
    expect(booksIn(databasePath)).toMatch(/"id":"oro".*"id":"ana".*"key":"locker"/);
});

describe.each(Object.keys(ROWS))("%s", (name) => {
  const { args, file, exitCode, says, call, status, detail } = ROWS[name]!;

  test("on the command line", async () => {
    const databasePath = path.join(shop.folder, "books.db");
    const before = booksIn(databasePath);
    if (file !== undefined) shop.write("bad.yaml", file);
    const done = await shop.run(args.map((each) => (each === "CUS" ? customers.shop : each)));
    expect([done.exitCode, done.stderr]).toEqual([exitCode, expect.stringContaining(says)]);
    expect(done.stderr).not.toMatch(/\n {4}at |Error:/);
    expect(booksIn(databasePath)).toBe(before);
  });

  test("over the API", async () => {
    const before = booksIn(api.app.databasePath);
    const [method, url, body] = call;
    const headers = { "accept-language": "es" };
    const answer = await api.call(method, url.replace("CUS", customers.api), { body, headers });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(detail)]);
    expect(booksIn(api.app.databasePath)).toBe(before);
  });
});
