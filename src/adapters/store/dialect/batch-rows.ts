/** `rows(?: invoiceId text, nextAttemptAt int) j` in a statement: the rows of one JSON parameter, with typed columns. */

export type BatchColumn = {
  readonly key: string;
  readonly name: string;
  readonly type: "text" | "int" | "flag" | "json";
};

/** @param unfold what a dialect writes instead; `withPlace`: the statement asks for the number of each row, too */
export function unfoldBatches(
  sql: string,
  unfold: (columns: readonly BatchColumn[], withPlace: boolean) => string,
): string {
  return sql.replaceAll(/\brows\(\?:([^)]*)\)/g, (_, list: string) => {
    const declared = list.split(",").map((each) => each.trim());
    return unfold(declared.filter((each) => each !== "place").map(columnOf), declared.includes("place"));
  });
}

function columnOf(declaration: string): BatchColumn {
  const [, key, type] = /^(\w+)\s+(text|int|flag|json)$/.exec(declaration) ?? [];
  if (key === undefined) throw new Error(`"${declaration}" is no column of a batch, like "invoiceId text"`);
  return {
    key,
    name: key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    type: type as BatchColumn["type"],
  };
}
