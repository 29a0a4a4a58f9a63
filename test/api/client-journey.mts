/**
 * The main journey by a client that was generated from docs/openapi.json, in a folder that has it: sign a customer up; once she
 * was charged, see why, and give money back. Every name and type here is the description's.
 */
import createClient from "openapi-fetch";
import type { paths } from "./api.d.ts";

const [, , baseUrl = "", key = "", part = ""] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
const header = (name: string) => ({ "Idempotency-Key": name });

if (part === "sign-up") {
  await client.PUT("/v1/plans/{plan_id}", {
    params: { path: { plan_id: "plata" } },
    body: { name: "Plan Plata", interval: "month", line_items: [{ name: "Plata", unit_price_cents: 10015 }] },
  });
  const { data: customer, error } = await client.POST("/v1/customers", {
    params: { header: header("c1") },
    body: { name: "Ana Ruiz", email: "ana@example.mx", phone: "+525512345678", token_id: "tok_test_visa_4242" },
  });
  if (customer === undefined) throw new Error(error.detail);
  const { data: subscription } = await client.POST("/v1/subscriptions", {
    params: { header: header("s1") },
    body: { id: "ana-plata", plan: "plata", customer: customer.customer_id, start: "2026-12-01T09:00" },
  });
  const missing = await client.POST("/v1/subscriptions/{subscription_id}/pause", {
    params: { path: { subscription_id: "none" }, header: header("p1") },
    body: {},
  });
  const due: string | null = subscription?.next_billing_at ?? null;
  console.log(JSON.stringify([subscription?.status, due, missing.response.status, missing.error?.code]));
} else {
  const { data: page } = await client.GET("/v1/invoices", {
    params: { query: { subscription_id: "ana-plata", status: "paid", limit: 1 } },
  });
  const invoice = page?.data[0];
  const { data: refund } = await client.POST("/v1/invoices/{invoice_id}/refunds", {
    params: { path: { invoice_id: invoice?.invoice_id ?? "" }, header: header("r1") },
    body: { amount_cents: 5000, reason: "half a month, she was ill" },
  });
  const { data: told } = await client.GET("/v1/subscriptions/{subscription_id}/explain", {
    params: { path: { subscription_id: "ana-plata" } },
    headers: { "Accept-Language": "es" },
  });
  const said = told?.invoices[0]?.entries.some(({ text }) => text.includes("100.15")) ?? false;
  const { data: events } = await client.GET("/v1/events", { params: { query: { limit: 100 } } });
  const types = events?.data.map(({ type }) => type) ?? [];
  console.log(JSON.stringify([invoice?.amount_cents, refund?.state, said, types.includes("invoice.paid")]));
}
