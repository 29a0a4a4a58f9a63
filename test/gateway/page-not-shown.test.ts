/**
 * Orders of payment links, read through a front that leaves `checkout` out: no page promises that every read shows it.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { systemClock } from "../../src/adapters/clock.ts";
import { conektaGateway, type ConektaGateway } from "../../src/adapters/conekta/gateway.ts";
import { startSandbox, type PageVisit, type Sandbox } from "../../src/sandbox/server.ts";
import { intentFor, KEY } from "./open-gateway.ts";

const LABEL = { installationId: "inst_1", request: "of this test" };

const HOUR_MS = 3_600_000;
let sandbox: Sandbox;
let front: Server;
let gateway: ConektaGateway;
let customerId: string;

/** Passes each call on, and takes the page out of what is read. */
function hidingPages(target: string): Server {
  return createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", headers, url = "/" } = request;
      const { accept = "", authorization = "" } = headers;
      const answer = await fetch(target + url, {
        method,
        headers: { accept, authorization, "content-type": "application/json" },
        body: method === "GET" ? null : Buffer.concat(chunks),
      });
      const body = JSON.parse(await answer.text(), (key, value: unknown) =>
        key === "checkout" && method === "GET" ? undefined : value,
      ) as unknown;
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(body));
    })();
  });
}

beforeAll(async () => {
  sandbox = await startSandbox();
  front = hidingPages(sandbox.url).listen(0, "127.0.0.1");
  await once(front, "listening");
  const quiet = (): void => {};
  gateway = conektaGateway({
    baseUrl: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    apiKey: KEY,
    flow: "single",
    timeoutMs: 20_000,
    connections: 4,
    pciDssLevel1: false,
    random: { newId: (prefix) => `${prefix}_1`, fraction: () => 0 },
    clock: systemClock,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const jorge = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555" };
  customerId = (await gateway.createCustomer({ ...jorge, card: { tokenId: "tok_test_visa_4242" } }, LABEL)).id;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  front.close();
  await sandbox[Symbol.asyncDispose]();
});

describe("a payment link whose page is not shown", () => {
  // prettier-ignore
  test.each<readonly [visits: readonly PageVisit[], isCancelled: boolean, expected: object, because: string]>([
    [[],                  false, { kind: "pending", chargeId: null }, "the order waits: its page may be open, so it is never absent"],
    [[{ choose: "cash" }], false, { kind: "pending", chargeId: expect.stringMatching(/./) }, "a reference is out"],
    [[],                  true,  { kind: "lapsed" },                  "the order alone says that it is over; no card said no"],
    [[{ pay: "cash" }],   false, { kind: "paid", payment: { paymentMethod: "cash" } }, "money is seen, with a page or without"],
  ])("after %j, cancelled %s, shows %j from every side: %s", async (visits, isCancelled, expected) => {
    const intent = intentFor(customerId);
    const { reference, amountCents } = intent;
    const terms = { methods: ["card", "cash"], expiresAt: new Date(Date.now() + HOUR_MS) } as const;
    const opened = await gateway.openPaymentLink(intent, terms);
    const { orderId } = opened as Extract<typeof opened, { kind: "pending" }>;
    for (const visit of visits) sandbox.visitPage(orderId, visit);
    if (isCancelled) await gateway.cancelOrder(orderId);

    const window = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
    const inquiryAnswers: (InquiryAnswer | undefined)[] = [
      await gateway.readCharge(orderId, reference, amountCents, "link"),
      (await gateway.readOrder(orderId)).inquiryAnswerOf(reference, "link"),
      (await gateway.findCharges(window, [{ ...intent, flow: "link" }])).get(reference),
    ];
    expect(inquiryAnswers).toMatchObject([expected, expected, expected]);
    expect(JSON.stringify(inquiryAnswers)).not.toContain("/checkout/");
  });
});
