/**
 * Do what a program asks for once, however often it asks with the same key.
 *
 * The answer is written in the transaction of the effect. A crash before it leaves nothing, and the same request does it; a
 * crash after it leaves both, and the same request gets the same answer. What calls Conekta first is claimed before, so that
 * nobody begins it a second time while it may be under way.
 */
import { MINUTE_MS } from "../../domain/duration.ts";
import { RequestInProgress } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import type { Answer, Behalf, Reader, Request, RequestRecords } from "../ports/requests.ts";

/** Longer than all that Conekta is waited for in one request. */
const CLAIM_MS = 5 * MINUTE_MS;

export type Given = Answer & { readonly isReplay: boolean };

/**
 * @returns null: the key was used with another body
 * @throws {RequestInProgress}
 */
export async function doOnce(
  requests: RequestRecords,
  request: Request,
  work: {
    readonly now: Date;
    readonly callsConekta: boolean;
    readonly carryOut: () => Promise<Answer>;
  },
): Promise<Given | null> {
  const { now, callsConekta, carryOut: act } = work;
  const kept = await requests.find(request);
  if (kept !== null && kept.bodyHash !== request.bodyHash) return null;
  if (kept?.answer) return { ...kept.answer, isReplay: true };
  if (!callsConekta) return { ...(await act()), isReplay: false };
  if (!(await requests.claim(request, now, new Date(now.getTime() + CLAIM_MS))))
    throw new RequestInProgress(said("request_in_progress", { key: request.key }));
  try {
    return { ...(await act()), isReplay: false };
  } catch (error) {
    // Of one that took effect all the same, the answer is kept.
    await requests.release(request.id);
    throw error;
  }
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
  const { request, change, answer, ...behalf } = wanted;
  let kept: Answer | null = null;
  async function answered(reader: Reader): Promise<Answer> {
    kept = await answer(reader);
    return kept;
  }
  await change(store.onBehalf({ ...behalf, keep: request && { request, answer: answered } }));
  if (kept !== null) return kept;
  // Nothing was changed: what was asked for was so already.
  const unchanged = await answered(store);
  if (request !== null) await store.requests.keep(request, unchanged, wanted.now);
  return unchanged;
}
