/**
 * The sandbox's faults: the outcome each must have, and that a charge is sent once whatever comes back. The last
 * column is what the sandbox's own ledger shows.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startSandbox, type FaultKind, type Sandbox } from "../../src/sandbox/server.ts";
import { httpAnswer, startRawServer } from "./raw-server.ts";
import { intentFor, openGateway, type TestGateway } from "./open-gateway.ts";

const LABEL = { installationId: "inst_1", request: "of this test" };

const JORGE = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555" };

let sandbox: Sandbox;
let gateway: TestGateway;
let customerId: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  gateway = openGateway(sandbox.url);
  customerId = (await gateway.createCustomer({ ...JORGE, card: { tokenId: "tok_test_visa_4242" } }, LABEL)).id;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await sandbox.close();
});

type Row = readonly [fault: FaultKind, outcome: string, httpStatus: number | null, charges: number];

// prettier-ignore
const CHARGES: readonly Row[] = [
  ["reset_before",     "unknown",  null, 0],
  ["reset_after",      "unknown",  null, 1],
  ["429",              "not_sent", 429,  0],
  ["429_bare",         "unknown",  429,  0],
  ["429_bare_after",   "unknown",  429,  1],
  ["500_before",       "unknown",  500,  0],
  ["500_after",        "unknown",  500,  1],
  ["502_before",       "unknown",  502,  0],
  ["502_after",        "unknown",  502,  1],
  ["503_before",       "unknown",  503,  0],
  ["503_after",        "unknown",  503,  1],
  ["504_before",       "unknown",  504,  0],
  ["504_after",        "unknown",  504,  1],
  ["html_after",       "unknown",  200,  1],
  ["truncated_after",  "unknown",  200,  1],
  ["cut_after",        "unknown",  200,  1],
];

describe("a charge", () => {
  test.each(CHARGES)("that meets %s is %s (status %p, %i charged), and is not repeated", async (kind, ...expected) => {
    const [outcome, httpStatus, charges] = expected;
    const intent = intentFor(customerId);
    sandbox.inject({ kind, call: "POST /orders", always: true });
    const sent = sandbox.requests().length;
    const seen = await gateway.charge(intent, null);
    sandbox.clearFaults();
    expect(seen).toMatchObject({ kind: outcome, trace: { httpStatus } });
    expect(sandbox.requests()).toHaveLength(sent + 1);
    expect(sandbox.ledger().filter(({ referenceId }) => referenceId === intent.reference)).toHaveLength(charges);
  });

  test("whose decline comes without data is still a decline, by its code", async () => {
    const { id } = await gateway.createCustomer({ ...JORGE, card: { tokenId: "tok_test_insufficient_funds" } }, LABEL);
    sandbox.inject({ kind: "without_data", call: "POST /orders" });
    expect(await gateway.charge(intentFor(id), null)).toMatchObject({
      kind: "declined",
      decline: { declineClass: "retry_later" },
      chargeId: null,
    });
  });

  test("that finds the door shut was not sent", async () => {
    await using closed = await startSandbox();
    await using client = openGateway(closed.url);
    await closed.close();
    expect(await client.charge(intentFor(customerId), null)).toMatchObject({ kind: "not_sent", unauthorized: false });
  });
});

describe("opening an order", () => {
  test.each(["reset_after", "500_after", "502_after", "truncated_after", "429_bare", "html_after"] as const)(
    "that meets %s is a fault: without a charge no money can move",
    async (kind) => {
      sandbox.inject({ kind, call: "POST /orders" });
      expect(await gateway.openOrder(intentFor(customerId))).toMatchObject({ kind: "not_sent", unauthorized: false });
      sandbox.clearFaults();
    },
  );
});

describe("a read", () => {
  test.each(["reset_before", "429", "429_bare", "500_before", "502_before", "503_before", "cut_after"] as const)(
    "that meets %s three times is repeated, and logged",
    async (kind) => {
      sandbox.inject({ kind, call: "GET /customers/*", next: 3 });
      expect(await gateway.readCustomer(customerId)).toMatchObject({ id: customerId });
      expect(gateway.logged.at(-1)).toMatch(/gateway\.call_repeated.*"tries":3/);
    },
  );

  test("gives up after four tries, saying what, where, and how to mend it", async () => {
    sandbox.inject({ kind: "503_before", call: "GET /orders/*", always: true });
    const sent = sandbox.requests().length;
    const read = gateway.readCharge("ord_1", "att_1", 20015);
    await expect(read).rejects.toMatchObject({ name: "GatewayUnavailable" });
    await expect(read).rejects.toThrow(/read the order ord_1: status 503/);
    expect(sandbox.requests()).toHaveLength(sent + 4);
    sandbox.clearFaults();
  });

  test("of a window that fails on a later page concludes nothing", async () => {
    sandbox.inject({ kind: "truncated_after", call: "GET /orders", always: true });
    const window = { from: new Date(0), to: new Date() };
    await expect(gateway.findCharges(window, [intentFor(customerId)])).rejects.toMatchObject({
      name: "GatewayUnavailable",
    });
    sandbox.clearFaults();
  });

  test("waits as long as Retry-After says", async () => {
    sandbox.inject({ kind: "429", call: "GET /customers/*", retryAfterSeconds: 0 });
    await gateway.readCustomer(customerId);
    expect(gateway.logged.at(-1)).toMatch(/"waitMs":0/);
  });
});

describe("Retry-After", () => {
  test("of an hour is no read's to wait for: it is told, and a later run asks again", async () => {
    const sent = sandbox.requests().length;
    sandbox.inject({ kind: "429", call: "GET /customers/*", retryAfterSeconds: 3600 });
    await expect(gateway.readCustomer(customerId)).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(sandbox.requests()).toHaveLength(sent + 1);
  });

  test("of a charge that was not processed is in its outcome", async () => {
    sandbox.inject({ kind: "429", call: "POST /orders", retryAfterSeconds: 600 });
    expect(await gateway.charge(intentFor(customerId), null)).toMatchObject({
      kind: "not_sent",
      retryAfterMs: 600_000,
    });
  });

  test.each([
    ["Tue, 01 Dec 2026 09:00:00 GMT", 600_000],
    ["Tue, 01 Dec 2026 09:11:00 GMT", 0],
  ])(
    "as a date counts by the clock of the answer, %s, and is over once that has passed",
    async (date, retryAfterMs) => {
      const head = ["HTTP/1.1 429 Too Many Requests", `Date: ${date}`, "Retry-After: Tue, 01 Dec 2026 09:10:00 GMT"];
      await using server = await startRawServer({
        onRequest: (socket) =>
          void socket.end(`${head.join("\r\n")}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
      });
      await using asked = openGateway(server.url);
      await expect(asked.readCustomer("cus_1")).rejects.toMatchObject({ retryAfterMs });
    },
  );
});

describe("an answer about something else", () => {
  const answering = (body: object) =>
    startRawServer({
      onRequest: (socket) => void socket.end(httpAnswer(200, JSON.stringify(body))),
    });
  const customer = { object: "customer", livemode: false, name: "Ana", email: "a@b.mx", phone: "+525512345678" };

  test("is not believed: another customer than the one that was asked for", async () => {
    await using server = await answering({ ...customer, id: "cus_b" });
    await using asked = openGateway(server.url);
    await expect(asked.readCustomer("cus_a")).rejects.toThrow("answered with another: cus_b");
  });

  test("is not believed: a default card that is still another one", async () => {
    const sources = [
      { object: "payment_source", id: "src_old", type: "card", default: true, last4: "4242", brand: "visa" },
    ];
    await using server = await answering({
      ...{ ...customer, id: "cus_a", default_payment_source_id: "src_old" },
      payment_sources: { object: "list", has_more: false, data: sources },
    });
    await using asked = openGateway(server.url);
    await expect(asked.changeDefault("cus_a", "src_new")).rejects.toThrow(/as the default of cus_a, and shows/);
  });
});

describe("creating a customer or storing a card", () => {
  test("is repeated when it was surely not done", async () => {
    sandbox.inject({ kind: "429", call: "POST /customers", next: 2 });
    expect(await gateway.createCustomer(JORGE, LABEL)).toMatchObject({ id: expect.stringMatching(/^cus_/) });
  });

  test.each(["reset_after", "500_after", "504_before", "429_bare"] as const)(
    "is not repeated after %s, and says that it may have been done",
    async (kind) => {
      sandbox.inject({ kind, call: "POST /customers/*/payment_sources", always: true });
      const sent = sandbox.requests().length;
      const adding = gateway.addPaymentSource(customerId, { tokenId: "tok_test_visa_1881" });
      await expect(adding).rejects.toThrow(/may have been done/);
      expect(sandbox.requests()).toHaveLength(sent + 1);
      sandbox.clearFaults();
    },
  );
});

test("nothing of all this was logged with a key, a name, an address or a card", () => {
  const logged = gateway.logged.join("\n");
  expect(logged).not.toBe("");
  expect(logged).not.toMatch(/key_|Basic|Jorge|jorge@|5555555555|tok_|4242/);
});
