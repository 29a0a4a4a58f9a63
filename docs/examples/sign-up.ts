/**
 * A sign-up as a shop's own server does it, whatever it is built with: the customer, with a card by its token, and the
 * subscription. Asked again with the same id, after a lost answer or a crash, it makes nothing a second time.
 *
 * In a program of your own: import { type Puntual } from "puntual".
 */
import type { Puntual } from "../../src/entrypoints/library.ts";

export type Member = {
  /** Of the shop's own table: what makes the sign-up one. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** Made in the browser (docs/card-tokens.md). */
  readonly tokenId: string;
  readonly start: string;
};

export async function signUp(puntual: Puntual, member: Member): Promise<{ readonly subscriptionId: string }> {
  const { id, name, email, phone, tokenId, start } = member;
  const options = { idempotencyKey: `sign-up-${id}`, by: "sign-up page" };
  const { customerId } = await puntual.customers.create({ name, email, phone, card: { tokenId } }, options);
  const { subscriptionId } = await puntual.subscriptions.create({ plan: "oro", customer: customerId, start }, options);
  return { subscriptionId };
}
