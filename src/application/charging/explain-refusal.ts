/**
 * Conekta refused a charge: is it our request, or has the customer no card there any more?
 *
 * A customer or a card that was deleted at Conekta is refused like wrong data. So the customer is read: where nobody, or no
 * card, is there, the charge has failed for the card, and dunning goes on. A refusal moved no money, whatever the reason.
 */
import { FAILED_CHECKS, type CardFault } from "../../domain/charging/card-check.ts";
import type { Outcome } from "../../domain/attempt.ts";
import { readCustomers, type CustomersRead, type ReadNeeds } from "../customers/read-customers.ts";
import type { RunSummary } from "../settling/run-summary.ts";

type Refused = Extract<Outcome, { kind: "refused" }>;
type Gone = Extract<CardFault, "customer_deleted" | "no_default_card">;

/** @returns the refusal itself, where the customer has a card, or could not be read: then a person decides */
export async function explainRefusal(
  needs: ReadNeeds,
  customerId: string,
  refused: Refused,
  summary: RunSummary,
): Promise<Outcome> {
  const failureCode = await whatIsGone(needs, customerId, summary);
  if (failureCode === null) return refused;
  const because = `refused, and the customer, read again, ${WHY[failureCode]} (${refused.trace.because})`;
  return {
    kind: "declined",
    decline: { declineClass: FAILED_CHECKS[failureCode], failureCode, failureMessage: refused.failureMessage },
    orderId: null,
    chargeId: null,
    card: "none",
    trace: { ...refused.trace, because },
  };
}

/** The charge was sent, so its outcome is found out also while the process ends. */
const NEVER = new AbortController().signal;

async function whatIsGone(needs: ReadNeeds, customerId: string, summary: RunSummary): Promise<Gone | null> {
  const read: CustomersRead = new Map();
  await readCustomers(needs, new Set([customerId]), summary, read, NEVER);
  if (read.get(customerId) === "gone") return "customer_deleted";
  if (read.get(customerId) !== "read") return null;
  const [known] = await needs.store.list("customers", { where: { customerId } });
  return known?.paymentSourceId === null ? "no_default_card" : null;
}

const WHY: Readonly<Record<Gone, string>> = {
  customer_deleted: "is not at Conekta any more",
  no_default_card: "has no default card",
};
