/**
 * A read of one customer, or of one order, failed: that one is put aside, with a next read that backs off, and no other is
 * kept from its own.
 *
 * Only where reads of several fail, or the key is refused, the gateway is asked about others. What it answers to them
 * decides: it is the gateway, and the breaker opens; it is the key, and charging is halted; or it is these.
 */
import { backoffOf, type ReadFailure } from "../../domain/backoff.ts";
import { atLeastAsked } from "../../domain/retry-after.ts";
import { BillingError, GatewayUnauthorized, GatewayUnavailable, stopsEverybody } from "../../domain/errors.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { FailedRead } from "../ports/charging.ts";
import { askGateway, type AskNeeds } from "./ask-gateway.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { haltCharging } from "./halt.ts";
import type { RunSummary } from "./run-summary.ts";

export type BlameNeeds = AskNeeds & {
  readonly store: Pick<Store, "haltCharging">;
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly log: Log;
};

export type FailedReadNeeds = BlameNeeds & {
  readonly store: Pick<Store, "noteReadFailure">;
  readonly backoffMs: number;
};

/** @throws what is the database's fault */
export async function putAside(
  needs: FailedReadNeeds,
  { kind, id }: Pick<FailedRead, "kind" | "id">,
  error: unknown,
  summary: RunSummary,
): Promise<ReadFailure> {
  if (stopsEverybody(error)) throw error;
  summary.failedReads += 1;
  const because = error instanceof BillingError ? error.message : `a bug: ${String(error)}`;
  const askedMs = error instanceof GatewayUnavailable ? error.retryAfterMs : null;
  const failure = await noteFailure(needs, { kind, id, because }, askedMs);
  if (needs.breaker.readFailed(id) || error instanceof GatewayUnauthorized) await blame(needs, summary);
  return failure;
}

/** @param askedMs how long the gateway asks to be left alone */
export async function noteFailure(
  { store, clock, backoffMs }: FailedReadNeeds,
  failed: FailedRead,
  askedMs: number | null,
): Promise<ReadFailure> {
  const now = clock.now();
  return await store.noteReadFailure(
    failed,
    now,
    (failures) => new Date(now.getTime() + atLeastAsked(backoffOf(failures, backoffMs), askedMs)),
  );
}

/**
 * Reads of several failed, or one was refused for the key.
 * @returns whether it is the key: charging is halted
 */
export async function blame(needs: BlameNeeds, summary: RunSummary): Promise<boolean> {
  const { breaker, clock, log } = needs;
  if (summary.haltReason !== null) return true;
  const answer = await breaker.asking(() => askGateway(needs));
  switch (answer.is) {
    case "answering":
      breaker.readAnswered();
      return false;
    case "unauthorized":
      await haltCharging(needs, summary, answer.error.message);
      return true;
    case "silent":
      if (!breaker.isOpen) log.error("breaker.opened", { because: answer.error.message });
      breaker.probeFailed(clock.now(), answer.error.retryAfterMs);
      return false;
    default:
      return answer satisfies never;
  }
}
