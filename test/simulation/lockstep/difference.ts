/** Where two values differ first, in words; instants, sets and maps are compared by what they hold. */

/** Lists of facts that have no order. */
const UNORDERED = /(^|\.)(unsettled|missed|tries|neverAgain|declines|dunning)$/;

export type Tell = (what: string) => void;

/** @returns null: they are the same */
export function difference(one: unknown, other: unknown, where = ""): string | null {
  if (Object.is(one, other)) return null;
  const [a, b] = [plain(one), plain(other)];
  if (!isComposite(a) || !isComposite(b) || Array.isArray(a) !== Array.isArray(b))
    return Object.is(a, b)
      ? null
      : `${where === "" ? "it" : where} is ${shown(one)} on disk, ${shown(other)} in memory`;
  if (Array.isArray(a) && Array.isArray(b) && UNORDERED.test(where))
    return difference(inOrder(a), inOrder(b), `${where}.*`);
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], where === "" ? key : `${where}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

/** The keys in one order, whatever order they were written in. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "…";
  const text = JSON.stringify(plain(value), sortedKeys) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export function sortedKeys(_key: string, value: unknown): unknown {
  if (!isComposite(value) || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Set) return [...(value as Set<string>)].toSorted();
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  return value ?? null;
}

function inOrder(list: readonly unknown[]): unknown[] {
  return list.toSorted((one, other) => (shown(one) < shown(other) ? -1 : 1));
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
