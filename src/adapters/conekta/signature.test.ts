import { describe, expect, test } from "@jest/globals";
import { constants, createHash, createHmac, createSign, generateKeyPairSync, privateEncrypt, sign } from "node:crypto";
import { keyPairOf } from "../../../test/support/key-pair.ts";
import { NoPublicKey, oneLine, publicKeysIn, verifyDigest } from "./signature.ts";

const ours = keyPairOf("OURS");
const next = keyPairOf("OTHERS");
const PEM = ours.publicKey.export({ type: "spki", format: "pem" }).toString();
const NEXT_PEM = next.publicKey.export({ type: "spki", format: "pem" }).toString();
const PKCS1_PEM = ours.publicKey.export({ type: "pkcs1", format: "pem" }).toString();
const keys = publicKeysIn(PEM);

const BODY = Buffer.from('{"id":"1","name":"José Ñandú"}', "utf8");
const DIGEST = createSign("RSA-SHA256").update(BODY).sign(ours.privateKey, "base64");
const hash = createHash("sha256").update(BODY);
const hashHex = hash.copy().digest("hex");
const pss = { key: ours.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };

describe("verifyDigest", () => {
  // prettier-ignore
  const TABLE: readonly (readonly [body: Buffer, digest: string | undefined, genuine: boolean, because: string])[] = [
    [BODY,                            DIGEST,                                          true,  "base64 RSA-SHA256 over the raw bytes"],
    [BODY,                            ` ${DIGEST}\n`,                                  true,  "blanks around a header mean nothing"],
    [Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1)), DIGEST,        false, "the same JSON in other bytes"],
    [Buffer.concat([BODY, Buffer.from("\n")]), DIGEST,                                 false, "a byte more"],
    [Buffer.alloc(0),                 DIGEST,                                          false, "no body"],
    [BODY,                            undefined,                                       false, "no header"],
    [BODY,                            "",                                              false, "an empty header"],
    [BODY,                            "AAAA",                                          false, "too short to be a signature"],
    [BODY,                            `${DIGEST}, ${DIGEST}`,                          false, "the header twice"],
    [BODY,                            `SHA-256=${DIGEST}`,                             false, "the Digest of RFC 3230"],
    [BODY,                            Buffer.from(DIGEST, "base64").toString("hex"),   false, "hex"],
    [BODY,                            Buffer.from(DIGEST, "base64").toString("base64url"), false, "base64url"],
    [BODY,                            hash.copy().digest("base64"),                    false, "a bare hash"],
    [BODY,                            createHmac("sha256", PEM).update(BODY).digest("base64"), false, "an HMAC with the public key as its secret"],
    [BODY,                            privateEncrypt(ours.privateKey, Buffer.from(hashHex)).toString("base64"), false, "the hash in hex, encrypted"],
    [BODY,                            sign("RSA-SHA1", BODY, ours.privateKey).toString("base64"), false, "SHA-1"],
    [BODY,                            sign("RSA-SHA256", BODY, pss).toString("base64"),       false, "another padding"],
    [BODY,                            sign("RSA-SHA256", BODY, next.privateKey).toString("base64"), false, "another key"],
  ];
  test.each(TABLE)("%#", (body, digest, genuine, because) => {
    expect([because, verifyDigest(body, digest, keys)]).toEqual([because, genuine]);
  });

  test("any of several keys counts, and without keys nothing does", () => {
    const digest = sign("RSA-SHA256", BODY, next.privateKey).toString("base64");
    expect(verifyDigest(BODY, digest, publicKeysIn(PEM + NEXT_PEM))).toBe(true);
    expect(verifyDigest(BODY, DIGEST, publicKeysIn(PEM + NEXT_PEM))).toBe(true);
    expect(verifyDigest(BODY, DIGEST, [])).toBe(false);
  });
});

describe("publicKeysIn", () => {
  test.each([
    ["as Conekta's API gives it", PEM],
    ["on one line, as the panel shows it", PEM.replaceAll("\n", "")],
    ["on one line, with blanks instead of line breaks", PEM.replaceAll("\n", " ")],
    ["on one line, with \\n written out, as in an .env file", oneLine(PEM)],
    ["with line ends of Windows", PEM.replaceAll("\n", "\r\n")],
    ["indented, as in a YAML file", `\n${PEM.replaceAll(/^/gm, "    ")}\n`],
    ["in the older form", PKCS1_PEM],
  ])("reads a key %s", (_form, text) => {
    const read = publicKeysIn(text);
    expect(read).toHaveLength(1);
    expect(verifyDigest(BODY, DIGEST, read)).toBe(true);
  });

  test.each([
    ["two, one after the other", PEM + NEXT_PEM],
    ["two, all on one line", `${oneLine(PEM)}\\n${oneLine(NEXT_PEM)}`],
    ["two, without anything between", PEM.replaceAll("\n", "") + NEXT_PEM.replaceAll("\n", "")],
  ])("reads %s", (_form, text) => {
    expect(publicKeysIn(text)).toHaveLength(2);
  });

  const privatePem = ours.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const curve = generateKeyPairSync("ed25519").publicKey;
  test.each([
    ["a private key", privatePem, /private key/],
    ["a key that was cut off", `${PEM.slice(0, 200)}\n-----END PUBLIC KEY-----`, /cannot be read/],
    ["no key", "MIIBIjANBgkq", /expected PEM blocks/],
    ["something behind the key", `${PEM}and more`, /expected PEM blocks/],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", /got certificate/],
    ["a small key", small.export({ type: "spki", format: "pem" }).toString(), /1024 bits/],
    ["a key of another kind", curve.export({ type: "spki", format: "pem" }).toString(), /ed25519/],
  ])("refuses %s, without repeating it", (_what, text, expected) => {
    let caught: unknown;
    try {
      publicKeysIn(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(NoPublicKey);
    expect((caught as NoPublicKey).message).toMatch(expected);
    expect((caught as NoPublicKey).message).not.toMatch(/MII/);
  });
});
