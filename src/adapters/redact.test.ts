import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { inspect } from "node:util";
import { Secret } from "../config/secret.ts";
import { seededRandom } from "./random.ts";
import { redact, redactText } from "./redact.ts";
import { cpuTimeMs } from "../../test/support/cpu-time.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----";

describe("a text", () => {
  test.each<[string, string, string]>([
    // given, shown, because
    ["key_Zq1vXo2nD7yT refused", "key_[redacted] refused", "Conekta's key"],
    ["token tok_2aXk9dQ declined", "token tok_[redacted] declined", "can become a card"],
    ["by whsec_MfKQ9r8GKYq+Tw/UPD8=", "by whsec_[redacted]", "it signs in our name"],
    ["whsec_abcDEF", "whsec_[redacted]", "letters alone, too"],
    ["Authorization: Basic a2V5X1pxMXY6", "Authorization: Basic [redacted]", "the key again"],
    ["pk_Zq1-Xo2n_7yT refused", "pk_[redacted] refused", "a key of our HTTP API"],
    ["a2V5X1pxMXZYbzJuRDd5VDo=", "[redacted]", "key_ in base64, without its header"],
    ["authorization: bearer eyJhbGciOi.x-y_z", "authorization: bearer [redacted]", "any case"],
    ["https://key_abc:@api.conekta.io/orders", "https://[redacted]@api.conekta.io/orders", "user of an address"],
    ["GET /hook?token=hunter2&page=2", "GET /hook?token=[redacted]&page=2", "in a query"],
    ["4242424242424242", "[card]", "sixteen digits in a row"],
    ["card 4242 4242 4242 4242, 12/30", "card [card], 12/30", "as on the card"],
    ["4242-4242-4242-4242", "[card]", "with dashes"],
    ["3782 822463 10005", "[card]", "American Express: fifteen"],
    ["6304000000000000000", "[card]", "nineteen"],
    ["pan4242424242424242x", "pan[card]x", "glued to letters"],
    ["4242424242424242 123", "[card]", "with the code behind it"],
    ["4111111111111113", "4111111111111113", "control: Luhn's check fails, so it is no card"],
    ["1764000000008", "1764000000008", "milliseconds since 1970, though they pass Luhn's check"],
    ["took 12.4242424242424242 ms", "took 12.4242424242424242 ms", "decimals"],
    ["cvc: 123", "cvc: [redacted]", "security code"],
    ["jorge.pérez+oro@correo.com.mx wrote", "[email] wrote", "with an accent and a plus"],
    ["?q=jorge%40correo.mx", "?q=[email]", "encoded"],
    ["call +52 55 5555 5555 now", "call [phone] now", "international"],
    ["call 5522997233 or (55) 2299-7233", "call [phone] or [phone]", "ten digits"],
    [`x ${PEM} y`, "x [pem] y", "private key"],
    [PEM.slice(0, 50), "[pem]", "cut off"],
    ['{"name":"Jorge Pérez","id":"ord_2aB"}', '{"name":"[redacted]","id":"ord_2aB"}', "an answer's body"],
    [
      String.raw`"{\"name\": \"Jorge \\\"el\\\" P\", \"id\": 1}"`,
      String.raw`"{\"name\": \"[redacted]\", \"id\": 1}"`,
      "escaped once more",
    ],
    [String.raw`{"name":"Jorge \"el\" P","id":1}`, '{"name":"[redacted]","id":1}', "quotes inside"],
    ['{"id":1,"name":"Jorge Pé', '{"id":1,"name":"[redacted]"', "cut off"],
    ['{"phone":5522997233,"cvc":123}', '{"phone":"[redacted]","cvc":"[redacted]"}', "numbers in a body"],
  ])("%j → %j", (given, shown, _because) => {
    expect(redactText(given)).toBe(shown);
  });

  test.each([
    "inv_01KBJ4V0M5T8Z3Q6W9XAYBCDEF",
    "att_00000000000000004242424242",
    "ord_2tTU5GdkwZvBmS3fN",
    "cus_24242424242424242",
    "src_2tTU5GdkwZvBmS3fN",
    "6a1f4242424242424242bcde",
    "424242424242424242424242",
    "3f2b4242-4242-4242-8242-424242424242",
    "2026-12-01T09:00:00.000Z",
    "2026-12-01 2026-12-02 2026-12-03",
    "jorge-oro on cycle 3: $1,234.50 MXN (123450 cents)",
    "America/Mexico_City",
    "TimeoutError at file:///app/src/adapters/conekta/client.ts:120:15",
  ])("%s stays readable", (text) => {
    expect(redactText(text)).toBe(text);
  });

  test("that is endless is cut, and a card on the edge does not survive in half", () => {
    const shown = redactText(`${"x".repeat(3990)} 4242424242424242 ${"y".repeat(100_000)}`);
    expect(shown.length).toBeLessThanOrEqual(4001);
    expect(shown).not.toContain("4242");
  });

  test.each([
    "a".repeat(16_000),
    "1".repeat(16_000),
    '"a":"'.repeat(3000),
    "a.".repeat(8000),
    "5 ".repeat(8000),
    "://".repeat(5000),
  ])("made to be slow is fast all the same (%#)", (text) => {
    const startedMs = cpuTimeMs();
    redactText(text);
    expect(cpuTimeMs() - startedMs).toBeLessThan(1000);
  });
});

describe("a field", () => {
  test.each([
    ["name", "Jorge Pérez"],
    ["customerName", "Jorge Pérez"],
    ["customer_name", "Jorge Pérez"],
    ["holderName", "Jorge Pérez"],
    ["email", "jorge at correo"],
    ["customerEmail", "jorge at correo"],
    ["phone", 5522997233],
    ["cvc", "123"],
    ["cvv2", 123],
    ["Authorization", "anything"],
    ["x-api-key", "anything"],
    ["adminToken", "anything"],
    ["webhook_secret", "anything"],
    ["password", ["a", "b"]],
    ["cookie", { a: "anything" }],
  ])("%s is taken out whatever it holds", (key, value) => {
    expect(redact({ [key]: value })).toEqual({ [key]: "[redacted]" });
  });

  test.each([
    ["planName", "Plan Oro"],
    ["planId", "oro"],
    ["email", null],
    ["hasPhone", true],
    ["token", false],
    ["amountCents", 20_015],
    ["atMs", 1_764_000_000_008],
    ["durationMs", 12.424242424242424],
    ["cardLast4", "4242"],
    ["count", 0],
  ])("%s: %j stays", (key, value) => {
    expect(redact({ [key]: value })).toEqual({ [key]: value });
  });

  test.each<[string, unknown, unknown, string]>([
    ["a date", new Date("2026-01-31T15:00:00Z"), "2026-01-31T15:00:00.000Z", "as in JSON"],
    ["no date", new Date("never"), null, "as in JSON"],
    ["a secret", new Secret("hunter2"), "[secret]", "it says so itself"],
    ["a card as a number", 4_242_424_242_424_242, "[card]", "zod may have read it"],
    ["a big number", 12n, "12", "JSON has none"],
    ["a card as a big number", 4_242_424_242_424_242n, "[card]", "the same"],
    ["no number", Number.NaN, "NaN", "JSON would say null"],
    ["bytes", Buffer.from(PEM), `[${PEM.length} bytes]`, "who knows which"],
    ["a map", new Map([["jorge@correo.mx", 1]]), { "[email]": 1 }, "keys are text, too"],
    ["a set", new Set(["key_abc"]), ["key_[redacted]"], "like a list"],
    ["headers", new Headers({ authorization: "Basic abcd" }), "[Headers]", "an object of another library"],
    ["a function", () => "hunter2", "[function]", "nothing to see"],
    [
      "an address",
      new URL("https://u:hunter2@hook.mx/?token=hunter2"),
      "https://[redacted]@hook.mx/?token=[redacted]",
      "as text",
    ],
  ])("holding %s", (_what, value, shown, _because) => {
    expect(redact({ value })).toEqual({ value: shown });
  });

  test("that cannot be read, or contains itself, or is too deep, does not stop the log", () => {
    const itself: Record<string, unknown> = { id: 1 };
    itself["again"] = itself;
    const unreadable = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    let deep: unknown = "end";
    for (let level = 0; level < 50; level++) deep = [deep];
    expect(redact({ itself, unreadable })).toEqual({
      itself: { id: 1, again: "[circular]" },
      unreadable: "[unreadable]",
    });
    expect(JSON.stringify(redact({ deep }))).toContain("[too deep]");
    expect(
      redact({ twice: [itself["id"], itself["id"]], many: Array.from({ length: 150 }, () => 1) })["many"],
    ).toHaveLength(101);
  });

  test("holding an error shows its causes and its datum, redacted", () => {
    const root = Object.assign(new Error("POST with key_abc"), { code: "ECONNRESET" });
    const middle = new AggregateError([new Error("jorge@correo.mx")], "both failed", { cause: root });
    const top = Object.assign(new TypeError("card 4242 4242 4242 4242", { cause: middle }), {
      email: "x",
      httpStatus: 402,
    });
    expect(redact({ error: top })["error"]).toMatchObject({
      name: "TypeError",
      message: "card [card]",
      email: "[redacted]",
      httpStatus: 402,
      cause: {
        name: "AggregateError",
        errors: [{ message: "[email]" }],
        cause: { code: "ECONNRESET", message: "POST with key_[redacted]" },
      },
    });
    const endless = new Error("x");
    endless.cause = endless;
    expect(redact({ endless })["endless"]).toMatchObject({ cause: "[circular]" });
  });
});

describe("whatever surrounds it", () => {
  const card = fc
    .tuple(fc.constantFrom("3", "4", "5", "6"), fc.stringMatching(/^\d{11,17}$/))
    .map(([first, rest]) => first + rest)
    .map((digits) => digits + luhnDigit(digits));
  const around = fc.constantFrom("", " ", "x", '"', "card=", "(", "\n", "ñ");

  test("a card number is not shown", () => {
    fc.assert(
      fc.property(card, around, around, fc.constantFrom("", " ", "-"), (digits, before, after, separator) => {
        const written = digits.match(/.{1,4}/g)?.join(separator) ?? "";
        const shown = JSON.stringify(redact({ a: [{ b: before + written + after }] }));
        expect(shown.replaceAll(/\D/g, "")).not.toContain(digits);
      }),
      { numRuns: 500 },
    );
  });

  test("our own ids are shown whole", () => {
    const random = seededRandom(3);
    for (let count = 0; count < 5000; count++) {
      const id = random.newId("inv", new Date(1_767_000_000_000 + count * 7919));
      expect(redactText(`${id} opened`)).toBe(`${id} opened`);
    }
  });

  test("nothing a value can be makes it throw", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withObjectString: true,
        }),
        (value) => {
          expect(() => JSON.stringify(redact({ value }))).not.toThrow(inspect(value));
        },
      ),
      { numRuns: 500 },
    );
  });
});

function luhnDigit(digits: string): string {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits.at(-1 - index)) * (index % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return String((10 - (sum % 10)) % 10);
}
