/**
 * The circuit breaker: when the gateway fails call after call, stop calling.
 *
 * Five calls in a row without a clear answer open it. Until a first call has succeeded, and from the first failure on,
 * only four may be in flight: a storm that is there at the start costs at most eight calls, one that breaks out later
 * those that were in flight and a few more. While it is open nothing is claimed, and every 30 seconds one read asks whether
 * the gateway is back. It lives in the process: a restart begins carefully anyway.
 */
import type { Evidence } from "../domain/attempt.ts";

export const FAILURES_TO_OPEN = 5;
export const UNPROVEN_IN_FLIGHT = 4;
export const PROBE_EVERY_MS = 30_000;

export class CircuitBreaker {
  #failuresInRow = 0;
  #isProven = false;
  #probeAt: Date | null = null;

  get isOpen(): boolean {
    return this.#probeAt !== null;
  }

  /** When the gateway may be asked whether it is back; null while the breaker is closed. */
  get probeAt(): Date | null {
    return this.#probeAt;
  }

  /** Charges that may be in flight now. */
  inFlightLimit(concurrency: number): number {
    // The first failure is reason enough to slow down, before it is known to be a storm.
    const isTrusted = this.#isProven && this.#failuresInRow === 0;
    return isTrusted ? concurrency : Math.min(concurrency, UNPROVEN_IN_FLIGHT);
  }

  /** @returns whether this one opened it */
  record(evidence: Evidence, now: Date): boolean {
    if (!isFailure(evidence)) {
      if (isAnswer(evidence)) {
        this.#failuresInRow = 0;
        this.#isProven = true;
      }
      return false;
    }
    this.#failuresInRow += 1;
    if (this.isOpen || this.#failuresInRow < FAILURES_TO_OPEN) return false;
    this.probeFailed(now);
    return true;
  }

  probeFailed(now: Date): void {
    this.#isProven = false;
    this.#probeAt = new Date(now.getTime() + PROBE_EVERY_MS);
  }

  /** The gateway answers reads again; charges begin carefully. */
  probeSucceeded(): void {
    this.#failuresInRow = 0;
    this.#probeAt = null;
  }
}

function isFailure(evidence: Evidence): boolean {
  return evidence.kind === "unknown" || (evidence.kind === "not_sent" && !evidence.unauthorized);
}

function isAnswer(evidence: Evidence): boolean {
  return ["paid", "declined", "pending", "refused"].includes(evidence.kind);
}
