/** Keeps what the merchant says of a customer, in one transaction with its events. Conekta is not told. */
import { changedProfile, type ProfileChange, profileChanged } from "../../domain/customer-profile.ts";
import { NotFound } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import { isSameContent } from "../../domain/same-content.ts";
import type { TaxData } from "../../domain/tax-data.ts";
import type { FiscalRecords } from "../ports/fiscal.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { checkedTaxData } from "./put-tax-data.ts";

type Needs = {
  readonly store: Pick<Store, "write"> & { readonly fiscal: FiscalRecords };
  readonly clock: Clock;
};

export type CustomerChange = ProfileChange & { readonly taxData?: TaxData | undefined };

/** @throws {NotFound} @throws {InputInvalid} with every fault: nothing is changed then */
export async function changeCustomer(
  { store, clock }: Needs,
  customerId: string,
  { taxData, ...change }: CustomerChange,
): Promise<void> {
  const now = clock.now();
  if (taxData !== undefined) {
    const data = checkedTaxData(taxData);
    await store.fiscal.putTaxData(customerId, data, now, (was) => changedProfile(was, change));
    return;
  }
  await store.write(now, async (records) => {
    const was = await records.customerProfile(customerId);
    if (was === null) throw new NotFound(said("no_customer", { id: customerId }));
    const profile = changedProfile(was, change);
    if (isSameContent(was, profile)) return;
    await records.putCustomerProfile(customerId, profile);
    records.record(profileChanged(customerId, profile));
  });
}
