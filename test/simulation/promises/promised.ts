/** What the oracle is told of one life: what the merchant ordered, what people did, and what they were shown. */
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import type { Interval } from "../../../src/domain/calendar/calendar.ts";
import type { DunningPolicy } from "../../../src/domain/dunning/dunning.ts";
import type { Discount, LineItem } from "../../../src/domain/money.ts";
import type { Tax } from "../../../src/domain/tax.ts";
import type { Report } from "../checks/violation.ts";
import type { Ledger } from "../ledger.ts";

export type PromisedPlan = {
  readonly id: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly trialPeriodDays: number;
  readonly expiryCount: number | null;
  readonly lineItems: readonly LineItem[];
  /** Of all that it sells. */
  readonly tax?: Tax | null | undefined;
  readonly dunning: string;
  readonly catchUp: string;
};

export type PromisedSubscription = {
  readonly id: string;
  readonly planId: string;
  readonly customerId: string;
  readonly startLocal: string;
  readonly timeZone: string;
  readonly quantity: number;
  readonly lineItems: readonly LineItem[] | null;
  readonly discount: Discount | null;
  readonly billPast: boolean;
};

/** A command of a person. `doneMs` is null while it has not answered: it died, was refused, or is under way. */
export type Asked = {
  readonly act: string;
  readonly subscriptionId: string;
  readonly invoiceId: string;
  readonly begunMs: number;
  doneMs: number | null;
  /** What it printed; undefined: it was refused. */
  answer: unknown;
};

/** What a run left for those who watch the exit code, `/readyz` or the heartbeat. */
export type Light = {
  readonly atMs: number;
  readonly isGreen: boolean;
  /** The watchdog outside was called. */
  readonly hasBeaten: boolean;
  readonly isBreakerOpen: boolean;
};

/** A change of plan or quantity, as the books keep it. */
export type ChangeShown = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly apply: string;
  readonly onDate: string;
  readonly fromPlanId: string;
  readonly toPlanId: string;
  readonly toQuantity: number;
  /** The cycle that was to come. */
  readonly nextCycle: number;
  readonly madeAt: Date;
  readonly isUndone: boolean;
};

/** The tables as they are at this moment, between two days. */
export type TablesNow = {
  /** Open, with a date that has come by the machine's clock. */
  due(): readonly InvoiceSeen[];
  cyclesOf(subscriptionId: string): readonly InvoiceSeen[];
  attemptsOf(invoiceId: string): readonly AttemptSeen[];
  /** The whole of the attempt's payment went back, or was asked back. */
  isGivingBack(attemptId: string): boolean;
  /** Webhooks that were received, and not looked into yet. */
  lettersWaiting(): readonly { readonly id: string; readonly orderId: string | null; readonly receivedAt: Date }[];
  /** Chargebacks that are neither won nor lost. */
  openDisputes(): number;
  /** In the order in which they were made. */
  changesOf(subscriptionId: string): readonly ChangeShown[];
};

/** A row of `needs_attention`. */
export type AttentionShown = {
  readonly kind: string;
  readonly invoiceId: string;
  /** The number of the try that is meant; null: it was never tried. */
  readonly attempt: number | null;
  readonly outcome: string | null;
};

/** What `status` counts. */
export type CountsShown = {
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly invoices: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly unknown: { readonly count: number; readonly oldestAt: Date | null };
  readonly held: { readonly count: number; readonly oldestAt: Date | null };
  readonly paidAgain: number;
  readonly disputes: { readonly count: number };
};

/** What `run --dry-run` showed just before a run. */
export type Preview = {
  readonly wouldCharge: readonly PreviewedCharge[];
  readonly wouldNotCharge: readonly PreviewedCharge[];
  readonly haltReason: string | null;
};

export type PreviewedCharge = {
  readonly invoiceId: string | null;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly cycle: number | null;
  readonly amountCents: number;
  readonly currency: string;
};

/** The card that a charge would go to. */
export type CardThere = {
  readonly id: string;
  readonly pays: boolean;
  readonly isExpired: boolean;
  /** The end of its last month, within a day. */
  readonly expiresAtMs: number;
};

/** How much the world of this life disturbs: what can be demanded depends on it, and on nothing that the program says. */
export type World = {
  /** No fault strikes a call, a process or the clock; only objects are bad. */
  readonly isCalm: boolean;
  readonly isClockRight: boolean;
  /** A process may act long after it decided to. */
  readonly mayFreeze: boolean;
  /** Answers may differ from what was asked. */
  readonly answersDiffer: boolean;
  readonly maxChargesPerCustomerPerDay: number;
  /** A run stops at a most number of charges, or at a most amount. */
  readonly hasRunLimit: boolean;
  /** Within an hour; null: any number. */
  readonly mostInAnHour: { readonly charges: number | null; readonly amountCents: number | null };
  /** A backup was put back: what people had asked for may be lost with the rest. */
  hasForgotten: boolean;
  /** Since when nothing has disturbed anybody; Infinity: something does. */
  goodSinceMs: number;
};

export type Needs = {
  readonly ledger: Ledger;
  readonly report: Report;
  readonly nowMs: () => number;
  readonly world: World;
  readonly plans: () => readonly PromisedPlan[];
  readonly orders: () => readonly PromisedSubscription[];
  readonly policies: ReadonlyMap<string, DunningPolicy>;
  readonly cardOf: (customerId: string) => CardThere | null;
  /** The id of the card that people are shown as the customer's default. */
  readonly cardShown: (customerId: string) => string | null;
  /** Customers of whom the gateway tells nothing, or nothing right, for as long as they live. */
  readonly sick: ReadonlyMap<string, string>;
  /** Whatever is asked about the order fails. */
  isSickOrder(orderId: string): boolean;
  readonly tables: TablesNow;
  /** What is due and cannot be read, or written, so that every run leaves it. */
  readonly lyingThere: () => readonly string[];
  /** `needs_attention`, as people are shown it. */
  readonly attention: () => Promise<readonly AttentionShown[]>;
  /** The numbers of `status`. */
  readonly counts: () => Promise<CountsShown>;
};
