/** A person takes an item back that waits for its invoice. One that an invoice has is not taken back: that is a refund, or a void invoice. */
import { NotFound, Refused } from "../../domain/errors.ts";
import { changeOfKey } from "../../domain/subscription-change.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said, unchanged } from "../../domain/refusals.ts";

export async function removeItem({ store, clock }: { store: Store; clock: Clock }, key: string): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const item = await records.item(key);
    if (item === null) throw new NotFound(unchanged(said("no_item", { id: key })));
    const { customerId, subscriptionId, name, amountCents, currency, invoiceId, removedAt } = item;
    if (removedAt !== null) return;
    const change = changeOfKey(key);
    if (change !== null)
      throw new Refused(
        unchanged(said("item_of_change", { key, number: change.number, subscriptionId: change.subscriptionId })),
        { mend: { do: "undo_change", subscriptionId: change.subscriptionId } },
      );
    if (invoiceId !== null)
      throw new Refused(unchanged(said("item_billed", { key, invoiceId })), {
        mend: { do: "show_invoice", invoiceId },
      });
    item.removedAt = now;
    records.record({
      ...{ type: "item.removed", customerId, subscriptionId },
      data: { key, name, amountCents, currency },
    });
  });
}
