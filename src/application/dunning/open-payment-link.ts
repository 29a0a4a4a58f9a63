/**
 * Make the payment link of one invoice: a hosted page where the customer pays it by card, in cash or by transfer.
 *
 * Like a charge in three steps: the attempt of the link is committed as `sending`, the gateway is asked while no
 * transaction is open, what it answered is committed. A crash in between leaves an attempt that is looked for at the
 * gateway; until it is found, or found missing, the invoice's card is not charged.
 */
import type { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { blame } from "../settling/failed-reads.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { LinkClaim, Settled } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { emptyRunSummary, type RunSummary } from "../settling/run-summary.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";

export type LinkNeeds = SettleNeeds & {
  readonly gateway: Gateway;
  /** Absent for a person, who sees how it ends. */
  readonly breaker: CircuitBreaker;
};

export type LinkOrder = Omit<LinkClaim, "flow" | "now">;

/** @returns null: another attempt of the invoice, or of its customer, is under way */
export async function openPaymentLink(
  needs: LinkNeeds,
  owner: Owner,
  order: LinkOrder,
  summary: RunSummary = emptyRunSummary(),
): Promise<Settled | null> {
  const { store, clock, gateway, breaker } = needs;
  const claimed = await store.claimLink(owner, { ...order, flow: "link", now: clock.now() });
  if (claimed === null) return null;
  const { attemptId, intent } = claimed;
  const maySend = await store.markSending(owner, [{ attemptId, orderId: null }], {
    now: clock.now(),
    leaseMs: order.leaseMs,
  });
  const evidence = maySend.has(attemptId)
    ? await gateway.openPaymentLink(intent, { methods: order.methods, expiresAt: order.expiresAt })
    : ({ kind: "released" } as const);
  breaker.record(evidence, intent.customerId, clock.now());
  const [settled] = await settleAttempts(needs, [{ attemptId, evidence }]);
  if (evidence.kind === "not_sent" && evidence.unauthorized) await blame(needs, summary);
  return settled ?? null;
}
