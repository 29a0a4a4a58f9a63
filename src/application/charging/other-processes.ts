/**
 * What processes that share a database know of each other: of a gateway that fails, which each asks once more before it
 * charges; and what one holds, which the others walk past.
 */
import type { SharedLimits } from "../ports/shared-limits.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import { askGateway, type AskNeeds } from "../settling/ask-gateway.ts";
import { type CircuitBreaker, PROBE_EVERY_MS } from "../settling/circuit-breaker.ts";
import { putRowAside, type RunSummary } from "../settling/run-summary.ts";

type Needs = AskNeeds & {
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: SharedLimits | null;
};

/** Before all that is heard of. */
const NEVER = 0;
/** For how long the others hear of it. */
const TOLD_MS = 2 * PROBE_EVERY_MS;

/**
 * Another process found the gateway failing: it is asked before the next charge, and charges begin carefully.
 * @returns whether one did
 */
export async function listenToOthers(needs: Needs): Promise<boolean> {
  const { breaker, clock, log, shared } = needs;
  if (!breaker.hears((await shared?.failingUntil()) ?? NEVER)) return false;
  const answer = await breaker.asking(() => askGateway(needs));
  if (answer.is !== "silent") breaker.probeSucceeded();
  else {
    log.error("breaker.opened", {
      because: `another process found the gateway failing, and it is: ${answer.error.message}`,
    });
    breaker.probeFailed(clock.now(), answer.error.retryAfterMs);
  }
  return true;
}

/** After a run that tried all it could: nobody's charge waits for a lock without being named. */
export async function nameHeldDue(
  { breaker, clock, log, shared }: Pick<Needs, "breaker" | "clock" | "log" | "shared">,
  summary: RunSummary,
): Promise<void> {
  if (summary.stoppedAt !== null || breaker.isOpen) return;
  const held = (await shared?.heldDue(clock.now())) ?? [];
  for (const invoiceId of held)
    putRowAside({ log }, summary, { invoiceId }, "another transaction holds its row, or its customer's");
}

/** Where it cannot be told, the others find out by themselves. */
export function tellOthers({ breaker, shared }: Pick<Needs, "breaker" | "shared">): void {
  void shared
    ?.gatewayFails(TOLD_MS)
    .then((until) => breaker.hears(until))
    .catch(() => {});
}
