/**
 * News about an attempt that come when nobody expects them: late, twice, in the wrong order, as webhooks bring them.
 *
 * An order is read again, perhaps as it was a day ago, and goes through the one reducer. About what is paid already
 * even contradictions come, which must change nothing.
 */
import type { Store } from "../../src/application/ports.ts";
import { settleAttempts, type SettleNeeds } from "../../src/application/settle-attempts.ts";
import type { Evidence } from "../../src/domain/attempt.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { AttemptSeen } from "./books-view.ts";
import type { Chance } from "./chance.ts";
import type { Checkers } from "./checkers.ts";
import type { HostileGateway } from "./hostile-gateway.ts";
import { POLICIES } from "./merchant.ts";
import type { Timeline } from "./timeline.ts";
import type { Report } from "./violation.ts";

const TRACE = { httpStatus: 200, logId: null, because: "late news" };

/** @returns what came, for the trace; null: nothing did */
export async function lateNews(needs: {
  readonly chance: Chance;
  readonly checkers: Checkers;
  readonly store: Store;
  readonly timeline: Timeline;
  readonly world: HostileGateway;
  readonly report: Report;
}): Promise<string | null> {
  const { chance, checkers, store, timeline, world, report } = needs;
  const attempts = [...checkers.attempts.values()].slice(-60);
  if (attempts.length === 0) return null;
  const attempt = chance.pick(attempts);
  const evidence = evidenceAbout(attempt, chance, world);
  if (evidence === null) return null;
  const settleNeeds: SettleNeeds = {
    ...{ store, clock: timeline.clock, random: seededRandom(chance.between(0, 1_000_000)), policies: POLICIES },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (event, fields) => heard(event, fields?.["error"]) },
    looks: { offsetsMs: [15_000, 86_400_000], rechargeQuietMs: 900_000 },
    backoffMs: 60_000,
  };
  await settleAttempts(settleNeeds, [{ attemptId: attempt.id, evidence }]);
  return `${evidence.kind} about ${attempt.reference}, seen as ${attempt.state}`;

  function heard(event: string, error: unknown): void {
    if (event === "attempt.not_recorded") report("bug", `late news of ${attempt.reference}: ${String(error)}`);
  }
}

function evidenceAbout(attempt: AttemptSeen, chance: Chance, world: HostileGateway): Evidence | null {
  if (attempt.state === "paid" && chance.happens(0.5)) return chance.pick(CONTRADICTIONS);
  if (attempt.orderId === null) return null;
  const lagMs = chance.happens(0.5) ? 0 : chance.between(0, 86_400_000);
  const sighting = world.glance(attempt.orderId, attempt.reference, lagMs);
  // As `followOrder` has it: "nothing there" is no news, and whose money it is, the charge's own reference says.
  if (sighting === null || sighting.kind === "absent" || sighting.kind === "unknown") return null;
  if (sighting.kind === "paid")
    return world.ledger.charges.find(({ id }) => id === sighting.payment.chargeId)?.reference === attempt.reference
      ? sighting
      : null;
  return attempt.state === "unknown" || attempt.state === "pending" ? sighting : null;
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
