/** What happens at Conekta without Puntual: in its panel, by another program. */
import type { Desk } from "./desk.ts";

/** Adds a card and makes it the default. */
export async function setDefaultCard({ call, customerId }: Desk, tokenId: string): Promise<void> {
  const { body: card } = await call("POST", `/customers/${customerId}/payment_sources`, {
    type: "card",
    token_id: tokenId,
  });
  await call("PUT", `/customers/${customerId}`, { default_payment_source_id: card.id });
}
