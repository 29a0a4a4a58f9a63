/**
 * The delivery of an event to the merchant's system: when the next try is, and when it is given up.
 *
 * Pure. The schedule is that of the Standard Webhooks specification: the first try at once, then nine more within about
 * three days. A wait gets up to a tenth longer by chance, so that what failed together does not come back together.
 * @see "Deliverability and reliability", standardwebhooks.com specification, 1.0.0 (read 2026-11-23)
 */
import assert from "node:assert/strict";
import { HOUR_MS, MINUTE_MS } from "./duration.ts";
import { atLeastAsked } from "./retry-after.ts";

export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What the receiver said to one try. */
export type Answer =
  | {
      readonly kind: "answered";
      readonly httpStatus: number;
      /** As it asked with Retry-After; null: it did not. */
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: "failed"; readonly because: string };

export type Delivery =
  | { readonly state: "delivered" }
  | { readonly state: "pending"; readonly nextTryAt: Date; readonly because: string }
  | { readonly state: "dead"; readonly because: string };

const SECOND_MS = 1000;

/** Waits after the 1st, 2nd, … try. After the last wait comes the last try. */
export const WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
export const JITTER = 0.1;

/**
 * @param tries this one included, so at least 1
 * @param chance from 0 up to, not including, 1
 */
export function deliveryAfter(answer: Answer, tries: number, now: Date, chance: number): Delivery {
  assert(Number.isInteger(tries) && tries >= 1, `tries are counted from 1, got ${tries}`);
  if (isSuccess(answer)) return { state: "delivered" };

  const because = reasonOf(answer);
  // It says that it wants none of this any more.
  if (answer.kind === "answered" && answer.httpStatus === 410) return { state: "dead", because };
  const waitMs = WAITS_MS[tries - 1];
  if (waitMs === undefined) return { state: "dead", because };
  const delayMs = atLeastAsked(Math.round(waitMs * (1 + JITTER * chance)), askedMs(answer));
  return { state: "pending", nextTryAt: new Date(now.getTime() + delayMs), because };
}

function isSuccess(answer: Answer): boolean {
  return answer.kind === "answered" && answer.httpStatus >= 200 && answer.httpStatus < 300;
}

function askedMs(answer: Answer): number | null {
  return answer.kind === "failed" || (answer.httpStatus !== 429 && answer.httpStatus !== 503)
    ? null
    : answer.retryAfterMs;
}

function reasonOf(answer: Answer): string {
  if (answer.kind === "failed") return answer.because;
  const { httpStatus } = answer;
  if (httpStatus === 410) return "answered 410: it wants no such event any more";
  if (httpStatus >= 300 && httpStatus < 400) return `answered ${httpStatus}: redirects are not followed`;
  return `answered ${httpStatus}`;
}
