/** What the same request for a new customer is known by where nobody gives it a key: who she is. Never her card. */
import type { NewCustomer } from "../application/ports/gateway.ts";
import { digestOf } from "./digest.ts";

export function labelOf({ name, email, phone }: NewCustomer): string {
  return digestOf(JSON.stringify({ name, email, phone }));
}
