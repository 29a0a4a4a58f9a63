import { describe, expect, test } from "@jest/globals";
import { Secret } from "../config/secret.ts";
import { createLog, type LogOptions } from "./log.ts";

function logInto(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "json", write: (line) => lines.push(line), ...options });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("as JSON", () => {
  test("one event is one line, written before the call returns", () => {
    const { log, lines, entries } = logInto();
    log.info("invoice.opened", { invoiceId: "inv_1", cycle: 3, note: "first\nsecond" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{"at":"\d{4}-\d\d-\d\dT[\d:.]+Z","level":"info","event":"invoice.opened",.*\}\n$/);
    expect(entries()[0]).toMatchObject({ invoiceId: "inv_1", cycle: 3, note: "first\nsecond" });
  });

  test("without fields there are three keys", () => {
    const { log, entries } = logInto();
    log.warn("charging.halted");
    expect(Object.keys(entries()[0] ?? {})).toEqual(["at", "level", "event"]);
  });

  test("fields that are called like ours, or like winston's, lose nothing", () => {
    const { log, entries } = logInto();
    const fields = { level: 7, at: "there", event: "concert", message: "hello", timestamp: 1, splat: [1], stack: "s" };
    log.error("attempt.settled", fields);
    expect(entries()[0]).toMatchObject({
      level: "error",
      event: "attempt.settled",
      level_: 7,
      at_: "there",
      event_: "concert",
      message: "hello",
      timestamp: 1,
      splat: [1],
      stack: "s",
    });
  });

  test("a percent sign is no place holder", () => {
    const { log, entries } = logInto();
    log.info("discount.applied %s %d", { percent: "10%s" });
    expect(entries()[0]).toMatchObject({ event: "discount.applied %s %d", percent: "10%s" });
  });
});

test.each<[LogOptions["level"], readonly string[]]>([
  ["error", ["error"]],
  ["warn", ["error", "warn"]],
  ["info", ["error", "warn", "info"]],
  ["debug", ["error", "warn", "info", "debug"]],
])("level %s writes %j", (level, expected) => {
  const { log, entries } = logInto({ level });
  for (const each of ["error", "warn", "info", "debug"] as const) log[each]("happened");
  expect(entries().map((entry) => entry["level"])).toEqual(expected);
});

describe("for a person", () => {
  test("a line is the time, the level, the event and its fields", () => {
    const { log, lines } = logInto({ format: "pretty" });
    log.info("invoice.opened", { invoiceId: "inv_1", amountCents: 20_015, why: "it is due", list: [1, 2] });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}info {3}invoice\.opened {2}invoiceId=inv_1 {2}amountCents=20015 {2}why="it is due" {2}list=\[1,2\]\n$/,
    );
  });

  test.each([
    ["a line break", "a\nb"],
    ["an escape sequence", "\u001B[2J"],
    ["an 8-bit escape", "\u009B2J"],
    ["a line separator", "a\u2028b"],
    ["a change of direction", "\u202Egnp"],
  ])("%s in a value cannot leave its place", (_what, text) => {
    const { log, lines } = logInto({ format: "pretty" });
    log.info("customer.added", { reason: text });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});

describe.each(["json", "pretty"] as const)("everything that was logged as %s", (format) => {
  const FORBIDDEN = [
    "key_Zq1vXo2nD7yT",
    "a2V5X1pxMXZYbzJuRDd5VDo=",
    "tok_2aXk9dQp",
    "4242424242424242",
    "4242 4242 4242 4242",
    "5555-5555-5555-4444",
    "378282246310005",
    "jorge.perez@correo.mx",
    "+5215555555555",
    "hunter2hunter2",
    "MIIEvQIBADANBg",
  ];

  test("contains none of what must not be there, wherever it was put", () => {
    const { log, lines } = logInto({ format });
    for (const secret of FORBIDDEN) {
      const isSecretOnlyByKey = secret === "hunter2hunter2";
      const inText = isSecretOnlyByKey
        ? ""
        : secret.startsWith("MII")
          ? `-----BEGIN RSA PRIVATE KEY-----\n${secret}`
          : secret;
      log.error(`failed ${inText}`, { text: `before ${inText} after`, [`by ${inText}`]: 1 });
      log.warn("nested", {
        a: { b: [{ c: inText }, [inText]] },
        map: new Map([[inText, inText]]),
        set: new Set([inText]),
      });
      log.info("errors", { error: new Error(inText, { cause: new Error("below", { cause: inText }) }) });
      log.debug("by key", {
        apiKey: secret,
        cvc: secret,
        authorization: secret,
        name: secret,
        headers: { Authorization: secret },
      });
      log.info("wrapped", { secret: new Secret(secret), inside: { value: new Secret(secret) }, own: secret === "" });
    }
    const everything = lines.join("");
    expect(lines.length).toBe(FORBIDDEN.length * 5);
    expect(FORBIDDEN.filter((secret) => everything.includes(secret))).toEqual([]);
  });

  test("control: what is not forbidden is found by the same search", () => {
    const { log, lines } = logInto({ format });
    log.info("attempt.settled", { orderId: "ord_2tTU5GdkwZvBmS3fN", chargeId: "6a1f4242424242424242bcde" });
    expect(lines.join("")).toContain("ord_2tTU5GdkwZvBmS3fN");
    expect(lines.join("")).toContain("6a1f4242424242424242bcde");
  });
});
