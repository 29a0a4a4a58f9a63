/**
 * News that no read of the gateway brings: the answer of a process that froze for a week, an inquiry that overlapped another
 * one. About what is paid they must change nothing, in whatever order they come.
 */
import type { Store } from "../../src/application/ports/store.ts";
import { settleAttempts, type SettleNeeds } from "../../src/application/settling/settle-attempts.ts";
import type { Evidence } from "../../src/domain/attempt.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { Chance } from "./chance.ts";
import type { Checkers } from "./checks/checkers.ts";
import { INQUIRIES } from "./machine.ts";
import { DUNNING } from "./merchant.ts";
import type { Timeline } from "./timeline.ts";
import type { Report } from "./checks/violation.ts";

const TRACE = { httpStatus: 200, logId: null, because: "late news" };

/** @returns what came, for the trace; null: nothing did */
export async function lateNews(needs: {
  readonly chance: Chance;
  readonly checkers: Checkers;
  readonly store: Store;
  readonly timeline: Timeline;
  readonly report: Report;
}): Promise<string | null> {
  const { chance, checkers, store, timeline, report } = needs;
  const paid = [...checkers.attempts.values()].slice(-60).filter(({ state }) => state === "paid");
  if (paid.length === 0) return null;
  const attempt = chance.pick(paid);
  const evidence = chance.pick(CONTRADICTIONS);
  const settleNeeds: SettleNeeds = {
    ...{ store, clock: timeline.clock, random: seededRandom(chance.between(0, 1_000_000)), ...DUNNING },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (event, fields) => heard(event, fields?.["error"]) },
    ...{ inquiries: INQUIRIES, backoffMs: 60_000 },
  };
  await settleAttempts(settleNeeds, [{ attemptId: attempt.id, evidence }]);
  return `${evidence.kind} about ${attempt.reference}`;

  function heard(event: string, error: unknown): void {
    if (event === "attempt.not_recorded") report("bug", `late news of ${attempt.reference}: ${String(error)}`);
  }
}

const CONTRADICTIONS: readonly Evidence[] = [
  {
    kind: "declined",
    decline: { declineClass: "retry_later", failureCode: "insufficient_funds", failureMessage: null },
    orderId: null,
    chargeId: null,
    trace: TRACE,
  },
  { kind: "absent", trace: TRACE },
  { kind: "not_sent", unauthorized: false, trace: TRACE },
  { kind: "lease_expired" },
  { kind: "unknown", orderId: null, trace: TRACE },
  { kind: "refused", failureCode: null, failureMessage: null, trace: TRACE },
];
