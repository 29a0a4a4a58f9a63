/**
 * A consent: what a customer agreed to before being charged again and again, in the very words that were shown.
 *
 * Pure. It is proof, so it is never changed or taken away: one that was recorded wrongly is followed by another.
 */
import type { Interval } from "./calendar/calendar.ts";
import { InputInvalid } from "./errors.ts";
import { said, type Said } from "./refusals.ts";

/** By which way it was given. */
export const CONSENT_CHANNELS = ["web", "in_person", "phone", "other"] as const;
export type ConsentChannel = (typeof CONSENT_CHANNELS)[number];

export const CONSENT_LIMITS = {
  versionLength: 100,
  textLength: 50_000,
  addressLength: 200,
  amountCents: 9_999_999_999,
} as const;

export type Consent = {
  readonly id: string;
  readonly subscriptionId: string;
  /** Of the text, as the merchant counts them. */
  readonly version: string;
  /** All that was shown. */
  readonly text: string;
  /** What one charge comes to, as it was shown; how often it comes. */
  readonly amountCents: number;
  readonly currency: string;
  readonly interval: Interval;
  readonly frequency: number;
  readonly consentedAt: Date;
  readonly channel: ConsentChannel;
  readonly recordedBy: string;
  /** SHA-256 of the address that it came from, which is kept nowhere; null: none is known. */
  readonly addressHash: string | null;
  readonly createdAt: Date;
};

type Given = Pick<Consent, "version" | "text" | "amountCents" | "consentedAt">;

/** @throws {InputInvalid} with every fault: nothing is recorded then */
export function mustBeConsent({ version, text, amountCents, consentedAt }: Given, now: Date): void {
  const { versionLength, textLength, amountCents: mostCents } = CONSENT_LIMITS;
  const judged: readonly (readonly [isFault: boolean, where: string, what: Said])[] = [
    [!isFilled(version, versionLength), "version", said("consent_length", { most: versionLength })],
    [!isFilled(text, textLength), "text", said("consent_length", { most: textLength })],
    [
      !(Number.isInteger(amountCents) && amountCents >= 0 && amountCents <= mostCents),
      "amount_cents",
      said("consent_amount"),
    ],
    [!(consentedAt <= now), "consented_at", said("consent_ahead")],
  ];
  const faults = judged.filter(([isFault]) => isFault).map(([, where, what]) => ({ where, what }));
  if (faults.length > 0) throw new InputInvalid(said("nothing_changed"), faults);
}

function isFilled(text: string, most: number): boolean {
  return text.trim() !== "" && text.length <= most;
}
