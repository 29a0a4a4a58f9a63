/**
 * Is the key accepted, of the mode of this database, and of the account of its customers? Asked before anything that was
 * read is written.
 */
import { BillingError, WrongAccount } from "../../domain/errors.ts";
import type { Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { askGateway, type AskNeeds } from "./ask-gateway.ts";

type AccountNeeds = AskNeeds & { readonly log: Log };
type Needs = AccountNeeds & { readonly store: Pick<Store, "confirmMode"> };

/**
 * A gateway that cannot be reached proves nothing and stops nothing: customers of one mode do not exist in the other.
 * @returns whether the gateway answered; if not, ask again at the next run
 * @throws {WrongMode}
 * @throws {WrongAccount}
 * @throws {GatewayUnauthorized}
 */
export async function checkKey(needs: Needs): Promise<boolean> {
  const answer = await askGateway(needs);
  if (answer.is === "unauthorized") throw answer.error;
  if (answer.is === "silent") {
    needs.log.warn("key.not_checked", { because: answer.error.message });
    return false;
  }
  if (answer.livemode !== null) await needs.store.confirmMode(answer.livemode);
  if (answer.isKnown === false) await mustKnowOne(needs);
  return true;
}

/**
 * The same in the middle of a process's life, before the charges of a run: a sandbox may have been begun anew, or a proxy
 * may have been led to another account. Every charge would be refused, and every invoice held.
 * @throws {WrongAccount}
 */
export async function mustKnowCustomers(needs: AccountNeeds): Promise<void> {
  const answer = await askGateway(needs);
  if (answer.is === "answering" && answer.isKnown === false) await mustKnowOne(needs);
}

/** Any of them may have been deleted; a key that knows none of so many is of another account. */
const CUSTOMERS_ASKED = 12;

async function mustKnowOne({ store, gateway, log }: AccountNeeds): Promise<void> {
  const customers = await store.customersToProbe(CUSTOMERS_ASKED);
  if (customers.length < 2) return;
  try {
    for (const customerId of customers) if ((await gateway.probe(customerId)).isKnown !== false) return;
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    log.warn("key.not_checked", { because: error.message });
    return;
  }
  throw new WrongAccount(
    `the key is accepted, and knows none of ${customers.length} customers of this database (${customers[0]} …): it is the key ` +
      "of another account, or the sandbox was begun anew. Nobody is charged; check CONEKTA_API_KEY and DATABASE_URL",
  );
}
