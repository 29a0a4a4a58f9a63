/**
 * The circuit breaker: when the gateway fails call after call, stop calling.
 *
 * Five failures among the last ten calls open it. While it is open nothing is claimed, and every 30 seconds one read asks
 * whether the gateway is back. How many calls may be in flight grows with the answers, from four on; the first failure
 * lets no new call begin until those under way have ended, and then one at a time until one is answered. So a storm costs
 * the calls that were under way when it broke out, and never less than five: no more can be known before the first
 * of them fails. It lives in the process: a restart begins carefully anyway.
 */
import type { Evidence } from "../../domain/attempt.ts";

export const FAILURES_TO_OPEN = 5;
export const CALLS_JUDGED = 10;
export const UNPROVEN_IN_FLIGHT = 4;
export const PROBE_EVERY_MS = 30_000;

export class CircuitBreaker {
  /** Whether each of the last calls failed, the newest at the end. */
  #recent: boolean[] = [];
  #width = UNPROVEN_IN_FLIGHT;
  #probeAt: Date | null = null;

  get isOpen(): boolean {
    return this.#probeAt !== null;
  }

  /** When the gateway may be asked whether it is back; null while the breaker is closed. */
  get probeAt(): Date | null {
    return this.#probeAt;
  }

  /** Charges that may be in flight now. @param concurrency the most that the merchant allows */
  inFlightLimit(concurrency: number): number {
    // What was never in flight at once is not proven: a failure must halve what really was.
    this.#width = Math.min(this.#width, concurrency);
    return this.#recent.at(-1) === true ? 1 : this.#width;
  }

  /** @returns whether this one opened it */
  record(evidence: Evidence, now: Date): boolean {
    if (isAnswer(evidence)) {
      this.#note(false);
      this.#width += 1;
    }
    if (!isFailure(evidence)) return false;
    this.#note(true);
    this.#width = Math.max(1, Math.floor(this.#width / 2));
    const failures = this.#recent.filter(Boolean).length;
    if (this.isOpen || failures < FAILURES_TO_OPEN) return false;
    this.probeFailed(now);
    return true;
  }

  probeFailed(now: Date): void {
    this.#probeAt = new Date(now.getTime() + PROBE_EVERY_MS);
  }

  /** The gateway answers reads again; charges begin carefully. */
  probeSucceeded(): void {
    this.#recent = [];
    this.#width = UNPROVEN_IN_FLIGHT;
    this.#probeAt = null;
  }

  #note(isFailed: boolean): void {
    this.#recent = [...this.#recent, isFailed].slice(-CALLS_JUDGED);
  }
}

function isFailure(evidence: Evidence): boolean {
  return (
    evidence.kind === "unknown" || (evidence.kind === "not_sent" && !evidence.unauthorized && !evidence.orderIsOver)
  );
}

function isAnswer(evidence: Evidence): boolean {
  if (evidence.kind === "not_sent") return evidence.orderIsOver === true;
  return ["paid", "declined", "pending", "refused"].includes(evidence.kind);
}
