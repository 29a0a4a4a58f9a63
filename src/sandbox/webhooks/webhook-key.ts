/**
 * Keys that sign webhooks: the gateway keeps the private half, the merchant verifies with the public one.
 *
 * The header DIGEST is the RSA signature of the SHA-256 of the raw body, in base64. Public integrations that work
 * verify it as PKCS#1 v1.5 (`RSA-SHA256`); the documentation's wording leaves room for another reading.
 *
 * @see "Autenticación de webhooks", developers.conekta.com
 */
import { createSign, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

export type WebhookKey = {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly publicKeyPem: string;
  readonly privateKey: KeyObject;
  readonly active: boolean;
};

export type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const RSA_BITS = 2048;

/** The one thing here that no seed decides. Takes a second on a slow machine. */
export async function newKeyPair(): Promise<KeyPair> {
  return await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
}

export function digest(key: WebhookKey, body: string): string {
  return createSign("RSA-SHA256").update(body, "utf8").sign(key.privateKey, "base64");
}
