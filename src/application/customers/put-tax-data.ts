/**
 * A customer's data for the CFDI: what the accountant needs before an invoice can bear their name.
 *
 * One transaction, with its event. Nothing is changed where one of them cannot be.
 */
import { InputInvalid } from "../../domain/errors.ts";
import { normalizedTaxData, type TaxData, taxDataFaults } from "../../domain/tax-data.ts";
import type { FiscalRecords } from "../ports/fiscal.ts";
import type { Clock } from "../ports/runtime.ts";
import { said } from "../../domain/refusals.ts";

type Needs = { readonly store: { readonly fiscal: FiscalRecords }; readonly clock: Clock };

/** @throws {InputInvalid} with every fault @throws {NotFound} no such customer */
export async function putTaxData(
  { store, clock }: Needs,
  customerId: string,
  given: TaxData,
): Promise<{ readonly data: TaxData; readonly isNew: boolean }> {
  const data = checkedTaxData(given);
  return { data, isNew: await store.fiscal.putTaxData(customerId, data, clock.now()) };
}

/** @throws {InputInvalid} with every fault */
export function checkedTaxData(given: TaxData): TaxData {
  const data = normalizedTaxData(given);
  const faults = taxDataFaults(data);
  if (faults.length === 0) return data;
  throw new InputInvalid(
    said("nothing_changed"),
    faults.map(({ field, what }) => ({ where: field, what })),
  );
}
