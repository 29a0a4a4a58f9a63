/** What a customer gave for the CFDI. */
import type { TaxData } from "../../../domain/tax-data.ts";
import { text, textOrNull } from "../dialect/codec.ts";
import { all, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { isSameContent } from "../../../domain/same-content.ts";

export async function taxDataOf(em: Connected, customerId: string): Promise<TaxData | null> {
  const [row] = await all(em, `select ${TAX_DATA} from customer_tax t where t.customer_id = ?`, [customerId]);
  return row === undefined ? null : taxDataIn(row);
}

/** @returns false: they are known as they are */
export async function putTaxData(em: Connected, customerId: string, data: TaxData, now: Date): Promise<boolean> {
  if (isSameContent(await taxDataOf(em, customerId), data)) return false;
  const { rfc, name, postalCode, regime, use } = data;
  await run(
    em,
    `insert into customer_tax (customer_id, rfc, name, postal_code, regime, cfdi_use, updated_at)
     values (?, ?, ?, ?, ?, ?, ?)
     on conflict (customer_id) do update set rfc = excluded.rfc, name = excluded.name,
       postal_code = excluded.postal_code, regime = excluded.regime, cfdi_use = excluded.cfdi_use,
       updated_at = excluded.updated_at`,
    [customerId, rfc, name, postalCode, regime, use, ms(now)],
  );
  return true;
}

export const TAX_DATA = "t.rfc, t.name, t.postal_code, t.regime, t.cfdi_use";

export function taxDataIn(row: RawRow): TaxData | null {
  if (textOrNull(row, "rfc") === null) return null;
  return {
    rfc: text(row, "rfc"),
    name: text(row, "name"),
    postalCode: text(row, "postal_code"),
    regime: text(row, "regime"),
    use: text(row, "cfdi_use"),
  };
}
