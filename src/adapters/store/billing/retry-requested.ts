/** When a person asked for the next try of the invoice `i`; null: nobody did, or it was made. */
export const RETRY_REQUESTED_AT = `(
  select max(r.at) from event r
  where r.invoice_id = i.id and r.type = 'invoice.retry_requested' and r.at > coalesce((
    select max(t.claimed_at) from attempt t where t.invoice_id = i.id and t.state not in ('released', 'not_sent')
  ), 0)
)`;
