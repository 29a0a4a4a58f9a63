/** The store, as those who charge and those who change the books need it. What people read of it: listings.ts. */
import type { AttemptFacts, AttemptFlow, ChargeFlow, Evidence, PaymentMethod } from "../../domain/attempt.ts";
import type { ReadFailure } from "../../domain/backoff.ts";
import type { CardKnown } from "../../domain/dunning/card-watch.ts";
import type { ExpiringCard } from "../../domain/dunning/card-notice.ts";
import type { ChargeFacts, CustomerFacts } from "../../domain/charging/charge-decision.ts";
import type { Dispute, PaymentDispute } from "../../domain/dispute.ts";
import type { NamedCard } from "../../domain/charging/card-check.ts";
import type { DeclineClass } from "../../domain/decline.ts";
import type { EventType, NewEvent } from "../../domain/event-types.ts";
import type { DunningStep, Rule } from "../../domain/dunning/dunning.ts";
import type { HaltKind } from "../../domain/halt.ts";
import type { Invoice } from "../../domain/invoice.ts";
import type { DueSubscription, OpenedCycles } from "../../domain/opening.ts";
import type { LinkEnd } from "../../domain/payment-link.ts";
import type { Balance, NewBalanceEntry } from "../../domain/balance.ts";
import type { Coupon, CouponGrant } from "../../domain/coupon.ts";
import type { Item } from "../../domain/item.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { InvoiceFacts, Settlement } from "../../domain/settle/settlement.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Uses, Waiting } from "../../domain/waiting.ts";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import type { ChargeIntent } from "./gateway.ts";
import type { Refund } from "./refunds.ts";
import type { Listing, ListingName, Listings, Page, PageOf } from "./listings.ts";
import type { StatusCounts } from "./listings/status-counts.ts";

export type Installation = {
  readonly id: string;
  /** Null until the gateway first told. */
  readonly livemode: boolean | null;
  /** Why no card may be charged, of several reasons the most serious; null: charging is not halted. */
  readonly haltReason: string | null;
  /** A person has said that what another installation charged may be charged from this database, too. */
  readonly mayRepeatOthers: boolean;
  /** The number of the newest takeover: who charges holds it, and nobody else. */
  readonly epoch: number;
  /** Null exactly when charging is not halted. */
  readonly haltKind: HaltKind | null;
  /** Kind `restored`: the sweep that lifts the halt begins here or earlier; null otherwise. */
  readonly haltReconcileSince: Date | null;
};

export type Halt = {
  readonly kind: HaltKind;
  readonly because: string;
  /** Kind `restored`, and no other: the sweep that lifts it begins here or earlier. */
  readonly reconcileSince?: Date;
};

/** The end of one halt; who lifted it and why, where a person did. */
export type Resumption = { readonly kind: HaltKind; readonly by?: string; readonly why?: string };

/** Who charges: an id of the running process, and the number of its takeover, which fences off its predecessors. */
export type Owner = { readonly id: string; readonly epoch: number };

/** Of what is sent within an hour; null: no limit. */
export type HourlyLimits = { readonly maxCharges: number | null; readonly maxAmountCents: number | null };

/** All that is opened for one subscription in one transaction, and where its cursor goes. */
export type OpeningBatch = OpenedCycles & {
  readonly subscriptionId: string;
  /** As it was read: a subscription that somebody changed in the meantime is left for the next pass. */
  readonly expected: Pick<Subscription, "nextCycle" | "status" | "cancelAt" | "pauseFrom" | "pauseUntil">;
};

export type ClaimedAttempt = {
  readonly attemptId: string;
  readonly number: number;
  readonly flow: AttemptFlow;
  readonly orderId: string | null;
  readonly intent: ChargeIntent;
};

/** An uncertain attempt that is due to be looked at. */
export type DueInquiry = ClaimedAttempt & {
  readonly state: "unknown" | "pending";
  readonly sentAt: Date;
  /** A payment link that is to be closed. */
  readonly mustClose: boolean;
};

/** A wait of dunning that is over, or a payment link that is to be made. */
export type DueStep = {
  readonly invoiceId: string;
  readonly step: Exclude<DunningStep, "retry">;
  /** The name of its plan's policy. */
  readonly dunning: string;
  readonly timeZone: string;
  readonly dueAt: Date;
  readonly customerId: string;
  readonly customer: CardKnown;
  /** A link that a person asked for and that could not be made; null: the policy's. */
  readonly asked: { readonly methods: readonly PaymentMethod[]; readonly expiresAt: Date; readonly by: string } | null;
};

/** An unpaid subscription whose next cycle fell due, and what is known of its customer's card. */
export type UnpaidDue = { readonly subscriptionId: string; readonly customerId: string; readonly customer: CardKnown };

/** What the rules need to know of an invoice that nobody is collecting at this moment. */
export type CheckFacts = {
  readonly invoice: InvoiceFacts;
  readonly subscriptionId: string;
  readonly customerId: string;
  /** The name of its plan's policy. */
  readonly dunning: string;
};

/** A due invoice with all that decides whether it is charged now. */
export type DueInvoice = CheckFacts &
  ChargeFacts & {
    /** That it waits behind a held invoice was written to the history. */
    readonly isWaitTold: boolean;
  };

/** An invoice that waits until a person decides an earlier one. */
export type WaitingInvoice = { readonly invoiceId: string; readonly heldCycle: number };

/** A place in the order of claiming: by date, then by id. */
export type DuePlace = { readonly at: Date; readonly invoiceId: string };

/** What is done with a due invoice: an attempt is claimed, it stays due, or it becomes something else. */
export type ClaimDecision = "charge" | "leave" | InvoiceTransition;

/** What is decided for an invoice without an attempt. */
export type InvoiceTransition = Pick<Settlement, "invoice" | "finalAction" | "step"> & {
  readonly event: EventType;
  /** Why the invoice failed without a charge. */
  readonly failure?: { readonly declineClass: DeclineClass; readonly failureCode: string };
  /** By which rule, where no step of dunning tells it. */
  readonly rule?: Rule;
  /** One English sentence, where the reason needs one. */
  readonly because?: string;
};

export type MovedInvoice = InvoiceTransition & { readonly invoiceId: string };

/**
 * `customer`: its id. `attempt`: its id; its order is what cannot be read. `charge`: the id of a customer who can be read,
 * and whose charges are refused. Of one customer the last of them counts.
 */
export type FailedRead = {
  readonly kind: "customer" | "attempt" | "charge";
  readonly id: string;
  readonly because: string;
};

/** Customers and orders that could not be read, or charged, at their last try, and for which something waits. */
export type Unreadable = { readonly count: number; readonly oldestAt: Date | null };

/** An attempt that is over, and at which the gateway is asked once more whether it moved money after all. */
export type DueRecheck = ClaimedAttempt & {
  readonly sentAt: Date;
  /** Made so far. */
  readonly rechecks: number;
};

/** The link that was paid, and what Conekta told of the card. */
export type CardToKeep = { readonly linkId: string; readonly customerId: string; readonly last4: string | null };

export type ExpiringCardOf = ExpiringCard & {
  readonly customerId: string;
  readonly brand: string | null;
  readonly last4: string | null;
  /** The policies of the plans it pays for. */
  readonly dunning: readonly string[];
};

/** A payment link that is to be made. */
export type LinkClaim = {
  readonly invoiceId: string;
  readonly now: Date;
  readonly leaseMs: number;
  readonly methods: readonly PaymentMethod[];
  readonly expiresAt: Date;
  /** "dunning", or the person. */
  readonly requestedBy: string;
};

export type SettleItem = { readonly attemptId: string; readonly evidence: Evidence };
export type SettleFacts = {
  readonly attempt: AttemptFacts;
  readonly invoice: InvoiceFacts;
  readonly dunning: string;
  readonly livemode: boolean | null;
};
export type Settled = {
  readonly attemptId: string;
  readonly invoiceId: string;
  readonly settlement: Settlement | null;
  /** What was learned could not be written; it stands in the log alone. */
  readonly notRecorded?: true;
};

/** An order that is to be read for disputes. */
export type DisputeRead = {
  readonly orderId: string;
  readonly attemptId: string;
  /** So many days after its charge; null: a dispute of it is open, or its last such read failed. */
  readonly days: number | null;
  readonly chargedAt: Date;
};

export type ShownRefund = Pick<Refund, "id" | "invoiceId" | "attemptId" | "orderId" | "amountCents" | "currency"> & {
  readonly because: string;
};

export interface Store {
  // ---- whoever charges
  /**
   * Takes the right to charge: the only one on SQLite, where later calls by owners of an older epoch change nothing; on
   * PostgreSQL one beside others, for as long as this process lives.
   */
  takeOver(ownerId: string): Promise<Owner>;
  /** @returns false: it was succeeded, or given up for dead. @throws {DatabaseUnusable} its database is another file by now */
  stillOwns(owner: Owner): Promise<boolean>;
  /** For `status` and the doctor. @param because what the last tick of this process left undone; null: nothing */
  noteUnfinished(owner: Owner, because: string | null, now: Date): Promise<void>;
  /** @param except ids that this pass has set aside */
  dueSubscriptions(now: Date, limit: number, except: readonly string[]): Promise<readonly DueSubscription[]>;
  /** @returns how many invoices were opened */
  open(batch: readonly OpeningBatch[], now: Date): Promise<number>;
  /** In the order of claiming, from after a place on. Reads only. */
  dueInvoices(
    now: Date,
    page: { readonly after: DuePlace | null; readonly limit: number },
  ): Promise<readonly DueInvoice[]>;
  /** Where they stand, without their facts, for a page of which some cannot be read. Reads only. */
  duePlaces(now: Date, page: { readonly after: DuePlace | null; readonly limit: number }): Promise<readonly DuePlace[]>;
  /** The same facts for invoices that are not open yet. Reads only. */
  factsBeforeOpening(invoices: readonly Invoice[], now: Date): Promise<readonly DueInvoice[]>;
  /**
   * Reads the next due invoices with their facts under the write lock, asks `decide` for all of them at once, and writes
   * what follows, in one transaction. A halt, or a successor, and nothing is read or written.
   * @param decide one decision for each, in the same order; "charge" at most once a customer
   */
  claim(
    owner: Owner,
    options: {
      readonly now: Date;
      readonly leaseMs: number;
      readonly flow: ChargeFlow;
      readonly after: DuePlace | null;
      /** Invoices looked at. */
      readonly limit: number;
    },
    decide: (due: readonly DueInvoice[]) => readonly ClaimDecision[],
  ): Promise<{ readonly claimed: readonly ClaimedAttempt[]; readonly moved: readonly MovedInvoice[] }>;
  /**
   * Commits, durably, that these charges are about to be sent; with a fresh lease.
   * @param options `hourly`: limits of all who charge, where others do so beside us
   * @returns the ids that may be sent: those still claimed by this owner, and within those limits
   */
  markSending(
    owner: Owner,
    items: readonly { readonly attemptId: string; readonly orderId: string | null }[],
    options: { readonly now: Date; readonly leaseMs: number; readonly hourly?: HourlyLimits },
  ): Promise<ReadonlySet<string>>;
  /** Reads the facts under the write lock, asks `decide`, writes everything that follows, in one transaction. */
  settle(
    items: readonly SettleItem[],
    now: Date,
    decide: (facts: SettleFacts, evidence: Evidence) => Settlement | null,
  ): Promise<readonly Settled[]>;
  /** Claimed or sending attempts whose lease ran out, or whose owner was succeeded or is dead. */
  abandoned(owner: Owner, now: Date, limit: number): Promise<readonly string[]>;
  /** None whose order could not be read and is put aside. */
  dueInquiries(now: Date, limit: number): Promise<readonly DueInquiry[]>;
  /** In the order in which they fell due, from after a place on. */
  dueSteps(now: Date, page: { readonly after: DuePlace | null; readonly limit: number }): Promise<readonly DueStep[]>;
  /** Unpaid subscriptions whose next cycle fell due, and would become void. */
  unpaidDue(now: Date): Promise<readonly UnpaidDue[]>;
  /** Customers with an invoice in dunning, read before then or never, the longest ago first. None who is put aside. */
  customersToReread(
    now: Date,
    options: { readonly readBefore: Date; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Like `settle`, for invoices that no attempt may still pay. @returns what was written */
  applyTransitions(
    invoiceIds: readonly string[],
    now: Date,
    decide: (facts: CheckFacts) => InvoiceTransition | null,
  ): Promise<readonly MovedInvoice[]>;
  /** Writes to the history that these wait, of each once. @returns for how many it was new */
  noteWaiting(waiting: readonly WaitingInvoice[], now: Date): Promise<number>;
  /** Cards of live subscriptions that expire within so many days. */
  expiringCards(now: Date, days: number): Promise<readonly ExpiringCardOf[]>;
  /** Payment links that are over, and charges that a person denied. None whose order is put aside. */
  dueRechecks(now: Date, limit: number): Promise<readonly DueRecheck[]>;
  noteRecheck(attemptId: string, next: Date | null): Promise<void>;
  /** Orders of open disputes, of reads that failed, and of charges whose turn has come; none that is put aside. */
  disputeReads(now: Date, limit: number): Promise<readonly DisputeRead[]>;
  /** They were read, or left for their next turn. */
  noteDisputeReads(reads: readonly DisputeRead[], now: Date): Promise<void>;
  /** Cards with which customers paid links, and which are to become their defaults. None of who is put aside. */
  cardsToKeep(now: Date, limit: number): Promise<readonly CardToKeep[]>;
  /** Claims the attempt of a payment link. @returns null: not now */
  claimLink(owner: Owner, claim: LinkClaim): Promise<ClaimedAttempt | null>;
  /** Charges sent in the hour before `now`, or since a person last lifted the halt of a limit. */
  sentWithinTheHour(now: Date): Promise<{ readonly charges: number; readonly amountCents: number }>;
  /** Beside halts of other kinds. Of one kind the first reason stays. */
  haltCharging(halt: Halt, now: Date): Promise<void>;
  /** Lifts the halt of this kind, and no other. */
  resumeCharging(resumption: Resumption, now: Date): Promise<void>;
  installation(): Promise<Installation>;
  /** Reads the whole file. @throws {DatabaseUnusable} a page of it is damaged */
  mustBeWhole(): Promise<void>;
  /** Stores the mode when it is first known. @throws WrongMode when it is the other one */
  confirmMode(livemode: boolean): Promise<void>;
  /** Customers of subscriptions, to ask the gateway about: none that could not be read. */
  customersToProbe(limit: number): Promise<readonly string[]>;

  // ---- what cannot be read, or charged
  /** A read failed. @returns how often by now */
  noteReadFailure(failed: FailedRead, now: Date, nextReadAt: (failures: number) => Date): Promise<ReadFailure>;
  /** They were read, or charged. Ids that never failed are none. */
  forgetReadFailures(ids: readonly string[]): Promise<void>;
  unreadable(): Promise<Unreadable>;

  // ---- whatever a person reads
  list<Name extends ListingName>(name: Name, listing: Listing<Name>): Promise<readonly Listings[Name][]>;
  /** As many as `limit` says. @throws {UsageInvalid} the cursor is none of this listing's */
  page<Name extends ListingName>(name: Name, listing: PageOf<Listing<Name>>): Promise<Page<Listings[Name]>>;
  statusCounts(now: Date): Promise<StatusCounts>;

  // ---- whatever a person does
  /**
   * One short transaction under the write lock; what `work` changes on the rows it was given is written at its end,
   * together with its events, or not at all. Retried whole when another process holds the lock: it must have no
   * effect outside the books.
   */
  write<T>(now: Date, work: (records: Records) => Promise<T>): Promise<T>;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Its status, and what goes with it, changes by `Object.assign(invoice, transition(invoice, …))` alone. */
export type RecordedInvoice = Mutable<Omit<Invoice, ByTransition>> & Pick<Invoice, ByTransition>;
type ByTransition = "status" | "statusReason" | "paidAt";

export type CardOfCustomer = NamedCard & { readonly customerId: string };

/** A subscription that something may wait for. `currency` is that of its plan. */
export type WaitsFor = Pick<Subscription, "id" | "customerId"> & { readonly currency: string };

export type SubscriptionFilter = { readonly planId?: string; readonly customerIds?: readonly string[] };
export type Prefetched = { readonly customerIds: readonly string[]; readonly subscriptionIds: readonly string[] };

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
  /** How often the coupon was given, to anybody. */
  redemptions(code: string): Promise<number>;
  /** Forgets an invoice that nobody was ever asked to pay. */
  removeInvoice(id: string): Promise<void>;
  hasInvoices(subscriptionId: string): Promise<boolean>;
  /** Ended ones included. */
  hasSubscriptions(planId: string): Promise<boolean>;
  /** Of plan and quantity, by number; those that were undone, too. */
  changes(subscriptionId: string): Promise<Mutable<SubscriptionChange>[]>;
  addChange(change: SubscriptionChange): void;
  /** What was paid of an invoice, from the balance too, and did not go back. */
  paidCents(invoiceId: string): Promise<number>;
  /** Forgets a subscription that has no invoices yet. */
  removeSubscription(id: string): Promise<void>;
  /** The invoice's attempt that may still move money; null: none. */
  openAttempt(invoiceId: string): Promise<Pick<AttemptFacts, "id" | "state" | "flow"> | null>;
  /** Whose card this is, as the books know it by the customer or by a charge; null: nobody's. */
  cardOwner(paymentSourceId: string): Promise<CardOfCustomer | null>;
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
