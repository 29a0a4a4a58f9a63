import { describe, expect, test } from "@jest/globals";
import { eventMessage } from "./event-message.ts";
import type { Notification } from "../ports/notify.ts";

const AT = new Date("2026-02-28T15:00:00Z");
const EVENT: Notification = {
  type: "invoice.payment_failed",
  at: AT,
  livemode: true,
  data: {},
  customer: {
    id: "cus_1",
    name: "Señora Ana",
    email: "ana@example.mx",
    cardBrand: "visa",
    cardLast4: "4242",
    cardExpMonth: 12,
    cardExpYear: 2026,
  },
  subscription: { id: "ana", planId: "oro", planName: "Plan Oro" },
  invoice: {
    id: "inv_1",
    cycle: 1,
    periodStart: AT,
    periodEnd: new Date("2026-03-31T15:00:00Z"),
    ...{ amountCents: 20015, balanceCents: 5000, discountCents: 10008, taxCents: 2761 },
    taxes: [{ rate: 16, baseCents: 17254, taxCents: 2761 }],
    currency: "MXN",
    timeZone: "America/Mexico_City",
  },
  attempt: {
    id: "att_1",
    number: 1,
    orderId: "ord_1",
    chargeId: "chr_1",
    paymentMethod: null,
    cardBrand: "visa",
    cardLast4: "4242",
  },
  paymentLink: null,
};
const NO_TEXT = () => null;
const of = (change: Partial<Notification>) => eventMessage({ ...EVENT, ...change }, NO_TEXT);

const DISPUTE = {
  ...{ gatewayDisputeId: "chbk_1", status: "lost", reason: "unrecognized", evidenceDueBy: "2026-03-03T15:00:00.000Z" },
  ...{ amountCents: 20015, currency: "MXN" },
};

describe("what is sent", () => {
  test("is who, what and how much", () => {
    expect(of({ data: { declineClass: "retry_later", failureCode: "insufficient_funds" } })).toEqual({
      type: "invoice.payment_failed",
      timestamp: "2026-02-28T15:00:00.000Z",
      data: {
        livemode: true,
        customer: { id: "cus_1", name: "Señora Ana", email: "ana@example.mx" },
        subscription: { id: "ana", plan: { id: "oro", name: "Plan Oro" } },
        invoice: {
          id: "inv_1",
          cycle: 1,
          periodStart: "2026-02-28T15:00:00.000Z",
          periodEnd: "2026-03-31T15:00:00.000Z",
          timeZone: "America/Mexico_City",
          ...{ amountCents: 20015, balanceCents: 5000, discountCents: 10008, taxCents: 2761 },
          taxes: [{ rate: 16, baseCents: 17254, taxCents: 2761 }],
          currency: "MXN",
        },
        attempt: {
          id: "att_1",
          number: 1,
          orderId: "ord_1",
          chargeId: "chr_1",
          card: { brand: "visa", last4: "4242" },
        },
        decline: {
          class: "retry_later",
          code: "insufficient_funds",
          text: { es: "El cargo no se pudo hacer.", en: "The charge could not be made." },
        },
      },
    });
  });

  test("of an event without subjects is that there are none", () => {
    const nothing = { customer: null, subscription: null, invoice: null, attempt: null, livemode: null };
    expect(of({ type: "subscription.created", ...nothing }).data).toEqual({
      livemode: null,
      customer: null,
      subscription: null,
      invoice: null,
    });
  });

  test.each<[string, Partial<Notification>, object]>([
    // what, event, sent
    [
      "what follows",
      { data: { nextStep: "retry", nextAttemptAt: "2026-03-01T15:00:00.000Z", rule: "payday" } },
      { nextStep: "retry", nextAttemptAt: "2026-03-01T15:00:00.000Z", nextStepUntil: null, rule: "payday" },
    ],
    [
      "how long is waited",
      { data: { nextStep: "grace", nextStepUntil: "2026-03-09T15:00:00.000Z", rule: { name: "grace", days: 9 } } },
      { nextStep: "grace", nextAttemptAt: null, nextStepUntil: "2026-03-09T15:00:00.000Z", rule: "grace" },
    ],
    ["why it is held", { type: "invoice.held", data: { statusReason: "our_fault" } }, { reason: "our_fault" }],
    [
      "whence a subscription comes",
      { type: "subscription.recovered", data: { was: "past_due", status: "active" } },
      { was: "past_due" },
    ],
    [
      "why it ended",
      { type: "subscription.canceled", data: { was: "active", because: "person" } },
      { was: "active", reason: "person" },
    ],
    [
      "how it was paid",
      { type: "invoice.paid", attempt: EVENT.attempt && { ...EVENT.attempt, paymentMethod: "cash", cardLast4: null } },
      { attempt: { id: "att_1", number: 1, orderId: "ord_1", chargeId: "chr_1", paymentMethod: "cash", card: null } },
    ],
    [
      "where to pay",
      {
        type: "invoice.payment_link_created",
        paymentLink: { url: "https://pay.example/1", expiresAt: AT, methods: ["cash"] },
      },
      { paymentLink: { url: "https://pay.example/1", expiresAt: "2026-02-28T15:00:00.000Z", methods: ["cash"] } },
    ],
    [
      "what is disputed, and how it ended",
      { type: "dispute.closed", data: { ...DISPUTE, disputeId: "dsp_1", disputeOutcome: "lost" } },
      { dispute: { ...DISPUTE, id: "dsp_1", outcome: "lost" } },
    ],
    [
      "what went back",
      { type: "invoice.refunded", data: { refundId: "ref_1", amountCents: 100, currency: "MXN", reason: "other" } },
      { refund: { id: "ref_1", amountCents: 100, currency: "MXN", reason: "other" } },
    ],
    [
      "which card expires",
      { type: "card.expiring" },
      { card: { brand: "visa", last4: "4242", expMonth: 12, expYear: 2026, daysLeft: null } },
    ],
    [
      "which card expired when, though the customer has another by now",
      {
        type: "card.expiring",
        data: { cardBrand: "amex", cardLast4: "0005", expMonth: 1, expYear: 2027, daysLeft: 7 },
      },
      { card: { brand: "amex", last4: "0005", expMonth: 1, expYear: 2027, daysLeft: 7 } },
    ],
    [
      "what becomes of the subscription in the end",
      { data: { nextStep: "write_off", finalAction: "cancel" } },
      { nextStep: "write_off", finalAction: "cancel" },
    ],
  ])("says %s", (_what, change, sent) => {
    expect(of(change).data).toMatchObject(sent);
  });

  test.each<[string | null, string, string]>([
    // code, class, text
    ["insufficient_funds", "retry_later", "No hay fondos."],
    ["a_new_code", "new_card", "Hace falta otra tarjeta."],
    [null, "customer_action", "El banco pide algo al titular."],
    [null, "retry_later", "El cargo no se pudo hacer."],
  ])("explains a decline by code %s and class %s: %s", (failureCode, declineClass, es) => {
    const texts = (code: string) => (code === "insufficient_funds" ? { es: "No hay fondos.", en: "No funds." } : null);
    const { data } = eventMessage({ ...EVENT, data: { declineClass, failureCode } }, texts);
    expect(data).toMatchObject({ decline: { class: declineClass, code: failureCode, text: { es } } });
  });

  test("is never what an event holds besides", () => {
    const sent = JSON.stringify(of({ data: { why: "Ana called from 55 1234 5678", because: "log 17", phone: "1" } }));
    expect(sent).not.toMatch(/called|log 17|phone/);
  });
});

// prettier-ignore
test.each<[type: string, data: Record<string, unknown>, told: Record<string, unknown>, because: string]>([
  ["subscription.plan_changed", { apply: "now", on: "2026-11-16", fromPlanId: "oro", toPlanId: "platino", planName: "Platino", fromQuantity: 1, toQuantity: 2, creditCents: 10008, debitCents: 14950, currency: "MXN", by: "eva" },
    { change: { apply: "now", on: "2026-11-16", fromPlanId: "oro", toPlanId: "platino", fromQuantity: 1, toQuantity: 2, creditCents: 10008, debitCents: 14950, currency: "MXN" } }, "what it was and is, and the money; not who did it"],
  ["coupon.given", { code: "MITAD", worth: "50 % off", fromCycle: 3, untilCycle: 5 }, { coupon: { code: "MITAD", fromCycle: 3, untilCycle: 5 } }, "which cycles"],
  ["coupon.given", { code: "SIEMPRE", fromCycle: 3, untilCycle: null }, { coupon: { code: "SIEMPRE", fromCycle: 3, untilCycle: null } }, "without an end"],
  ["coupon.taken", { code: "MITAD", fromCycle: 3, untilCycle: 4 }, { coupon: { code: "MITAD", fromCycle: 3, untilCycle: 4 } }, "until when it did"],
  ["item.added", { key: "k-1", name: "Llave", amountCents: 15000, currency: "MXN" }, { item: { key: "k-1", name: "Llave", amountCents: 15000, currency: "MXN" } }, "the merchant's own key"],
  ["item.removed", { key: "k-1", name: "Llave", amountCents: 15000, currency: "MXN" }, { item: { key: "k-1", name: "Llave", amountCents: 15000, currency: "MXN" } }, "which one"],
  ["balance.granted", { amountCents: 5000, currency: "MXN", balanceCents: 7000, reason: "clase" }, { balance: { amountCents: 5000, currency: "MXN", balanceCents: 7000 } }, "the person's words stay here"],
  ["balance.taken", { amountCents: 5000, currency: "MXN", balanceCents: 2000, reason: "error" }, { balance: { amountCents: 5000, currency: "MXN", balanceCents: 2000 } }, "what is left"],
])("%s: %j is told as %j (%s)", (type, data, told) => {
  const { data: sent } = of({ type, data, invoice: null, attempt: null });
  const { livemode: _mode, customer: _who, subscription: _whose, invoice: _what, ...rest } = sent;
  expect(rest).toEqual(told);
});

describe("of what differs from event to event", () => {
  const data = (change: Partial<Notification>) => of(change).data;

  test.each([
    ["invoice.paid", true],
    ["invoice.paid_after_cancel", true],
    ["attempt.paid_again", true],
    ["invoice.payment_failed", false],
    ["invoice.refunded", false],
  ])("how it was paid is told of %s: %p", (type, isTold) => {
    const { attempt } = data({ type, attempt: { ...EVENT.attempt!, paymentMethod: "cash" } });
    expect(Object.keys(attempt as object).includes("paymentMethod")).toBe(isTold);
  });

  test("a decline without a code has the words of its class, whatever a table has", () => {
    const some = () => ({ es: "de un código", en: "of a code" });
    const told = (failureCode?: string) =>
      eventMessage({ ...EVENT, data: { declineClass: "new_card", ...(failureCode && { failureCode }) } }, some).data[
        "decline"
      ];
    expect(told("expired_card")).toMatchObject({ code: "expired_card", text: some() });
    expect(told()).toMatchObject({ code: null, text: { en: "Another card is needed." } });
  });

  test.each<[rule: unknown, told: unknown]>([
    [{ name: "payday", day: 15 }, "payday"],
    [{ day: 15 }, { day: 15 }],
    ["payday", "payday"],
    [null, null],
    [undefined, null],
  ])("a rule of %j is told as %j", (rule, told) => {
    expect(data({ data: { nextStep: "retry", rule } })["rule"]).toEqual(told);
  });

  test("what ends a dunning is told where there is such an end, and nowhere else", () => {
    expect(data({ data: { nextStep: "final", finalAction: "cancel" } })).toMatchObject({ finalAction: "cancel" });
    expect(data({ data: { nextStep: "retry" } })).not.toHaveProperty("finalAction");
    expect(data({ data: { nextStep: "" } })).not.toHaveProperty("nextStep");
  });

  test("how many days a card is good is told of one that expires alone", () => {
    expect(data({ type: "card.expiring", data: {} })["card"]).toHaveProperty("daysLeft", null);
    expect(data({ type: "card.changed", data: { daysLeft: 3 } })["card"]).not.toHaveProperty("daysLeft");
  });
});
