/** IVA by rate: what was collected in a time, and what of it went back in that time. */
import type { TaxReportRow } from "../../../application/ports/explain.ts";
import { text, whole } from "../dialect/codec.ts";
import { all, type Connected, ms } from "../dialect/sql.ts";
import { creditedIn } from "../records/fiscal-month.ts";
import { DONE } from "../records/refund-states.ts";
import type { TaxRate } from "../../../domain/tax.ts";

/** By the instant at which money moved: a service is taxed when it is collected. */
const COLLECTED = `
  select t.value ->> 'rate' as rate, i.currency, 1 as invoices, 0 as refunds,
         cast(t.value ->> 'baseCents' as bigint) as base_cents, cast(t.value ->> 'taxCents' as bigint) as tax_cents, 0 as back_base, 0 as back_tax
  from invoice i, json_each(readable(i.taxes)) t
  where i.status = 'paid' and i.paid_at >= ? and i.paid_at < ?`;

const GIVEN_BACK = `
  select t.value ->> 'rate' as rate, r.currency, 0 as invoices, 1 as refunds,
         0 as base_cents, 0 as tax_cents, cast(t.value ->> 'baseCents' as bigint) as back_base, cast(t.value ->> 'taxCents' as bigint) as back_tax
  from refund r, json_each(readable(r.taxes)) t
  where r.state in ${DONE} and r.settled_at >= ? and r.settled_at < ?`;

const integer = (column: string): string => `sum(cast(${column} as bigint))`;

type Window = { readonly from: Date; readonly until: Date };

/** What changes of plan gave to the balance counts as given back: the invoices that it pays count in full. */
export async function taxReport(em: Connected, window: Window): Promise<TaxReportRow[]> {
  const bounds = [ms(window.from), ms(window.until)];
  const rows = await all(
    em,
    `select rate, currency, ${integer("invoices")} as invoices, ${integer("refunds")} as refunds,
            ${integer("base_cents")} as base_cents, ${integer("tax_cents")} as tax_cents,
            ${integer("back_base")} as back_base, ${integer("back_tax")} as back_tax
     from (${COLLECTED} union all ${GIVEN_BACK}) both_ways
     group by rate, currency order by currency, rate`,
    [...bounds, ...bounds],
  );
  const sums = new Map<string, Sums>();
  for (const row of rows)
    add(sums, rateOf(text(row, "rate")), text(row, "currency"), {
      ...{ invoices: whole(row, "invoices"), refunds: whole(row, "refunds") },
      ...{ baseCents: whole(row, "base_cents"), taxCents: whole(row, "tax_cents") },
      ...{ refundedBaseCents: whole(row, "back_base"), refundedTaxCents: whole(row, "back_tax") },
    });
  for (const { currency, taxes } of await creditedIn(em, window))
    for (const { rate, baseCents, taxCents } of taxes ?? [])
      add(sums, rate, currency, {
        ...{ invoices: 0, refunds: 1, baseCents: 0, taxCents: 0 },
        ...{ refundedBaseCents: baseCents, refundedTaxCents: taxCents },
      });
  return [...sums.values()]
    .map((each) => ({
      ...each,
      netBaseCents: each.baseCents - each.refundedBaseCents,
      netTaxCents: each.taxCents - each.refundedTaxCents,
    }))
    .toSorted((a, b) => compare(a.currency, b.currency) || compare(String(a.rate), String(b.rate)));
}

type Sums = Omit<TaxReportRow, "netBaseCents" | "netTaxCents">;

function add(sums: Map<string, Sums>, rate: TaxRate, currency: string, more: Omit<Sums, "rate" | "currency">): void {
  const key = `${currency} ${rate}`;
  const sum = sums.get(key);
  const plus = (field: keyof typeof more): number => (sum?.[field] ?? 0) + more[field];
  sums.set(key, {
    ...{ rate, currency, invoices: plus("invoices"), refunds: plus("refunds") },
    ...{ baseCents: plus("baseCents"), taxCents: plus("taxCents") },
    ...{ refundedBaseCents: plus("refundedBaseCents"), refundedTaxCents: plus("refundedTaxCents") },
  });
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rateOf(rate: string): TaxRate {
  return rate === "exempt" ? rate : Number(rate);
}
