/** A customer is made at Conekta once for one request, though the answer is lost, or the books fail right after. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Assembly } from "../../src/assemble.ts";
import { callerOf } from "../sandbox/caller.ts";
import { type Answered, type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(async () => await api[Symbol.asyncDispose]());

let people = 0;
const person = () => ({
  name: "Luz Paz",
  email: `luz${(people += 1)}@example.mx`,
  phone: "+525512345679",
  token_id: "tok_test_visa_4242",
});
const code = ({ status, body }: Answered) => `${status} ${String(body["code"])}`;
const add = (body: object, key: string) => api.post("/v1/customers", body, { key });

async function atConekta(email: string): Promise<string[]> {
  const { body } = await callerOf(api.app.sandbox)("GET", `/customers?search=${encodeURIComponent(email)}`);
  return (body.data as { id: string }[]).map(({ id }) => id);
}

test("an answer that is lost: the same request waits until reads show it, and takes the customer that there is", async () => {
  const luz = person();
  api.app.sandbox.inject({ kind: "reset_after", call: "POST /customers" });
  expect(code(await add(luz, "lost"))).toBe("503 gateway_unavailable");
  expect(code(await add(luz, "lost"))).toBe("409 request_in_progress");
  api.app.clock.advance(31_000);
  const [made] = await atConekta(luz.email);
  const again = await add(luz, "lost");
  expect(again).toMatchObject({ status: 201, body: { customer_id: made, card_last4: "4242" } });
  expect(await atConekta(luz.email)).toEqual([made]);
  expect((await add(luz, "lost")).headers).toMatchObject({ "idempotency-replayed": "true" });
});

test("books that fail right after: the same request takes the customer, and with another body it is refused", async () => {
  const luz = person();
  await api.restart(withoutBooks(api.app.assembly));
  expect((await add(luz, "unbooked")).status).toBe(500);
  await api.restart();
  api.app.clock.advance(31_000);
  expect(code(await add({ ...luz, name: "Luz Paz Paz" }, "unbooked"))).toBe("422 idempotency_key_reused");
  expect((await add(luz, "unbooked")).body).toMatchObject({ customer_id: (await atConekta(luz.email))[0] });
  expect(await atConekta(luz.email)).toHaveLength(1);
});

test("another request for the same person asks first, names the customer, and takes or makes one when told to", async () => {
  const luz = person();
  await api.restart(withoutBooks(api.app.assembly));
  await add(luz, "first");
  await api.restart();
  const [made = ""] = await atConekta(luz.email);
  const other = await add({ ...luz, phone: "55 1234 5679" }, "second");
  expect(other).toMatchObject({
    status: 409,
    body: { code: "needs_confirmation", mend: { method: "POST", path: "/v1/customers" } },
  });
  expect(JSON.stringify(other.body["errors"])).toContain("made at Conekta by an earlier try");
  expect(other.text).toContain(made);
  expect(await atConekta(luz.email)).toEqual([made]);
  expect((await add({ customer_id: made }, "third")).status).toBe(201);
  const somebodyElse = await add({ ...luz, confirm: true }, "fourth");
  expect(somebodyElse.status).toBe(201);
  expect(await atConekta(luz.email)).toEqual([somebodyElse.body["customer_id"], made]);
});

test("what Conekta refuses, or never heard of, leaves the key free at once", async () => {
  const luz = person();
  expect(code(await add({ ...luz, token_id: "tok_sandbox_used" }, "refused"))).toMatch(/^4\d\d gateway_refused$/);
  expect((await add(luz, "refused")).status).toBe(201);
});

/** Conekta is called, and what comes of it is not written. */
function withoutBooks(app: Assembly): Assembly {
  const store: Assembly["store"] = {
    ...app.store,
    onBehalf: (behalf) => ({
      ...app.store.onBehalf(behalf),
      write: async () => {
        throw new Error("the disk is full");
      },
    }),
  };
  return { ...app, store };
}
