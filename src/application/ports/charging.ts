/** What the store brings to those who charge, and takes back from them: facts, decisions and outcomes. */
import type { AttemptFacts, Evidence, PaymentMethod } from "../../domain/attempt.ts";
import type { AttemptFlow, ChargeFlow, PageFlow } from "../../domain/ways-to-pay.ts";
import type { CardKnown } from "../../domain/dunning/card-watch.ts";
import type { ExpiringCard } from "../../domain/dunning/card-notice.ts";
import type { ChargeFacts } from "../../domain/charging/charge-decision.ts";
import type { EventType } from "../../domain/event-types.ts";
import type { DunningStep } from "../../domain/dunning/dunning.ts";
import type { OpenedCycles } from "../../domain/opening.ts";
import type { Transitioned } from "../../domain/settle/event-data.ts";
import type { InvoiceFacts, Settlement } from "../../domain/settle/settlement.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { ChargeIntent } from "./gateway.ts";

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

/** A place in the order of claiming: by date, then by id. */
export type DuePlace = { readonly at: Date; readonly invoiceId: string };

/** A due invoice by what another database would know it by. */
export type DueCycle = DuePlace & {
  readonly subscriptionId: string;
  /** Null: it is charged once. */
  readonly cycle: number | null;
  readonly customerId: string;
  readonly periodStart: Date;
  readonly periodEnd: Date;
};

/** The due invoices that are looked at together, and what is claimed of them. */
export type ClaimPage = {
  readonly now: Date;
  readonly leaseMs: number;
  readonly flow: ChargeFlow;
  readonly after: DuePlace | null;
  /** Invoices looked at. */
  readonly limit: number;
};

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

/** What is done with a due invoice: an attempt is claimed, it stays due, or it becomes something else. */
export type ClaimDecision = "charge" | "leave" | InvoiceTransition;

/** What is decided for an invoice without an attempt. */
export type InvoiceTransition = Transitioned & Pick<Settlement, "finalAction"> & { readonly event: EventType };

export type MovedInvoice = InvoiceTransition & { readonly invoiceId: string };

/** An invoice that waits until a person decides an earlier one. */
export type WaitingInvoice = { readonly invoiceId: string; readonly heldCycle: number };

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
export type UnpaidDue = {
  readonly subscriptionId: string;
  readonly customerId: string;
  /** Of its next cycle. */
  readonly dueAt: Date;
  readonly customer: CardKnown;
};

/** A payment link that is to be made. */
export type LinkClaim = {
  readonly invoiceId: string;
  readonly flow: PageFlow;
  readonly now: Date;
  readonly leaseMs: number;
  readonly methods: readonly PaymentMethod[];
  readonly expiresAt: Date;
  /** "dunning", or the person. */
  readonly requestedBy: string;
};

/** An attempt that is over, and at which the gateway is asked once more whether it moved money after all. */
export type DueRecheck = ClaimedAttempt & {
  readonly sentAt: Date;
  /** Made so far. */
  readonly rechecks: number;
};

/** An order that is to be read for disputes. */
export type DisputeRead = {
  readonly orderId: string;
  readonly attemptId: string;
  /** So many days after its charge; null: a dispute of it is open, or its last such read failed. */
  readonly days: number | null;
  readonly chargedAt: Date;
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
