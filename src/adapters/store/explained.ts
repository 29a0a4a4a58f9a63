/** Errors of the database in words, for every method of the store. */

type Asked = (...given: readonly unknown[]) => Promise<unknown>;

/** Reads meet the same faults of the database as writes do: every method says them in words. */
export function explained<Part extends object>(explain: (error: unknown) => unknown, part: Part): Part {
  const methods = Object.entries(part).map(([name, value]): [string, unknown] => {
    if (typeof value === "function") return [name, explaining(value as Asked)];
    return [
      name,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? explained(explain, value as object)
        : value,
    ];
  });
  return Object.fromEntries(methods) as Part;

  function explaining(asked: Asked): Asked {
    return async (...given) => {
      try {
        return await asked(...given);
      } catch (error) {
        throw explain(error);
      }
    };
  }
}
