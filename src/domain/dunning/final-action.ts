/**
 * Dunning gives up: what its policy's final action makes of the subscription, and what becomes of its other invoices.
 *
 * Pure.
 */
import { transition, type InvoiceBefore, type InvoiceChange } from "../invoice-transition.ts";
import { isEnded, type Subscription } from "../subscription.ts";
import type { FinalAction } from "./dunning.ts";

const FINAL_STATUS = { unpaid: "unpaid", cancel: "canceled", pause: "paused" } as const;

/** What dunning's final action makes of a subscription. @returns null: nothing; it has ended, is so already, or a person paused it */
export function afterFinalAction(
  { status: was, nextBillingAt }: Pick<Subscription, "status" | "nextBillingAt">,
  action: FinalAction,
): { readonly status: (typeof FINAL_STATUS)[FinalAction]; readonly nextBillingAt: Date | null } | null {
  const status = FINAL_STATUS[action];
  // A pause is a person's, and keeps nothing from ending.
  if (isEnded(was) || was === status || (was === "paused" && action !== "cancel")) return null;
  return { status, nextBillingAt: status === "canceled" ? null : nextBillingAt };
}

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
