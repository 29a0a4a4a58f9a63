/**
 * A change that a program asks for, done once however often it is asked for with the same key.
 *
 * The answer is written in the transaction of the effect: a crash leaves both or neither, and the same key is given the same
 * answer. What calls Conekta first is claimed before, so that nobody begins it again while it may be under way.
 */
import { createHash } from "node:crypto";
import type { Answer, Reader, Request } from "../../application/ports/requests.ts";
import type { Assembly } from "../../assemble.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { RequestInProgress, UsageInvalid } from "../../domain/errors.ts";

export type ChangeOptions = {
  /** The same for each try of the same change: a second one changes nothing, and is given the first one's answer. */
  readonly idempotencyKey?: string;
  /** Stands in the history as who did it; by default "library". */
  readonly by?: string;
  /** Why, for the history. */
  readonly reason?: string;
};

/** As another program of this database may have used the same key: these are the library's. */
const METHOD = "LIBRARY";
const CLAIM_MS = 5 * MINUTE_MS;
const OK = 200;

/** What was asked for, how it is done, and what is answered, read in the same transaction. */
export type Change<Result> = {
  readonly name: string;
  readonly input: unknown;
  readonly callsConekta?: true;
  readonly change: (store: Assembly["store"]) => Promise<void>;
  readonly answer: (reader: Reader) => Promise<Result>;
};

/** @throws {UsageInvalid} the key was used for something else @throws {RequestInProgress} it is being done */
export async function once<Result>(app: Assembly, wanted: Change<Result>, options: ChangeOptions): Promise<Result> {
  const { idempotencyKey: key } = options;
  if (key === undefined) return await carryOut(app, wanted, null, options);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new UsageInvalid("idempotencyKey: expected 1 to 255 characters without spaces and accents");
  const now = app.clock.now();
  const bodyHash = createHash("sha256").update(JSON.stringify(wanted.input)).digest("hex");
  const request: Request = { id: app.random.newId("req", now), method: METHOD, path: wanted.name, key, bodyHash };
  const kept = await app.store.requests.find(request);
  if (kept !== null && kept.bodyHash !== bodyHash)
    throw new UsageInvalid(`the idempotencyKey ${key} was used for another ${wanted.name}; use one of its own`);
  if (kept?.answer) return JSON.parse(kept.answer.body) as Result;
  if (wanted.callsConekta !== true) return await carryOut(app, wanted, request, options);
  if (!(await app.store.requests.claim(request, now, new Date(now.getTime() + CLAIM_MS))))
    throw new RequestInProgress(`${wanted.name} with the idempotencyKey ${key} is in progress`);
  try {
    return await carryOut(app, wanted, request, options);
  } catch (error) {
    // Of one that took effect all the same, the answer is kept.
    await app.store.requests.release(request.id);
    throw error;
  }
}

async function carryOut<Result>(
  app: Assembly,
  { change, answer }: Change<Result>,
  request: Request | null,
  { by = "library", reason }: ChangeOptions,
): Promise<Result> {
  const now = app.clock.now();
  let kept: Answer | null = null;
  async function answered(reader: Reader): Promise<Answer> {
    kept = { status: OK, body: JSON.stringify(await answer(reader)) };
    return kept;
  }
  const store = app.store.onBehalf({
    actor: { name: by, reason: reason ?? null },
    now,
    keep: request && { request, answer: answered },
  });
  await change({ ...app.store, ...store });
  // Nothing was changed: what was asked for was so already.
  if (kept === null && request !== null) await app.store.requests.keep(request, await answered(app.store), now);
  const { body } = kept ?? (await answered(app.store));
  return JSON.parse(body) as Result;
}
