/**
 * Do what a program asks for once, however often it asks with the same key.
 *
 * The answer is written in the transaction of the effect. A crash before it leaves nothing, and the same request does it; a
 * crash after it leaves both, and the same request gets the same answer. What calls Conekta first is claimed before, so that
 * nobody begins it a second time while it may be under way.
 */
import { MINUTE_MS } from "../../domain/duration.ts";
import { BillingError, RequestInProgress } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Answer, Behalf, Reader, Request, RequestRecords } from "../ports/requests.ts";

/** Longer than all that Conekta is waited for in one request. */
const CLAIM_MS = 5 * MINUTE_MS;
/** What was just written at Conekta may be missing in its reads: seen for 9 seconds. */
const READ_LAG_MS = 30_000;

export type Given = Answer & { readonly isReplay: boolean };

/**
 * @returns null: the key was used with another body
 * @throws {RequestInProgress}
 */
export async function doOnce(
  requests: RequestRecords,
  request: Request,
  work: {
    readonly clock: Pick<Clock, "now">;
    readonly callsConekta: boolean;
    /** @param noteMade told once something was made at Conekta that the books must find again, or may have been */
    readonly carryOut: (noteMade: () => void) => Promise<Answer>;
  },
): Promise<Given | null> {
  const { clock, callsConekta, carryOut: act } = work;
  const now = clock.now();
  let isMade = false;
  const noteMade = (): void => void (isMade = true);
  const before = await answerOf(requests, request);
  if (before !== undefined) return before;
  if (!callsConekta)
    try {
      return { ...(await act(noteMade)), isReplay: false };
    } catch (error) {
      // The same request, sent twice at once, was answered beside this one: what it made stands in this one's way.
      const beside = error instanceof BillingError ? await answerOf(requests, request) : undefined;
      if (beside !== undefined) return beside;
      throw error;
    }
  if (!(await requests.claim(request, now, new Date(now.getTime() + CLAIM_MS))))
    throw new RequestInProgress(said("request_in_progress", { key: request.key }));
  try {
    return { ...(await act(noteMade)), isReplay: false };
  } catch (error) {
    // Of one that took effect all the same, the answer is kept.
    if (isMade) await requests.hold(request.id, new Date(clock.now().getTime() + READ_LAG_MS));
    else await requests.release(request.id);
    throw error;
  }
}

/** @returns undefined: it was not answered yet; null: the key was used with another body */
async function answerOf(requests: RequestRecords, request: Request): Promise<Given | null | undefined> {
  const kept = await requests.find(request);
  if (kept !== null && kept.bodyHash !== request.bodyHash) return null;
  return kept?.answer ? { ...kept.answer, isReplay: true } : undefined;
}

/** Changes the books for one who asks, and keeps the answer with the change. */
export async function carryOut<OnBehalf>(
  store: Reader & { readonly requests: RequestRecords; onBehalf(behalf: Behalf): OnBehalf },
  wanted: Pick<Behalf, "actor" | "now" | "check"> & {
    /** Null: it has no key. */
    readonly request: Request | null;
    readonly change: (store: OnBehalf) => Promise<void>;
    /** Read in the same transaction, as it is kept. */
    readonly answer: (reader: Reader) => Promise<Answer>;
  },
): Promise<Answer> {
  const { request, change, answer, check, ...behalf } = wanted;
  let kept: Answer | null = null;
  let isChecked = false;
  async function answered(reader: Reader): Promise<Answer> {
    kept = await answer(reader);
    return kept;
  }
  async function checked(reader: Reader): Promise<void> {
    await check?.(reader);
    isChecked = true;
  }
  await change(store.onBehalf({ ...behalf, check: checked, keep: request && { request, answer: answered } }));
  if (kept !== null) return kept;
  // What was asked for was so already, and no transaction was begun for it.
  if (!isChecked) await checked(store);
  const unchanged = await answered(store);
  if (request !== null) await store.requests.keep(request, unchanged, wanted.now);
  return unchanged;
}
