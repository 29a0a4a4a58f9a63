/**
 * A person asked for the next try of the invoice `i`, and it was not made yet.
 *
 * What keeps the program from charging in a loop, or too often on one day, does not stop a person who looked at it.
 * One request frees one try; a try that never reached the gateway does not use it up.
 */
export const RETRY_IS_REQUESTED = `exists (
  select 1 from event r
  where r.invoice_id = i.id and r.type = 'invoice.retry_requested' and r.at > coalesce((
    select max(t.claimed_at) from attempt t where t.invoice_id = i.id and t.state not in ('released', 'not_sent')
  ), 0)
)`;
