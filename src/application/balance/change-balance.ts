/**
 * A person gives a customer money to the good, or takes it back. The next invoices are paid from it, the oldest first.
 *
 * One entry in the ledger, with its event, in one transaction; entries are never changed.
 */
import { entryAfter, type NewBalanceEntry } from "../../domain/balance.ts";
import { NotFound, Refused } from "../../domain/errors.ts";
import { formatMoney } from "../../domain/money.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said, unchanged } from "../../domain/refusals.ts";

export type BalanceChange = {
  readonly customerId: string;
  readonly currency: string;
  /** Above 0, whichever way. */
  readonly amountCents: number;
  readonly reason: string;
  readonly by: string;
};

/** @returns the entry, with the balance after it @throws {NotFound} @throws {Refused} more is taken than is there */
export async function changeBalance(
  { store, clock }: { store: Store; clock: Clock },
  kind: "grant" | "take",
  { customerId, currency, amountCents, reason, by }: BalanceChange,
): Promise<NewBalanceEntry> {
  return await store.write(clock.now(), async (records) => {
    if ((await records.customer(customerId)) === null)
      throw new NotFound(unchanged(said("no_customer", { id: customerId })), {
        mend: { do: "add_customer", customerId },
      });
    const balance = await records.balance(customerId, currency);
    if (kind === "take" && amountCents > balance.balanceCents)
      throw new Refused(
        unchanged(
          said("balance_too_small", {
            customerId,
            balance: formatMoney(balance.balanceCents, currency),
            amount: formatMoney(amountCents, currency),
          }),
        ),
      );
    const entry = entryAfter(balance, {
      ...{ customerId, currency, kind, amountCents: kind === "grant" ? amountCents : -amountCents },
      ...{ invoiceId: null, reason, actor: by },
    });
    await records.addBalanceEntry(entry);
    const data = { amountCents, currency, balanceCents: entry.balanceCents, reason };
    records.record({ type: kind === "grant" ? "balance.granted" : "balance.taken", customerId, data });
    return entry;
  });
}
