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

type KeyOf<Row> = (row: Row) => string | null;

export class MemoryTable<Row extends { readonly id: string }, Unique extends string, Group extends string> {
  readonly rows = new Map<string, Row>();
  /** Ids written since somebody last emptied it. */
  readonly changed = new Set<string>();
  readonly #name: string;
  readonly #checks: readonly (readonly [string, (row: Row) => boolean])[];
  readonly #uniques: { readonly name: string; readonly keyOf: KeyOf<Row>; readonly ids: Map<string, string> }[];
  readonly #groups: { readonly name: string; readonly keyOf: KeyOf<Row>; readonly ids: Map<string, Set<string>> }[];
  readonly #idsByUnique = new Map<string, ReadonlyMap<string, string>>();
  readonly #idsByGroup = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  /** Of each row: its keys in the UNIQUE indexes, then in the groups. */
  readonly #keys = new Map<string, readonly (string | null)[]>();
  readonly #noKeys: readonly null[];
  readonly #journal: Journal;

  constructor({ name, checks, uniques, groups }: TableRules<Row, Unique, Group>, journal: Journal) {
    this.#name = name;
    this.#journal = journal;
    this.#checks = Object.entries(checks);
    this.#uniques = Object.entries<KeyOf<Row>>(uniques).map(([index, keyOf]) => ({
      ...{ name: index, keyOf },
      ids: new Map<string, string>(),
    }));
    this.#groups = Object.entries<KeyOf<Row>>(groups).map(([index, keyOf]) => ({
      ...{ name: index, keyOf },
      ids: new Map<string, Set<string>>(),
    }));
    for (const { name: index, ids } of this.#uniques) this.#idsByUnique.set(index, ids);
    for (const { name: index, ids } of this.#groups) this.#idsByGroup.set(index, ids);
    this.#noKeys = [...this.#uniques, ...this.#groups].map(() => null);
  }

  get(id: string): Row | undefined {
    return this.rows.get(id);
  }

  must(id: string): Row {
    const row = this.rows.get(id);
    if (row === undefined) throw new ConstraintViolated(`${this.#name} ${id} does not exist`);
    return row;
  }

  byUnique(name: Unique, key: string): Row | undefined {
    const id = this.#idsByUnique.get(name)?.get(key);
    return id === undefined ? undefined : this.rows.get(id);
  }

  group(name: Group, key: string): ReadonlySet<string> {
    return this.#idsByGroup.get(name)?.get(key) ?? NONE;
  }

  inGroup(name: Group, key: string): Row[] {
    const rows: Row[] = [];
    for (const id of this.group(name, key)) rows.push(this.must(id));
    return rows;
  }

  put(row: Row): void {
    for (const [name, isAllowed] of this.#checks)
      if (!isAllowed(row)) throw new ConstraintViolated(`CHECK ${name} of ${this.#name} ${row.id}`);
    const keys = this.#keysOf(row);
    for (let index = 0; index < this.#uniques.length; index++) {
      const { name, ids } = this.#uniques[index]!;
      const key = keys[index]!;
      const holder = key === null ? undefined : ids.get(key);
      if (holder !== undefined && holder !== row.id)
        throw new ConstraintViolated(`UNIQUE ${name} of ${this.#name}: ${row.id} and ${holder} hold ${key}`);
    }
    const before = this.rows.get(row.id);
    this.#journal.push(() => this.#set(row.id, before));
    this.#set(row.id, row, keys);
  }

  remove(id: string): void {
    const before = this.must(id);
    this.#journal.push(() => this.#set(id, before));
    this.#set(id, undefined);
  }

  /** @returns how to put back what it holds now; indexes follow */
  copied(): () => void {
    const copy = new Map(this.rows);
    return () => {
      for (const id of [...this.rows.keys()]) if (copy.get(id) !== this.rows.get(id)) this.#set(id, undefined);
      for (const [id, row] of copy) if (this.rows.get(id) !== row) this.#set(id, row);
    };
  }

  #keysOf(row: Row): (string | null)[] {
    const keys: (string | null)[] = [];
    for (const { keyOf } of this.#uniques) keys.push(keyOf(row));
    for (const { keyOf } of this.#groups) keys.push(keyOf(row));
    return keys;
  }

  #set(id: string, row: Row | undefined, known?: readonly (string | null)[]): void {
    const old = this.#keys.get(id) ?? this.#noKeys;
    const keys = row === undefined ? this.#noKeys : (known ?? this.#keysOf(row));
    let at = 0;
    for (const { ids } of this.#uniques) {
      const oldKey = old[at]!;
      const newKey = keys[at]!;
      at += 1;
      if (oldKey === newKey) continue;
      if (oldKey !== null) ids.delete(oldKey);
      if (newKey !== null) ids.set(newKey, id);
    }
    for (const { ids } of this.#groups) {
      const oldKey = old[at]!;
      const newKey = keys[at]!;
      at += 1;
      if (oldKey === newKey) continue;
      if (oldKey !== null) ids.get(oldKey)?.delete(id);
      if (newKey === null) continue;
      const members = ids.get(newKey);
      if (members === undefined) ids.set(newKey, new Set([id]));
      else members.add(id);
    }
    if (row === undefined) {
      this.rows.delete(id);
      this.#keys.delete(id);
    } else {
      this.rows.set(id, row);
      this.#keys.set(id, keys);
    }
    this.changed.add(id);
  }
}
