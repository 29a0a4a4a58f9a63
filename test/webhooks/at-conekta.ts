/** What happens at Conekta without Puntual: in its panel, by another program. */
import type { WebhookIntake } from "./webhook-intake.ts";

/** Adds a card and makes it the default. */
export async function setDefaultCard({ call, customerId }: WebhookIntake, tokenId: string): Promise<void> {
  const { body: card } = await call("POST", `/customers/${customerId}/payment_sources`, {
    type: "card",
    token_id: tokenId,
  });
  await call("PUT", `/customers/${customerId}`, { default_payment_source_id: card.id });
}
