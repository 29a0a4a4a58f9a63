/** What the running daemon says of itself, read by its HTTP side. */
import type { WebhookCounts } from "./http/webhook-counts.ts";

export type DaemonState = {
  readonly startedAt: Date;
  lastTickAt: Date | null;
  /** When cron wakes it next; null before the first tick is over. */
  nextTickAt: Date | null;
  /** Why the last tick failed; null: it did not. */
  lastTickError: string | null;
  readonly webhooks: WebhookCounts;
  readonly breaker: { readonly isOpen: boolean };
};
