/**
 * Why charging is stopped for everybody. Several reasons may stand at once; each is lifted by what mends it, and nobody is
 * charged while one is left.
 */

/** The most serious first: the one that is shown. */
export const HALT_KINDS = ["restored", "charged_elsewhere", "limit", "person", "unauthorized"] as const;

/**
 * - `restored`: the database is older than what was charged from it. A finished sweep lifts it.
 * - `charged_elsewhere`: another installation charges the same subscriptions. A person lifts it.
 * - `limit`: a limit of the whole was reached. A person lifts it.
 * - `person`: a person stopped charging, and lifts it.
 * - `unauthorized`: the gateway does not accept the key. An answered read lifts it.
 */
export type HaltKind = (typeof HALT_KINDS)[number];

/** Those that a person lifts by saying so. */
export const LIFTED_BY_A_PERSON: readonly HaltKind[] = ["charged_elsewhere", "limit", "person"];

/** What is read may then be refused, or be of newer facts than the database can place: webhooks and inquiries wait, too. */
export function stopsInquiries(kind: HaltKind | null): boolean {
  return kind === "restored" || kind === "unauthorized";
}

/** All but the key's, which is a setting that is wrong: what ends it is an accepted key, not a decision. */
export function haltNeedsPerson(kind: HaltKind | null): boolean {
  return kind !== null && kind !== "unauthorized";
}

/** The reason of a person's halt, as the books keep it and the log tells it. */
export function personsHalt(by: string, why: string): string {
  return `${by} stopped charging: ${why}`;
}

/** Its two parts again, for another language. */
export function askedToHalt(because: string): { readonly by: string; readonly why: string } | null {
  const [, by, why] = /^(.+?) stopped charging: (.*)$/s.exec(because) ?? [];
  return by === undefined || why === undefined ? null : { by, why };
}
