/**
 * A key that is refused for one customer's charge, or an order that cannot be made for one, while others are answered, is no
 * reason to halt everybody: the charges of this one are put aside. After a day of it the invoice is held, and a person
 * decides.
 */
import { isGivenUp, type ReadFailure } from "../../domain/backoff.ts";
import { held } from "../../domain/settle/settlement.ts";
import type { ChargeIntent } from "../ports/gateway.ts";
import type { Store } from "../ports/store.ts";
import { blame, type FailedReadNeeds, putChargesAside } from "../settling/failed-reads.ts";
import type { RunSummary } from "../settling/run-summary.ts";

type Needs = FailedReadNeeds & { readonly store: Pick<Store, "applyTransitions"> };

/** @returns whether it is the key, or the gateway, for everybody: nobody is charged any more in this run */
export async function chargeRefused(
  needs: Needs,
  { customerId, invoiceId }: Pick<ChargeIntent, "customerId" | "invoiceId">,
  because: string,
  summary: RunSummary,
): Promise<boolean> {
  const { breaker, clock, log } = needs;
  if (await blame(needs, summary)) return true;
  if (breaker.isOpen) return false;
  const failure = await putChargesAside(needs, customerId, because);
  log.warn("customer.charges_refused", { customerId, because, failures: failure.failures });
  if (isGivenUp(failure, clock.now())) await holdRefused(needs, invoiceId, failure, because, summary);
  if (breaker.chargeRefused(customerId, clock.now()))
    log.error("breaker.opened", { because: "the charges of many customers were refused in a row" });
  return false;
}

async function holdRefused(
  { store, clock, log }: Needs,
  invoiceId: string,
  { failures, failedSince }: ReadFailure,
  refusal: string,
  summary: RunSummary,
): Promise<void> {
  const because = `charges of this customer were refused ${failures} times since ${failedSince.toISOString()}: ${refusal}`;
  const moved = await store.applyTransitions([invoiceId], clock.now(), ({ invoice }) =>
    invoice.status === "open"
      ? { invoice: held(invoice, "refused"), event: "invoice.held", finalAction: null, because }
      : null,
  );
  if (moved.length > 0) log.error("invoice.held", { invoiceId, because });
  summary.needsPerson += moved.length;
}
