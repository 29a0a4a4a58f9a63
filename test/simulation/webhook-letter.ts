/**
 * Letters of the simulated Conekta: bodies as it writes them, with a signature that is right or is not.
 *
 * Signing costs most of a millisecond, so only a sample of the genuine ones is really signed; the others are taken for
 * signed. What is forged is always looked at by the real check.
 */
import { createHash, type KeyObject, sign } from "node:crypto";
import type { Chance } from "./chance.ts";
import { keyPairOf } from "../support/key-pair.ts";

export type Letter = {
  readonly eventId: string;
  readonly type: string;
  readonly rawBody: Buffer;
  /** null: genuine, and not really signed. */
  readonly digest: string | null;
  readonly isForged: boolean;
};

const SIGNED_RATE = 0.005;

type Keys = {
  readonly ours: KeyObject;
  readonly publicKey: KeyObject;
  readonly somebodyElses: KeyObject;
  readonly ofAnotherBody: string;
};
let made: Keys | null = null;

/** One pair for all lives: making one takes longer than a life. */
export function letterKeys(): Keys {
  if (made !== null) return made;
  const pair = keyPairOf("OURS");
  const other = keyPairOf("OTHERS");
  made = {
    ...{ ours: pair.privateKey, publicKey: pair.publicKey, somebodyElses: other.privateKey },
    ofAnotherBody: signatureBy(pair.privateKey, Buffer.from("another body")),
  };
  return made;
}

export type EventBody = {
  readonly id: string;
  readonly type: string;
  readonly atMs: number;
  readonly livemode?: boolean;
  readonly object: Readonly<Record<string, unknown>>;
};

export function genuineLetter(body: EventBody, chance: Chance): Letter {
  const rawBody = bytesOf(body);
  const digest = chance.happens(SIGNED_RATE) ? signatureBy(letterKeys().ours, rawBody) : null;
  return { eventId: body.id, type: body.type, rawBody, digest, isForged: false };
}

export function forgedLetter(body: EventBody, chance: Chance): Letter {
  const rawBody = bytesOf(body);
  const digest = chance.happens(0.05)
    ? signatureBy(letterKeys().somebodyElses, rawBody)
    : chance.pick<() => string>([
        () => "",
        () => createHash("sha256").update(rawBody).digest("base64"),
        () => Buffer.alloc(256, chance.between(0, 255)).toString("base64"),
        () => letterKeys().ofAnotherBody,
      ])();
  return { eventId: body.id, type: body.type, rawBody, digest, isForged: true };
}

function bytesOf({ id, type, atMs, livemode = false, object }: EventBody): Buffer {
  const createdAt = Math.floor(atMs / 1000);
  return Buffer.from(JSON.stringify({ object: "event", id, type, livemode, created_at: createdAt, data: { object } }));
}

function signatureBy(key: KeyObject, rawBody: Buffer): string {
  return sign("RSA-SHA256", rawBody, key).toString("base64");
}
