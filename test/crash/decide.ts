/** A person, asked what became of the charges that stayed unknown, who has looked into the panel and found nothing. */
import { resolveNotCharged } from "../../src/application/reconcile/resolve-unknown.ts";
import type { Assembly } from "../../src/assemble.ts";
import { Refused } from "../../src/domain/errors.ts";

/** Where the gateway shows otherwise, that is booked instead. @returns how many were unknown */
export async function decideUnknown(app: Assembly): Promise<number> {
  const unknown = await app.store.list("attempts", { where: { state: "unknown" } });
  const gateway = await app.gateway();
  const { timeoutMs } = app.config.conekta;
  const { inbox, together } = app.store;
  const needs = { ...app.settling, orders: gateway, lister: gateway, inbox, together, timeoutMs };
  for (const row of unknown)
    try {
      await resolveNotCharged(needs, row.attemptId, { why: "nothing in the panel", by: "Carmen" });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  return unknown.length;
}
