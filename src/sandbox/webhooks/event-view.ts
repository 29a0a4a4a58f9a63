/**
 * Events as Conekta prints and delivers them.
 *
 * @see Conekta API 2.3.0 specification, schemas `event_response` and `WebhookLog`
 */
import type { SandboxEvent } from "./event-log.ts";

export type WebhookLog = {
  readonly id: string;
  readonly url: string;
  readonly failedAttempts: number;
  /** -1 before the first answer. */
  readonly lastStatus: number;
  readonly lastAttemptedAtSeconds: number | null;
};

export function eventView(event: SandboxEvent, livemode: boolean, logs: readonly WebhookLog[]): object {
  return {
    id: event.id,
    object: "event",
    type: event.type,
    created_at: event.createdAtSeconds,
    livemode,
    data: event.data(),
    webhook_status: webhookStatus(logs),
    webhook_logs: logs.map((log) => ({
      id: log.id,
      object: "webhook_log",
      url: log.url,
      failed_attempts: log.failedAttempts,
      last_http_response_status: log.lastStatus,
      last_attempted_at: log.lastAttemptedAtSeconds,
      response_data: {},
    })),
  };
}

function webhookStatus(logs: readonly WebhookLog[]): "not_applicable" | "successful" | "pending" {
  if (logs.length === 0) return "not_applicable";
  return logs.every((log) => log.lastStatus >= 200 && log.lastStatus < 300) ? "successful" : "pending";
}
