/**
 * One API call on its way through a handler, and the answer it gets.
 */
import type { Language } from "./api-error.ts";
import type { FaultKind } from "../faults/fault-kind.ts";

/** The minor version of `application/vnd.conekta-v2.X.0+json`. */
export type ApiVersion = 0 | 1 | 2 | 3;

export type Call = {
  readonly method: string;
  readonly path: string;
  /** The variable segments of the path, in order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** The list's own address, for page links. */
  readonly address: URL;
  readonly body: unknown;
  readonly language: Language;
  readonly version: ApiVersion;
  readonly effects: FaultEffects;
};

/** What is to go wrong inside this call. Handlers read it, and a card's own fault is added to it. */
export type FaultEffects = {
  staleStatus: boolean;
  otherAmount: boolean;
  /** Set by the card that was charged, see `tok_sandbox_fault_*`. */
  cardFault: FaultKind | null;
};

export type Answer = {
  readonly status: number;
  readonly body: object;
};

export function ok(body: object): Answer {
  return { status: 200, body };
}

export function param(call: Call, index: number): string {
  return call.params[index] ?? "";
}

/** Thrown by a card that makes the whole call fail before anything happened. */
export class CardFault extends Error {
  override readonly name = "CardFault";
  readonly kind: FaultKind;

  constructor(kind: FaultKind) {
    super(`the card brings the fault ${kind}`);
    this.kind = kind;
  }
}
