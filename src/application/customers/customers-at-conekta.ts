/**
 * One customer at Conekta for one request, whatever was lost in between.
 *
 * Conekta is asked to make a customer under a label: these books, and the request. A process that dies before the books
 * know her, or an answer that is lost, leaves a customer who bears it; the same request again finds her and makes no
 * second one. Another request for the same e-mail and phone is refused until a person says that it is somebody else.
 *
 * Reads may lag behind: who has just tried is not to try again for `READ_LAG_MS`.
 */
import { GatewayUnavailable, NeedsConfirmation } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import type { Gateway, GatewayCustomer, LabelledCustomer, NewCustomer } from "../ports/gateway.ts";
import type { Store } from "../ports/store.ts";

type Needs = { readonly store: Pick<Store, "list" | "installation">; readonly gateway: Gateway };

export type Making = {
  /** The same for each try of the same request, another one for another. */
  readonly request: string;
  /** A person said that it is somebody else than whoever has the same e-mail and phone. */
  readonly confirmed?: boolean;
  /** Told as soon as there is a customer at Conekta; null: there may be one, and nobody knows who. */
  readonly onMade?: (customerId: string | null) => void;
};

/** @throws {NeedsConfirmation} Conekta has one of this e-mail and phone, made here, whom the books do not know */
export async function customerMadeOnce(
  { store, gateway }: Needs,
  customer: NewCustomer,
  { request, confirmed = false, onMade }: Making,
): Promise<GatewayCustomer> {
  const { id: installationId } = await store.installation();
  const lost: LabelledCustomer[] = [];
  for (const each of await gateway.labelledCustomers({ installationId, email: customer.email }))
    if ((await store.list("customers", { where: { customerId: each.customerId } })).length === 0) lost.push(each);
  const own = lost.find((each) => each.request === request);
  if (own !== undefined) {
    onMade?.(own.customerId);
    const found = await gateway.readCustomer(own.customerId);
    if (found.paymentSourceId !== null || customer.card === undefined) return found;
    await gateway.addPaymentSource(found.id, customer.card);
    return await gateway.readCustomer(found.id);
  }
  const alike = confirmed ? [] : lost.filter((each) => isSamePerson(each, customer));
  if (alike.length > 0)
    throw new NeedsConfirmation(
      said("nobody_added"),
      alike.map(({ customerId, name }) => ({
        where: `customer ${customerId}`,
        what: said("same_person_at_conekta", { name, customerId }),
        mend: { do: "add_customer", customerId },
      })),
    );
  try {
    const made = await gateway.createCustomer(customer, { installationId, request });
    onMade?.(made.id);
    return made;
  } catch (error) {
    if (error instanceof GatewayUnavailable && error.wasReached) onMade?.(null);
    throw error;
  }
}

/** Conekta may write a phone another way than it was given. */
function isSamePerson(made: LabelledCustomer, { email, phone }: NewCustomer): boolean {
  const digits = (text: string | null): string => (text ?? "").replaceAll(/\D/g, "").slice(-10);
  return made.email?.toLowerCase() === email.toLowerCase() && digits(made.phone) === digits(phone);
}
