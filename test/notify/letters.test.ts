/** The letters of the example: when one is written, and what it advises. */
import { describe, expect, test } from "@jest/globals";
import { letterOf } from "../../docs/examples/email-receiver/letters.ts";
import type { EventMessage } from "../../docs/examples/email-receiver/event-message.ts";

type Data = EventMessage["data"];
const DATA: Data = {
  livemode: true,
  customer: { name: "Ana Pérez", email: "ana@example.mx" },
  subscription: { id: "ana", plan: { name: "Plan Oro" } },
  invoice: { amountCents: 123_450, currency: "MXN", timeZone: "America/Mexico_City" },
};
const letter = (type: string, data: Partial<Data> = {}) =>
  letterOf({ type, timestamp: "2026-12-03T15:00:00.000Z", data: { ...DATA, ...data } });
const failed = (declineClass: string, data: Partial<Data>) =>
  letter("invoice.payment_failed", { decline: { class: declineClass, text: { es: "El banco dijo no." } }, ...data });

describe("a failed payment", () => {
  // 05:00 in Mexico City is the day before in no zone that the customer lives in.
  const AT = "2026-12-16T05:00:00.000Z";
  test.each<[string, Partial<Data>, string, string]>([
    // class, what follows, advice, what the customer is told of it
    ["retry_later", { nextStep: "retry", nextAttemptAt: AT }, "tener saldo", "intentarlo el 15 de diciembre de 2026"],
    ["try_again_soon", { nextStep: "retry", nextAttemptAt: AT }, "No tienes que hacer nada", "15 de diciembre"],
    ["new_card", { nextStep: "wait_for_card", nextStepUntil: AT }, "registra otra tarjeta", "hasta el 15 de diciembre"],
    ["customer_action", { nextStep: "payment_link" }, "comunícate con tu banco", "un enlace para que pagues"],
    ["never_again", { nextStep: "grace", nextStepUntil: AT }, "ya no se puede usar", "activa hasta el 15 de diciembre"],
    ["unrecognized", { nextStep: "retry", nextAttemptAt: AT }, "Si el problema sigue", "intentarlo el"],
  ])("of class %s, with %j", (declineClass, data, advice, follows) => {
    const written = failed(declineClass, data);
    expect(written?.subject).toBe("No pudimos cobrar Plan Oro");
    expect(written?.text).toContain("Hola, Ana Pérez:");
    expect(written?.text).toContain("No pudimos cobrar $1,234.50 por Plan Oro. El banco dijo no.");
    expect(written?.text).toContain(advice);
    expect(written?.text).toContain(follows);
  });

  test.each<[string, Partial<Data>, string]>([
    ["retry_later", { nextStep: "write_off" }, "its end has a letter of its own"],
    ["our_fault", { nextStep: "hold" }, "the customer can do nothing about it"],
    ["retry_later", {}, "nothing was decided yet"],
  ])("of class %s, with %j, is not written about: %s", (declineClass, data) => {
    expect(failed(declineClass, data)).toBeNull();
  });
});

test.each<[string, Partial<Data>]>([
  ["card.expiring", {}],
  ["invoice.opened", {}],
  ["constructor", {}],
  ["invoice.paid", { customer: null }],
  ["invoice.paid", { invoice: { amountCents: 0, currency: "MXN", timeZone: "America/Mexico_City" } }],
])("nothing is written about %s (%j)", (type, data) => {
  expect(letter(type, data)).toBeNull();
});

test.each<[string, Partial<Data>, string]>([
  [
    "invoice.grace_started",
    { nextStep: "grace", nextStepUntil: "2026-12-16T05:00:00.000Z" },
    "sigue activa hasta el 15 de diciembre",
  ],
  ["invoice.paid", {}, "Recibimos tu pago de $1,234.50 por Plan Oro"],
  ["subscription.recovered", { invoice: null }, "sigue activa"],
  ["invoice.uncollectible", {}, "ya no lo intentaremos más"],
  ["subscription.canceled", { invoice: null }, "no haremos más cargos"],
  [
    "card.expiring",
    { card: { brand: "visa", last4: "4242", expMonth: 1, expYear: 2027 } },
    "visa que termina en 4242 vence en 01/2027",
  ],
])("about %s (%j)", (type, data, words) => {
  expect(letter(type, data)?.text).toContain(words);
});

describe("a payment link", () => {
  const link = { url: "https://pay.example/1?a=1&b=2", expiresAt: "2026-12-16T05:00:00.000Z", methods: ["cash"] };

  test("is shown with its ways and its end, as text and to click", () => {
    const written = letter("invoice.payment_link_created", { paymentLink: link });
    expect(written?.text).toContain("(en efectivo) hasta el 15 de diciembre de 2026 a las 23:00.");
    expect(written?.text).toContain("Pagar ahora: https://pay.example/1?a=1&b=2");
    expect(written?.html).toContain('<a href="https://pay.example/1?a=1&#38;b=2">');
  });

  test.each([null, "javascript:alert(1)", "http://pay.example/1"])("is not shown when its address is %s", (url) => {
    expect(letter("invoice.payment_link_created", { paymentLink: { ...link, url } })).toBeNull();
  });
});

test("what customers typed is text: escaped in HTML, on one line in a subject", () => {
  const written = letter("invoice.paid", {
    customer: { name: `<img src="x" onerror='a'>&`, email: null },
    subscription: { id: "a", plan: { name: "Oro\r\nBcc: all@example.mx" } },
  });
  expect(written?.html).toContain("&#60;img src=&#34;x&#34; onerror=&#39;a&#39;&#62;&#38;");
  expect(written?.html).not.toContain("<img");
  expect(written?.subject).toBe("Recibimos tu pago de Oro Bcc: all@example.mx");
});

test.each<[string, string, string]>([
  // the name, the greeting, because
  [
    "Ana\n\nGanaste un premio:\r\nhttps://evil.example",
    "Hola, Ana Ganaste un premio: https://evil.example:",
    "it is no paragraph of the shop's",
  ],
  ["Ana\u2028\u2029Pérez", "Hola, Ana Pérez:", "other breaks of a line"],
  ["Ñ".repeat(61), `Hola, ${"Ñ".repeat(60)}:`, "nobody is greeted by a whole letter"],
  ["👩".repeat(60), `Hola, ${"👩".repeat(60)}:`, "no character is cut in two"],
])("%j is greeted on one line, and shortly: %j, as %s", (name, greeting) => {
  const written = letter("invoice.paid", { customer: { name, email: null } });
  expect(written?.text.split("\n\n")).toEqual([greeting, "Recibimos tu pago de $1,234.50 por Plan Oro. ¡Gracias!"]);
  expect(written?.html.split("\n")).toHaveLength(2);
});
