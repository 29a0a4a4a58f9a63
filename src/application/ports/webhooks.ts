/**
 * What the webhooks need from outside, beside the other ports: an inbox that forgets nothing, a read of what an order shows
 * of every attempt it names, and the calls that set webhooks up at Conekta.
 */
import type { AttemptState, Payment } from "../../domain/attempt.ts";
import type { AttemptFlow } from "../../domain/ways-to-pay.ts";
import type { SeenDispute } from "../../domain/dispute.ts";
import type { WebhookState } from "../../domain/webhook-event.ts";
import type { InquiryAnswer } from "./gateway.ts";
import type { NewEvent } from "../../domain/event-types.ts";

/** What one webhook says, as far as it is kept. Never believed: it says what to read. */
export type WebhookEvent = {
  /** Conekta's, unique for ever. */
  readonly id: string;
  readonly type: string;
  /** Null where it does not say. */
  readonly livemode: boolean | null;
  readonly orderId: string | null;
  readonly customerId: string | null;
  /** Ids, states and amounts; nothing personal, no card. */
  readonly payload: object;
};

export type InboxEntry = {
  readonly event: WebhookEvent;
  /** Null: to be processed. Else it is kept, and this is why nothing follows from it. */
  readonly ignoredBecause: string | null;
};

/** One event whose turn has come. */
export type TakenWebhook = {
  readonly id: string;
  readonly type: string;
  readonly receivedAt: Date;
  /** Of the event, or of the charge it names where that is one of ours. */
  readonly orderId: string | null;
  readonly customerId: string | null;
  /** This one included. */
  readonly tries: number;
};

/** What became of it. */
export type HandledWebhook = {
  readonly id: string;
  readonly state: WebhookState;
  readonly because: string | null;
  /** Set exactly when the state is `received`. */
  readonly nextTryAt: Date | null;
  /** For the history, written in the same transaction, so once for each event. */
  readonly notes: readonly NewEvent[];
};

export type KnownAttempt = {
  readonly attemptId: string;
  readonly number: number;
  readonly reference: string;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly amountCents: number;
  readonly currency: string;
  /** A person said that it charged nothing. */
  readonly isDenied: boolean;
};

export interface WebhookInbox {
  /** Durable when it returns. @returns the ids that were new; the others are known, and nothing changed */
  receive(entries: readonly InboxEntry[], now: Date): Promise<ReadonlySet<string>>;
  /** Those that are due, longest due first; until `until` no other caller gets them. Each counts as a try. */
  take(options: { readonly now: Date; readonly limit: number; readonly until: Date }): Promise<readonly TakenWebhook[]>;
  finish(handled: readonly HandledWebhook[], now: Date): Promise<void>;
  /** Attempts that were sent with this order, or carry one of these references; in the order they were made. */
  attemptsOf(orderId: string, references: readonly string[]): Promise<readonly KnownAttempt[]>;
  /** Whether one of these references is of an invoice that was moved to an archive. */
  isArchived(references: readonly string[]): Promise<boolean>;
  /**
   * Puts events up for processing again, as if they had just come.
   * @param which one event by its id, or all that failed
   * @returns the ids
   */
  replay(which: { readonly id: string } | { readonly state: "failed" }, now: Date): Promise<readonly string[]>;
}

/** One order as a read shows it now. */
export type SeenOrder = {
  /** Of the books that made it; null: no books of Puntual. */
  readonly installationId: string | null;
  /** Attempts it names, in its metadata or on its charges. */
  readonly references: readonly string[];
  /** The reference on each of its charges. */
  readonly chargeReferences: ReadonlyMap<string, string | null>;
  /** The status that says money was given back, was disputed, or is suspected; null: none. */
  readonly givenBack: string | null;
  /** The payment of which that happened: for a person to judge, never booked by itself. */
  readonly movedPayment: Payment | null;
  /** What went back of it in all; null: it does not say. */
  readonly refundedCents: number | null;
  /** Of its charges that are refunded whole: the cents of each. */
  readonly refundedCharges: ReadonlyMap<string, number>;
  /** Of its charges that are disputed. */
  readonly disputes: readonly SeenDispute[];
  readonly paidChargeIds: readonly string[];
  /** @param flow how the attempt was made; absent: in the flow that cards are charged in */
  inquiryAnswerOf(reference: string, flow?: AttemptFlow): InquiryAnswer;
};

export interface OrderReader {
  /** @throws {GatewayUnavailable} @throws {GatewayUnauthorized} @throws {GatewayRefused} 404: no such order */
  readOrder(orderId: string): Promise<SeenOrder>;
}

/** A webhook as it is set up at Conekta. */
export type RegisteredWebhook = {
  readonly id: string;
  readonly url: string;
  readonly isActive: boolean;
  /** As Conekta says: "listening", "intermittent_errors". */
  readonly status: string | null;
  /** Empty: all. */
  readonly events: readonly string[];
};

export interface WebhookSetup {
  /** Conekta keeps the private half, and signs with its newest active key. */
  createWebhookKey(): Promise<{
    readonly id: string;
    readonly publicKeyPem: string;
    readonly livemode: boolean | null;
  }>;
  createWebhook(url: string, events: readonly string[]): Promise<RegisteredWebhook>;
  listWebhooks(): Promise<readonly RegisteredWebhook[]>;
}
