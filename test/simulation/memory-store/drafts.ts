/** Rows of one table as somebody changes them: put into the table at the end, or forgotten. */
import type { Mutable } from "../../../src/application/ports/records.ts";

type Source<Row> = { readonly rows: ReadonlyMap<string, Row>; put(row: Row): void };

export class Drafts<Row extends { readonly id: string }> {
  readonly #table: Source<Row>;
  readonly #drafts = new Map<string, Mutable<Row>>();

  constructor(table: Source<Row>) {
    this.#table = table;
  }

  get(id: string): Mutable<Row> | null {
    const known = this.#drafts.get(id);
    if (known !== undefined) return known;
    const row = this.#table.rows.get(id);
    if (row === undefined) return null;
    const draft: Mutable<Row> = { ...row };
    this.#drafts.set(id, draft);
    return draft;
  }

  add(row: Row): void {
    this.#drafts.set(row.id, { ...row });
  }

  forget(id: string): void {
    this.#drafts.delete(id);
  }

  all(): Mutable<Row>[] {
    const ids = new Set([...this.#table.rows.keys(), ...this.#drafts.keys()]);
    return [...ids].toSorted().flatMap((id) => this.get(id) ?? []);
  }

  /** Of those that were asked for or added. */
  ids(): string[] {
    return [...this.#drafts.keys()];
  }

  flush(): void {
    for (const [id, draft] of this.#drafts) {
      const row = this.#table.rows.get(id);
      if (row === undefined || !isSame(row, draft)) this.#table.put({ ...draft });
    }
  }
}

function isSame<Row extends object>(row: Row, draft: Row): boolean {
  return (Object.keys(draft) as (keyof Row)[]).every((key) => Object.is(row[key], draft[key]));
}
