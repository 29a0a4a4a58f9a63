/** CONEKTA_WEBHOOK_PUBLIC_KEY: in the variable, by a path, by NAME_FILE, several at once; and how a fault reads. */
import { describe, expect, test } from "@jest/globals";
import type { KeyObject } from "node:crypto";
import { keyPairOf } from "../../test/support/key-pair.ts";
import { envToConfig } from "../config.ts";
import { ConfigurationInvalid } from "../domain/errors.ts";
import { readEnv } from "./environment.ts";

const NAME = "CONEKTA_WEBHOOK_PUBLIC_KEY";
const pair = keyPairOf("OURS");
const PEM = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const PRIVATE = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const FILES: Readonly<Record<string, string>> = {
  "/run/key.pem": PEM,
  "keys.pem": PEM + PEM,
  "/run/private.pem": PRIVATE,
};

function keysOf(values: Record<string, string>, dotEnv: string | null = null): readonly KeyObject[] {
  const readFile = (path: string): string => {
    const text = FILES[path];
    if (text === undefined) throw new Error("ENOENT");
    return text;
  };
  const config = envToConfig(readEnv(values, dotEnv, readFile), { cwd: "/srv", isTerminal: false });
  expect(config.warnings).toEqual([]);
  return config.conekta.webhookPublicKeys;
}

describe("where it may stand", () => {
  test.each<[string, Record<string, string>, string | null, number]>([
    ["nowhere: no webhook is taken", {}, null, 0],
    ["empty, which is the same", { [NAME]: "" }, null, 0],
    ["in the variable", { [NAME]: PEM }, null, 1],
    ["in the variable, on one line", { [NAME]: PEM.replaceAll("\n", "\\n") }, null, 1],
    [
      "in the variable, with quotes that nobody took off",
      { [NAME]: `"${PEM.trim().replaceAll("\n", "\\n")}"` },
      null,
      1,
    ],
    ["in .env, with the lines of the key", {}, `${NAME}="${PEM.trim()}"`, 1],
    ["in .env, on one line", {}, `${NAME}="${PEM.trim().replaceAll("\n", "\\n")}"`, 1],
    ["in .env, on one line without quotes", {}, `${NAME}=${PEM.trim().replaceAll("\n", "\\n")}`, 1],
    ["as the path of a file", { [NAME]: "/run/key.pem" }, null, 1],
    ["as the path of a file with two", { [NAME]: "keys.pem" }, null, 2],
    ["as NAME_FILE", { [`${NAME}_FILE`]: "/run/key.pem" }, null, 1],
    ["as NAME_FILE in .env", {}, `${NAME}_FILE=keys.pem`, 2],
  ])("%s", (_where, values, dotEnv, count) => {
    expect(keysOf(values, dotEnv)).toHaveLength(count);
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ["a path to nothing", { [NAME]: "/run/other.pem" }, /no key and no file that can be read/],
  [
    "a file that is not there",
    { [`${NAME}_FILE`]: "/run/other.pem" },
    /CONEKTA_WEBHOOK_PUBLIC_KEY_FILE.*cannot be read/,
  ],
  ["both at once", { [NAME]: PEM, [`${NAME}_FILE`]: "/run/key.pem" }, /is given as well/],
  ["a private key, which belongs to Conekta alone", { [NAME]: PRIVATE }, /is a private key.*webhooks setup/],
  ["a private key in a file", { [NAME]: "/run/private.pem" }, /is a private key/],
])("%s is a fault, and is not repeated", (_what, values, expected) => {
  let message = "";
  try {
    keysOf(values);
  } catch (error) {
    if (error instanceof ConfigurationInvalid) ({ message } = error);
  }
  expect(message).toMatch(expected);
  expect(message).not.toMatch(/MII/);
});
