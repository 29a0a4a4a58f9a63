/** A key of the HTTP API: made once, shown once, and known by its hash from then on. */
import { createHash } from "node:crypto";
import { newSecret } from "../adapters/random.ts";

export function newApiKey(): { readonly key: string; readonly hash: string; readonly last4: string } {
  const key = `pk_${newSecret()}`;
  return { key, hash: hashOfKey(key), last4: key.slice(-4) };
}

/** Without salt: nobody guesses 256 bits, and the hash is what a key is found by. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
