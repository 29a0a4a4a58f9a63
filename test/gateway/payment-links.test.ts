/** Payment links through the real gateway and a real server: made once, looked at through their whole life. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ChargeIntent, OpenedLink, InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { conektaGateway, type ConektaGateway } from "../../src/adapters/conekta/gateway.ts";
import { startSandbox, type FaultKind, type PageVisit, type Sandbox } from "../../src/sandbox/server.ts";
import { intentFor, KEY, openGateway } from "./open-gateway.ts";

const LABEL = { installationId: "inst_1", request: "of this test" };

const HOUR_MS = 3_600_000;
let sandbox: Sandbox;
let gateway: ConektaGateway;
let nowMs = Date.UTC(2026, 11, 1, 15);
let customerId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => new Date(nowMs) });
  const quiet = (): void => {};
  gateway = conektaGateway({
    baseUrl: sandbox.url,
    apiKey: KEY,
    flow: "single",
    timeoutMs: 20_000,
    connections: 4,
    pciDssLevel1: false,
    random: { newId: (prefix) => `${prefix}_1`, fraction: () => 0 },
    clock: { now: () => new Date(nowMs), monotonicMs: () => 0 },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const card = { tokenId: "tok_test_card_declined" };
  const jorge = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555", card };
  customerId = (await gateway.createCustomer(jorge, LABEL)).id;
});
beforeEach(() => sandbox.clearFaults());
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

async function openLink(intent: ChargeIntent, expiresInMs = HOUR_MS): Promise<OpenedLink> {
  return await gateway.openPaymentLink(intent, {
    methods: ["card", "cash", "bank_transfer"],
    expiresAt: new Date(nowMs + expiresInMs),
  });
}

async function openedOrder(intent: ChargeIntent): Promise<string> {
  const opened = await openLink(intent);
  return (opened as Extract<OpenedLink, { kind: "pending" }>).orderId;
}

describe("making a payment link", () => {
  test("answers with its address and its end, and asks for no charge", async () => {
    const intent = intentFor(customerId);
    const expiresAt = new Date(nowMs + HOUR_MS);
    expect(await openLink(intent)).toMatchObject({
      kind: "pending",
      orderId: expect.stringMatching(/^ord_/),
      chargeId: null,
      link: { url: expect.stringMatching(/^https:\/\/pay\.conekta\.com\/checkout\//), expiresAt },
    });
    expect(sandbox.ledger()).toHaveLength(0);
    expect(sandbox.requests().at(-1)?.body).toMatchObject({
      metadata: { puntual_attempt: intent.reference, puntual_invoice: intent.invoiceId },
      checkout: { type: "HostedPayment", allowed_payment_methods: ["card", "cash", "bank_transfer"] },
    });
  });

  // prettier-ignore
  test.each<readonly [kind: FaultKind, outcome: string, found: string, because: string]>([
    ["429",             "not_sent", "absent",  "Conekta itself says it did nothing"],
    ["429_bare",        "unknown",  "absent",  "a proxy's word"],
    ["500_before",      "unknown",  "absent",  "it might have been made"],
    ["500_after",       "unknown",  "pending", "it was made"],
    ["504_after",       "unknown",  "pending", "it was made"],
    ["reset_after",     "unknown",  "pending", "the answer was lost"],
    ["html_after",      "unknown",  "pending", "the answer cannot be read"],
    ["truncated_after", "unknown",  "pending", "half of the answer"],
  ])("that meets %s is %s, sent once, and an inquiry finds it %s: %s", async (kind, outcome, found) => {
    const intent = intentFor(customerId);
    const sent = sandbox.requests().length;
    sandbox.inject({ kind, call: "POST /orders" });
    expect((await openLink(intent)).kind).toBe(outcome);
    expect(sandbox.requests()).toHaveLength(sent + 1);
    const window = { from: new Date(nowMs - HOUR_MS), to: new Date(nowMs + HOUR_MS) };
    const inquiryAnswer = (await gateway.findCharges(window, [intent])).get(intent.reference);
    expect(inquiryAnswer?.kind).toBe(found);
    const url = inquiryAnswer?.kind === "pending" ? inquiryAnswer.link?.url : undefined;
    expect(url?.startsWith("https:") ?? false).toBe(found === "pending");
  });

  test("for a customer who is gone, or for too short a time, is refused", async () => {
    expect(await openLink(intentFor("cus_nobody"))).toMatchObject({ kind: "refused" });
    expect(await openLink(intentFor(customerId), 60_000)).toMatchObject({
      kind: "refused",
      failureCode: "conekta.errors.parameter_validation.checkout.expires_at.invalid",
    });
  });

  test("with a key that is not accepted is surely not done", async () => {
    await using strict = await startSandbox({ apiKey: KEY });
    await using withWrongKey = openGateway(strict.url, { apiKey: "key_wrong" });
    const terms = { methods: ["cash"], expiresAt: new Date(Date.now() + HOUR_MS) } as const;
    expect(await withWrongKey.openPaymentLink(intentFor("cus_1"), terms)).toMatchObject({
      kind: "not_sent",
      unauthorized: true,
    });
  });
});

describe("an inquiry about a payment link", () => {
  // prettier-ignore
  test.each<readonly [visits: readonly PageVisit[], expected: object, because: string]>([
    [[], { kind: "pending", chargeId: null, link: { url: expect.stringMatching(/^https:/) } }, "nobody came"],
    [[{ choose: "cash" }], { kind: "pending", chargeId: expect.stringMatching(/^[0-9a-f]{24}$/) }, "a reference is out"],
    [[{ pay: "card", token: "tok_test_card_declined" }], { kind: "pending", chargeId: null }, "a card was declined, the page is open"],
    [[{ pay: "card", token: "tok_test_card_declined" }, { pay: "card" }], { kind: "paid", payment: { paymentMethod: "card", cardLast4: "4242" } }, "another one paid"],
    [[{ pay: "cash" }], { kind: "paid", payment: { paymentMethod: "cash", amountCents: 20015, currency: "MXN", cardLast4: null } }, "at a shop"],
    [[{ pay: "bank_transfer" }], { kind: "paid", payment: { paymentMethod: "bank_transfer" } }, "by SPEI"],
  ])("after %j shows %j, from every side: %s", async (visits, expected) => {
    const intent = intentFor(customerId);
    const orderId = await openedOrder(intent);
    for (const visit of visits) sandbox.visitPage(orderId, visit);

    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject(expected);
    const seen = await gateway.readOrder(orderId);
    expect(seen).toMatchObject({ installationId: intent.installationId, references: [intent.reference] });
    expect(seen.inquiryAnswerOf(intent.reference)).toMatchObject(expected);
    const window = { from: new Date(nowMs - HOUR_MS), to: new Date(nowMs + HOUR_MS) };
    expect((await gateway.findCharges(window, [intent])).get(intent.reference)).toMatchObject(expected);
    const shown: InquiryAnswer[] = [];
    for await (const listed of gateway.listOrders(window))
      if (listed.orderId === orderId) shown.push(listed.inquiryAnswerOf(intent.reference));
    expect(shown).toMatchObject([expected]);
  });

  test("shows that it lapsed when it was cancelled, and that it was paid all the same", async () => {
    const intent = intentFor(customerId);
    const orderId = await openedOrder(intent);
    sandbox.visitPage(orderId, { pay: "card", when: "after_end" });
    await gateway.cancelOrder(orderId);
    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({ kind: "paid" });

    const quiet = intentFor(customerId);
    const unpaid = await openedOrder(quiet);
    await gateway.cancelOrder(unpaid);
    expect(await gateway.readCharge(unpaid, quiet.reference, quiet.amountCents)).toEqual({
      kind: "lapsed",
      orderId: unpaid,
      trace: expect.objectContaining({ because: expect.stringContaining("canceled") }),
    });
    await gateway.cancelOrder(unpaid);
  });

  test("shows that it lapsed when its time was over, and a late payment", async () => {
    const intent = intentFor(customerId);
    const orderId = await openedOrder(intent);
    sandbox.visitPage(orderId, { choose: "cash" });
    nowMs += HOUR_MS;
    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({ kind: "lapsed" });
    sandbox.visitPage(orderId, { pay: "cash" });
    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({
      kind: "paid",
      payment: { paymentMethod: "cash", orderId },
    });
  });
});

test("a link whose cash may still come cannot be cancelled", async () => {
  const orderId = await openedOrder(intentFor(customerId));
  sandbox.visitPage(orderId, { choose: "cash" });
  await expect(gateway.cancelOrder(orderId)).rejects.toMatchObject({ name: "GatewayRefused", httpStatus: 428 });
});

test("a card that paid is kept with the customer, and becomes the default when it is asked for", async () => {
  const orderId = await openedOrder(intentFor(customerId));
  sandbox.visitPage(orderId, { pay: "card", token: "tok_test_mastercard_4444" });
  const before = await gateway.readCustomer(customerId);
  const sources = await gateway.listPaymentSources(customerId);
  const kept = sources.find(({ last4 }) => last4 === "4444");
  expect(kept).toBeDefined();
  expect(before.paymentSourceId).not.toBe(kept?.id);
  const after = await gateway.changeDefault(customerId, kept?.id ?? "");
  expect(after.paymentSourceId).toBe(kept?.id);
});
