/**
 * Whether a webhook comes from Conekta: the header DIGEST is the base64 RSA signature (PKCS#1 v1.5, SHA-256) over the
 * raw bytes of the body. Conekta keeps the private half; the merchant has the public one.
 *
 * Pure. Nothing weaker is accepted: no HMAC, no bare hash, no other padding, no key below 2048 bits. The signature
 * holds no time, so a genuine delivery can be replayed: the inbox knows each event's id for ever.
 * @see "Autenticación de webhooks", developers.conekta.com (read 2026-11-23): key, header, base64. Its wording leaves
 *   the padding open; the public integrations that work verify RSA-SHA256 as it is done here.
 */
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";

const MODULUS_BITS_MIN = 2048;
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
const PUBLIC_LABELS = new Set(["PUBLIC KEY", "RSA PUBLIC KEY"]);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Why a text holds no public keys, for a person. Never quotes the text: it may be a private key. */
export class NoPublicKey extends Error {
  override readonly name = "NoPublicKey";
}

/**
 * One key or several, one after the other: while a key is being replaced, both count.
 *
 * Forgiving about form, as panels, `.env` files and Docker change it: all on one line, `\n` written out, blanks around.
 * @throws {NoPublicKey}
 */
export function publicKeysIn(text: string): readonly KeyObject[] {
  const unescaped = text.replaceAll(/\\r|\r/g, "").replaceAll("\\n", "\n");
  const blocks = [...unescaped.matchAll(PEM)];
  if (blocks.length === 0 || unescaped.replaceAll(PEM, "").trim() !== "")
    throw new NoPublicKey('expected PEM blocks, each from "-----BEGIN PUBLIC KEY-----" to "-----END PUBLIC KEY-----"');
  return blocks.map(([, label = "", body = ""]) => {
    if (label.includes("PRIVATE"))
      throw new NoPublicKey("this is a private key; Conekta keeps the private half, expected the public one");
    if (!PUBLIC_LABELS.has(label)) throw new NoPublicKey(`expected a public key, got ${label.toLowerCase()}`);
    return rsaKey(label, body);
  });
}

/** @param digest the header's value; undefined when it is missing */
export function verifyDigest(rawBody: Buffer, digest: string | undefined, keys: readonly KeyObject[]): boolean {
  const text = digest?.trim() ?? "";
  if (!BASE64.test(text)) return false;
  const signature = Buffer.from(text, "base64");
  const padding = constants.RSA_PKCS1_PADDING;
  return keys.some((key) => verify("RSA-SHA256", rawBody, { key, padding }, signature));
}

/** All on one line, as the line of an .env file wants it. */
export function oneLine(pem: string): string {
  return pem.trim().replaceAll("\r", "").replaceAll("\n", "\\n");
}

function rsaKey(label: string, body: string): KeyObject {
  const wrapped = body
    .replaceAll(/\s/g, "")
    .replaceAll(/(.{64})/g, "$1\n")
    .trimEnd();
  let key: KeyObject;
  try {
    key = createPublicKey(`-----BEGIN ${label}-----\n${wrapped}\n-----END ${label}-----\n`);
  } catch {
    throw new NoPublicKey("the key between BEGIN and END cannot be read; copy it whole");
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa") throw new NoPublicKey(`expected an RSA key, got ${key.asymmetricKeyType}`);
  if (bits < MODULUS_BITS_MIN) throw new NoPublicKey(`the key has ${bits} bits, expected at least ${MODULUS_BITS_MIN}`);
  return key;
}
