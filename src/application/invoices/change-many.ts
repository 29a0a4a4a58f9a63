/**
 * Put up again, or void, all invoices that match: first what that would be, then all of it at once.
 *
 * One transaction for all, so that a crash leaves none changed, or each of them. Those that may not be changed so are left, and
 * said. Charges nothing; a run does.
 */
import { Refused } from "../../domain/errors.ts";
import type { InvoiceStatus, StatusReason } from "../../domain/invoice.ts";
import type { Listings } from "../ports/listings.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { invoiceToChange, retryIn, voidIn } from "./change-invoice.ts";
import { said, type Said } from "../../domain/refusals.ts";

/** Others wait meanwhile: some 3 ms each. */
const MOST = 500;

export const BULK_ACTIONS = ["retry", "void"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export type InvoiceFilter = {
  readonly status: InvoiceStatus;
  readonly statusReason?: StatusReason | undefined;
  readonly planId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly subscriptionId?: string | undefined;
};

export type ManyChanged = {
  readonly changed: readonly string[];
  readonly left: readonly { readonly invoiceId: string; readonly because: string | Said }[];
};

/** @throws {Refused} they are too many for one transaction */
export async function invoicesMatching(
  { store }: { readonly store: Pick<Store, "list"> },
  filter: InvoiceFilter,
): Promise<readonly Listings["invoices"][]> {
  const found = await store.list("invoices", { where: filter, limit: MOST + 1 });
  if (found.length > MOST) throw new Refused(said("too_many_match", { most: MOST }));
  return found;
}

/**
 * @param isPlan only says what it would be
 * @param onDone what is told inside the transaction, at its end
 */
export async function changeMany(
  { store, clock }: { readonly store: Pick<Store, "write">; readonly clock: Clock },
  invoiceIds: readonly string[],
  { action, why, isPlan }: { readonly action: BulkAction; readonly why: string; readonly isPlan: boolean },
  onDone: (done: ManyChanged) => void,
): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const changed: string[] = [];
    const left: { invoiceId: string; because: string | Said }[] = [];
    for (const invoiceId of invoiceIds)
      try {
        if (isPlan) await invoiceToChange(records, action, invoiceId);
        else if (action === "retry") await retryIn(records, invoiceId, now);
        else await voidIn(records, invoiceId, why, now);
        changed.push(invoiceId);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        left.push({ invoiceId, because: error.said ?? error.message });
      }
    onDone({ changed, left });
  });
}
