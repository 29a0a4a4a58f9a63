/**
 * One table of the store in memory: rows by id, UNIQUE indexes, and groups for quick finding.
 *
 * Rows are never changed, only replaced, so a snapshot is a copy of the map. Every write goes into the journal of the
 * transaction, which takes all of them back in reverse order.
 */
export class ConstraintViolated extends Error {
  override readonly name = "ConstraintViolated";
}

export type Journal = (() => void)[];

export type TableRules<Row, Unique extends string, Group extends string> = {
  readonly name: string;
  /** CHECKs by name: true where the row is allowed. */
  readonly checks: Readonly<Record<string, (row: Row) => boolean>>;
  /** null: the row is outside the index. */
  readonly uniques: Readonly<Record<Unique, (row: Row) => string | null>>;
  readonly groups: Readonly<Record<Group, (row: Row) => string | null>>;
};

const NONE: ReadonlySet<string> = new Set();

export class MemoryTable<Row extends { readonly id: string }, Unique extends string, Group extends string> {
  readonly rows = new Map<string, Row>();
  /** Ids written since somebody last emptied it. */
  readonly changed = new Set<string>();
  readonly #rules: TableRules<Row, Unique, Group>;
  readonly #checks: [string, (row: Row) => boolean][];
  readonly #uniques: { name: string; keyOf: (row: Row) => string | null; ids: Map<string, string> }[];
  readonly #groups: { name: string; keyOf: (row: Row) => string | null; ids: Map<string, Set<string>> }[];
  readonly #journal: Journal;

  constructor(rules: TableRules<Row, Unique, Group>, journal: Journal) {
    this.#rules = rules;
    this.#journal = journal;
    this.#checks = Object.entries(rules.checks);
    this.#uniques = Object.entries<(row: Row) => string | null>(rules.uniques).map(([name, keyOf]) => ({
      name,
      keyOf,
      ids: new Map<string, string>(),
    }));
    this.#groups = Object.entries<(row: Row) => string | null>(rules.groups).map(([name, keyOf]) => ({
      name,
      keyOf,
      ids: new Map<string, Set<string>>(),
    }));
  }

  get(id: string): Row | undefined {
    return this.rows.get(id);
  }

  must(id: string): Row {
    const row = this.rows.get(id);
    if (row === undefined) throw new ConstraintViolated(`${this.#rules.name} ${id} does not exist`);
    return row;
  }

  byUnique(name: Unique, key: string): Row | undefined {
    const id = this.#uniques.find((each) => each.name === name)?.ids.get(key);
    return id === undefined ? undefined : this.rows.get(id);
  }

  group(name: Group, key: string): ReadonlySet<string> {
    return this.#groups.find((each) => each.name === name)?.ids.get(key) ?? NONE;
  }

  inGroup(name: Group, key: string): Row[] {
    return [...this.group(name, key)].map((id) => this.must(id));
  }

  put(row: Row): void {
    for (const [name, isAllowed] of this.#checks)
      if (!isAllowed(row)) throw new ConstraintViolated(`CHECK ${name} of ${this.#rules.name} ${row.id}`);
    const before = this.rows.get(row.id);
    for (const { name, keyOf, ids } of this.#uniques) {
      const key = keyOf(row);
      const holder = key === null ? undefined : ids.get(key);
      if (holder !== undefined && holder !== row.id)
        throw new ConstraintViolated(`UNIQUE ${name} of ${this.#rules.name}: ${row.id} and ${holder} hold ${key}`);
    }
    this.#journal.push(() => this.#set(row.id, before));
    this.#set(row.id, row);
  }

  remove(id: string): void {
    const before = this.must(id);
    this.#journal.push(() => this.#set(id, before));
    this.#set(id, undefined);
  }

  /** Puts back what a snapshot held; indexes follow. */
  restore(rows: ReadonlyMap<string, Row>): void {
    for (const id of [...this.rows.keys()]) if (!rows.has(id)) this.#set(id, undefined);
    for (const [id, row] of rows) if (this.rows.get(id) !== row) this.#set(id, row);
  }

  #set(id: string, row: Row | undefined): void {
    const before = this.rows.get(id);
    for (const { keyOf, ids } of this.#uniques) {
      const oldKey = before === undefined ? null : keyOf(before);
      const newKey = row === undefined ? null : keyOf(row);
      if (oldKey === newKey) continue;
      if (oldKey !== null) ids.delete(oldKey);
      if (newKey !== null) ids.set(newKey, id);
    }
    for (const { keyOf, ids } of this.#groups) {
      const oldKey = before === undefined ? null : keyOf(before);
      const newKey = row === undefined ? null : keyOf(row);
      if (oldKey === newKey) continue;
      if (oldKey !== null) ids.get(oldKey)?.delete(id);
      if (newKey === null) continue;
      const members = ids.get(newKey);
      if (members === undefined) ids.set(newKey, new Set([id]));
      else members.add(id);
    }
    if (row === undefined) this.rows.delete(id);
    else this.rows.set(id, row);
    this.changed.add(id);
  }
}
