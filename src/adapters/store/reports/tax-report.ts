/** IVA by rate: what was collected in a time, and what of it went back in that time. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { TaxReportRow } from "../../../application/ports/explain.ts";
import { text, whole } from "../dialect/codec.ts";
import { all, ms } from "../dialect/sql.ts";
import type { TaxRate } from "../../../domain/tax.ts";

/** By the instant at which money moved: a service is taxed when it is collected. */
const COLLECTED = `
  select t.value ->> 'rate' as rate, i.currency, 1 as invoices, 0 as refunds,
         t.value ->> 'baseCents' as base_cents, t.value ->> 'taxCents' as tax_cents, 0 as back_base, 0 as back_tax
  from invoice i, json_each(i.taxes) t
  where i.status = 'paid' and i.paid_at >= ? and i.paid_at < ?`;

const GIVEN_BACK = `
  select t.value ->> 'rate' as rate, r.currency, 0 as invoices, 1 as refunds,
         0 as base_cents, 0 as tax_cents, t.value ->> 'baseCents' as back_base, t.value ->> 'taxCents' as back_tax
  from refund r, json_each(r.taxes) t
  where r.state = 'done' and r.settled_at >= ? and r.settled_at < ?`;

const integer = (column: string): string => `sum(cast(${column} as bigint))`;

export async function taxReport(
  em: SqlEntityManager,
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<TaxReportRow[]> {
  const window = [ms(from), ms(until)];
  const rows = await all(
    em,
    `select rate, currency, ${integer("invoices")} as invoices, ${integer("refunds")} as refunds,
            ${integer("base_cents")} as base_cents, ${integer("tax_cents")} as tax_cents,
            ${integer("back_base")} as back_base, ${integer("back_tax")} as back_tax
     from (${COLLECTED} union all ${GIVEN_BACK}) both_ways
     group by rate, currency order by currency, rate`,
    [...window, ...window],
  );
  return rows.map((row) => {
    const [baseCents, taxCents] = [whole(row, "base_cents"), whole(row, "tax_cents")];
    const [refundedBaseCents, refundedTaxCents] = [whole(row, "back_base"), whole(row, "back_tax")];
    return {
      rate: rateOf(text(row, "rate")),
      currency: text(row, "currency"),
      invoices: whole(row, "invoices"),
      refunds: whole(row, "refunds"),
      baseCents,
      taxCents,
      refundedBaseCents,
      refundedTaxCents,
      netBaseCents: baseCents - refundedBaseCents,
      netTaxCents: taxCents - refundedTaxCents,
    };
  });
}

function rateOf(rate: string): TaxRate {
  return rate === "exempt" ? rate : Number(rate);
}
