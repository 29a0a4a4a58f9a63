/** A program's day with the API: from a sign-up to a refund, on one database, with every answer held against its description. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Answered, ApiFixture } from "./api-fixture.ts";

/** @param open the API on a new database */
export function apiWorks(open: () => Promise<ApiFixture>): void {
  let api: ApiFixture;
  beforeAll(async () => void (api = await open()));
  afterAll(async () => await api[Symbol.asyncDispose]());

  /** What people said comes out in their own words. */
  const said = new Set<string>();
  const get = async (url: string) => {
    const answered = await api.get(url);
    mustBeInSpanish(url, said, await api.get(url, { headers: { "accept-language": "es" } }));
    return answered;
  };
  const post = (url: string, body?: object) => {
    if (body !== undefined && "reason" in body) said.add(String(body.reason));
    return api.post(url, body);
  };
  const dataOf = ({ body }: Answered) => body["data"] as Record<string, unknown>[];
  const WHY = "she asked for it at the counter";
  let customerId = "";
  let invoiceId = "";

  describe("a sign-up, a year later", () => {
    test("a plan is put, and put again changes nothing; a fixed field of one in use is refused", async () => {
      const plan = { name: "Plan Oro", interval: "month", line_items: [{ name: "Plan Oro", unit_price_cents: 20015 }] };
      const put = await api.call("PUT", "/v1/plans/oro", { body: plan });
      expect(put).toMatchObject({ status: 200, body: { plan_id: "oro", source: "code", currency: "MXN" } });
      expect((await api.call("PUT", "/v1/plans/oro", { body: plan })).text).toBe(put.text);
      expect((await get("/v1/plans/oro")).text).toBe(put.text);
      expect(await api.call("PUT", "/v1/plans/oro", { body: { ...plan, interval: "fortnight" } })).toMatchObject({
        ...{ status: 400, body: { code: "invalid_request", errors: [{ pointer: "/interval" }] } },
      });
      const cheap = { ...plan, line_items: [{ name: "Plan Oro", unit_price_cents: 5 }] };
      expect(await api.call("PUT", "/v1/plans/oro", { body: cheap })).toMatchObject({
        ...{ status: 422, body: { code: "usage_invalid" } },
      });
    });

    test("a customer with a card, put on the plan", async () => {
      const person = {
        name: "Ana Ruiz",
        email: "ana@example.mx",
        phone: "+525512345678",
        token_id: "tok_test_visa_4242",
      };
      const made = await post("/v1/customers", person);
      expect(made).toMatchObject({ status: 201, body: { name: "Ana Ruiz", card_last4: "4242" } });
      customerId = String(made.body["customer_id"]);
      expect(dataOf(await get("/v1/customers?q=ruiz"))).toEqual([made.body]);
      expect(await post("/v1/customers", person)).toMatchObject({
        ...{
          status: 409,
          body: { code: "needs_confirmation", mend: { method: "GET", path: `/v1/customers/${customerId}` } },
        },
      });

      const order = { plan: "oro", customer: customerId, start: "2026-12-01T09:00" };
      const subscribed = await post("/v1/subscriptions", order);
      expect(subscribed).toMatchObject({
        ...{
          status: 201,
          body: { subscription_id: `${customerId}:oro`, status: "active", time_zone: "America/Mexico_City" },
        },
      });
      expect(await post("/v1/subscriptions", order)).toMatchObject({ status: 409, body: { code: "refused" } });
      expect(await post("/v1/subscriptions", { ...order, id: "ana-2" })).toMatchObject({
        ...{ status: 409, body: { code: "needs_confirmation" } },
      });
      expect(dataOf(await get("/v1/find?q=ruiz")).map(({ kind }) => kind)).toEqual(["customer", "subscription"]);
      const schedule = await get(`/v1/subscriptions/${customerId}:oro/schedule?count=2`);
      expect(schedule.body).toMatchObject({
        dates: ["2026-12-01T15:00:00.000Z", "2027-01-01T15:00:00.000Z"],
        next_charge: { at: "2026-12-01T15:00:00.000Z", amount_cents: 20015 },
      });
    });

    test("no request charges: the run does, and the invoice tells all of it", async () => {
      expect(api.app.sandbox.ledger()).toEqual([]);
      await api.app.run();
      const [invoice] = dataOf(await get(`/v1/invoices?customer_id=${customerId}&status=paid`));
      expect(invoice).toMatchObject({ status: "paid", amount_cents: 20015, line_items: [{ unit_price_cents: 20015 }] });
      invoiceId = String(invoice?.["invoice_id"]);
      expect((await get(`/v1/invoices/${invoiceId}`)).body).toMatchObject({
        attempts: [{ state: "paid" }],
        refunds: [],
      });
      expect(dataOf(await get(`/v1/attempts?invoice_id=${invoiceId}`))).toMatchObject([{ state: "paid", number: 1 }]);
      expect(dataOf(await get("/v1/history?outcome=paid"))).toMatchObject([{ invoice_id: invoiceId }]);
    });

    test("money needs a reason, and says who", async () => {
      expect(await post(`/v1/invoices/${invoiceId}/refunds`, { amount_cents: 5000 })).toMatchObject({
        ...{ status: 400, body: { errors: [{ pointer: "/reason" }] } },
      });
      const refunded = await post(`/v1/invoices/${invoiceId}/refunds`, { amount_cents: 5000, reason: WHY });
      expect(refunded).toMatchObject({
        ...{ status: 201, body: { state: "done", amount_cents: 5000, requested_by: "ADMIN_TOKEN" } },
      });
      // As it was given, under the name it was given by.
      expect(refunded.body).toMatchObject({ reason: WHY, gateway_reason: "requested_by_client" });
      expect(dataOf(await get(`/v1/refunds?invoice_id=${invoiceId}`))).toEqual([refunded.body]);
      expect(dataOf(await post(`/v1/invoices/${invoiceId}/refunds/settle`, { reason: WHY }))).toEqual([refunded.body]);

      // What the read shows of Conekta's panel is a row of its own: the answer is the refund that was asked for.
      const orderId = api.app.sandbox.ledger()[0]?.orderId ?? "";
      const gateway = await api.app.assembly.gateway();
      await gateway.refund(orderId, { amountCents: 1000, reason: "other" });
      const again = await post(`/v1/invoices/${invoiceId}/refunds`, { amount_cents: 700, reason: WHY });
      expect(again).toMatchObject({ status: 201, body: { amount_cents: 700, requested_by: "ADMIN_TOKEN" } });
      expect(dataOf(await get(`/v1/refunds?invoice_id=${invoiceId}`))).toMatchObject([
        again.body,
        { amount_cents: 1000, requested_by: "conekta" },
        refunded.body,
      ]);
      expect(await post(`/v1/invoices/${invoiceId}/void`, { reason: WHY })).toMatchObject({
        ...{ status: 409, body: { code: "refused" } },
      });
      const told = await api.get(`/v1/subscriptions/${customerId}:oro/explain`, {
        headers: { "accept-language": "es" },
      });
      expect(told.text).toContain(`Lo pidió ADMIN_TOKEN: ${WHY}.`);
    });

    test("a subscription is paused, skipped, canceled, and all of that taken back", async () => {
      const path = `/v1/subscriptions/${customerId}:oro`;
      expect((await post(`${path}/pause`)).body).toMatchObject({ status: "paused" });
      expect((await post(`${path}/resume`, { reason: "she is back from abroad" })).body).toMatchObject({
        status: "active",
      });
      expect((await post(`${path}/skip`)).body).toMatchObject({ next_cycle: 2 });
      expect((await post(`${path}/unskip`)).body).toMatchObject({ next_cycle: 1 });
      expect((await post(`${path}/cancel`)).body).toMatchObject({ cancel_at: "2027-01-01T15:00:00.000Z" });
      expect((await post(`${path}/uncancel`)).body).toMatchObject({ cancel_at: null, status: "active" });
      expect(await post(`${path}/uncancel`)).toMatchObject({ status: 409, body: { code: "refused" } });
      expect(await post(`${path}/cancel`, { rest: "charge" })).toMatchObject({ status: 200 });
      expect((await post(`${path}/uncancel`)).body).toMatchObject({ cancel_at: null });
      const { text } = await get(`${path}/explain`);
      expect(text).toContain("ADMIN_TOKEN asked for it: she is back from abroad.");
      expect(dataOf(await get("/v1/subscriptions?status=active"))).toHaveLength(1);
    });

    test("another quantity is looked at, done as the preview said, and taken back", async () => {
      const path = `/v1/subscriptions/${customerId}:oro`;
      const preview = await get(`${path}/preview?quantity=2&apply=period_end`);
      expect(preview.body).toMatchObject({ apply: "period_end", charged_now_cents: 0, next_amount_cents: 40030 });
      const body = { quantity: 2, apply: "period_end", token: preview.body["token"] };
      expect((await post(`${path}/change`, { ...body, token: "another" })).status).toBe(409);
      expect((await post(`${path}/change`, body)).body).toMatchObject({ quantity: 2 });
      expect((await post(`${path}/change/undo`)).body).toMatchObject({ quantity: 1 });
      expect((await post(`${path}/change`)).status).toBe(422);
      const pause = { from: "2026-12-15", until: "2027-02-01" };
      expect((await post(`${path}/pause`, pause)).body).toMatchObject({ pause_until: "2027-02-01T06:00:00.000Z" });
      expect((await post(`${path}/resume`)).body).toMatchObject({ pause_until: null });
      expect((await post(`${path}/pause`, { from: "2026-12-15" })).status).toBe(422);
    });

    test("items, coupons and a balance wait for the next invoice", async () => {
      const id = `${customerId}:oro`;
      const locker = { key: "locker-1", name: "Llave del locker", amount_cents: 15000, subscription_id: id };
      expect(await post("/v1/items", locker)).toMatchObject({
        status: 201,
        body: { state: "pending", currency: "MXN" },
      });
      expect((await post("/v1/items", { ...locker, customer_id: customerId })).status).toBe(422);
      expect(dataOf(await get(`/v1/items?subscription_id=${id}`))).toHaveLength(1);
      expect((await post("/v1/items/locker-1/remove")).body).toMatchObject({ state: "removed" });

      const half = { code: "MITAD", percent: 50, cycles: 2 };
      expect(await post("/v1/coupons", half)).toMatchObject({ status: 201, body: { percent: 50, amount_cents: null } });
      expect((await post("/v1/coupons", { ...half, code: "DOS", amount_cents: 100 })).status).toBe(422);
      expect((await post(`/v1/subscriptions/${id}/coupons/MITAD/give`)).body).toMatchObject({
        code: "MITAD",
        number: 1,
      });
      expect((await post(`/v1/subscriptions/${id}/coupons/MITAD/take`)).body).toMatchObject({ code: "MITAD" });
      expect(dataOf(await get(`/v1/subscriptions/${id}/coupons`))).toHaveLength(1);
      await post("/v1/coupons/MITAD/archive");
      expect((await get("/v1/coupons/MITAD")).body).toMatchObject({ redemptions: 1, archived_at: expect.any(String) });
      expect(dataOf(await get("/v1/coupons"))).toHaveLength(1);

      const path = `/v1/customers/${customerId}/balance`;
      const granted = await post(`${path}/grant`, { amount_cents: 5000, reason: WHY });
      expect(granted).toMatchObject({
        status: 201,
        body: { kind: "grant", balance_cents: 5000, actor: "ADMIN_TOKEN" },
      });
      expect((await post(`${path}/take`, { amount_cents: 6000, reason: WHY })).status).toBe(409);
      expect((await post(`${path}/take`, { amount_cents: 5000, reason: WHY })).body).toMatchObject({
        balance_cents: 0,
      });
      expect((await get(path)).body).toMatchObject({ balances: [{ currency: "MXN", balance_cents: 0 }] });
    });

    test("what the merchant keeps of a customer is changed by itself, and nothing of it where a part is refused", async () => {
      const path = `/v1/customers/${customerId}`;
      const patch = async (body: object, headers = {}) => await api.call("PATCH", path, { body, headers });
      expect(await patch({ language: "en", metadata: { crm: "17", branch: "Roma" } })).toMatchObject({
        ...{ status: 200, body: { customer_id: customerId, language: "en", metadata: { crm: "17", branch: "Roma" } } },
      });
      expect((await patch({ metadata: { crm: null } })).body).toMatchObject({
        language: "en",
        metadata: { branch: "Roma" },
      });
      for (const [body, status, code] of [
        [{}, 422, "usage_invalid"],
        [{ language: "fr" }, 400, "invalid_request"],
        [{ metadata: { crm: 17 } }, 400, "invalid_request"],
        [{ language: "es", metadata: { crm: "x".repeat(501) } }, 422, "input_invalid"],
        [
          { language: "es", tax_data: { rfc: "X", name: "A", postal_code: "1", regime: "612", use: "G03" } },
          422,
          "input_invalid",
        ],
      ] as const)
        expect(await patch(body)).toMatchObject({ status, body: { code } });
      const shown = await get(path);
      const tag = String(shown.headers["etag"]);
      expect(shown.body).toMatchObject({ language: "en", metadata: { branch: "Roma" } });
      expect((await patch({ language: "es" }, { "if-match": '"another"' })).status).toBe(412);
      expect((await patch({ language: "es" }, { "if-match": tag })).body).toMatchObject({ language: "es" });
      const whole = {
        rfc: "CACX7605101P8",
        name: "XOCHILT CASAS CHAVEZ",
        postal_code: "10740",
        regime: "612",
        use: "G03",
      };
      const both = await patch({ tax_data: whole, metadata: { crm: "18" } });
      expect(both.body).toMatchObject({ rfc: whole.rfc, metadata: { branch: "Roma", crm: "18" } });
      expect((await api.call("PATCH", "/v1/customers/cus_nobody", { body: { language: "es" } })).status).toBe(404);
    });

    test("tax data are kept for the CFDI, and its stamp noted", async () => {
      const path = `/v1/customers/${customerId}/tax-data`;
      const data = {
        rfc: "CACX7605101P8",
        name: "XOCHILT CASAS CHAVEZ",
        postal_code: "10740",
        regime: "612",
        use: "G03",
      };
      expect(await api.call("PUT", path, { body: { ...data, postal_code: "1" } })).toMatchObject({
        ...{ status: 422, body: { code: "input_invalid", errors: [{ pointer: "/postal_code" }] } },
      });
      expect((await api.call("PUT", path, { body: data })).body).toEqual({ customer_id: customerId, tax_data: data });
      expect((await get(`/v1/cfdi/${invoiceId}`)).body).toEqual({ document_id: invoiceId, cfdi: null });
      const uuid = "5b0f5b0e-0c0a-4c1e-9a53-1f4a3ec0a001";
      const noted = await api.call("PUT", `/v1/cfdi/${invoiceId}`, { body: { uuid } });
      expect(noted).toMatchObject({ status: 200, body: { cfdi: { status: "stamped" } } });
    });

    test("cards are added, chosen and removed at Conekta", async () => {
      const path = `/v1/customers/${customerId}/cards`;
      expect(await post(path, { token_id: "tok_test_mastercard_4444" })).toMatchObject({ status: 201 });
      const cards = dataOf(await get(path));
      const [first, second] = cards.toSorted((a, b) => Number(b["is_default"]) - Number(a["is_default"]));
      expect((await post(`${path}/${String(second?.["payment_source_id"])}/default`)).body).toMatchObject({
        payment_source_id: second?.["payment_source_id"],
      });
      expect((await post(`${path}/${String(first?.["payment_source_id"])}/remove`)).status).toBe(200);
      expect(dataOf(await get(path))).toHaveLength(1);
      expect(await post(`/v1/cards/${String(second?.["payment_source_id"])}/allow`, { reason: WHY })).toMatchObject({
        ...{ status: 409, body: { code: "refused" } },
      });
    });

    test("a declined invoice is retried by asking, linked, unlinked, and marked as paid", async () => {
      const person = { name: "Luz Paz", email: "luz@example.mx", phone: "+525512345679" };
      const { body } = await post("/v1/customers", { ...person, token_id: "tok_test_insufficient_funds" });
      const order = { plan: "oro", customer: body["customer_id"], start: "2026-12-01T09:00", id: "luz" };
      await post("/v1/subscriptions", order);
      await api.app.run();
      const [failed] = dataOf(await get("/v1/dunning"));
      const path = `/v1/invoices/${String(failed?.["invoice_id"])}`;
      expect(await post(`${path}/retry`)).toMatchObject({ status: 202, body: { status: "open" } });
      const linked = await post(`${path}/link`, { methods: ["cash"], expires_after_days: 3 });
      expect(linked).toMatchObject({ status: 200, body: { url: expect.stringContaining("http") } });
      expect(await post(`${path}/link`)).toMatchObject({ status: 409, body: { code: "refused" } });
      expect((await post(`${path}/cancel-link`)).status).toBe(202);
      const paid = await post(`${path}/mark-paid`, { reason: WHY });
      expect(paid).toMatchObject({ status: 200, body: { status: "paid" } });
      expect((await get("/v1/subscriptions/luz/explain")).text).toContain(`ADMIN_TOKEN asked for it: ${WHY}.`);
    });

    test("what is unknown is resolved by a person, after a look at Conekta", async () => {
      expect(dataOf(await get("/v1/attempts?state=unknown"))).toEqual([]);
      expect(dataOf(await get("/v1/attention"))).toEqual([]);
      const [attempt] = dataOf(await get("/v1/attempts?state=paid"));
      const path = `/v1/attempts/${String(attempt?.["attempt_id"])}`;
      expect((await get(path)).body).toEqual(attempt);
      expect(await post(`${path}/resolve`, { as: "not_charged", reason: WHY })).toMatchObject({ status: 409 });
      expect(await post(`${path}/resolve`, { as: "paid", reason: WHY })).toMatchObject({ status: 422 });
      expect(await post("/v1/attempts/att_none/resolve", { as: "not_charged", reason: WHY })).toMatchObject({
        status: 404,
      });
      expect(dataOf(await get("/v1/disputes"))).toEqual([]);
      expect((await post("/v1/disputes/dsp_none/resolve", { as: "won", reason: WHY })).status).toBe(404);
    });

    test("lists are narrowed by when, by what is remembered, and by who asked", async () => {
      const ids = async (url: string, id: string) => dataOf(await get(url)).map((row) => row[id]);
      const all = await ids("/v1/subscriptions?limit=100", "subscription_id");
      expect(await ids("/v1/subscriptions?due_before=2026-12-02T00:00:00Z", "subscription_id")).toEqual([]);
      expect(await ids("/v1/subscriptions?due_before=2027-02-02T00:00:00Z", "subscription_id")).toEqual(all);
      for (const [q, found] of [
        ["ruíz", 1],
        ["PLAN ORO", all.length],
        ["nobody", 0],
      ] as const)
        expect(await ids(`/v1/subscriptions?q=${encodeURIComponent(q)}`, "subscription_id")).toHaveLength(found);
      const paid = "/v1/invoices?status=paid&q=ruiz&paid_between=";
      expect(await ids(`${paid}2026-12-01T00:00:00Z,2026-12-02T00:00:00Z`, "customer_id")).toEqual([customerId]);
      expect(await ids(`${paid}2026-12-02T00:00:00Z,2026-12-03T00:00:00Z`, "customer_id")).toEqual([]);
      for (const wrong of ["2026-12-02", "2026-12-03T00:00:00Z,2026-12-02T00:00:00Z"])
        expect((await get(`${paid}${wrong}`)).status).toBe(400);
      expect(await ids("/v1/invoices?due_before=2026-12-01T00:00:00Z", "invoice_id")).toEqual([]);

      const tax = { name: "XOCHILT CASAS CHAVEZ", postal_code: "10740", regime: "612", use: "G03" };
      const put = await api.call("PUT", `/v1/customers/${customerId}/tax-data`, {
        body: { rfc: "CACX7605101P8", ...tax },
      });
      expect(put.status).toBe(200);
      const last4 = String((await get(`/v1/customers/${customerId}`)).body["card_last4"]);
      for (const q of ["ana", "ANA@EXAMPLE", "55 1234 5678", last4, "cacx7605", customerId])
        expect(await ids(`/v1/customers?q=${encodeURIComponent(q)}`, "customer_id")).toContain(customerId);
      // A page is filled with those that fit, and the next begins after them.
      const first = await get("/v1/customers?q=example.mx&limit=1");
      const second = await get(`/v1/customers?q=example.mx&limit=1&cursor=${String(first.body["next_cursor"])}`);
      expect([...dataOf(first), ...dataOf(second)]).toEqual(dataOf(await get("/v1/customers?q=example.mx")));

      const [asked] = dataOf(await get(`/v1/audit?subscription_id=${customerId}:oro&limit=100`)).filter(
        ({ reason }) => reason === "she is back from abroad",
      );
      expect(asked).toMatchObject({ actor: "ADMIN_TOKEN", type: "subscription.resumed" });
      expect(dataOf(await get("/v1/audit?actor=nobody"))).toEqual([]);
    });

    test("a plan that is archived takes nobody new, until it is sold again", async () => {
      const archived = await post("/v1/plans/oro/archive");
      expect(archived).toMatchObject({ status: 200, body: { archived_at: "2026-12-01T15:00:00.000Z" } });
      const order = { plan: "oro", customer: customerId, start: "2026-12-01T09:00", id: "new", confirm: true };
      expect(await post("/v1/subscriptions", order)).toMatchObject({ status: 409, body: { code: "refused" } });
      expect((await post("/v1/plans/oro/unarchive")).body).toMatchObject({ archived_at: null });
      expect((await post("/v1/plans/none/archive")).status).toBe(404);
    });

    test("reports add up, and exports stream", async () => {
      const cash = await get("/v1/reports/cash?days=93&plan_id=oro");
      expect(cash.body).toMatchObject({
        time_zone: "America/Mexico_City",
        data: ["2027-01-01", "2027-02-01", "2027-03-01"].map((day) => ({
          ...{ day, currency: "MXN", charges: 2, amount_cents: 40030 },
        })),
      });
      const cfdi = (await get("/v1/exports/cfdi?month=2026-12")).text.trim().split("\n");
      expect(cfdi.map((line) => JSON.parse(line) as object)[0]).toMatchObject({ exportedAt: null });
      expect((await get("/v1/exports/cfdi?month=2026-12&format=csv")).text).toContain("document_id,type,invoice_id");
      const [row] = dataOf(await get("/v1/reports/revenue?plan_id=oro"));
      expect(row).toMatchObject({ plan_id: "oro", amount_cents: expect.any(Number) });
      expect((await get("/v1/reports/recovery")).body).toMatchObject({ totals: [{ currency: "MXN", invoices: 1 }] });
      expect((await get("/v1/reports/iva?month=2026-12")).body).toMatchObject({ month: "2026-12" });
      const csv = await get("/v1/exports/history?since=2026-12-01&until=2026-12-31");
      expect(csv.text.split("\n")[0]).toContain("attempted_at,");
      const ndjson = (await get("/v1/exports/invoices?format=ndjson")).text.trim().split("\n");
      expect(ndjson.map((line) => JSON.parse(line) as unknown)).toHaveLength(2);
      expect(await get("/v1/exports/subscriptions?since=2026-12-01")).toMatchObject({ status: 422 });
    });

    test("status, doctor, schedule, and a halt for everybody", async () => {
      expect((await get("/v1/status")).body).toMatchObject({ halt: { halted: false }, charging: { running: true } });
      expect((await get("/v1/doctor?offline=true")).body).toMatchObject({ checks: expect.any(Array) });
      expect((await get("/v1/schedule?interval=month&start=2026-01-31T09:00&count=2")).body["dates"]).toEqual([
        ...["2026-01-31T15:00:00.000Z", "2026-02-28T15:00:00.000Z"],
      ]);
      expect((await post("/v1/halt")).status).toBe(400);
      expect((await post("/v1/halt", { reason: "the price is wrong" })).body).toMatchObject({ halted: true });
      expect((await post("/v1/go", { reason: "the price is right" })).body).toEqual({ halted: false, because: null });
      expect((await post("/v1/go")).body).toEqual({ halted: false, because: null });
    });

    test("events are read after a cursor, none twice and none missed", async () => {
      const seen: string[] = [];
      let after = "";
      for (;;) {
        const page: Answered = await get(`/v1/events?limit=7${after === "" ? "" : `&after=${after}`}`);
        seen.push(...dataOf(page).map((event) => String(event["event_id"])));
        after = String(page.body["next_cursor"]);
        if (page.body["has_more"] === false) break;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toHaveLength((await api.app.list("events")).length);
      await post("/v1/halt", { reason: "the price is wrong" });
      const fresh = await get(`/v1/events?after=${after}`);
      expect(dataOf(fresh)).toMatchObject([{ type: "charging.halted", data: { actor: { name: "ADMIN_TOKEN" } } }]);
      const id = String(dataOf(fresh)[0]?.["event_id"]);
      expect((await get(`/v1/events/${id}`)).body).toEqual(dataOf(fresh)[0]);
      expect((await get(`/v1/events?after=${String(fresh.body["next_cursor"])}`)).body).toEqual({
        ...{ data: [], has_more: false, next_cursor: fresh.body["next_cursor"] },
      });
      expect(await get("/v1/events?after=nonsense")).toMatchObject({ status: 422 });
      expect(await post(`/v1/events/${id}/resend`)).toMatchObject({ status: 409 });
      expect(dataOf(await get("/v1/webhooks"))).toEqual([]);
      expect((await post("/v1/webhooks/whe_none/replay")).status).toBe(404);
      await post("/v1/go");
    });

    test("pages follow each other by a cursor, 1 to 100 rows", async () => {
      const first = await get("/v1/subscriptions?limit=1");
      expect(first.body).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
      const second = await get(`/v1/subscriptions?limit=1&cursor=${String(first.body["next_cursor"])}`);
      expect(second.body).toMatchObject({ has_more: false, next_cursor: null });
      expect([...dataOf(first), ...dataOf(second)].map((row) => row["subscription_id"])).toEqual([
        `${customerId}:oro`,
        "luz",
      ]);
      for (const limit of ["0", "101", "x"]) expect((await get(`/v1/subscriptions?limit=${limit}`)).status).toBe(400);
      expect((await get("/v1/invoices?cursor=x")).status).toBe(422);
    });

    test("a retry that would come to nothing is refused, until the card is another one or is allowed", async () => {
      const stolen = await api.app.subscribeWithCard("stolen", "tok_sandbox_stolen_card");
      await api.app.run();
      const [invoice] = await api.app.invoices("stolen");
      const retry = () => post(`/v1/invoices/${String(invoice?.invoiceId)}/retry`);
      const { payment_source_id: source } = (await get(`/v1/customers/${stolen}`)).body;
      expect(await retry()).toMatchObject({
        status: 409,
        body: { code: "refused", mend: { method: "POST", path: `/v1/cards/${String(source)}/allow` } },
      });
      const other = await post(`/v1/customers/${stolen}/cards`, { token_id: "tok_test_visa_4242" });
      const cards = dataOf(await get(`/v1/customers/${stolen}/cards`));
      const visa = cards.find(({ is_default: isDefault }) => isDefault === false)?.["payment_source_id"];
      expect(other.status).toBe(201);
      expect(await retry()).toMatchObject({ status: 409 });
      expect((await post(`/v1/customers/${stolen}/cards/${String(visa)}/default`)).status).toBe(200);
      expect(await retry()).toMatchObject({ status: 202 });
      await api.app.run();
      expect((await api.app.invoices("stolen"))[0]).toMatchObject({ status: "paid" });
    });

    test("all that match are changed at once: first the plan, then with the count that was seen", async () => {
      for (const id of ["m1", "m2"]) await api.app.subscribeWithCard(id, "tok_test_insufficient_funds");
      await api.app.run();
      const bulk = (more: object) =>
        post("/v1/invoices/bulk", { filter: { status: "open", plan_id: "oro" }, action: "void", reason: WHY, ...more });
      const plan = await bulk({});
      expect(plan.body).toMatchObject({
        confirmed: false,
        count: 2,
        amounts: [{ currency: "MXN", amount_cents: 40030 }],
      });
      expect((await bulk({ action: "retry" })).body).toMatchObject({ action: "retry", count: 2 });
      expect(await bulk({ confirm: true })).toMatchObject({
        ...{ status: 400, body: { errors: [{ pointer: "/expected_count", detail: "is missing" }] } },
      });
      expect(await bulk({ confirm: true, expected_count: 3 })).toMatchObject({ status: 409 });
      expect(await bulk({ filter: {} })).toMatchObject({ status: 400 });
      const done = await bulk({ confirm: true, expected_count: 2 });
      expect(done.body).toMatchObject({ ...plan.body, confirmed: true, left: [] });
      expect((await bulk({})).body).toMatchObject({ count: 0 });
      const [first] = done.body["invoice_ids"] as string[];
      expect((await get(`/v1/invoices/${first}`)).body).toMatchObject({
        status: "void",
        status_reason: "voided_by_person",
      });
    });

    test("an invoice of one item is opened, and charged by the next run", async () => {
      const event = { key: "event-7", name: "Evento", amount_cents: 50000, customer_id: customerId, reason: WHY };
      const opened = await post("/v1/invoices", event);
      expect(opened).toMatchObject({ status: 201, body: { status: "open", cycle: null, amount_cents: 50000 } });
      await api.app.run();
      expect((await get(`/v1/invoices/${String(opened.body["invoice_id"])}`)).body).toMatchObject({ status: "paid" });
    });
  });
}

// ---------------------------------------------------------------- Spanish

/** What people or Conekta said, in whatever language; and names of things. */
const NOT_OURS = new Set([
  ...["reason", "note", "name", "customer_name", "plan_name", "description", "failure_message", "why", "closed_by"],
  ...["data", "payload", "metadata", "version", "method", "path", "line_items", "lines", "refund_policy", "terms"],
]);
/** Each in nearly every English sentence of some length, and in no Spanish one. */
const ENGLISH = /\b(the|of|and|was|were|is|are|has|cannot|nobody|with|which|charged?|declined|until|asked|try)\b/i;

/** What a support desk reads is Spanish where it asks for that: no field of any answer has a word of English in it. */
function mustBeInSpanish(url: string, said: ReadonlySet<string>, { text, body }: Answered): void {
  if (url.includes("openapi") || url.includes("/exports/") || !text.startsWith("{")) return;
  const left: string[] = [];
  const look = (value: unknown, place: string): void => {
    if (typeof value === "string" && value.includes(" ") && ENGLISH.test(without(said, value)))
      left.push(`${place}: ${value}`);
    if (typeof value !== "object" || value === null) return;
    for (const [key, each] of Object.entries(value)) if (!NOT_OURS.has(key)) look(each, `${place}/${key}`);
  };
  look(body, url.split("?")[0] ?? "");
  expect(left).toEqual([]);
}

function without(parts: ReadonlySet<string>, text: string): string {
  return [...parts].reduce((rest, part) => rest.replaceAll(part, ""), text);
}
