/** Whether two values say the same as JSON. Pure; in what order the keys stand says nothing: PostgreSQL's jsonb has its own. */
export function isSameContent(one: unknown, other: unknown): boolean {
  return one === other || canonical(one) === canonical(other);
}

function canonical(content: unknown): string | undefined {
  return JSON.stringify(content, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
