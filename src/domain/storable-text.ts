/**
 * U+0000 is a letter to JSON and YAML. In SQLite it ends a text, in PostgreSQL none may hold it: no value that is kept
 * has it. What a person or a program writes is refused, what Conekta answers loses it.
 */

const NUL = "\u0000";

/** @returns where a text, or a name of a field, holds U+0000: `["metadata", "note"]`; null: nowhere */
export function placeOfNul(value: unknown): readonly (string | number)[] | null {
  if (typeof value === "string") return value.includes(NUL) ? [] : null;
  if (typeof value !== "object" || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const place = name.includes(NUL) ? [] : placeOfNul(inner);
    if (place !== null) return [Array.isArray(value) ? Number(name) : name.replaceAll(NUL, ""), ...place];
  }
  return null;
}

/** As the second argument of `JSON.parse`. */
export function withoutNul(_name: string, value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll(NUL, "") : value;
}
