/** Of a subscription `s` and its plan `p`: how many of its cycles are void, where that matters. */
export const VOID_CYCLES = `case when p.expiry_count is null then 0
  else (select count(*) from invoice v where v.subscription_id = s.id and v.status = 'void' and v.cycle is not null) end`;
