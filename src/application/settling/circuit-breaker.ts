/**
 * The circuit breaker: when the gateway fails call after call, stop calling.
 *
 * Charges of five customers that failed among the last ten open it; reads open it only once the gateway, asked about
 * others, does not answer either: one sick customer or order is not a storm. While it is open nothing is claimed, and every 30 seconds one read asks
 * whether the gateway is back. How many calls may be in flight grows with the answers, from four on; the first failure
 * lets no new call begin until those under way have ended, and then one at a time until one is answered. So a storm costs
 * the calls that were under way when it broke out, and never less than five: no more can be known before the first
 * of them fails. It lives in the process: a restart begins carefully anyway.
 */
import type { Evidence } from "../../domain/attempt.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";
import { atLeastAsked } from "../../domain/retry-after.ts";
import type { GatewayAnswer } from "./ask-gateway.ts";

export const FAILURES_TO_OPEN = 5;
export const CALLS_JUDGED = 10;
export const REFUSALS_TO_OPEN = 10;
export const UNPROVEN_IN_FLIGHT = 4;
export const PROBE_EVERY_MS = 30_000;
const ANSWERS_APART_MS = 10 * MINUTE_MS;
const ANSWERS_KEPT = (2 * 2 * DAY_MS) / ANSWERS_APART_MS;

type Answered = { readonly customerId: string; readonly at: Date };

export class CircuitBreaker {
  /** Whom each of the last charges was for, and whether it failed; the newest at the end. */
  #recent: { readonly customerId: string; readonly isFailed: boolean }[] = [];
  /** Whose charges were refused for the key since one was answered. */
  #refused = new Set<string>();
  /** Whom and what reads have failed for since one was answered. */
  #unread = new Set<string>();
  /** When charges were answered, and whose: of two customers in ten minutes, for two days. */
  #answered: Answered[] = [];
  #asking: Promise<GatewayAnswer> | null = null;
  #width = UNPROVEN_IN_FLIGHT;
  #probeAt: Date | null = null;
  /** The last that was heard of a failing gateway from another process; 0: nothing. */
  #heard = 0;

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
    return this.#recent.at(-1)?.isFailed === true ? 1 : this.#width;
  }

  /** @returns whether this one opened it */
  record(evidence: Evidence, customerId: string, now: Date): boolean {
    if (isAnswer(evidence)) {
      this.#refused.clear();
      this.#note(customerId, false);
      this.#noteAnswer({ customerId, at: now });
      this.#width += 1;
    }
    if (!isFailure(evidence)) return false;
    this.#note(customerId, true);
    this.#width = Math.max(1, Math.floor(this.#width / 2));
    const failed = new Set(this.#recent.flatMap((each) => (each.isFailed ? [each.customerId] : [])));
    if (this.isOpen || failed.size < FAILURES_TO_OPEN) return false;
    this.probeFailed(now);
    return true;
  }

  /**
   * The charge of one customer was refused for a key that reads are answered with. A key that may read and not charge is
   * refused for everybody: so many in a row, and those who are left are not tried at once.
   * @returns whether this one opened it
   */
  chargeRefused(customerId: string, now: Date): boolean {
    this.#refused.add(customerId);
    if (this.isOpen || this.#refused.size < REFUSALS_TO_OPEN) return false;
    this.#refused.clear();
    this.probeFailed(now);
    return true;
  }

  /** Whether a charge of somebody else was answered in that time. */
  answeredOthers(customerId: string, since: Date, until: Date): boolean {
    return this.#answered.some((each) => each.customerId !== customerId && each.at >= since && each.at <= until);
  }

  /** @param id of the customer, or of the attempt whose order it is @returns whether the gateway is to be asked about others */
  readFailed(id: string): boolean {
    this.#unread.add(id);
    return !this.isOpen && this.#unread.size >= FAILURES_TO_OPEN;
  }

  /** @param until what a process that shares our database says of the gateway @returns whether that is news */
  hears(until: number): boolean {
    const isNews = until > this.#heard;
    this.#heard = Math.max(this.#heard, until);
    return isNews;
  }

  readAnswered(): void {
    this.#unread.clear();
  }

  /** Those who suspect the gateway at the same time share one answer. */
  async asking(ask: () => Promise<GatewayAnswer>): Promise<GatewayAnswer> {
    this.#asking ??= ask().finally(() => {
      this.#asking = null;
    });
    return await this.#asking;
  }

  /** @param askedMs how long the gateway asks to be left alone */
  probeFailed(now: Date, askedMs: number | null = null): void {
    this.#probeAt = new Date(now.getTime() + atLeastAsked(PROBE_EVERY_MS, askedMs));
  }

  /** The gateway answers reads again; charges begin carefully. */
  probeSucceeded(): void {
    this.#recent = [];
    this.#unread.clear();
    this.#width = UNPROVEN_IN_FLIGHT;
    this.#probeAt = null;
  }

  #noteAnswer(answer: Answered): void {
    const late = this.#answered.slice(-2).filter(({ at }) => answer.at.getTime() - at.getTime() < ANSWERS_APART_MS);
    // One of somebody, and one of somebody else, say of those minutes all that is asked.
    if (late.length === 2 || late.some(({ customerId }) => customerId === answer.customerId)) return;
    this.#answered = [...this.#answered, answer].slice(-ANSWERS_KEPT);
  }

  #note(customerId: string, isFailed: boolean): void {
    this.#recent = [...this.#recent, { customerId, isFailed }].slice(-CALLS_JUDGED);
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
