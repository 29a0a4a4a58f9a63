/** Flow `order_first`: orders that are over. Their attempts keep them; their invoices are free for another one. */
import type { Settlement } from "../../../domain/settle/settlement.ts";
import { batch, type Connected, run } from "../dialect/sql.ts";

export async function releaseEndedOrders(
  em: Connected,
  changed: readonly { readonly attemptId: string; readonly settlement: Settlement }[],
): Promise<void> {
  const left = changed.filter(({ settlement }) => settlement.leavesOrder);
  if (left.length === 0) return;
  await run(
    em,
    `update invoice set order_id = null
     from attempt a where a.id in (select value from json_each(?)) and invoice.id = a.invoice_id
       and invoice.order_id = a.order_id`,
    [batch(left.map(({ attemptId }) => attemptId))],
  );
}
