/** What became of the calls to `/webhooks/conekta`, since the process started. */
export type WebhookCounts = {
  /** New, and in the inbox. */
  accepted: number;
  /** Known already: nothing changed. */
  duplicate: number;
  /** No signature, or none of a key we know. */
  forged: number;
  oversized: number;
  /** Signed by Conekta, and no event. */
  malformed: number;
  /** No key is configured, so no signature can be checked. */
  unverifiable: number;
  /** Could not be stored; Conekta delivers again. */
  unstored: number;
};

export function noWebhooksYet(): WebhookCounts {
  return { accepted: 0, duplicate: 0, forged: 0, oversized: 0, malformed: 0, unverifiable: 0, unstored: 0 };
}

/** The 1st, 2nd, 4th, 8th …: a flood of requests must not flood the log. */
export function isWorthALine(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
