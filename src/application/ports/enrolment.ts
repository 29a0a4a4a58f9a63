/** Many subscriptions at once: what the books hold of them, and writing those that are new. */
import type { NewEvent } from "../../domain/event-types.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { OtherSubscription } from "../../domain/second-subscription.ts";
import type { Subscription } from "../../domain/subscription.ts";

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
  /** All of each customer's, ended ones included. */
  readonly ofCustomer: ReadonlyMap<string, readonly EnrolledSubscription[]>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly plans: ReadonlyMap<string, Plan>;
  /** Ids of plans that are there, and whose row is damaged. */
  readonly damagedPlans: ReadonlySet<string>;
};

export type Enrolment = {
  readonly customers: readonly Customer[];
  readonly subscriptions: readonly Subscription[];
  readonly events: readonly NewEvent[];
};

export interface EnrolmentRecords {
  /** Reads only. */
  facts(asked: AskedEnrolment): Promise<EnrolmentFacts>;
  /** The ids of customers by their e-mail, in small letters. Reads only. */
  customersByEmail(emails: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * Reads the facts under the write lock, asks `decide`, and writes what it says, in one transaction. Ends only when others
   * have had as much time to write as this took.
   */
  enrol(asked: AskedEnrolment, now: Date, decide: (facts: EnrolmentFacts) => Enrolment): Promise<void>;
}
