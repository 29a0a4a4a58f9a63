/** What we send, to the letter; and that Conekta's official types agree with it and with what we read. */
import { describe, expect, test } from "@jest/globals";
import type {
  ChargeRequest,
  ChargesDataResponse,
  Customer as CustomerRequest,
  CustomerResponse,
  DetailsError,
  ModelError,
  OrderRequest,
  OrderResponse,
  PaymentMethodCardRequest,
  PaymentMethodCardResponse,
  PaymentMethodTokenRequest,
} from "conekta";
import type { z } from "zod";
import { INTENT, REFERENCE } from "../../../test/gateway/samples.ts";
import type { ChargeIntent, NewCard, NewCustomer } from "../../application/ports/gateway.ts";
import { cardOf, chargeOf, customerOf, orderWithCharge, orderWithoutCharge, orderWithPage } from "./requests.ts";
import type { wireCustomer } from "./wire-customer.ts";
import type { wire } from "./wire.ts";

const LABEL = { installationId: "inst_1", request: "sign-up 7" };

const METADATA = {
  puntual_installation: INTENT.installationId,
  puntual_subscription: "jorge-oro",
  puntual_invoice: INTENT.invoiceId,
  puntual_cycle: 3,
  puntual_attempt: REFERENCE,
};
const CHARGE = { amount: 20015, reference_id: REFERENCE, payment_method: { type: "default" } };
const ORDER = {
  currency: "MXN",
  customer_info: { customer_id: INTENT.customerId },
  line_items: [{ name: "Plan Oro", unit_price: 20015, quantity: 1 }],
  metadata: METADATA,
};
const TERMS = { methods: ["card", "cash"], expiresAt: new Date("2026-12-06T15:00:00.700Z") } as const;
const RAW: NewCard = {
  number: "4242424242424242",
  holderName: "Jorge Martínez",
  expMonth: 3,
  expYear: 2031,
  cvc: "198",
};
const JORGE: NewCustomer = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555" };

describe("an order", () => {
  test("with its charge, of the default card, has exactly what is needed", () => {
    expect(orderWithCharge(INTENT)).toStrictEqual({ ...ORDER, charges: [CHARGE] });
  });

  test("opened first has no charge", () => {
    expect(orderWithoutCharge(INTENT)).toEqual(ORDER);
    expect(chargeOf(INTENT)).toEqual(CHARGE);
  });

  test("with a page names its methods and its last second, and keeps the card that pays", () => {
    expect(orderWithPage(INTENT, TERMS)).toEqual({
      ...ORDER,
      checkout: {
        type: "HostedPayment",
        allowed_payment_methods: ["card", "cash"],
        expires_at: 1796569200,
        monthly_installments_enabled: false,
        on_demand_enabled: true,
      },
    });
  });

  test("carries sku, description and discount when there are any", () => {
    const lineItems = [{ name: "Plan Oro", unitPriceCents: 21015, quantity: 1, sku: "ORO", description: "Diciembre" }];
    expect(orderWithoutCharge({ ...INTENT, lineItems, discountCents: 1000 })).toEqual({
      ...ORDER,
      line_items: [{ name: "Plan Oro", unit_price: 21015, quantity: 1, sku: "ORO", description: "Diciembre" }],
      discount_lines: [{ code: "puntual", amount: 1000, type: "campaign" }],
    });
  });
});

describe("what an order is reduced by, and what joins it", () => {
  const campaign = { code: "BUENFIN", type: "coupon", amountCents: 1 } as const;

  // prettier-ignore
  test.each<[because: string, change: Partial<ChargeIntent>, discountLines: object[] | undefined, carriedCents: number]>([
    ["nothing", {}, undefined, 0],
    ["the plan's own discount, and be it a cent", { discountCents: 1 }, [{ code: "puntual", amount: 1, type: "campaign" }], 0],
    ["each discount by its code: their sum is no line of its own", { discountCents: 1, discounts: [campaign] }, [{ code: "BUENFIN", amount: 1, type: "coupon" }], 0],
    ["one of nothing is no line", { discounts: [{ ...campaign, amountCents: 0 }] }, undefined, 0],
    ["what the balance pays, behind the discounts", { discountCents: 1, discounts: [campaign], balanceCents: 700 }, [{ code: "BUENFIN", amount: 1, type: "coupon" }, { code: "saldo", amount: 700, type: "loyalty" }], 0],
    ["what an earlier invoice left, and be it a cent, is paid like a thing that is bought", { balanceCents: -1 }, undefined, 1],
  ])("%s", (_because, change, discountLines, carriedCents) => {
    const carried = carriedCents === 0 ? [] : [{ name: "Saldo anterior", unit_price: carriedCents, quantity: 1 }];
    expect(orderWithoutCharge({ ...INTENT, ...change })).toStrictEqual({
      ...ORDER,
      line_items: [...ORDER.line_items, ...carried],
      ...(discountLines && { discount_lines: discountLines }),
    });
  });
});

// prettier-ignore
test.each<[oneOffKey: string | null | undefined, told: object, because: string]>([
  ["alta-7", { puntual_one_off: "alta-7" }, "by its key it is found again"],
  ["k".repeat(200), { puntual_one_off: "k".repeat(200) }, "as long as any"],
  ["k".repeat(201), {}, "longer than any of Conekta's metadata: not worth a refused charge"],
  ["", {}, "none"],
  [null, {}, "none"],
  [undefined, {}, "none"],
])("an order of no cycle, of the key %p, carries %j (%s)", (oneOffKey, told) => {
  const { puntual_cycle: _cycle, ...metadata } = METADATA;
  const intent = { ...INTENT, cycle: null, ...(oneOffKey === undefined ? {} : { oneOffKey }) };
  expect(orderWithoutCharge(intent).metadata).toStrictEqual({ ...metadata, ...told });
});

describe("the tax of an order", () => {
  const included = { rate: 16, baseCents: 17254, taxCents: 2761, addedCents: 0 } as const;
  const IVA = { puntual_iva_cents: 2761, puntual_iva_rate: "16" };

  test("that is in the prices is no tax line: Conekta would add it to the amount", () => {
    expect(orderWithoutCharge({ ...INTENT, taxes: [included] })).toEqual({
      ...ORDER,
      metadata: { ...ORDER.metadata, ...IVA },
    });
  });

  test.each<[string, NonNullable<ChargeIntent["taxes"]>, object[], number, string]>([
    // because, taxes, tax lines, IVA in cents, rates
    [
      "one that is added is a line a rate",
      [
        { rate: 16, baseCents: 10000, taxCents: 1600, addedCents: 1600 },
        { rate: 8, baseCents: 13, taxCents: 1, addedCents: 1 },
      ],
      [
        { description: "IVA 16%", amount: 1600 },
        { description: "IVA 8%", amount: 1 },
      ],
      ...([1601, "16,8"] as const),
    ],
    [
      "a rate of nothing is no line",
      [
        { rate: 16, baseCents: 10000, taxCents: 1600, addedCents: 1600 },
        { rate: 0, baseCents: 5000, taxCents: 0, addedCents: 0 },
        { rate: "exempt", baseCents: 5000, taxCents: 0, addedCents: 0 },
      ],
      [{ description: "IVA 16%", amount: 1600 }],
      ...([1600, "16,0,exempt"] as const),
    ],
  ])("%s", (_because, taxes, taxLines, ivaCents, rates) => {
    expect(orderWithoutCharge({ ...INTENT, taxes })).toEqual({
      ...ORDER,
      tax_lines: taxLines,
      metadata: { ...ORDER.metadata, puntual_iva_cents: ivaCents, puntual_iva_rate: rates },
    });
  });
});

describe("a card", () => {
  test("by token needs no declaration", () => {
    expect(cardOf({ tokenId: "tok_test_visa_4242" }, false)).toEqual({ type: "card", token_id: "tok_test_visa_4242" });
  });

  test("by number is refused unless the merchant declares PCI DSS level 1, without repeating the card", () => {
    expect(() => cardOf(RAW, false)).toThrow(/CONEKTA_PCI_DSS_LEVEL_1/);
    expect(() => cardOf(RAW, false)).not.toThrow(/4242|Jorge|198/);
    expect(() => customerOf({ ...JORGE, card: RAW }, LABEL, false)).toThrow(/CONEKTA_PCI_DSS_LEVEL_1/);
  });

  test("by number has a month of two digits and a year of four", () => {
    expect(cardOf(RAW, true)).toEqual({
      type: "card",
      number: "4242424242424242",
      name: "Jorge Martínez",
      exp_month: "03",
      exp_year: "2031",
      cvc: "198",
    });
  });
});

test("a customer is created with or without a card, labelled so that the same request finds it again", () => {
  const metadata = { puntual_installation: "inst_1", puntual_request: "sign-up 7" };
  expect(customerOf(JORGE, LABEL, false)).toEqual({ ...JORGE, metadata });
  expect(customerOf({ ...JORGE, card: { tokenId: "tok_1" } }, LABEL, false)).toEqual({
    ...{ ...JORGE, metadata },
    payment_sources: [{ type: "card", token_id: "tok_1" }],
  });
});

/** Compiles, or the official SDK's types and ours disagree. */
test("the official SDK's types accept what we send", () => {
  const order: OrderRequest = orderWithCharge(INTENT);
  const opened: OrderRequest = orderWithoutCharge(INTENT);
  const linked: OrderRequest = orderWithPage(INTENT, TERMS);
  const charge: ChargeRequest = chargeOf(INTENT);
  const customer: Pick<CustomerRequest, "name" | "email" | "phone"> = customerOf(JORGE, LABEL, true);
  const token = cardOf({ tokenId: "tok_1" }, false) satisfies PaymentMethodTokenRequest | PaymentMethodCardRequest;
  const raw = cardOf(RAW, true) satisfies PaymentMethodTokenRequest | PaymentMethodCardRequest;
  expect([order, opened, linked, charge, customer, token, raw]).toHaveLength(7);
});

/** The keys we read that the official types do not have. */
type Unknown<Read, Official> = Exclude<keyof Read, keyof Official>;

test("the official SDK's types have what we read", () => {
  type Nothing = [
    Unknown<z.input<typeof wire.order>, OrderResponse>,
    // `fee` is answered to version 2.0 only.
    Exclude<Unknown<z.input<typeof wire.charge>, ChargesDataResponse>, "fee">,
    // `data` is documented on the page of errors, not in the specification.
    Exclude<Unknown<z.input<typeof wire.error>, ModelError>, "data">,
    Unknown<{ code: unknown; message: unknown; param: unknown }, DetailsError>,
    Unknown<z.input<typeof wireCustomer.customer>, CustomerResponse>,
    Unknown<z.input<typeof wireCustomer.paymentSource>, PaymentMethodCardResponse>,
  ];
  const agrees: [Nothing[number]] extends [never] ? true : Nothing[number] = true;
  expect(agrees).toBe(true);
});
