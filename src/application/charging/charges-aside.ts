/**
 * The charges of one customer alone fail, each time: they are refused for the key, no order can be made for them, or their
 * answers are lost and no charge is found. That is no reason to halt everybody: they are tried later and later, whichever
 * invoice they are for; after a day of it the invoice is held, and a person decides.
 *
 * Held only where somebody else's charge was answered before the last try: a gateway that took nobody's until then is no fault
 * of this one.
 */
import type { Evidence } from "../../domain/attempt.ts";
import { isGivenUp } from "../../domain/backoff.ts";
import { held } from "../../domain/settle/settlement.ts";
import type { ChargeIntent } from "../ports/gateway.ts";
import type { Store } from "../ports/store.ts";
import { blame, type FailedReadNeeds, noteFailure } from "../settling/failed-reads.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { Sent } from "./send-charge.ts";

export type ChargesAsideNeeds = FailedReadNeeds & { readonly store: Pick<Store, "applyTransitions"> };
type Whose = Pick<ChargeIntent, "customerId" | "invoiceId">;

/** @returns whether it is the key, for everybody: nobody is charged any more in this run */
export async function chargeRefused(
  needs: ChargesAsideNeeds,
  whose: Whose,
  because: string,
  summary: RunSummary,
): Promise<boolean> {
  const { breaker, clock, log } = needs;
  if (await blame(needs, summary)) return true;
  if (breaker.isOpen) return false;
  await putChargesAside(needs, whose, { triedAt: clock.now(), because }, summary);
  if (breaker.chargeRefused(whose.customerId, clock.now()))
    log.error("breaker.opened", { because: "the charges of many customers were refused in a row" });
  return false;
}

/** @param failed when the charge that failed was sent, and why it counts as failed */
export async function putChargesAside(
  needs: ChargesAsideNeeds,
  { customerId, invoiceId }: Whose,
  { triedAt, because }: { readonly triedAt: Date; readonly because: string },
  summary: RunSummary,
): Promise<void> {
  const { store, clock, log, breaker } = needs;
  const failure = await noteFailure(needs, { kind: "charge", id: customerId, because }, null);
  const { failures, failedSince } = failure;
  log.warn("customer.charges_fail", { customerId, because, failures });
  const now = clock.now();
  if (!isGivenUp(failure, now) || !breaker.answeredOthers(customerId, failedSince, triedAt)) return;
  const why = `charges of this customer failed ${failures} times since ${failedSince.toISOString()}: ${because}`;
  const moved = await store.applyTransitions([invoiceId], now, ({ invoice }) =>
    invoice.status === "open"
      ? { invoice: held(invoice, "refused"), event: "invoice.held", finalAction: null, because: why }
      : null,
  );
  if (moved.length > 0) log.error("invoice.held", { invoiceId, because: why });
  summary.needsPerson += moved.length;
}

/** The gateway took the charge, and said what became of it. */
export function isClear({ kind }: Evidence): boolean {
  return kind !== "released" && kind !== "not_sent" && kind !== "unknown";
}

/** For the key, or since no order could be made: it may be everybody's trouble, or this customer's alone. */
export function isRefused({ evidence, isWithoutOrder }: Pick<Sent, "evidence" | "isWithoutOrder">): boolean {
  return evidence.kind === "not_sent" && (evidence.unauthorized || isWithoutOrder);
}
