/** A change that a program asks for, done once however often it is asked for with the same key. */
import { createHash } from "node:crypto";
import { carryOut, doOnce } from "../../application/idempotency/do-once.ts";
import type { Answer, Reader, Request } from "../../application/ports/requests.ts";
import type { Assembly } from "../../assemble.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { digestOf } from "../digest.ts";
import { placeOfUnstorable } from "../../domain/storable-text.ts";

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
const OK = 200;

export type OnceCall = {
  /** The same for each try of the same change: by its key, or by what is asked for. */
  readonly label: string;
  /** Told once something was made at Conekta that the same change must find again. */
  readonly noteMade: () => void;
};

/** What was asked for, how it is done, and what is answered, read in the same transaction. */
export type Change<Result> = {
  readonly name: string;
  readonly input: unknown;
  readonly callsConekta?: true;
  readonly change: (store: Assembly["store"], call: OnceCall) => Promise<void>;
  readonly answer: (reader: Reader) => Promise<Result>;
};

/** What is asked for, too: nothing in the books has it. @throws {UsageInvalid} */
export function mustBeStorable(input: unknown): void {
  const place = placeOfUnstorable(input);
  if (place === null) return;
  throw new UsageInvalid(
    `${place.length === 0 ? "the text" : place.join(".")}: holds the character U+0000, or half of another one; leave it out`,
  );
}

/** @throws {UsageInvalid} the key was used for something else @throws {RequestInProgress} it is being done */
export async function once<Result>(app: Assembly, wanted: Change<Result>, options: ChangeOptions): Promise<Result> {
  const { idempotencyKey: key, by = "library", reason } = options;
  mustBeStorable(wanted.input);
  const now = app.clock.now();
  const actor = { name: by, reason: reason ?? null };
  const input = JSON.stringify(wanted.input);
  const label = digestOf(`${METHOD} ${wanted.name} ${key ?? input}`);
  const act = (request: Request | null, noteMade: () => void): Promise<Answer> =>
    carryOut(app.store, {
      ...{ actor, now, request },
      change: (store) => wanted.change({ ...app.store, ...store }, { label, noteMade }),
      answer: async (reader) => ({ status: OK, body: JSON.stringify(await wanted.answer(reader)) }),
    });
  if (key === undefined) return JSON.parse((await act(null, () => {})).body) as Result;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new UsageInvalid("idempotencyKey: expected 1 to 255 characters without spaces and accents");
  const bodyHash = createHash("sha256").update(input).digest("hex");
  const request: Request = { id: app.random.newId("req", now), method: METHOD, path: wanted.name, key, bodyHash };
  const given = await doOnce(app.store.requests, request, {
    ...{ clock: app.clock, callsConekta: wanted.callsConekta === true },
    carryOut: (noteMade) => act(request, noteMade),
  });
  if (given === null)
    throw new UsageInvalid(`the idempotencyKey ${key} was used for another ${wanted.name}; use one of its own`);
  return JSON.parse(given.body) as Result;
}
