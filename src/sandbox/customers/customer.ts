/**
 * Customers and their stored cards, as they are kept.
 */
import type { Behaviour } from "../cards/behaviour.ts";
import type { Card } from "../cards/card.ts";
import type { Metadata } from "../api/metadata.ts";

export type PaymentSource = {
  readonly id: string;
  readonly customerId: string;
  readonly createdAtSeconds: number;
  readonly card: Card;
  readonly behaviour: Behaviour;
};

export type Customer = {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly corporate: boolean;
  readonly customReference: string;
  readonly metadata: Metadata;
  readonly defaultSourceId: string | null;
  readonly sources: readonly PaymentSource[];
};
