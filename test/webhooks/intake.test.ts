/** What `POST /webhooks/conekta` answers, keeps and counts. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { mock } from "node:test";
import { noWebhooksYet } from "../../src/entrypoints/http/webhook-counts.ts";
import { newServer } from "../../src/entrypoints/http/server.ts";
import { until } from "../daemon/real-process.ts";
import { keyPairOf, pemOf } from "../support/key-pair.ts";
import { KEY_PAIR, eventOf, openWebhookIntake, signed, type WebhookIntake } from "./webhook-intake.ts";

let intake: WebhookIntake;

beforeAll(async () => {
  intake = await openWebhookIntake();
});
beforeEach(async () => {
  Object.assign(intake.counts, noWebhooksYet());
  intake.logged.length = 0;
});
afterAll(() => intake.close());

const ORDER = { object: "order", id: "ord_1", payment_status: "paid" };
const others = keyPairOf("OTHERS");

describe("what is taken", () => {
  test("is in the inbox, on disk, when the answer arrives, and somebody was woken", async () => {
    const body = eventOf("order.paid", ORDER);
    const before = (await intake.inbox()).length;
    expect(await intake.post(body, signed(body))).toBe(200);
    expect(await intake.inbox()).toHaveLength(before + 1);
    expect(await intake.inboxRow(body)).toMatchObject({
      type: "order.paid",
      state: "received",
      orderId: "ord_1",
      livemode: false,
      tries: 0,
      processedAt: null,
      because: null,
    });
    expect(intake.counts).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(intake.wakes()).toBeGreaterThan(0);
  });

  test("known ids are answered 200 and change nothing, for ever and whatever they say", async () => {
    const body = eventOf("order.paid", ORDER);
    await intake.post(body, signed(body));
    await intake.process();
    const before = await intake.inbox();
    const sameId = JSON.stringify({ ...(JSON.parse(body) as object), type: "order.declined" });
    expect(await intake.post(body, signed(body))).toBe(200);
    expect(await intake.post(sameId, signed(sameId))).toBe(200);
    expect(await intake.inbox()).toEqual(before);
    expect(intake.counts).toMatchObject({ accepted: 1, duplicate: 2 });
  });

  test("a hundred copies at once are one row", async () => {
    const body = eventOf("order.paid", ORDER);
    const statuses = await Promise.all(Array.from({ length: 100 }, () => intake.post(body, signed(body))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(intake.counts).toMatchObject({ accepted: 1, duplicate: 99 });
  });

  test("any content type, or none: the signature is over the bytes", async () => {
    for (const type of ["application/json", "application/vnd.conekta+json", "text/plain"]) {
      const body = eventOf("order.paid", ORDER);
      expect([type, await intake.post(body, { ...signed(body), "content-type": type })]).toEqual([type, 200]);
    }
    const body = eventOf("order.paid", ORDER);
    expect(await intake.post(body, signed(body))).toBe(200);
  });

  test("of the payload only ids, states and amounts are kept", async () => {
    const body = eventOf("charge.paid", {
      object: "charge",
      id: "c1",
      order_id: "ord_1",
      amount: 20015,
      status: "paid",
      reference_id: "inv_1-1",
      payment_method: { name: "Jorge Martínez", last4: "4242", bin: "424242", number: "4242424242424242" },
      customer_info: { customer_id: "cus_1", name: "Jorge", email: "jorge@example.mx", phone: "+525512345678" },
    });
    await intake.post(body, signed(body));
    const row = await intake.inboxRow(body);
    expect(JSON.stringify(row)).not.toMatch(/Jorge|4242|@|\+52/);
    expect(row).toMatchObject({
      orderId: "ord_1",
      customerId: "cus_1",
      payload: { data: { object: { id: "c1", amount: 20015, status: "paid", reference_id: "inv_1-1" } } },
    });
  });

  test("a ping, and a type nobody knows, are kept and ignored", async () => {
    for (const type of ["webhook_ping", "payout.paid", "order.teleported"]) {
      const body = eventOf(type, undefined);
      expect(await intake.post(body, signed(body))).toBe(200);
      expect(await intake.inboxRow(body)).toMatchObject({ type, state: "ignored" });
    }
  });

  test("an event of the other mode is kept and ignored", async () => {
    const body = eventOf("order.paid", ORDER, { livemode: true });
    expect(await intake.post(body, signed(body))).toBe(200);
    expect(await intake.inboxRow(body)).toMatchObject({
      state: "ignored",
      because: expect.stringContaining("live mode"),
    });
  });

  test("the sandbox's own deliveries, twice and shuffled", async () => {
    await intake.run();
    const reports = await intake.sandbox.flushWebhooks({ copies: 2, order: "shuffled" });
    expect(new Set(reports.map(({ status }) => status))).toEqual(new Set([200]));
    expect(intake.counts.duplicate).toBe(reports.length / 2);
    expect(intake.counts.forged).toBe(0);
  });
});

describe("what is not taken leaves nothing behind", () => {
  const body = eventOf("order.paid", ORDER);
  const tampered = body.replace("ord_1", "ord_2");
  const huge = eventOf("order.paid", { ...ORDER, filler: "x".repeat(1_048_576) });

  // prettier-ignore
  const REFUSED: readonly (readonly [what: string, body: string, headers: Record<string, string>, status: number, counted: string])[] = [
    ["no signature",                     body,       {},                                    401, "forged"],
    ["an empty signature",               body,       { digest: "" },                        401, "forged"],
    ["a signature that is no base64",    body,       { digest: "not base64!" },             401, "forged"],
    ["a signature of an unknown key",    body,       signed(body, others.privateKey),     401, "forged"],
    ["a signature of another body",      tampered,   signed(body),                          401, "forged"],
    ["a signature under another name",   body,       { signature: signed(body)["digest"] ?? "" }, 401, "forged"],
    ["one byte more than was signed",    `${body} `, signed(body),                          401, "forged"],
    ["more than 1 MiB",                  huge,       signed(huge),                          413, "oversized"],
    ["no JSON",                          "paid!",    signed("paid!"),                       400, "malformed"],
    ["an empty body",                    "",         signed(""),                            400, "malformed"],
    ["JSON that is no event",            "[1]",      signed("[1]"),                         400, "malformed"],
    ["an event without an id",           eventOf("order.paid", ORDER, { id: "" }), {},      400, "malformed"],
    ["an event with a script as its id", eventOf("order.paid", ORDER, { id: "<script>" }), {}, 400, "malformed"],
  ];

  test.each(REFUSED)("%s", async (_what, text, headers, status, counted) => {
    const before = await intake.inbox();
    const isUnsigned = status === 400 && Object.keys(headers).length === 0;
    expect(await intake.post(text, isUnsigned ? signed(text) : headers)).toBe(status);
    expect(await intake.inbox()).toEqual(before);
    expect(intake.counts).toMatchObject({ [counted]: 1, accepted: 0, duplicate: 0 });
    expect(intake.logged.filter((line) => line.includes("webhook.refused"))).toHaveLength(1);
  });

  test("a flood of forgeries is counted, and does not flood the log", async () => {
    for (let count = 0; count < 40; count++) await intake.post(body);
    expect(intake.counts.forged).toBe(40);
    expect(intake.logged.filter((line) => line.includes("webhook.refused"))).toHaveLength(6);
  });

  test("other methods and paths are not served", async () => {
    const text = eventOf("order.paid", ORDER);
    const headers = signed(text);
    const call = { headers, body: text };
    expect((await fetch(`${intake.url}/webhooks/conekta/x`, { ...call, method: "POST" })).status).toBe(404);
    expect((await fetch(`${intake.url}/webhooks/conekta`, { ...call, method: "PUT" })).status).toBe(404);
    expect(await intake.inboxRow(text)).toBeUndefined();
  });

  test("what cannot be stored is answered 500, so that Conekta delivers it again", async () => {
    const text = eventOf("order.paid", ORDER);
    const { inbox } = intake.store;
    const working = { ...inbox };
    Object.assign(inbox, { receive: () => Promise.reject(new Error("the disk is full")) });
    expect(await intake.post(text, signed(text))).toBe(500);
    Object.assign(inbox, working);
    expect(await intake.post(text, signed(text))).toBe(200);
    expect(intake.counts).toMatchObject({ unstored: 1, accepted: 1 });
  });
});

test("a database that is silent is answered 500 after a while, and what it takes later is a copy when it comes again", async () => {
  const text = eventOf("order.paid", ORDER);
  const { inbox } = intake.store;
  const working = { ...inbox };
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const late: ReturnType<typeof inbox.receive>[] = [];
  Object.assign(inbox, {
    receive: async (...given: Parameters<typeof inbox.receive>) => {
      asked.resolve();
      await goOn.promise;
      const taken = working.receive(...given);
      late.push(taken);
      return await taken;
    },
  });
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const answer = intake.post(text, signed(text));
    await asked.promise;
    mock.timers.tick(15_000);
    expect(await answer).toBe(500);
  } finally {
    mock.timers.reset();
    Object.assign(inbox, working);
    goOn.resolve();
  }
  await until(() => late.length > 0, "it to be taken");
  await late[0];
  expect(await intake.post(text, signed(text))).toBe(200);
  expect(intake.counts).toMatchObject({ unstored: 1, accepted: 0, duplicate: 1 });
});

test("slow heads and bodies end after half a minute, and so many connections are all", async () => {
  const server = await newServer();
  const { requestTimeout, headersTimeout, maxConnections } = server.server;
  expect([requestTimeout, headersTimeout, maxConnections]).toEqual([30_000, 30_000, 256]);
  await server.close();
});

describe("keys", () => {
  test("while a key is being replaced, both count; afterwards only the new one", async () => {
    const [old, fresh] = [KEY_PAIR, others];
    const both = `${pemOf(old.publicKey)}${pemOf(fresh.publicKey)}`;
    for (const [keys, oldCounts] of [
      [both, 200],
      [pemOf(fresh.publicKey), 401],
    ] as const) {
      const rotated = await openWebhookIntake({ env: { CONEKTA_WEBHOOK_PUBLIC_KEY: keys } });
      const [one, other] = [eventOf("order.paid", ORDER), eventOf("order.paid", ORDER)];
      expect(await rotated.post(one, signed(one, old.privateKey))).toBe(oldCounts);
      expect(await rotated.post(other, signed(other, fresh.privateKey))).toBe(200);
      await rotated.close();
    }
  });

  test("without any, nothing is believed: 503, and the daemon is as ready as before", async () => {
    const keyless = await openWebhookIntake({ env: { CONEKTA_WEBHOOK_PUBLIC_KEY: "" } });
    const body = eventOf("order.paid", ORDER);
    expect(await keyless.post(body, signed(body))).toBe(503);
    expect(await keyless.inbox()).toEqual([]);
    expect(keyless.logged.join("")).toContain("CONEKTA_WEBHOOK_PUBLIC_KEY is not set");
    await keyless.close();
  });

  test("off loopback the webhooks need no ADMIN_TOKEN, everything else does", async () => {
    const open = await openWebhookIntake({ env: { HTTP_HOST: "0.0.0.0", ADMIN_TOKEN: "correct-horse" } });
    const body = eventOf("order.paid", ORDER);
    expect(await open.post(body, signed(body))).toBe(200);
    expect((await fetch(`${open.url}/readyz`)).status).toBe(401);
    await open.close();
  });
});
