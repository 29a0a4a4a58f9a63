/**
 * What a listed order means for the books. Pure: the order and the attempts that are known of it come in.
 */
import type { Payment } from "../../domain/attempt.ts";
import { evidenceFor } from "../webhooks/follow-order.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";

/** An attempt in one of these states never sent anything, as far as the store knows. */
const NEVER_SENT: ReadonlySet<KnownAttempt["state"]> = new Set(["claimed", "released", "not_sent"]);

/** Each payment that the order shows, once. */
export function paymentsOf(order: ListedOrder, references: readonly string[] = order.references): readonly Payment[] {
  const payments = new Map<string, Payment>();
  for (const reference of references) {
    const inquiryAnswer = order.inquiryAnswerOf(reference);
    if (inquiryAnswer.kind === "paid") payments.set(inquiryAnswer.payment.chargeId ?? "", inquiryAnswer.payment);
  }
  return [...payments.values()];
}

/**
 * The attempts that the books must have because of this order. Once it is paid that is the one that paid it: the declines
 * before moved no money. An order that shows no charge asks for nothing.
 */
export function referencesOwed(order: ListedOrder): readonly string[] {
  const [madeFor] = order.references;
  const payments = paymentsOf(order);
  if (payments.length > 0) {
    const payers = payments.map(({ chargeId }) => order.chargeReferences.get(chargeId ?? "") ?? madeFor);
    return unique(payers);
  }
  const charged = unique([...order.chargeReferences.values()]);
  if (charged.length > 0) return charged;
  return madeFor !== undefined && order.inquiryAnswerOf(madeFor).kind !== "absent" ? [madeFor] : [];
}

/** Those of them that the books lack. */
export function referencesMissing(order: ListedOrder, attempts: readonly KnownAttempt[]): readonly string[] {
  return referencesOwed(order).filter((owed) => !attempts.some(({ reference }) => reference === owed));
}

/**
 * Whether the order proves that the books are older than what was sent from them: they lack its attempt, or believe
 * that it never left. A reference may be given twice by books that were put back, so knowing it is not enough. What a
 * person denied did leave: that person was wrong, and the books are not old.
 */
export function showsOldStore(order: ListedOrder, attempts: readonly KnownAttempt[]): boolean {
  if (referencesMissing(order, attempts).length > 0) return true;
  return evidenceFor(attempts, order).some(
    ({ attemptId, evidence }) =>
      evidence.kind === "paid" &&
      attempts.some((each) => each.attemptId === attemptId && NEVER_SENT.has(each.state) && !each.isDenied),
  );
}

/** Attempts that the order shows paid, though a person said that they charged nothing. */
export function paidThoughDenied(order: ListedOrder, attempts: readonly KnownAttempt[]): readonly string[] {
  const paid = evidenceFor(attempts, order).filter(({ evidence }) => evidence.kind === "paid");
  const denied = attempts.filter(({ isDenied }) => isDenied);
  return denied.map(({ attemptId }) => attemptId).filter((id) => paid.some(({ attemptId }) => attemptId === id));
}

function unique(names: readonly (string | null | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name) => name !== null && name !== undefined))];
}
