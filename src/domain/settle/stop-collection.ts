/** Dunning has ended the collection of a subscription: what becomes of its other invoices. */
import type { InvoiceBefore, InvoiceChange } from "../invoice-transition.ts";
import { transition } from "../invoice-transition.ts";

/**
 * Nothing more is collected: neither what came earlier and waits its turn, nor what came later. An attempt that may still
 * move money goes on, and a person still decides what was held for one.
 *
 * @returns null: it stays as it is
 */
export function stopCollection(
  invoice: InvoiceBefore,
  { hasOpenAttempt }: { readonly hasOpenAttempt: boolean },
): InvoiceChange | null {
  const { status, statusReason } = invoice;
  const isCollected = status === "open" || (status === "held" && statusReason === "earlier_unpaid");
  if (!isCollected || hasOpenAttempt) return null;
  return transition(invoice, { status: "uncollectible", statusReason: "collection_stopped" });
}
