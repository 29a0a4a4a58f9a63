/** What sending events needs from outside: an outbox in the store, a notifier that delivers, and texts for declines. */
import type { PartTax } from "../../domain/tax.ts";
import type { Answer, Delivery, DeliveryState } from "../../domain/delivery.ts";
import type { Page, PageOf } from "./listings.ts";
import type { DeliveryRow, EventRow } from "./listings/events.ts";

/** One event that is due for delivery, with what a receiver needs to know of its subjects. */
export type DueDelivery = {
  readonly eventId: string;
  /** Those before this one. */
  readonly tries: number;
  readonly type: string;
  /** Null: what it says is damaged, and would be told wrongly. */
  readonly event: Notification | null;
};

/**
 * An event with its subjects. Names, amounts and periods do not change; the customer's name and e-mail are the current ones,
 * so that a receiver can write to them.
 */
export type Notification = {
  readonly type: string;
  readonly at: Date;
  /** Null until Conekta first answered. */
  readonly livemode: boolean | null;
  /** As the event was written. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly customer: Customer | null;
  readonly subscription: { readonly id: string; readonly planId: string; readonly planName: string } | null;
  readonly invoice: {
    readonly id: string;
    readonly cycle: number | null;
    readonly periodStart: Date;
    readonly periodEnd: Date;
    readonly amountCents: number;
    /** What the customer's balance paid; below 0: what of before joined it. */
    readonly balanceCents: number;
    readonly discountCents: number;
    /** Null: nothing is told of a tax. */
    readonly taxCents: number | null;
    readonly taxes: readonly PartTax[];
    readonly currency: string;
    readonly timeZone: string;
  } | null;
  readonly attempt: {
    readonly id: string;
    readonly number: number;
    readonly orderId: string | null;
    readonly chargeId: string | null;
    readonly paymentMethod: string | null;
    readonly cardBrand: string | null;
    readonly cardLast4: string | null;
  } | null;
  readonly paymentLink: {
    readonly url: string | null;
    readonly expiresAt: Date;
    readonly methods: readonly string[];
  } | null;
};

type Customer = {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly cardBrand: string | null;
  readonly cardLast4: string | null;
  readonly cardExpMonth: number | null;
  readonly cardExpYear: number | null;
};

/** The result of one try. `tries` is the number it was taken with: a row that changed in between stays as it is. */
export type DeliveryResult = {
  readonly eventId: string;
  readonly tries: number;
  readonly httpStatus: number | null;
  readonly delivery: Delivery;
};

export type DeliveryCounts = {
  readonly pending: number;
  /** When the oldest event that waits was written; null: none waits. */
  readonly oldestPendingAt: Date | null;
  /** Given up, until a person puts them up again. */
  readonly dead: number;
};

export type EventFilter = {
  readonly subscriptionId?: string;
  readonly type?: string;
  readonly state?: DeliveryState;
  readonly since?: Date;
  readonly limit?: number;
};

export interface EventOutbox {
  /**
   * Makes deliveries of the next events after the cursor, of these types, and moves the cursor: one transaction.
   * A cursor that was never set is put at the end: events from before a receiver was configured are not sent.
   * @returns how many events the cursor passed
   */
  gather(types: readonly string[], now: Date, limit: number): Promise<number>;
  /** Longest due first. */
  due(now: Date, limit: number): Promise<readonly DueDelivery[]>;
  mark(results: readonly DeliveryResult[], now: Date): Promise<void>;
  /** When the next delivery is due; null: nothing waits. */
  nextTryAt(): Promise<Date | null>;
  counts(): Promise<DeliveryCounts>;
  /** The latest first; `delivery` columns are null for an event that is not sent, or not yet. */
  list(filter: EventFilter): Promise<readonly DeliveryRow[]>;
  page(filter: PageOf<EventFilter>): Promise<Page<DeliveryRow>>;
  /**
   * Events in the order in which they were written, those after a place in it: one that is being written while this is
   * asked comes after all that are given.
   * @returns with the place of each
   */
  after(place: number, limit: number): Promise<readonly (EventRow & { readonly place: number })[]>;
  /** The type of each of these events that exists. */
  typesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Puts events up for delivery now, from the first try on; one that never had a delivery gets one.
   * @param which ids that exist, or all that are dead, of events written since an instant
   * @returns the ids
   */
  resend(
    which: { readonly ids: readonly string[] } | { readonly dead: true; readonly since?: Date },
    now: Date,
  ): Promise<readonly string[]>;
}

export interface Notifier {
  /** One try, never repeated inside; does not throw for what the receiver or the network did. */
  deliver(
    message: { readonly id: string; readonly at: Date; readonly body: string },
    signal: AbortSignal,
  ): Promise<Answer>;
}
