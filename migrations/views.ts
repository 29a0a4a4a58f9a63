/**
 * The views: a public interface, documented column by column in docs/billing-history.md, and the same on both databases.
 * Times are ISO-8601 text in UTC; money stands both in cents and in units. A new column goes to the end of its view.
 *
 * They hold nothing, so no migration makes them: they are made anew after the migrations, wherever their text differs. A
 * migration that drops or retypes a column which a view reads drops that view first.
 */

/** The domain's lists, as statements have them: `('claimed', …)`, `'unknown'`, `flow = 'link'`. */
export type DomainWords = {
  readonly open: string;
  /** What may need a person: an index holds these. */
  readonly inDoubt: string;
  readonly paidAgain: string;
  readonly unknown: string;
  readonly hasPage: string;
  readonly chargesCard: string;
};

type Words = DomainWords & Dialect;

/** What the two databases say differently. */
type Dialect = {
  /** An instant as ISO text. */
  readonly iso: (instant: string) => string;
  /** The same, as the index of the history has it. */
  readonly indexedIso: (instant: string) => string;
  readonly units: (cents: string) => string;
  /** A sum of cents, as a whole number. */
  readonly sum: (cents: string) => string;
  readonly least: (one: string, other: string) => string;
  readonly nothing: string;
  /** The invoice's taxes as rows `t`, and a field of one. */
  readonly eachTax: string;
  readonly taxText: (field: string) => string;
  readonly taxCents: (field: string) => string;
};

const SQLITE: Dialect = {
  iso: (instant) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${instant} / 1000.0, 'unixepoch')`,
  indexedIso: (instant) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${instant} / 1000.0, 'unixepoch')`,
  units: (cents) => `${cents} / 100.0`,
  sum: (cents) => `sum(${cents})`,
  least: (one, other) => `min(${one}, ${other})`,
  nothing: "null",
  eachTax: "invoice i, json_each(iif(json_valid(i.taxes), i.taxes, null)) t",
  taxText: (field) => `t.value ->> '${field}'`,
  taxCents: (field) => `t.value ->> '${field}'`,
};

const POSTGRES: Dialect = {
  iso: (instant) => `to_char(to_timestamp((${instant}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  indexedIso: (instant) => `iso_text(${instant})`,
  units: (cents) => `round(${cents} / 100.0, 2)`,
  sum: (cents) => `sum(${cents})::bigint`,
  least: (one, other) => `least(${one}, ${other})`,
  nothing: "null::text",
  eachTax: "invoice i cross join lateral jsonb_array_elements(i.taxes) t(value)",
  taxText: (field) => `(t.value ->> '${field}') collate "C"`,
  taxCents: (field) => `cast(t.value ->> '${field}' as bigint)`,
};

/** What may need a person, by indexes: the view judges each of these. `cross join` keeps the few rows first. */
const candidates = ({ inDoubt }: DomainWords): string => `select h.id from invoice h where h.status = 'held'
    union all select t.invoice_id from attempt t where t.state in ${inDoubt}
    union all select x.invoice_id from attempt x where x.after_cancel = 'asked'
    union all select t.invoice_id from read_failure r cross join attempt t where t.id = r.id
    union all select n.id from read_failure r cross join invoice n where n.customer_id = r.id
      and (n.next_attempt_at is not null or n.dunning_due_at is not null)
    union all select w.id from invoice w where w.waits_told_at is not null and w.next_attempt_at is not null`;

/** Until the whole of it went back. */
const IS_LEFT = `coalesce(a.moved_cents, a.amount_cents) > (
      select coalesce(sum(r.amount_cents), 0) from refund r where r.attempt_id = a.id and r.state = 'done'
    )`;

/** The views' names and the statements that make them, in an order in which they can be made. */
export function viewsOn(database: "sqlite" | "postgres", domain: DomainWords): Readonly<Record<string, string>> {
  const words: Words = { ...domain, ...(database === "sqlite" ? SQLITE : POSTGRES) };
  return Object.fromEntries(
    Object.entries({
      billing_history: billingHistory(words),
      dunning_queue: dunningQueue(words),
      invoice_taxes: invoiceTaxes(words),
      needs_attention: `${waiting(words)} union all ${disputed(words)}`,
      revenue_by_day: revenueByDay(words),
      subscription_overview: subscriptionOverview(words),
    }).map(([name, select]) => [name, `create view ${name} as ${select}`]),
  );
}

function billingHistory({ iso, indexedIso, units, sum }: Words): string {
  const refunded = `(select coalesce(${sum("r.amount_cents")}, 0) from refund r where r.attempt_id = a.id and r.state = 'done')`;
  return `select
    ${indexedIso("coalesce(a.sent_at, a.claimed_at)")} as attempted_at,
    ${iso("a.settled_at")} as settled_at,
    a.invoice_id as invoice_id,
    s.id as subscription_id,
    p.id as plan_id,
    p.name as plan_name,
    c.id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    ${iso("i.period_start")} as period_start,
    ${iso("i.period_end")} as period_end,
    a.amount_cents as amount_cents,
    ${units("a.amount_cents")} as amount,
    a.currency as currency,
    a.number as attempt,
    a.state as outcome,
    a.decline_class as decline_class,
    a.failure_code as failure_code,
    a.failure_message as failure_message,
    a.order_id as order_id,
    a.charge_id as charge_id,
    a.card_brand as card_brand,
    a.card_last4 as card_last4,
    ${iso("i.next_attempt_at")} as next_attempt_at,
    ${refunded} as refunded_cents,
    ${units(refunded)} as refunded,
    i.base_cents as base_cents,
    i.tax_cents as tax_cents,
    a.fee_cents as fee_cents,
    ${units("a.fee_cents")} as fee,
    i.discount_cents as discount_cents,
    i.balance_cents as balance_cents
  from attempt a
  join invoice i on i.id = a.invoice_id
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  join customer c on c.id = i.customer_id`;
}

function dunningQueue({ iso, units, open, hasPage, chargesCard }: Words): string {
  return `select
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    s.plan_id as plan_id,
    p.name as plan_name,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    ${units("i.amount_cents")} as amount,
    i.currency as currency,
    i.declines as declines,
    ${iso("coalesce(a.sent_at, a.claimed_at)")} as last_attempted_at,
    a.decline_class as last_decline_class,
    a.failure_code as last_failure_code,
    a.failure_message as last_failure_message,
    ${iso("i.next_attempt_at")} as next_attempt_at,
    case
      when o.${hasPage} then 'payment_link'
      when o.id is not null then 'outcome'
      when i.dunning_step = 'wait_for_card' then 'card'
      else i.dunning_step
    end as waits_for,
    ${iso("i.first_declined_at")} as first_declined_at,
    ${iso(`coalesce(case when o.${hasPage} then l.expires_at end, i.dunning_due_at)`)} as waits_until,
    case when o.${hasPage} then l.url end as payment_link
  from invoice i
  join subscription s on s.id = i.subscription_id
  join plan p on p.id = s.plan_id
  join customer c on c.id = i.customer_id
  left join attempt a on a.invoice_id = i.id and a.${chargesCard}
    and a.number = (select max(m.number) from attempt m where m.invoice_id = i.id and m.${chargesCard})
  left join attempt o on o.invoice_id = i.id and o.state in ${open}
  left join payment_link l on l.attempt_id = o.id
  where i.dunning_step is not null`;
}

function invoiceTaxes({ iso, eachTax, taxText, taxCents }: Words): string {
  return `select
    i.id as invoice_id,
    ${iso("i.paid_at")} as paid_at,
    ${taxText("rate")} as rate,
    ${taxCents("baseCents")} as base_cents,
    ${taxCents("taxCents")} as tax_cents,
    i.currency as currency
  from ${eachTax}`;
}

function waiting({ iso, units, least, nothing, ...states }: Words): string {
  const { inDoubt, paidAgain, unknown } = states;
  const failing = least("coalesce(f.failed_since, g.failed_since)", "coalesce(g.failed_since, f.failed_since)");
  return `select
    case
      when a.state = ${paidAgain} then ${paidAgain}
      when i.status = 'held' then 'held'
      when a.state = ${unknown} then ${unknown}
      when a.after_cancel = 'asked' and ${IS_LEFT} then 'paid_after_cancel'
      when f.id is not null or g.id is not null then 'unreadable'
      else 'waiting'
    end as kind,
    ${iso(`case
      when a.state in ${inDoubt} or i.status = 'held' then coalesce(a.sent_at, a.claimed_at, i.opened_at)
      when a.after_cancel = 'asked' and ${IS_LEFT} then a.settled_at
      else coalesce(${failing}, i.waits_told_at)
    end`)} as since,
    i.id as invoice_id,
    i.subscription_id as subscription_id,
    i.customer_id as customer_id,
    c.name as customer_name,
    i.cycle as cycle,
    i.amount_cents as amount_cents,
    ${units("i.amount_cents")} as amount,
    i.currency as currency,
    i.status as invoice_status,
    i.status_reason as reason,
    a.number as attempt,
    a.state as outcome,
    a.reference as reference,
    a.decline_class as decline_class,
    a.failure_code as failure_code,
    a.failure_message as failure_message,
    a.order_id as order_id,
    a.charge_id as charge_id,
    ${iso("a.next_inquiry_at")} as next_look_at,
    coalesce(f.because, g.because) as because,
    ${nothing} as dispute_id,
    ${nothing} as dispute_status,
    ${nothing} as dispute_reason,
    ${nothing} as evidence_due_by
  from invoice i
  join customer c on c.id = i.customer_id
  left join attempt a on a.invoice_id = i.id and (
    a.state in ${inDoubt}
    or a.after_cancel = 'asked'
    or exists (select 1 from read_failure r where r.id = a.id)
    or (
      a.number = (select max(l.number) from attempt l where l.invoice_id = i.id)
      and not exists (
        select 1 from attempt u where u.invoice_id = i.id
          and (
            u.state in ${inDoubt}
            or u.after_cancel = 'asked'
            or exists (select 1 from read_failure r where r.id = u.id)
          )
      )
    )
  )
  -- Only what was due when the read failed waits for it; a charge that failed has put its own invoice off.
  left join read_failure f on f.id = i.customer_id and case f.kind
    when 'charge' then i.next_attempt_at is not null
    else (i.next_attempt_at <= f.failed_at or i.dunning_due_at <= f.failed_at) and not exists (
      select 1 from read_failure r where r.id = f.id and r.kind = 'charge' and i.next_attempt_at is not null
    ) end
  left join read_failure g on g.id = a.id and (
    a.next_inquiry_at is not null
    or exists (select 1 from payment_link l where l.attempt_id = a.id and l.recheck_at is not null)
    or exists (select 1 from denied_charge d where d.attempt_id = a.id and d.recheck_at is not null)
  )
  where i.id in (${candidates(states)}) and (
    i.status = 'held'
    or a.state = ${unknown}
    or f.id is not null
    or g.id is not null
    or (
      i.waits_told_at is not null and i.next_attempt_at is not null and exists (
        select 1 from invoice e
        where e.subscription_id = i.subscription_id and e.cycle < i.cycle and e.status = 'held'
      )
    )
    or ((a.state = ${paidAgain} or a.after_cancel = 'asked') and ${IS_LEFT})
  )`;
}

function disputed({ iso, units, nothing }: Words): string {
  return `select
    'disputed',
    ${iso("d.opened_at")},
    i.id,
    i.subscription_id,
    i.customer_id,
    c.name,
    i.cycle,
    d.amount_cents,
    ${units("d.amount_cents")},
    d.currency,
    i.status,
    i.status_reason,
    a.number,
    a.state,
    a.reference,
    ${nothing},
    ${nothing},
    ${nothing},
    d.order_id,
    d.charge_id,
    ${iso("d.next_read_at")},
    ${nothing},
    d.id,
    d.status,
    d.reason,
    ${iso("d.evidence_due_by")}
  from dispute d
  join invoice i on i.id = d.invoice_id
  join customer c on c.id = i.customer_id
  join attempt a on a.id = d.attempt_id
  where d.outcome = 'open'`;
}

/**
 * Money that came, went back, or was lost: each on its day. A second payment is no revenue, so its refund takes none away.
 * Triggers keep the sums (migration KeptCounts).
 */
function revenueByDay({ units, sum }: Words): string {
  const sums = ["invoices", "amount_cents", "refunded_cents", "lost_cents"].map(
    (name) => `${sum(`r.${name}`)} as ${name}`,
  );
  const net = "m.amount_cents - m.refunded_cents - m.lost_cents";
  return `select
    m.day as day,
    m.plan_id as plan_id,
    p.name as plan_name,
    m.currency as currency,
    m.invoices as invoices,
    m.amount_cents as amount_cents,
    ${units("m.amount_cents")} as amount,
    m.refunded_cents as refunded_cents,
    ${units("m.refunded_cents")} as refunded,
    m.lost_cents as lost_cents,
    ${units("m.lost_cents")} as lost,
    ${net} as net_cents,
    ${units(`(${net})`)} as net
  from (
    select r.day, r.plan_id, r.currency, ${sums.join(", ")}
    from revenue_day r group by r.day, r.plan_id, r.currency having sum(r.moves) > 0
  ) m
  join plan p on p.id = m.plan_id`;
}

function subscriptionOverview({ iso, units, sum }: Words): string {
  const ofInvoices = (what: string, statuses: string): string =>
    `(select ${what} from invoice i where i.subscription_id = s.id and i.status in (${statuses}))`;
  const total = `coalesce(${sum("i.amount_cents")}, 0)`;
  return `select
    s.id as subscription_id,
    s.plan_id as plan_id,
    p.name as plan_name,
    s.customer_id as customer_id,
    c.name as customer_name,
    s.status as status,
    s.time_zone as time_zone,
    s.anchor_local as anchor_local,
    s.next_cycle as next_cycle,
    ${iso("case when s.cancel_at is null or s.next_billing_at < s.cancel_at then s.next_billing_at end")} as next_billing_at,
    ${iso("s.cancel_at")} as cancel_at,
    p.currency as currency,
    ${ofInvoices("count(*)", "'paid'")} as paid_invoices,
    ${ofInvoices(total, "'paid'")} as paid_cents,
    ${ofInvoices(units(total), "'paid'")} as paid,
    ${ofInvoices("count(*)", "'open', 'held'")} as unpaid_invoices,
    ${ofInvoices(total, "'open', 'held'")} as owed_cents,
    ${ofInvoices(units(total), "'open', 'held'")} as owed,
    ${iso("(select max(i.paid_at) from invoice i where i.subscription_id = s.id)")} as last_paid_at,
    c.card_brand as card_brand,
    c.card_last4 as card_last4,
    c.card_exp_month as card_exp_month,
    c.card_exp_year as card_exp_year
  from subscription s
  join plan p on p.id = s.plan_id
  join customer c on c.id = s.customer_id`;
}
