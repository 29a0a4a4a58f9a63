/** Every operation of "Cargo bajo demanda", and what goes with it, over HTTP against the sandbox. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { intentFor, KEY, openGateway, type TestGateway } from "./open-gateway.ts";

const LABEL = { installationId: "inst_1", request: "of this test" };

const JORGE = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555" };
const RAW_CARD = { number: "4242424242424242", holderName: "Jorge Martinez", expMonth: 12, expYear: 2035, cvc: "198" };

let sandbox: Sandbox;
let gateway: TestGateway;
let orderFirst: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ apiKey: KEY });
  gateway = openGateway(sandbox.url);
  orderFirst = openGateway(sandbox.url, { flow: "order_first" });
});

afterAll(async () => {
  await Promise.all([gateway[Symbol.asyncDispose](), orderFirst[Symbol.asyncDispose]()]);
  await sandbox.close();
});

async function customerWith(tokenId: string): Promise<string> {
  return (await gateway.createCustomer({ ...JORGE, card: { tokenId } }, LABEL)).id;
}

function lastRequest() {
  return sandbox.requests().at(-1);
}

describe("customers", () => {
  test("are created without a card", async () => {
    const created = await gateway.createCustomer(JORGE, LABEL);
    expect(created).toEqual({
      id: expect.stringMatching(/^cus_/),
      livemode: false,
      ...JORGE,
      paymentSourceId: null,
      cardBrand: null,
      cardLast4: null,
      cardExpMonth: null,
      cardExpYear: null,
    });
    expect(await gateway.readCustomer(created.id)).toEqual(created);
  });

  test("are created with their card in one step", async () => {
    const created = await gateway.createCustomer({ ...JORGE, card: { tokenId: "tok_test_mastercard_4444" } }, LABEL);
    expect(created).toMatchObject({ cardBrand: "mastercard", cardLast4: "4444" });
    expect(created.paymentSourceId).toMatch(/^src_/);
    expect(created.cardExpYear).toBeGreaterThan(2020);
    expect(await gateway.readCustomer(created.id)).toEqual(created);
  });

  test("are found again by the label of these books, among the newest and by e-mail, each once", async () => {
    const own = { installationId: "inst_own", request: "r1" };
    const { id, name, email, phone } = await gateway.createCustomer(JORGE, own);
    await gateway.createCustomer({ ...JORGE, email: "other@example.com" }, { ...own, request: "r2" });
    const found = await gateway.labelledCustomers({ installationId: "inst_own", email: JORGE.email });
    expect(found.map(({ request }) => request)).toEqual(["r2", "r1"]);
    expect(found[1]).toEqual({ customerId: id, request: "r1", name, email, phone });
    expect(await gateway.labelledCustomers({ installationId: "inst_none", email: JORGE.email })).toEqual([]);
  });

  test("that do not exist are refused, not unavailable", async () => {
    await expect(gateway.readCustomer("cus_nobody")).rejects.toMatchObject({ name: "GatewayRefused", httpStatus: 404 });
  });
});

describe("payment sources", () => {
  test("are added by token; the first becomes the default, though its own answer does not say so", async () => {
    const { id } = await gateway.createCustomer(JORGE, LABEL);
    const added = await gateway.addPaymentSource(id, { tokenId: "tok_test_visa_4242" });
    expect(added).toMatchObject({ isDefault: true, brand: "visa", last4: "4242", status: "active" });
    expect(await gateway.listPaymentSources(id)).toEqual([added]);
    expect(await gateway.readCustomer(id)).toMatchObject({ paymentSourceId: added.id, cardLast4: "4242" });
  });

  test("change which one is the default", async () => {
    const id = await customerWith("tok_test_visa_4242");
    const second = await gateway.addPaymentSource(id, { tokenId: "tok_test_visa_1881" });
    expect(second.isDefault).toBe(false);
    expect(await gateway.changeDefault(id, second.id)).toMatchObject({ paymentSourceId: second.id, cardLast4: "1881" });
    const sources = await gateway.listPaymentSources(id);
    expect(sources.filter(({ isDefault }) => isDefault).map((source) => source.id)).toEqual([second.id]);
  });

  test("are removed", async () => {
    const id = await customerWith("tok_test_visa_4242");
    const second = await gateway.addPaymentSource(id, { tokenId: "tok_test_visa_1881" });
    await gateway.removePaymentSource(id, second.id);
    expect(await gateway.listPaymentSources(id)).toHaveLength(1);
  });

  test("with an unknown token are refused with a reason, and without the token", async () => {
    const { id } = await gateway.createCustomer(JORGE, LABEL);
    const refusal = gateway.addPaymentSource(id, { tokenId: "tok_notAToken" });
    await expect(refusal).rejects.toMatchObject({ name: "GatewayRefused" });
    await expect(refusal).rejects.not.toThrow(/tok_notAToken/);
  });

  test("by number are refused before anything is sent, unless PCI DSS level 1 is declared", async () => {
    const { id } = await gateway.createCustomer(JORGE, LABEL);
    const sent = sandbox.requests().length;
    await expect(gateway.addPaymentSource(id, RAW_CARD)).rejects.toMatchObject({ name: "ConfigurationInvalid" });
    await expect(gateway.createCustomer({ ...JORGE, card: RAW_CARD }, LABEL)).rejects.toThrow(
      /CONEKTA_PCI_DSS_LEVEL_1/,
    );
    expect(sandbox.requests()).toHaveLength(sent);

    await using certified = openGateway(sandbox.url, { pciDssLevel1: true });
    expect(await certified.addPaymentSource(id, RAW_CARD)).toMatchObject({
      last4: "4242",
      expMonth: 12,
      expYear: 2035,
    });
  });
});

describe("the order with its charge", () => {
  test("is paid by the default card, and mapped for reconciliation", async () => {
    const customerId = await customerWith("tok_test_visa_4242");
    const intent = intentFor(customerId);
    const outcome = await gateway.charge(intent, null);
    const charged = sandbox.ledger().find(({ referenceId }) => referenceId === intent.reference);
    expect(charged).toMatchObject({ status: "paid", amountCents: 20015, customerId });
    expect(outcome).toMatchObject({
      kind: "paid",
      payment: {
        orderId: charged?.orderId,
        chargeId: charged?.chargeId,
        amountCents: 20015,
        currency: "MXN",
        customerId,
        livemode: false,
        paidAt: new Date(charged?.paidAt ?? ""),
        authCode: expect.stringMatching(/^\d{6}$/),
        cardBrand: "visa",
        cardLast4: "4242",
      },
      trace: { httpStatus: 200 },
    });
  });

  test("carries what was agreed on the wire: default method, metadata, reference", async () => {
    const intent = intentFor(await customerWith("tok_test_visa_4242"));
    await gateway.charge(intent, null);
    expect(lastRequest()).toMatchObject({
      method: "POST",
      path: "/orders",
      body: {
        metadata: { puntual_attempt: intent.reference, puntual_cycle: 3 },
        charges: [{ amount: 20015, reference_id: intent.reference, payment_method: { type: "default" } }],
      },
    });
  });

  test("with a discount is paid less it", async () => {
    const intent = intentFor(await customerWith("tok_test_visa_4242"), { discountCents: 15, amountCents: 20000 });
    expect(await gateway.charge(intent, null)).toMatchObject({ kind: "paid", payment: { amountCents: 20000 } });
  });

  // prettier-ignore
  test.each([
    ["tok_test_card_declined",       "declined", "retry_later",     "card_declined"],
    ["tok_test_insufficient_funds",  "declined", "retry_later",     "insufficient_funds"],
    ["tok_sandbox_stolen_card",      "declined", "never_again",     "stolen_card"],
    ["tok_sandbox_fraud",            "declined", "never_again",     "suspected_fraud"],
    ["tok_sandbox_call_issuer",      "declined", "customer_action", "restricted_card"],
    ["tok_sandbox_expired_card",     "declined", "new_card",        "expired_card"],
    ["tok_sandbox_unheard_of",       "declined", "unrecognized",    "sandbox_unheard_of"],
    ["tok_sandbox_blocked_source",   "declined", "new_card",        "conekta.errors.parameter_validation.charge.blocked_payment_source"],
    ["tok_sandbox_rejected_by_risk", "declined", "never_again",     "conekta.errors.parameter_validation.charge.rejected_by_risk"],
  ])("%s is %s: %s", async (token, kind, declineClass, failureCode) => {
    const outcome = await gateway.charge(intentFor(await customerWith(token)), null);
    expect(outcome).toMatchObject({ kind, decline: { declineClass, failureCode } });
    expect(outcome.trace.logId).not.toBeNull();
  });

  test.each(["tok_sandbox_3ds", "tok_sandbox_pending", "tok_sandbox_under_review"])("%s is pending", async (token) => {
    const intent = intentFor(await customerWith(token));
    const outcome = await gateway.charge(intent, null);
    expect(outcome).toMatchObject({ kind: "pending", orderId: expect.stringMatching(/^ord_/) });
    const { orderId } = outcome as Extract<typeof outcome, { kind: "pending" }>;
    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({ kind: "pending" });
  });

  test.each(["tok_sandbox_bank_timeout", "tok_sandbox_communication_error"])(
    "%s is unknown, until an inquiry shows the declined charge",
    async (token) => {
      const intent = intentFor(await customerWith(token));
      const outcome = await gateway.charge(intent, null);
      expect(outcome).toMatchObject({ kind: "unknown", orderId: expect.stringMatching(/^ord_/) });
      const { orderId } = outcome as Extract<typeof outcome, { kind: "unknown" }>;
      expect(await gateway.readCharge(orderId ?? "", intent.reference, intent.amountCents)).toMatchObject({
        kind: "declined",
        decline: { declineClass: "try_again_soon" },
      });
    },
  );

  test("of a customer who is gone is refused", async () => {
    expect(await gateway.charge(intentFor("cus_nobody"), null)).toMatchObject({
      kind: "refused",
      failureCode: "conekta.errors.resource_not_found.entity",
    });
  });

  test("of a customer without any card is refused", async () => {
    const { id } = await gateway.createCustomer(JORGE, LABEL);
    expect(await gateway.charge(intentFor(id), null)).toMatchObject({ kind: "refused" });
  });
});

describe("the order first, then its charge", () => {
  test("moves no money until it is charged", async () => {
    const intent = intentFor(await customerWith("tok_test_visa_4242"));
    const opened = await orderFirst.openOrder(intent);
    expect(opened).toEqual({ kind: "opened", orderId: expect.stringMatching(/^ord_/) });
    const { orderId } = opened as Extract<typeof opened, { kind: "opened" }>;
    expect(await orderFirst.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({
      kind: "absent",
    });
    expect(await orderFirst.charge(intent, orderId)).toMatchObject({ kind: "paid", payment: { orderId } });
    expect(await orderFirst.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({
      kind: "paid",
      payment: { orderId, amountCents: 20015, customerId: intent.customerId },
    });
  });

  test("is charged again after a decline, each attempt seen by its own reference", async () => {
    const customerId = await customerWith("tok_sandbox_insufficient_funds_1_then_pays");
    const first = intentFor(customerId);
    const second = intentFor(customerId, { invoiceId: first.invoiceId });
    const orderId = await openedOrder(first);
    expect(await orderFirst.charge(first, orderId)).toMatchObject({ kind: "declined", orderId });
    expect(await orderFirst.readCharge(orderId, first.reference, first.amountCents)).toMatchObject({
      kind: "declined",
    });
    expect(await orderFirst.readCharge(orderId, second.reference, second.amountCents)).toMatchObject({
      kind: "absent",
    });
    expect(await orderFirst.charge(second, orderId)).toMatchObject({ kind: "paid" });
    expect(await orderFirst.readCharge(orderId, second.reference, second.amountCents)).toMatchObject({ kind: "paid" });
  });

  test.each([428, 422] as const)("is never paid twice: the guard's %i is unknown, to be read now", async (guard) => {
    await using guarded = await startSandbox({ paidOrderGuard: guard });
    await using client = openGateway(guarded.url, { flow: "order_first" });
    const { id } = await client.createCustomer({ ...JORGE, card: { tokenId: "tok_test_visa_4242" } }, LABEL);
    const first = intentFor(id);
    const opened = await client.openOrder(first);
    const { orderId } = opened as Extract<typeof opened, { kind: "opened" }>;
    await client.charge(first, orderId);
    const second = intentFor(id, { invoiceId: first.invoiceId });
    expect(await client.charge(second, orderId)).toMatchObject({ kind: "unknown", orderId });
    expect(await client.readCharge(orderId, second.reference, second.amountCents)).toMatchObject({ kind: "paid" });
    expect(guarded.ledger()).toHaveLength(1);
  });

  test("asks for 3DS with the order as the answer, on a later attempt too", async () => {
    const intent = intentFor(await customerWith("tok_sandbox_3ds"));
    const orderId = await openedOrder(intentFor(intent.customerId));
    expect(await orderFirst.charge(intent, orderId)).toMatchObject({ kind: "pending", orderId });
    expect(await orderFirst.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({
      kind: "pending",
    });
  });

  test("that cannot be opened says why", async () => {
    expect(await orderFirst.openOrder(intentFor("cus_nobody"))).toMatchObject({ kind: "refused" });
  });

  async function openedOrder(intent: ReturnType<typeof intentFor>): Promise<string> {
    const opened = await orderFirst.openOrder(intent);
    return (opened as Extract<typeof opened, { kind: "opened" }>).orderId;
  }
});

describe("the inquiries", () => {
  test("find charges of a window by our reference, over several pages", async () => {
    const paying = await customerWith("tok_test_visa_4242");
    const declining = await customerWith("tok_test_card_declined");
    const from = new Date(Date.now() - 60_000);
    const [paid, declined, absent] = [intentFor(paying), intentFor(declining), intentFor(paying)];
    await gateway.charge(paid, null);
    await gateway.charge(declined, null);
    await Promise.all(Array.from({ length: 260 }, () => gateway.openOrder(intentFor(paying))));

    const to = new Date(Date.now() + 60_000);
    const found = await gateway.findCharges({ from, to }, [paid, declined, absent]);
    expect([paid, declined, absent].map(({ reference }) => found.get(reference)?.kind)).toEqual([
      "paid",
      "declined",
      "absent",
    ]);
    const past = await gateway.findCharges({ from: new Date(0), to: new Date(1000) }, [paid]);
    expect(past.get(paid.reference)).toMatchObject({ kind: "absent" });
  }, 60_000);

  test("see a lagging read as absent, which proves nothing", async () => {
    let now = new Date("2026-12-01T09:00:00Z");
    await using lagging = await startSandbox({ now: () => now, readLagMs: 9_000 });
    await using client = openGateway(lagging.url);
    const { id } = await client.createCustomer({ ...JORGE, card: { tokenId: "tok_test_visa_4242" } }, LABEL);
    const intent = intentFor(id);
    await client.charge(intent, null);
    const window = { from: new Date(now.getTime() - 60_000), to: new Date(now.getTime() + 60_000) };
    expect((await client.findCharges(window, [intent])).get(intent.reference)).toMatchObject({ kind: "absent" });
    now = new Date(now.getTime() + 10_000);
    expect((await client.findCharges(window, [intent])).get(intent.reference)).toMatchObject({ kind: "paid" });
  });

  test("see money although the order's status is stale", async () => {
    const intent = intentFor(await customerWith("tok_sandbox_fault_stale_status"));
    expect(await gateway.charge(intent, null)).toMatchObject({ kind: "paid" });
  });

  test("see that another amount was charged", async () => {
    const intent = intentFor(await customerWith("tok_sandbox_fault_other_amount"));
    expect(await gateway.charge(intent, null)).toMatchObject({ kind: "paid", payment: { amountCents: 20115 } });
  });
});

describe("a pending order", () => {
  test("is cancelled, and then seen to have ended without money", async () => {
    const intent = intentFor(await customerWith("tok_sandbox_3ds"));
    const outcome = await gateway.charge(intent, null);
    const { orderId } = outcome as Extract<typeof outcome, { kind: "pending" }>;
    await gateway.cancelOrder(orderId);
    expect(await gateway.readCharge(orderId, intent.reference, intent.amountCents)).toMatchObject({
      kind: "declined",
      decline: { declineClass: "customer_action" },
    });
  });
});

describe("the probe", () => {
  test("tells the key's mode from a known customer, or from any", async () => {
    const id = await customerWith("tok_test_visa_4242");
    expect(await gateway.probe(id)).toEqual({ livemode: false, isKnown: true });
    expect(await gateway.probe(null)).toEqual({ livemode: false });
  });

  test("cannot tell it from an empty account", async () => {
    await using empty = await startSandbox({});
    await using client = openGateway(empty.url);
    expect(await client.probe(null)).toEqual({ livemode: null });
  });

  test("learns the key's mode from any customer when it cannot see the known one", async () => {
    expect(await gateway.probe("cus_nobody")).toEqual({ livemode: false, isKnown: false });
  });

  test("says when the key is not accepted, and does not repeat it", async () => {
    await using withWrongKey = openGateway(sandbox.url, { apiKey: "key_wrong" });
    const sent = sandbox.requests().length;
    await expect(withWrongKey.probe(null)).rejects.toMatchObject({ name: "GatewayUnauthorized" });
    await expect(withWrongKey.probe(null)).rejects.toThrow(/CONEKTA_API_KEY/);
    await expect(withWrongKey.probe(null)).rejects.not.toThrow(/key_wrong/);
    expect(sandbox.requests()).toHaveLength(sent + 3);
    expect(await withWrongKey.charge(intentFor("cus_1"), null)).toMatchObject({ kind: "not_sent", unauthorized: true });
  });
});
