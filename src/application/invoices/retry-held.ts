/**
 * Put up again all invoices that are held for one reason, as after a wrong key that refused every one of them.
 *
 * One transaction an invoice: a crash leaves the rest held, and the same command goes on. Charges nothing; a run does.
 */
import { Refused } from "../../domain/errors.ts";
import type { HoldReason } from "../../domain/invoice.ts";
import type { Listings } from "../ports/listings.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { retryInvoice } from "./change-invoice.ts";

type Needs = { readonly store: Store; readonly clock: Clock };

export async function heldFor({ store }: Needs, reason: HoldReason): Promise<readonly Listings["invoices"][]> {
  return await store.list("invoices", { where: { status: "held", statusReason: reason } });
}

/** @returns those that were left, and why: an outcome that is not known is nobody's to repeat */
export async function retryHeld(
  needs: Needs,
  invoices: readonly Pick<Listings["invoices"], "invoiceId">[],
): Promise<readonly { readonly invoiceId: string; readonly because: string }[]> {
  const left: { invoiceId: string; because: string }[] = [];
  for (const { invoiceId } of invoices)
    try {
      await retryInvoice(needs, invoiceId);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      left.push({ invoiceId, because: error.message });
    }
  return left;
}
