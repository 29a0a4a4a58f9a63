/** Rows of what happened, who did it, who was told, and what Conekta said of it. */
import type { DeliveryState } from "../../../domain/delivery.ts";
import type { EventType } from "../../../domain/event-types.ts";
import type { WebhookState } from "../../../domain/webhook-event.ts";

export type EventRow = {
  readonly eventId: string;
  readonly at: string;
  readonly type: EventType;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** An event with what became of telling it; all null for one that is not sent, or not yet. */
export type DeliveryRow = EventRow & {
  readonly delivery: DeliveryState | null;
  readonly tries: number | null;
  readonly nextTryAt: string | null;
  readonly deliveredAt: string | null;
  readonly lastHttpStatus: number | null;
  readonly lastError: string | null;
};

export type AuditRow = {
  readonly eventId: string;
  readonly at: string;
  /** The name of a key or of a person. */
  readonly actor: string;
  readonly reason: string | null;
  readonly type: EventType;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly attemptId: string | null;
};

export type WebhookRow = {
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: string;
  readonly state: WebhookState;
  readonly because: string | null;
  readonly orderId: string | null;
  readonly customerId: string | null;
  /** 1: live, 0: test; null where the event does not say. */
  readonly livemode: boolean | null;
  readonly tries: number;
  readonly nextTryAt: string | null;
  readonly processedAt: string | null;
  /** Ids, states and amounts; nothing personal. */
  readonly payload: Readonly<Record<string, unknown>>;
};
