/** The books as those who change them by hand have them: rows of one transaction. */
import type { AttemptFacts } from "../../domain/attempt.ts";
import type { CustomerFacts } from "../../domain/charging/charge-decision.ts";
import type { Dispute, PaymentDispute } from "../../domain/dispute.ts";
import type { NamedCard } from "../../domain/charging/card-check.ts";
import type { DeclineClass } from "../../domain/decline.ts";
import type { NewEvent } from "../../domain/event-types.ts";
import type { Invoice } from "../../domain/invoice.ts";
import type { LinkEnd } from "../../domain/payment-link.ts";
import type { Balance, NewBalanceEntry } from "../../domain/balance.ts";
import type { Consent } from "../../domain/consent.ts";
import type { Coupon, CouponGrant } from "../../domain/coupon.ts";
import type { Item } from "../../domain/item.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Uses, Waiting } from "../../domain/invoice-content.ts";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import type { Refund } from "./refunds.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Its status, and what goes with it, changes by `Object.assign(invoice, transition(invoice, …))` alone. */
export type RecordedInvoice = Mutable<Omit<Invoice, ByTransition>> & Pick<Invoice, ByTransition>;

type ByTransition = "status" | "statusReason" | "paidAt";

export type CardOfCustomer = NamedCard & { readonly customerId: string };

/** A subscription that something may wait for. `currency` is that of its plan. */
export type WaitsFor = Pick<Subscription, "id" | "customerId"> & { readonly currency: string };

export type SubscriptionFilter = { readonly planId?: string; readonly customerIds?: readonly string[] };

export type Prefetched = { readonly customerIds: readonly string[]; readonly subscriptionIds: readonly string[] };

export type ShownRefund = Pick<Refund, "id" | "invoiceId" | "attemptId" | "orderId" | "amountCents" | "currency"> & {
  readonly because: string;
};

/** The books, open for writing, inside `Store.write`. Rows are live: assigning to a field is enough. */
export interface Records {
  plan(id: string): Promise<Mutable<Plan> | null>;
  plans(): Promise<Mutable<Plan>[]>;
  addPlan(plan: Plan): void;
  removePlan(id: string): Promise<void>;
  customer(id: string): Promise<Mutable<Customer> | null>;
  putCustomer(customer: Customer): Promise<void>;
  /** By customer: what the rules about charging ask of who pays. */
  payers(customerIds: readonly string[]): Promise<ReadonlyMap<string, CustomerFacts>>;
  subscription(id: string): Promise<Mutable<Subscription> | null>;
  subscriptions(filter?: SubscriptionFilter): Promise<Mutable<Subscription>[]>;
  /** Reads many by one statement; those who ask for one of them afterwards cost nothing. */
  prefetch(ids: Prefetched): Promise<void>;
  addSubscription(subscription: Subscription): void;
  invoice(id: string): Promise<RecordedInvoice | null>;
  invoices(filter: { subscriptionId: string; statuses: readonly Invoice["status"][] }): Promise<RecordedInvoice[]>;
  addInvoice(invoice: Invoice): void;
  /** @returns false: no payment of it came after a cancellation, or somebody answered already */
  keepLatePayment(invoiceId: string): Promise<boolean>;
  /** What waits for the subscription's next invoice. @param currency of its plan */
  waitingFor(subscription: Subscription, currency: string): Promise<Waiting>;
  /** The same of many at once. @returns by subscription */
  waitingForEach(whose: readonly WaitsFor[]): Promise<ReadonlyMap<string, Waiting>>;
  /** What invoices that were added used of it. */
  use(uses: Uses): Promise<void>;
  /** How many of the invoice's lines, its last ones, are items. */
  itemLines(invoice: Pick<Invoice, "id" | "customerId">): Promise<number>;
  /** By the merchant's key. */
  item(key: string): Promise<Mutable<Item> | null>;
  addItem(item: Item): void;
  /** Where the customer's ledger stands. */
  balance(customerId: string, currency: string): Promise<Balance>;
  addBalanceEntry(entry: NewBalanceEntry): Promise<void>;
  coupon(code: string): Promise<Mutable<Coupon> | null>;
  coupons(): Promise<Mutable<Coupon>[]>;
  addCoupon(coupon: Coupon): void;
  /** All that the subscription was ever given, in that order. */
  couponGrants(subscriptionId: string): Promise<Mutable<CouponGrant>[]>;
  addCouponGrant(grant: CouponGrant): void;
  addConsent(consent: Consent): void;
  /** How often the coupon was given, to anybody. */
  redemptions(code: string): Promise<number>;
  /** Forgets an invoice that nobody was ever asked to pay. */
  removeInvoice(id: string): Promise<void>;
  /** Ended ones included, and those that came from it or went through it: a change is taken back, and priced, by its plans. */
  hasSubscriptions(planId: string): Promise<boolean>;
  /** Of plan and quantity, by number; those that were undone, too. */
  changes(subscriptionId: string): Promise<Mutable<SubscriptionChange>[]>;
  addChange(change: SubscriptionChange): void;
  /** What was paid of an invoice, from the balance too, and did not go back. */
  paidCents(invoiceId: string): Promise<number>;
  hasInvoices(subscriptionId: string): Promise<boolean>;
  /** An invoice, a consent, a coupon, an item or another plan is of it; those that are over or were taken back, too. */
  hasPast(subscriptionId: string): Promise<boolean>;
  /** Forgets a subscription that has no past. */
  removeSubscription(id: string): Promise<void>;
  /** The invoice's attempt that may still move money; null: none. */
  openAttempt(invoiceId: string): Promise<Pick<AttemptFacts, "id" | "state" | "flow"> | null>;
  /** Whose card this is, as the books know it by the customer or by a charge; null: nobody's. */
  cardOwner(paymentSourceId: string): Promise<CardOfCustomer | null>;
  /** Those of the customer that were declined in a way that forbids ever trying them again. */
  forbiddenCards(customerId: string): Promise<readonly NamedCard[]>;
  /**
   * What declines of these classes say of the card holds no more; the next decline says it anew.
   * @returns how many declines that were
   */
  clearCard(card: CardOfCustomer, classes: readonly DeclineClass[]): Promise<number>;
  /**
   * The customer's default card is another one: invoices in dunning are tried with it, unpaid subscriptions collected again.
   * @see retryWithNewCard in adapters/store/billing/payment-links.ts
   */
  retryWithNewCard(customerId: string, paymentSourceId: string): Promise<void>;
  /**
   * The customer was read, and the default card is the one that the books know: invoices in dunning that were never tried
   * with it are, where nothing forbids it any more.
   */
  tryKnownCard(customerId: string): Promise<void>;
  /** The gateway no longer knows the customer. @returns false: the books knew that */
  customerIsGone(customerId: string): Promise<boolean>;
  /** What was told of the customer's card. */
  noteCardNotice(customerId: string, notice: string): Promise<void>;
  /** The card that paid this link is the default, or is not to be had. */
  cardIsKept(linkId: string): Promise<void>;
  /** A person says that this attempt charged nothing: it is asked about again from this instant on. */
  noteDenied(attemptId: string, recheckAt: Date): void;
  /** An open payment link of the invoice is to be closed. @returns false: there is none */
  endLink(invoiceId: string, because: LinkEnd): Promise<boolean>;
  /** The disputes of one order. */
  disputesOf(orderId: string): Promise<readonly Dispute[]>;
  dispute(id: string): Promise<Dispute | null>;
  /** About invoices of this subscription, those that were won left out. */
  disputesOfSubscription(subscriptionId: string): Promise<readonly PaymentDispute[]>;
  /** One a charge. */
  putDispute(dispute: Dispute): Promise<void>;
  /** What went back of these attempts by refunds that the books know, or may have. */
  countedRefundCents(attemptIds: readonly string[]): Promise<number>;
  /** A refund that nobody here asked for, as the order shows it. */
  addShownRefund(refund: ShownRefund): Promise<void>;
  /** At the end, derives this subscription's status from its invoices again, with its events. */
  refresh(subscriptionId: string): void;
  record(event: NewEvent): void;
}
