/**
 * When a call may be repeated, and how long to wait before: for reads, and for people's calls that were surely not sent.
 *
 * Never used for a call that moves money.
 */
import { setTimeout as sleepFor } from "node:timers/promises";
import pRetry from "p-retry";
import type { Clock, Log, Random } from "../../application/ports/runtime.ts";
import type { Reply } from "./transport.ts";
import { readBody, readJson } from "./wire.ts";
import { retryAfterMs } from "../../domain/retry-after.ts";

const MAX_TRIES = 4;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 10_000;

/** always: a read, or a call that may be done twice. if-not-sent: only when the gateway surely did not act. */
export type Repeatable = "always" | "if-not-sent";

export type Patience = {
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: the machine's own time. */
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** Aborted: nothing is repeated, and nothing waited for. */
  readonly stopping?: AbortSignal;
};

/** Carries a reply through p-retry, which knows failures only as thrown errors. */
class Unsatisfied extends Error {
  override readonly name = "Unsatisfied";
  readonly reply: Reply;
  constructor(reply: Reply) {
    super("the call may be repeated");
    this.reply = reply;
  }
}

/** @returns the last reply, whatever it is */
export async function repeated(
  send: () => Promise<Reply>,
  { operation, repeatable }: { readonly operation: string; readonly repeatable: Repeatable },
  { random, clock, log, stopping, sleep = sleepUntil(stopping) }: Patience,
): Promise<Reply> {
  try {
    return await pRetry(
      async () => {
        const reply = await send();
        if (mayRepeat(reply, repeatable)) throw new Unsatisfied(reply);
        return reply;
      },
      {
        retries: MAX_TRIES - 1,
        minTimeout: 0,
        // Asked only while tries are left; the wait is ours, so that chance has one source.
        shouldRetry: async ({ error, attemptNumber }) => {
          if (!(error instanceof Unsatisfied) || stopping?.aborted) return false;
          const waitMs = waitBefore(attemptNumber, error.reply, random.fraction(), clock.now());
          // Who asks for more than a read can wait is asked again by a later run.
          if (waitMs === null) return false;
          log.warn("gateway.call_repeated", {
            operation,
            tries: attemptNumber,
            waitMs,
            because: becauseOf(error.reply),
          });
          await sleep(waitMs);
          return !stopping?.aborted;
        },
      },
    );
  } catch (error) {
    if (error instanceof Unsatisfied) return error.reply;
    throw error;
  }
}

function sleepUntil(stopping: AbortSignal | undefined): (ms: number) => Promise<unknown> {
  return async (ms) => await sleepFor(ms, undefined, stopping && { signal: stopping }).catch(() => {});
}

export function mayRepeat(reply: Reply, repeatable: Repeatable): boolean {
  if (reply.kind === "not-sent") return true;
  // Who hangs once hangs again, and others would wait four times as long: a later run asks.
  if (reply.kind === "no-answer") return repeatable === "always" && reply.isTimeUp !== true;
  // Conekta's own refusal for too many calls comes before it acts; a proxy's may not.
  if (reply.status === 429 && readBody(reply.text).kind === "error") return true;
  if (repeatable !== "always") return false;
  // Half a body, or a page of a proxy, is as much an accident as a 500.
  const isBroken = reply.status < 300 && reply.text !== "" && readJson(reply.text) === undefined;
  return isBroken || reply.status >= 500 || reply.status === 429 || reply.status === 408;
}

/**
 * Full jitter: anywhere from 0 to a bound that doubles. A Retry-After counts instead.
 * @returns null: it asks for more than our own bound, and the call is not repeated here
 */
export function waitBefore(tries: number, reply: Reply, fraction: number, now: Date): number | null {
  const asked = reply.kind === "answered" ? retryAfterMs(reply.retryAfter, now) : null;
  if (asked !== null) return asked <= MAX_WAIT_MS ? asked : null;
  return Math.round(fraction * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)));
}

function becauseOf(reply: Reply): string {
  return reply.kind === "answered" ? `status ${reply.status}` : reply.because;
}
