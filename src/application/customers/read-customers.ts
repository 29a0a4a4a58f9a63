/**
 * Read customers at the gateway whose cards our books do not know, or know as unusable: a card that was changed at
 * Conekta without our knowing is a card.
 *
 * Charges nothing. The invoices of a customer who cannot be read stay due.
 */
import { BillingError, isNotThere } from "../../domain/errors.ts";
import type { Gateway } from "../ports/gateway.ts";
import { putAside, type FailedReadNeeds } from "../settling/failed-reads.ts";
import { runAll } from "../concurrency/run-all.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";
import { noteCustomerGone, upsertCustomer } from "./upsert-customer.ts";

export type ReadNeeds = FailedReadNeeds & Pick<SettleNeeds, "store"> & { readonly gateway: Gateway };

/** What became of the reading of each customer. `gone`: Conekta no longer knows the customer. */
export type CustomersRead = Map<string, "read" | "gone" | "unread">;

const READS_AT_ONCE = 8;

/**
 * @param read customers whom this run has read, or could not read: nobody is read twice in one run
 * @param signal aborted: no answer is waited for
 * @param over aborted: nobody else is read; who is being read is read to the end, and put aside if need be
 */
export async function readCustomers(
  needs: ReadNeeds,
  customerIds: ReadonlySet<string>,
  summary: RunSummary,
  read: CustomersRead,
  signal: AbortSignal,
  over = signal,
): Promise<void> {
  const { store, gateway, clock, log, breaker } = needs;
  await runAll(
    READS_AT_ONCE,
    [...customerIds].map((customerId) => () => readCustomer(customerId)),
  );

  async function readCustomer(customerId: string): Promise<void> {
    if (read.has(customerId) || over.aborted) return;
    read.set(customerId, "unread");
    if (summary.haltReason !== null || breaker.isOpen) return;
    try {
      const customer = await unlessStopped(gateway.readCustomer(customerId), signal);
      // The process ends first: it is nobody's fault, and another run reads.
      if (customer === null) return;
      breaker.readAnswered();
      await store.write(clock.now(), (records) => upsertCustomer(records, customer, "customer.updated"));
      read.set(customerId, "read");
    } catch (error) {
      if (isNotThere(error)) {
        await store.write(clock.now(), (records) => noteCustomerGone(records, customerId));
        read.set(customerId, "gone");
        return;
      }
      await putAside(needs, { kind: "customer", id: customerId }, error, summary);
      log[error instanceof BillingError ? "warn" : "error"]("customer.not_read", { customerId, error });
    }
  }
}

/** A read that is cut short changes nothing. @returns null: the process is to end, and waits for no answer */
async function unlessStopped<Answer>(pending: Promise<Answer>, signal: AbortSignal): Promise<Answer | null> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<null>();
  const end = (): void => stop(null);
  signal.addEventListener("abort", end);
  pending.catch(() => {});
  try {
    return await Promise.race([pending, stopped]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
