/** What a merchant keeps beside a customer: the language she is written to in, and data of its own. */
import { InputInvalid } from "./errors.ts";
import type { NewEvent } from "./event-types.ts";
import type { Language } from "./language.ts";
import { said, type Said } from "./refusals.ts";

export type CustomerProfile = {
  readonly language: Language | null;
  /** By name; null: none. */
  readonly metadata: Readonly<Record<string, string>> | null;
};

/** What is left out stays; a name whose value is null is taken away. */
export type ProfileChange = {
  readonly language?: CustomerProfile["language"] | undefined;
  /** Null: all are taken away. */
  readonly metadata?: Readonly<Record<string, string | null>> | null | undefined;
};

/** As Stripe has them, whose users bring theirs along. */
export const METADATA_LIMITS = { names: 50, nameLength: 40, valueLength: 500 } as const;

/** @throws {InputInvalid} with every fault of the metadata */
export function changedProfile(was: CustomerProfile, { language, metadata }: ProfileChange): CustomerProfile {
  const merged: Record<string, string | null> = metadata === null ? {} : { ...was.metadata, ...metadata };
  const kept = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null);
  const faults = faultsOf(kept);
  if (faults.length > 0) throw new InputInvalid(said("nothing_changed"), faults);
  return {
    language: language === undefined ? was.language : language,
    metadata: kept.length === 0 ? null : Object.fromEntries(kept),
  };
}

/** Without the values: they may name a person, and events go to other programs. */
export function profileChanged(customerId: string, { language, metadata }: CustomerProfile): NewEvent {
  const data = { language, metadata: Object.keys(metadata ?? {}) };
  return { type: "customer.profile_changed", customerId, data };
}

function faultsOf(entries: readonly (readonly [string, string])[]): { where: string; what: Said }[] {
  const { names, nameLength, valueLength } = METADATA_LIMITS;
  const tooLong = entries.flatMap(([name, value]): { where: string; what: Said }[] => {
    const where = `metadata ${name.slice(0, nameLength)}`;
    if (name === "" || name.length > nameLength) return [{ where, what: said("metadata_name", { most: nameLength }) }];
    return value.length > valueLength ? [{ where, what: said("metadata_value", { most: valueLength }) }] : [];
  });
  if (entries.length <= names) return tooLong;
  return [{ where: "metadata", what: said("metadata_many", { most: names, given: entries.length }) }, ...tooLong];
}
