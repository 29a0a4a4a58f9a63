/**
 * Requests of programs, each for somebody, and with a key of its own: the same request again changes nothing, and is given
 * the same answer.
 *
 * What was answered is written in the transaction of the effect. So a crash leaves both or neither.
 */
import type { Store } from "./store.ts";
import type { ApiKeyRecords } from "./api-keys.ts";
import type { FiscalRecords } from "./fiscal.ts";
import type { RefundRecords } from "./refunds.ts";

/** Who asked, by the name that stands in the history, and why. */
export type Actor = { readonly name: string; readonly reason: string | null };

export type RequestKey = { readonly method: string; readonly path: string; readonly key: string };

export type Request = RequestKey & {
  readonly id: string;
  /** SHA-256 of its body. */
  readonly bodyHash: string;
};

export type Answer = { readonly status: number; readonly body: string };

export type KeptRequest = {
  readonly bodyHash: string;
  /** Null: it is in progress, until `claimedUntil` at most. */
  readonly answer: Answer | null;
  readonly claimedUntil: Date | null;
};

/** The books as one transaction sees them, what it has written itself included. Reads only. */
export type Reader = Pick<Store, "list" | "installation"> & {
  readonly refunds: Pick<RefundRecords, "list">;
  readonly keys: Pick<ApiKeyRecords, "list">;
  readonly fiscal: Pick<FiscalRecords, "taxDataOf" | "recordOf">;
};

/** For whom the books are changed. */
export type Behalf = {
  /** Stands in every event of it. */
  readonly actor: Actor;
  readonly now: Date;
  /** First of all, under the write lock. What it throws leaves everything as it was. */
  readonly check?: (reader: Reader) => Promise<void>;
  /** Null: it has no key, and may take effect again. */
  readonly keep: {
    readonly request: Request;
    /** Asked at the end of each transaction that took effect, so the last one counts. */
    readonly answer: (reader: Reader) => Promise<Answer>;
  } | null;
};

export interface RequestRecords {
  find(key: RequestKey): Promise<KeptRequest | null>;
  /**
   * For a request that calls others before it changes the books: nobody else begins it meanwhile.
   * @returns false: it was begun, or answered
   */
  claim(request: Request, now: Date, until: Date): Promise<boolean>;
  /** Nothing came of it: its key is free again. */
  release(requestId: string): Promise<void>;
  /** What it made at Conekta is to be found again: nobody begins it before then, nor ever with another body. */
  hold(requestId: string, until: Date): Promise<void>;
  /** What was answered where nothing was changed. @throws {RequestInProgress} the key is another request's */
  keep(request: Request, answer: Answer, now: Date): Promise<void>;
  /** Those begun before then. @returns how many */
  forget(before: Date): Promise<number>;
}
