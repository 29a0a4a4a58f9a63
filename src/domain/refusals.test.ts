import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ATTEMPT_STATES } from "./attempt.ts";
import { inWords, REFUSAL_WORDS, REFUSALS, said, unchanged } from "./refusals.ts";

const namesIn = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).toSorted((a, b) => (a < b ? -1 : 1));

/** What an operation of Conekta's is called, and how a connection broke. */
const isInEnglishAlone = (code: string, name: string): boolean =>
  (code.startsWith("gateway_") && name === "what") ||
  (name === "because" && ["gateway_silent", "gateway_not_reached"].includes(code));

test.each(REFUSALS)("%s says the same data in both languages, and names no command", (code) => {
  const { en, es } = REFUSAL_WORDS[code];
  expect(namesIn(es)).toEqual(namesIn(en).filter((name) => !isInEnglishAlone(code, name)));
  expect(es === en).toBe(false);
  for (const text of [en, es]) expect(text).not.toMatch(/(^|[\s"(])--[a-z]|\bpuntual [a-z]+\b|\bcommand\b|\bcomando\b/);
});

test("a part may be said itself", () => {
  const why = unchanged(said("coupon_not_given", { code: "MITAD", why: said("coupon_used_up", { count: 2 }) }));
  expect(inWords(why, "en")).toBe("coupon MITAD was given 2 times, which is all; nothing was changed");
  expect(inWords(why, "es")).toBe("el cupón MITAD se dio 2 veces, que son todas; nada cambió");
});

test("a name begins no line", () => {
  const why = said("same_person", { name: "Ana\n  halt  none" });
  expect(inWords(why, "en")).toBe("Ana halt  none has this e-mail and this phone already");
});

test("what is told line by line stays so", () => {
  const differences = "another amount\n  another customer";
  const why = said("order_does_not_fit", { orderId: "ord_1", attemptId: "att_1", differences });
  for (const language of ["es", "en"] as const) expect(inWords(why, language)).toContain(`\n  ${differences}`);
});

test("a stored word is said in the language of its sentence", () => {
  const why = said("subscription_is", { id: "ana", status: "canceled" });
  expect(inWords(why, "es")).toBe("la suscripción ana ya está cancelada");
  expect(inWords(why, "en")).toBe("subscription ana is canceled already");
  const both = said("subscription_is", { id: "ana", status: { es: "dormida", en: "asleep" } });
  expect([inWords(both, "es"), inWords(both, "en")]).toEqual([
    "la suscripción ana ya está dormida",
    "subscription ana is asleep already",
  ]);
  // Control: a status of HTTP is a number.
  const failed = said("gateway_failed", { what: "read", status: 500, doubt: "" });
  expect(inWords(failed, "es")).toContain("estado 500");
  expect(ATTEMPT_STATES.map((state) => inWords(said("attempt_is", { id: "a", state }), "es"))).toEqual(
    ATTEMPT_STATES.map(() => expect.not.stringMatching(/_|ed$/)),
  );
});

/** What no request reaches: files, the terminal, the daemon. */
const NOT_OF_A_REQUEST =
  /doctor|archive(?!-plan)|import-subscriptions|apply-|set-up-webhooks|sweep-orders|biller|check-key|restore-fence/;
const ROOT = join(import.meta.dirname, "..", "..");

test("whatever a request may be refused with is said by a code, here alone", () => {
  const folders = ["src/application", "src/entrypoints/http/api", "src/adapters/store/records"];
  const loose = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !NOT_OF_A_REQUEST.test(name))
      .flatMap((name) => {
        const text = readFileSync(join(ROOT, folder, name), "utf8");
        const found = text.match(/new (Refused|NotFound|UsageInvalid|NeedsConfirmation|ApiProblem)\(\s*["'`][^,)]*/g);
        return (found ?? []).filter((one) => !/ApiProblem\(\s*"\w+"$/.test(one)).map((one) => `${name}: ${one}`);
      }),
  );
  expect(loose).toEqual([]);
});
