/**
 * Letters to JSON and YAML that no database keeps. U+0000 ends a text in SQLite, and in PostgreSQL none may hold it. Half of a
 * pair of surrogates, as a name that was cut amid an emoji ends with, becomes another letter in SQLite, and PostgreSQL refuses the
 * JSON it stands in. What a person or a program writes is refused, what Conekta answers loses it.
 */

const NUL = "\u0000";

function isStorable(text: string): boolean {
  return !text.includes(NUL) && text.isWellFormed();
}

function storable(text: string): string {
  return text.replaceAll(NUL, "").toWellFormed();
}

/** @returns where a text, or a name of a field, holds such a letter: `["metadata", "note"]`; null: nowhere */
export function placeOfUnstorable(value: unknown): readonly (string | number)[] | null {
  if (typeof value === "string") return isStorable(value) ? null : [];
  if (typeof value !== "object" || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const place = isStorable(name) ? placeOfUnstorable(inner) : [];
    if (place !== null) return [Array.isArray(value) ? Number(name) : storable(name), ...place];
  }
  return null;
}

/** JSON can spell them in one way only. To look at each value takes longer than to read them all. */
export function mayHoldUnstorable(json: string): boolean {
  return /\\u(?:0000|[dD][89a-fA-F])/.test(json);
}

/** As the second argument of `JSON.parse`. */
export function asStorable(_name: string, value: unknown): unknown {
  return typeof value === "string" ? storable(value) : value;
}
