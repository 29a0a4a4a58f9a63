/** The store, as those who charge and those who change the books need it. What people read of it: listings.ts. */
import type { Evidence } from "../../domain/attempt.ts";
import type { ReadFailure } from "../../domain/backoff.ts";
import type { Invoice } from "../../domain/invoice.ts";
import type { DueSubscription } from "../../domain/opening.ts";
import type { Settlement } from "../../domain/settle/settlement.ts";
import type { Listing, ListingName, Listings, Page, PageOf } from "./listings.ts";
import type { StatusCounts } from "./listings/status-counts.ts";
import type { Installation, Halt, Resumption, Owner } from "./installation.ts";
import type {
  HourlyLimits,
  OpeningBatch,
  ClaimedAttempt,
  DueCycle,
  DuePlace,
  CheckFacts,
  DueInvoice,
  ClaimDecision,
  ClaimPage,
  InvoiceTransition,
  MovedInvoice,
  WaitingInvoice,
  SettleItem,
  SettleFacts,
  Settled,
  DueInquiry,
  DueStep,
  UnpaidDue,
  LinkClaim,
  DueRecheck,
  DisputeRead,
  CardToKeep,
  ExpiringCardOf,
  FailedRead,
  Unreadable,
} from "./charging.ts";
import type { Records } from "./records.ts";

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
  /** @param except ids that this pass has set aside @throws {RowUnreadable} one of them: it is to be excepted */
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
  /** What they are for, without their facts. Reads only. */
  dueCycles(now: Date, page: { readonly after: DuePlace | null; readonly limit: number }): Promise<readonly DueCycle[]>;
  /** The same facts for invoices that are not open yet. Reads only. */
  factsBeforeOpening(invoices: readonly Invoice[], now: Date): Promise<readonly DueInvoice[]>;
  /**
   * Reads the next due invoices with their facts under the write lock, asks `decide` for all of them at once, and writes
   * what follows, in one transaction. A halt, or a successor, and nothing is read or written.
   * @param decide one decision for each, in the same order; "charge" at most once a customer
   */
  claim(
    owner: Owner,
    page: ClaimPage,
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
