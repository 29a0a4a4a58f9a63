/** What a customer agreed to, by the three doors: recorded once, listed, told by explain. */
import { createHash } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { documentOf } from "../support/command.ts";
import { newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

const TEXT = "Acepto cargos automáticos de $200.15 MXN cada mes <b>hasta que cancele</b>.";
const BODY = { version: "2026-12", text: TEXT, channel: "web", address: " 189.203.10.7 " };
const CONSENTS = "/v1/subscriptions/ana/consents";

let api: ApiFixture;
let shop: CommandFixture;
beforeAll(async () => {
  api = await openApi();
  await api.app.subscribeWithCard("ana");
  shop = await newCommandFixture();
  shop.write("terms.txt", TEXT);
});
afterAll(async () => {
  await shop.close();
  await api[Symbol.asyncDispose]();
});

/** A command on the books that the API serves. */
const run = (...args: readonly string[]) =>
  shop.run([...args], { env: { DATABASE_URL: `sqlite:${api.app.databasePath}` } });
const rows = async () => (await api.app.store.list("consents", { where: { subscriptionId: "ana" } })).length;

test("a consent is recorded with the amount and period of that time; of the address only a hash is kept", async () => {
  const made = await api.post(CONSENTS, BODY);
  expect(made).toMatchObject({
    status: 201,
    body: {
      ...{ subscription_id: "ana", version: "2026-12", text: TEXT, channel: "web", recorded_by: "ADMIN_TOKEN" },
      ...{ amount_cents: 20015, currency: "MXN", interval: "month", frequency: 1 },
      ...{ consented_at: "2026-12-01T15:00:00.000Z", created_at: "2026-12-01T15:00:00.000Z" },
      address_hash: createHash("sha256").update("189.203.10.7").digest("hex"),
    },
  });
  const database = readFileSync(api.app.databasePath, "latin1") + readFileSync(`${api.app.databasePath}-wal`, "latin1");
  expect([database.includes("Acepto cargos"), database.includes("189.203.10.7")]).toEqual([true, false]);
  expect((await api.get(CONSENTS)).body["data"]).toEqual([made.body]);
});

test("the same request again records nothing, and is given the same answer", async () => {
  const first = await api.post(CONSENTS, BODY, { key: "sign-up-1" });
  const before = await rows();
  const again = await api.post(CONSENTS, BODY, { key: "sign-up-1" });
  expect([again.status, again.text, again.headers["idempotency-replayed"]]).toEqual([201, first.text, "true"]);
  expect(await rows()).toBe(before);
  expect((await api.post(CONSENTS, BODY, { key: null })).status).toBe(400);
});

test("pages are a place in the order in which they were recorded, last first", async () => {
  await api.post(CONSENTS, { ...BODY, version: "2027-01" });
  const first = await api.get(`${CONSENTS}?limit=1`);
  expect(first.body).toMatchObject({ has_more: true, data: [{ version: "2027-01" }] });
  const next = await api.get(`${CONSENTS}?limit=100&cursor=${String(first.body["next_cursor"])}`);
  expect((next.body["data"] as unknown[]).length).toBe((await rows()) - 1);
});

test("a subscription that does not exist is not found, and what is no consent is refused, in Spanish", async () => {
  const headers = { "accept-language": "es" };
  for (const answer of [
    await api.get("/v1/subscriptions/nadie/consents", { headers }),
    await api.post("/v1/subscriptions/nadie/consents", BODY, { headers }),
  ])
    expect([answer.status, answer.body["detail"]]).toEqual([404, "no existe la suscripción nadie"]);
  const before = await rows();
  const ahead = await api.post(CONSENTS, { ...BODY, consented_at: "2026-12-01T15:00:01Z" }, { headers });
  expect([ahead.status, ahead.text]).toEqual([422, expect.stringContaining("nadie ha aceptado todavía")]);
  expect((await api.post(CONSENTS, { ...BODY, channel: "fax" }, { headers })).status).toBe(400);
  expect((await api.post(CONSENTS, BODY, { as: await api.newKey("reader", ["read"]) })).status).toBe(403);
  expect(await rows()).toBe(before);
});

test("the commands record and list it, and explain tells it in Spanish", async () => {
  const add = ["consents", "add", "ana", "--text-version", "mostrador-1", "--text-file", "terms.txt"];
  const at = ["--channel", "in_person", "--at", "2026-11-27T15:00:00Z", "--amount-cents", "18000"];
  const { consent } = documentOf(await run(...add, ...at, "--json")) as { consent: Record<string, unknown> };
  expect(consent).toMatchObject({
    ...{ version: "mostrador-1", text: TEXT, channel: "in_person", amountCents: 18000, amount: 180, addressHash: null },
    ...{ consentedAt: "2026-11-27T15:00:00.000Z", currency: "MXN" },
  });
  const { consents } = documentOf(await run("consents", "list", "ana", "--json")) as { consents: unknown[] };
  expect(consents).toContainEqual(consent);
  expect((await run("consents", "list", "ana")).stdout).toContain("mostrador-1");
  expect((await run("explain", "ana", "--lang", "es")).stdout.replaceAll(/\s+/g, " ")).toContain(
    "El cliente aceptó los cargos recurrentes (texto mostrador-1) el viernes 27 de noviembre de 2026, 09:00, en persona",
  );
});

test("the commands name a file or a subscription that is not there, and record nothing", async () => {
  const before = await rows();
  const add = (subscription: string, file: string) =>
    run("consents", "add", subscription, "--text-version", "1", "--text-file", file, "--channel", "web");
  expect((await add("ana", "none.txt")).stderr).toContain("none.txt: there is no such file");
  expect((await add("nadie", "terms.txt")).stderr).toContain("there is no subscription nadie");
  expect((await add("ana", path.dirname(shop.folder))).stderr).toContain("is no regular file");
  expect((await run("consents", "list", "nadie")).stderr).toContain("there is no subscription nadie");
  expect(await rows()).toBe(before);
});
