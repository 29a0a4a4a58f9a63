/** Conekta as billing needs it: charges, payment links, reads, and the calls about cards. */
import type { ClockEvidence } from "../../domain/clock-check.ts";
import type { Evidence, Outcome, PaymentMethod } from "../../domain/attempt.ts";
import type { AttemptFlow } from "../../domain/ways-to-pay.ts";
import type { InvoiceDiscount, LineItem } from "../../domain/money.ts";
import type { TaxAmount } from "../../domain/tax.ts";
import type { Customer } from "../../domain/plan.ts";

/** Everything one charge needs. `reference` is ours and unique: the gateway echoes it, so we find it again. */
export type ChargeIntent = {
  readonly reference: string;
  readonly installationId: string;
  readonly subscriptionId: string;
  readonly invoiceId: string;
  readonly cycle: number | null;
  /** What an invoice of no cycle is for, so that books that lost it know it again; null: it is of a cycle. */
  readonly oneOffKey?: string | null;
  readonly customerId: string;
  readonly currency: string;
  readonly amountCents: number;
  readonly discountCents: number;
  /** Null: of before they were kept one by one. */
  readonly discounts: readonly InvoiceDiscount[] | null;
  /** What the customer's balance pays; below 0: so much of before joins the charge. */
  readonly balanceCents: number;
  readonly lineItems: readonly LineItem[];
  /** Base and tax by rate; null: the lines tell no tax. */
  readonly taxes: readonly TaxAmount[] | null;
};

/** What is looked for. `flow`: how the attempt was made; where nobody knows, the flow that cards are charged in. */
export type SoughtCharge = ChargeIntent & { readonly flow?: AttemptFlow };

export type OpenedOrder =
  { readonly kind: "opened"; readonly orderId: string } | Extract<Outcome, { kind: "not_sent" | "refused" }>;

export type LinkTerms = { readonly methods: readonly PaymentMethod[]; readonly expiresAt: Date };

/** `pending` carries the page's address. A lost answer is `unknown`: the page may exist. */
export type OpenedLink = Extract<Outcome, { kind: "pending" | "not_sent" | "refused" | "unknown" }>;

/** What a read of the gateway tells about one attempt: an outcome we can book, or that it shows no such charge. */
export type InquiryAnswer = Extract<
  Evidence,
  { kind: "paid" | "declined" | "pending" | "unknown" | "absent" | "lapsed" }
>;

export type NewCustomer = {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** Stored with the customer in the same call. */
  readonly card?: NewCard;
};

/** Stands in the customer's metadata at Conekta: for which books, and for which request of theirs. */
export type CustomerLabel = { readonly installationId: string; readonly request: string };

export type LabelledCustomer = {
  readonly customerId: string;
  readonly request: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
};

export type NewCard = { readonly tokenId: string } | RawCard;

/** Only for merchants who declare PCI DSS level 1. Never logged, never stored. */
export type RawCard = {
  readonly number: string;
  readonly holderName: string;
  /** 1 to 12. */
  readonly expMonth: number;
  /** Four digits. */
  readonly expYear: number;
  readonly cvc: string;
};

export type PaymentSource = {
  /** `src_…` */
  readonly id: string;
  readonly isDefault: boolean;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expMonth: number | null;
  readonly expYear: number | null;
  /** As Conekta says; "active" is the only one seen. */
  readonly status: string | null;
};

export type GatewayCustomer = Customer & { readonly livemode: boolean };

export type Probe = {
  readonly livemode: boolean | null;
  /** Whether this key knows the customer who was asked for; absent: nobody was. */
  readonly isKnown?: boolean;
};

/**
 * Conekta, as far as billing needs it.
 *
 * `charge` and `openOrder` never throw for what the gateway or the network did, and are never repeated inside.
 * The others are people's calls and reads: they throw GatewayUnavailable, GatewayUnauthorized or GatewayRefused,
 * and repeat by themselves what is safe to repeat.
 */
export interface Gateway {
  /**
   * Moves money. Flow `single`: creates the order with its charge. Flow `order_first`: charges `orderId`.
   * @param orderId null exactly in the flow `single`
   */
  charge(intent: ChargeIntent, orderId: string | null): Promise<Outcome>;
  /** Creates the order with its hosted page, in one call. Like `charge`: never throws, is never repeated inside. */
  openPaymentLink(intent: ChargeIntent, terms: LinkTerms): Promise<OpenedLink>;
  /** Creates the order without any charge. No money can move, so a lost answer is `not_sent`. */
  openOrder(intent: ChargeIntent): Promise<OpenedOrder>;
  /** Lists the orders created within [from, to] once, and says for each reference what they show of it. */
  findCharges(
    window: { readonly from: Date; readonly to: Date },
    intents: readonly SoughtCharge[],
  ): Promise<ReadonlyMap<string, InquiryAnswer>>;
  /**
   * Reads one order.
   * @param reference whose charge, or payment link, is meant
   * @param amountCents what was asked for
   * @param flow how the attempt was made; absent: in the flow that cards are charged in
   */
  readCharge(orderId: string, reference: string, amountCents: number, flow?: AttemptFlow): Promise<InquiryAnswer>;
  cancelOrder(orderId: string): Promise<void>;
  /** A read that proves the key is accepted. @returns the mode of the key, null where the account is still empty */
  probe(knownCustomerId: string | null): Promise<Probe>;

  /** What its answers so far show of our clock. */
  clockEvidence(): ClockEvidence;

  createCustomer(customer: NewCustomer, label: CustomerLabel): Promise<GatewayCustomer>;
  /** Those that bear this installation's label, among the newest of all and among those of this e-mail. Reads may lag. */
  labelledCustomers(of: {
    readonly installationId: string;
    readonly email: string;
  }): Promise<readonly LabelledCustomer[]>;
  readCustomer(customerId: string): Promise<GatewayCustomer>;
  addPaymentSource(customerId: string, card: NewCard): Promise<PaymentSource>;
  listPaymentSources(customerId: string): Promise<readonly PaymentSource[]>;
  /** @returns the customer as read again afterwards */
  changeDefault(customerId: string, paymentSourceId: string): Promise<GatewayCustomer>;
  removePaymentSource(customerId: string, paymentSourceId: string): Promise<void>;
}
