/** What a chargeback is answered with: the same by API, page and command, and nothing in it that a bank must not see. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

const EVIDENCE = "/v1/subscriptions/ana/evidence";
const HOSTILE = `<script>alert("x")</script> & 'Ana'`;
const PAGE = { headers: { accept: "text/html,application/xhtml+xml" } };

type Row = Readonly<Record<string, unknown>>;
let api: ApiFixture;
let shop: CommandFixture;
let cardId = "";

/** A customer with a hostile name agreed, was charged, was given money back, disputed, and was canceled by a program. */
beforeAll(async () => {
  api = await openApi();
  shop = await newCommandFixture();
  const customerId = await api.app.subscribeWithCard("ana");
  await api.app.subscribeWithCard("luz");
  const { clock, store } = api.app;
  await store.write(clock.now(), async (records) => {
    const customer = await records.customer(customerId);
    Object.assign(customer!, { name: HOSTILE });
    cardId = customer?.paymentSourceId ?? "";
  });
  const text = `Acepto <img src=x onerror=alert(1)> $200.15 MXN cada mes.`;
  await api.post("/v1/subscriptions/ana/consents", { version: "<b>1</b>", text, channel: "web", address: "10.0.0.1" });
  await api.app.run();
  const [invoice] = await api.app.invoices("ana");
  const refund = { amount_cents: 5000, reason: `half <i>a month</i>, she was ill` };
  await api.post(`/v1/invoices/${invoice?.invoiceId}/refunds`, refund);
  const [charge] = await api.app.list("history", { subscriptionId: "ana" });
  const orderId = charge?.orderId ?? "";
  api.app.sandbox.dispute(orderId, { status: "action_required", reason: "subscription_canceled" });
  await api.app.takeWebhook("charge.chargeback.created", orderId);
  await api.app.run();
  const as = await api.newKey("portal", ["write"]);
  await api.post("/v1/subscriptions/ana/cancel", { at_once: true, rest: "drop" }, { as });
});
afterAll(async () => {
  await shop.close();
  await api[Symbol.asyncDispose]();
});

const run = (...args: readonly string[]) =>
  shop.run([...args], { env: { DATABASE_URL: `sqlite:${api.app.databasePath}` } });

describe("over the API", () => {
  test("it has consent, charge, refund, dispute, and who canceled, of this subscription alone", async () => {
    const { status, body, text } = await api.get(EVIDENCE, { headers: { "accept-language": "es" } });
    expect([status, text.includes("luz")]).toEqual([200, false]);
    expect(body).toMatchObject({
      subscription: { subscription_id: "ana", status: "canceled" },
      plan: { plan_id: "oro" },
      customer: { name: HOSTILE, email: "jorge@example.mx" },
      consents: [{ version: "<b>1</b>", amount_cents: 20015 }],
      charges: [{ outcome: "paid", amount_cents: 20015, card_last4: "4242", charge_id: expect.any(String) }],
      cancellations: [
        { type: "subscription.canceled", by: "portal", text: expect.stringContaining("Lo pidió portal") },
      ],
      refunds: [{ amount_cents: 5000, state: "done" }],
      disputes: [{ status: "action_required", reason: "subscription_canceled", outcome: "open" }],
    });
  });

  test("no key, no token and no card but its last digits is in it", async () => {
    expect(cardId).toMatch(/^src_/);
    for (const { text } of [await api.get(EVIDENCE), await api.get(EVIDENCE, PAGE)]) {
      expect(text).toContain("4242");
      for (const secret of [cardId, "tok_", "key_", "pk_", "10.0.0.1", "4242424242424242"])
        expect([secret, text.includes(secret)]).toEqual([secret, false]);
    }
  });

  test("whoever wants a page is given one in Spanish, in which nothing that people wrote is markup", async () => {
    const { status, headers, text } = await api.get(EVIDENCE, PAGE);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(text).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;Ana&#39;");
    expect(text).not.toMatch(/<(script|img|i|b>1)\b/);
    for (const said of [
      "Consentimiento",
      "en la web",
      "pagado",
      "cada mes",
      "abierta (action_required)",
      "hecho",
      "Lo pidió portal",
    ])
      expect([said, text.includes(said)]).toEqual([said, true]);
  });

  test.each([
    ["application/json, text/html", "application/json; charset=utf-8"],
    ["*/*", "application/json; charset=utf-8"],
    ["text/html", "text/html; charset=utf-8"],
  ])("Accept: %s is given %s", async (accept, type) => {
    expect((await api.get(EVIDENCE, { headers: { accept } })).headers["content-type"]).toBe(type);
  });

  test("a subscription that does not exist is not found, as a page neither", async () => {
    const nowhere = "/v1/subscriptions/nadie/evidence";
    expect((await api.get(nowhere)).status).toBe(404);
    expect((await api.get(nowhere, PAGE)).status).toBe(404);
    expect((await api.get(EVIDENCE, { ...PAGE, as: null })).status).toBe(401);
  });
});

describe("on the command line", () => {
  test("--json has the same, and the summary names each", async () => {
    const told = documentOf(await run("evidence", "ana", "--json")) as Readonly<Record<string, readonly Row[]>>;
    const lists = ["consents", "charges", "cancellations", "refunds", "disputes"];
    expect(lists.map((name) => told[name]?.length)).toEqual([1, 1, 1, 1, 1]);
    const { stdout } = await run("evidence", "ana");
    for (const said of ["consent", "charge", "canceling", "refund", "dispute"]) expect(stdout).toContain(said);
    expect((await run("evidence", "luz")).stdout).toContain("No consent of it is recorded.");
  });

  test("--html writes the page once, and overwrites nothing", async () => {
    const written = await run("evidence", "ana", "--html", "expediente.html");
    expect([written.exitCode, written.stdout]).toEqual([0, "expediente.html holds the evidence about ana.\n"]);
    const page = readFileSync(path.join(shop.folder, "expediente.html"), "utf8");
    expect(page).toContain("&lt;script&gt;");
    expect((await run("evidence", "ana", "--html", "expediente.html")).stderr).toContain("nothing is overwritten");
    expect((await run("evidence", "nadie")).stderr).toContain("there is no subscription nadie");
  });
});
