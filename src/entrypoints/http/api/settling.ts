/** What an act needs that reads or moves money at Conekta. */
import { checkKey } from "../../../application/settling/check-key.ts";
import { CircuitBreaker } from "../../../application/settling/circuit-breaker.ts";
import type { ChangeCall } from "./endpoint.ts";

/** Of the request's own store, so that what is booked of it is the asker's. */
export async function settlingOf({ app, store }: Pick<ChangeCall, "app" | "store">) {
  const gateway = await app.gateway();
  const needs = { ...app.settling, store, gateway, breaker: new CircuitBreaker() };
  await checkKey(needs);
  return needs;
}
