/** Keeps what the merchant says of a customer, in one transaction with its events. Conekta is not told. */
import { changedProfile, type CustomerProfile, type ProfileChange } from "../../domain/customer-profile.ts";
import { InputInvalid } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import { normalizedTaxData, type TaxData, taxDataFaults } from "../../domain/tax-data.ts";
import type { FiscalRecords } from "../ports/fiscal.ts";
import type { Clock } from "../ports/runtime.ts";

type Needs = { readonly store: { readonly fiscal: FiscalRecords }; readonly clock: Clock };

export type CustomerChange = ProfileChange & { readonly taxData?: TaxData | undefined };

/** @throws {NotFound} @throws {InputInvalid} with every fault: nothing is changed then */
export async function changeCustomer(
  { store, clock }: Needs,
  customerId: string,
  { taxData, ...change }: CustomerChange,
): Promise<void> {
  const parts = {
    ...(taxData !== undefined && { taxData: checkedTaxData(taxData) }),
    profileOf: (was: CustomerProfile) => changedProfile(was, change),
  };
  await store.fiscal.changeCustomer(customerId, parts, clock.now());
}

/** @returns them as they are kept @throws {InputInvalid} with every fault @throws {NotFound} no such customer */
export async function putTaxData({ store, clock }: Needs, customerId: string, given: TaxData): Promise<TaxData> {
  const taxData = checkedTaxData(given);
  await store.fiscal.changeCustomer(customerId, { taxData }, clock.now());
  return taxData;
}

function checkedTaxData(given: TaxData): TaxData {
  const data = normalizedTaxData(given);
  const faults = taxDataFaults(data);
  if (faults.length === 0) return data;
  throw new InputInvalid(
    said("nothing_changed"),
    faults.map(({ field, what }) => ({ where: field, what })),
  );
}
