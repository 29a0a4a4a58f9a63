/**
 * Whether the indexes are there that allow each thing once: an open attempt, a paid charge of a cycle, a number.
 *
 * A restore that fails half-way leaves out the last that it makes, which are these; so does a person's `drop index`. All goes on
 * as before then, but for the rule.
 */
import { text } from "../codec.ts";
import { all, batch, type Connected } from "../sql.ts";

/** Both dialects have them, under the same names. */
export const UNIQUE_INDEXES: readonly string[] = [
  ...["api_key_hash", "api_key_name", "archived_invoice_cycle", "attempt_charge", "attempt_number"],
  ...["attempt_one_in_flight", "attempt_one_open", "attempt_one_paid", "attempt_own_order", "attempt_reference"],
  ...["balance_entry_number", "balance_entry_once", "cfdi_uuid", "coupon_grant_once", "coupon_grant_order"],
  ...["dispute_charge", "event_sequence", "idempotency_once", "installation_one", "invoice_once_a_cycle"],
  ...["invoice_one_off", "invoice_order", "item_key", "node_epoch", "payment_link_attempt_id_unique"],
  "subscription_change_number",
];

/** @returns the names of those that are not there, or were not finished: what they forbid may be there already */
export async function lostIndexes(em: Connected): Promise<readonly string[]> {
  const rows = await all(
    em,
    `select value as name from json_each(?)
     where not exists (
       select 1 from pg_index i join pg_class c on c.oid = i.indexrelid
       where c.relname = value and c.relnamespace = current_schema()::regnamespace
         and i.indisunique and i.indisvalid
     )`,
    [batch(UNIQUE_INDEXES)],
  );
  return rows.map((row) => text(row, "name"));
}
