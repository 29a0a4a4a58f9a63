/**
 * The key that signs webhooks in all tests, and one more to forge with: making a pair takes up to a second, so
 * `npm test` makes them once, before all tests.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { KeyPair } from "../../src/sandbox/webhooks/webhook-key.ts";

const OWNERS = ["OURS", "OTHERS"] as const;
type KeyOwner = (typeof OWNERS)[number];

/** @returns the same for the same owner */
export function keyPairOf(owner: KeyOwner): KeyPair {
  const made = process.env[variableOf(owner)];
  if (made === undefined) return newPair();
  return { privateKey: createPrivateKey(made), publicKey: createPublicKey(made) };
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

/** Before all tests. */
export function makeKeyPairs(): void {
  for (const owner of OWNERS)
    process.env[variableOf(owner)] = newPair().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function newPair(): KeyPair {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

function variableOf(owner: KeyOwner): string {
  return `PUNTUAL_TEST_KEY_${owner}`;
}
