/**
 * One customer that webhooks named: read again at the gateway, and the default card noted when it is one of ours.
 *
 * An event adds no customer to the store. Each known one is read three times within 15 seconds, since reads may lag.
 */
import { isNotThere } from "../../domain/errors.ts";
import { upsertCustomer, noteCustomerGone } from "../customers/upsert-customer.ts";
import type { GatewayCustomer } from "../ports/gateway.ts";
import type { TakenWebhook } from "../ports/webhooks.ts";
import { again, ignored, processed, type Verdict, type WebhookNeeds } from "./webhook-verdict.ts";

const READS = 3;

export async function followCustomer(
  needs: WebhookNeeds,
  customerId: string,
  events: readonly TakenWebhook[],
): Promise<readonly Verdict[]> {
  const { store, gateway, clock } = needs;
  const [known] = await store.list("customers", { where: { customerId } });
  if (known === undefined) return events.map(() => ignored("a customer who is not in these books"));
  const customer = await readOrNull(() => gateway.readCustomer(customerId));
  if (customer === null) {
    await store.write(clock.now(), (records) => noteCustomerGone(records, customerId));
    return events.map(() => processed("Conekta no longer knows this customer"));
  }
  await store.write(clock.now(), (records) => upsertCustomer(records, customer, "customer.updated"));
  return events.map(({ tries }) =>
    tries < READS ? again(tries, clock.now(), "read, and once more, as reads may lag") : processed(null),
  );
}

async function readOrNull(read: () => Promise<GatewayCustomer>): Promise<GatewayCustomer | null> {
  try {
    return await read();
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}
