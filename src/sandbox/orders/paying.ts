/** How a customer pays at the hosted page. */
import type { OfflineMethod } from "./payment-means.ts";
import type { Tokenized } from "../cards/token.ts";

export type CardAtPage = Tokenized & {
  readonly token: string;
  /** Whether a card that the page stores becomes the customer's default; what Conekta does is not known. */
  readonly becomesDefault: boolean;
};

export type PagePayment = { readonly method: OfflineMethod } | ({ readonly method: "card" } & CardAtPage);
