/** A short text that is another one for another text: by it a change is held to its preview. */
import { createHash } from "node:crypto";

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Of the address that a consent came from: it tells whether another one is the same, and is kept instead of it. */
export function addressHashOf(address: string | undefined): string | null {
  const plain = address?.trim().toLowerCase() ?? "";
  return plain === "" ? null : createHash("sha256").update(plain).digest("hex");
}
