/** Many subscriptions at once: what the books hold of them, and writing those that are new or have other terms. */
import type { CustomerFacts } from "../../domain/charging/charge-decision.ts";
import type { NewEvent } from "../../domain/event-types.ts";
import type { Waiting } from "../../domain/invoice-content.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { OtherSubscription } from "../../domain/second-subscription.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { WaitsFor } from "./records.ts";

export type AskedEnrolment = {
  readonly subscriptionIds: readonly string[];
  readonly customerIds: readonly string[];
  readonly planIds: readonly string[];
};

/** A subscription with what was billed of it. */
export type EnrolledSubscription = Subscription & Pick<OtherSubscription, "billedUntil">;

/** Of the ids that were asked for, those that the books hold. */
export type EnrolmentFacts = {
  readonly subscriptions: ReadonlyMap<string, EnrolledSubscription>;
  /** Ids of subscriptions whose lines or discount are damaged: they are shown without. */
  readonly damagedSubscriptions: ReadonlySet<string>;
  /** All of each customer's, ended ones included, by id. */
  readonly ofCustomer: ReadonlyMap<string, readonly EnrolledSubscription[]>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly plans: ReadonlyMap<string, Plan>;
  /** Ids of plans that are there, and whose row is damaged. */
  readonly damagedPlans: ReadonlySet<string>;
};

/** What of a subscription changes from its next invoice on. */
export type ChangedTerms = Pick<Subscription, "id" | "quantity" | "lineItems" | "discount">;

export type Enrolment = {
  readonly customers: readonly Customer[];
  readonly subscriptions: readonly Subscription[];
  readonly changed?: readonly ChangedTerms[];
  readonly events: readonly NewEvent[];
};

export interface EnrolmentRecords {
  /** Reads only. */
  facts(asked: AskedEnrolment): Promise<EnrolmentFacts>;
  /** The ids of customers by their e-mail, in small letters. Reads only. */
  customersByEmail(emails: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Of these, those that the books hold, and whether they were taken on trust. Reads only. */
  knownCustomers(ids: readonly string[]): Promise<ReadonlyMap<string, { readonly isTrusted: boolean }>>;
  /** The subscriptions that came from a plans file, and go on. Reads only. */
  goingOnFromFile(): Promise<readonly Pick<Subscription, "id" | "customerId">[]>;
  /** As `Records.payers`. Reads only. */
  payers(customerIds: readonly string[], now: Date): Promise<ReadonlyMap<string, CustomerFacts>>;
  /** As `Records.waitingForEach`. Reads only. */
  waitingForEach(whose: readonly WaitsFor[]): Promise<ReadonlyMap<string, Waiting>>;
  /**
   * Reads the facts under the write lock, asks `decide`, and writes what it says, in one transaction. Ends only when others
   * have had as much time to write as this took.
   */
  enrol(asked: AskedEnrolment, now: Date, decide: (facts: EnrolmentFacts) => Enrolment): Promise<void>;
}
