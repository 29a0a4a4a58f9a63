/**
 * One customer that webhooks named: read again at the gateway, and the default card noted when it is one of ours.
 *
 * Nobody is taken into the books by an event. Each is read three times within 15 seconds, since reads may lag.
 */
import { GatewayRefused } from "../domain/errors.ts";
import type { Customer } from "../domain/plan.ts";
import type { GatewayCustomer } from "./ports.ts";
import type { TakenWebhook } from "./webhook-ports.ts";
import { again, ignored, processed, type Verdict, type WebhookNeeds } from "./webhook-verdict.ts";

const CARD = ["paymentSourceId", "cardBrand", "cardLast4", "cardExpMonth", "cardExpYear"] as const;
const KNOWN = ["name", "email", "phone", ...CARD] as const satisfies (keyof Customer)[];

const READS = 3;

export async function followCustomer(
  needs: WebhookNeeds,
  customerId: string,
  events: readonly TakenWebhook[],
): Promise<readonly Verdict[]> {
  const { store, gateway, clock } = needs;
  const [known] = await store.list("customers", { where: { customerId }, limit: 1 });
  if (known === undefined) return events.map(() => ignored("a customer who is not in these books"));
  const customer = await readOrNull(() => gateway.readCustomer(customerId));
  if (customer === null) return events.map(() => processed("Conekta no longer knows this customer"));
  await note(needs, customer);
  return events.map(({ tries }) =>
    tries < READS ? again(tries, clock.now(), "read, and once more, as reads may lag") : processed(null),
  );
}

async function note({ store, clock, log }: WebhookNeeds, customer: GatewayCustomer): Promise<void> {
  const { paymentSourceId, cardBrand, cardLast4 } = customer;
  await store.write(clock.now(), async (books) => {
    const known = await books.customer(customer.id);
    if (known === null || KNOWN.every((key) => known[key] === customer[key])) return;
    const isOtherCard = CARD.some((key) => known[key] !== customer[key]);
    await books.putCustomer(customer);
    const data = { paymentSourceId, cardBrand, cardLast4 };
    books.record({ type: isOtherCard ? "card.changed" : "customer.updated", customerId: customer.id, data });
    log.info("customer.noted", { customerId: customer.id, isOtherCard });
  });
}

async function readOrNull(read: () => Promise<GatewayCustomer>): Promise<GatewayCustomer | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GatewayRefused && error.httpStatus === 404) return null;
    throw error;
  }
}
