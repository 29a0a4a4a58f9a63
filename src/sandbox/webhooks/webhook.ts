/**
 * A URL that receives events.
 */
export type Webhook = {
  readonly id: string;
  readonly url: string;
  /** Empty: all of them. */
  readonly subscribedEvents: readonly string[];
  readonly active: boolean;
  readonly description: string;
};

export function wants(webhook: Webhook, eventType: string): boolean {
  return webhook.active && (webhook.subscribedEvents.length === 0 || webhook.subscribedEvents.includes(eventType));
}
