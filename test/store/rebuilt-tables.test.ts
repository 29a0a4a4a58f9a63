/** The tables of invoices and attempts, built anew by the migration NamedWords: nothing is lost by it, and nothing else is allowed. */
import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { makeViews } from "../../src/adapters/store/dialect/make-views.ts";
import { runMigrations } from "../../src/adapters/store/dialect/migrate.ts";
import { openMapped } from "../support/mapped-file.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { BEFORE, type Books, booksIn, COVERED, makeBooksBefore, REBUILT } from "./rebuilt-books.ts";
import { checksOf } from "./rules.ts";

const folder = temporaryFolder();
const old = path.join(folder, "old.db");
const made = path.join(folder, "made.db");
let before: Books;
let after: Books;

beforeAll(async () => {
  await makeBooksBefore(old);
  copyFileSync(old, made);
  await upgrade(made);
  [before, after] = [booksIn(old), booksIn(made)];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function upgrade(file: string, first?: string): Promise<unknown> {
  const orm = openMapped(file);
  try {
    if (first !== undefined) await orm.em.execute(first);
    await runMigrations(orm.connection, REBUILT);
    return await orm.em.execute(
      "select foreign_keys, legacy_alter_table from pragma_foreign_keys, pragma_legacy_alter_table",
    );
  } finally {
    await orm.close();
  }
}

test("no row of a table or a view is lost, changed or moved, and nothing is counted twice", () => {
  const { mikro_orm_migrations: ran, ...rows } = after.rows;
  const { mikro_orm_migrations: were, ...rowsBefore } = before.rows;
  expect([ran?.length, rows["revenue_day"]?.length, rows["tally"]?.length]).toEqual([(were?.length ?? 0) + 1, 1, 5]);
  expect(rows).toEqual(rowsBefore);
  expect(after.faults).toEqual([]);
});

test("every index, trigger and view is there as it was, of others' making as well, but for two that others cover", () => {
  const rest = ({ schema }: Books) => schema.filter(({ name }) => !["invoice", "attempt", ...COVERED].includes(name));
  expect(rest(after)).toEqual(rest(before));
  expect(before.schema.filter(({ name }) => COVERED.includes(name))).toHaveLength(2);
  expect(after.schema.filter(({ name }) => COVERED.includes(name))).toEqual([]);
});

test("foreign keys hold as before, of the rebuilt tables and to them", async () => {
  expect(await upgrade(made)).toEqual([{ foreign_keys: 1, legacy_alter_table: 0 }]);
  const keys = (db: Database.Database, table: string) => db.pragma(`foreign_key_list(${table})`);
  const [one, other] = [new Database(old), new Database(made)];
  for (const table of ["invoice", "attempt", "refund", "payment_link", "denied_charge", "item", "dispute", "own_note"])
    expect({ table, keys: keys(other, table) }).toEqual({ table, keys: keys(one, table) });
  expect(() => other.exec("delete from attempt where id = 'att_paid'")).toThrow("FOREIGN KEY constraint failed");
  expect(() => other.exec("update refund set invoice_id = 'none'")).toThrow("FOREIGN KEY constraint failed");
  one.close();
  other.close();
});

describe("what a row may hold is what it might before", () => {
  const ODD = [
    "null",
    "''",
    "'nonsense'",
    "'OPEN'",
    "'open '",
    "' paid'",
    "0",
    "1",
    "'1'",
    "x'6f70656e'",
    "x'3031'",
    "1.5",
  ];
  const LISTED = /^"(\w+)" in \((.*)\)$/;
  const sqlOf = (file: string, table: string) => {
    const db = new Database(file, { readonly: true });
    const sql = db.prepare("select sql from sqlite_master where name = ?").pluck().get(table) as string;
    db.close();
    return sql;
  };

  test.each(["invoice", "attempt"])("%s: each list of words takes and refuses the same values", (table) => {
    const db = new Database(":memory:");
    const lists = checksOf(sqlOf(old, table)).flatMap(({ text }) => {
      const [, column = "", words = ""] = LISTED.exec(text) ?? [];
      return column === "" ? [] : [{ column, text, words: words.split(", ") }];
    });
    const named = new Map(checksOf(sqlOf(made, table)).map(({ name, text }) => [name, text]));
    for (const { column, text, words } of lists) {
      // Of two words SQLite makes no table, and they stay as they are.
      const instead = named.get(`${table}_${column}_check`) ?? (words.length < 3 ? text : "missing");
      db.exec(
        `create table one ("${column}" text check (${text})); create table other ("${column}" text check (${instead}))`,
      );
      const verdicts = (into: string) =>
        [...words, ...ODD].map((value) => {
          try {
            return `${value} ${db.prepare(`insert into ${into} values (${value})`).run().changes}`;
          } catch (error) {
            return `${value} ${String(error).split(":")[1]}`;
          }
        });
      expect({ column, verdicts: verdicts("other") }).toEqual({ column, verdicts: verdicts("one") });
      expect(new Set(verdicts("one").map((each) => each.split(" ").at(-1))).size).toBe(2);
      db.exec("drop table one; drop table other");
    }
    expect(lists.length).toBe(table === "invoice" ? 7 : 6);
    db.close();
  });

  test.each(["invoice", "attempt"])("%s: every other rule and every column stands in the same words", (table) => {
    const rest = (file: string) =>
      checksOf(sqlOf(file, table))
        .filter(({ name, text }) => !LISTED.test(text) && !name?.endsWith("_check"))
        .map(({ name, text }) => `${name}: ${text}`);
    expect(rest(made).length).toBe(rest(old).length);
    expect(rest(made)).toEqual(rest(old));
    const columns = (file: string) => {
      const db = new Database(file, { readonly: true });
      const found = db.pragma(`table_xinfo(${table})`);
      db.close();
      return found;
    };
    expect(columns(made)).toEqual(columns(old));
  });

  test("1,000 changes of rows, drawn, end in both alike", () => {
    const random = seededRandom(54);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)]!;
    const books = [new Database(old), new Database(made)];
    const pools = Object.fromEntries(
      ["invoice", "attempt"].map((table) => [
        table,
        (books[0]!.pragma(`table_info(${table})`) as { name: string }[])
          .filter(({ name }) => !["id", "subscription_id", "customer_id", "invoice_id"].includes(name))
          .map(({ name }) => {
            const words = checksOf(sqlOf(old, table)).find(({ text }) => text.startsWith(`"${name}" in`))?.text;
            return {
              name,
              values: words === undefined ? ["null", "1", "2"] : [...(words.match(/'\w+'/g) ?? []), "null", "'no'"],
            };
          }),
      ]),
    );
    const ends = { taken: 0, refused: 0 };
    for (let count = 0; count < 1000; count++) {
      const table = pick(["invoice", "attempt"]);
      const set = Array.from({ length: 1 + Math.floor(random.fraction() * 3) }, () => pick(pools[table]!));
      const sets = set.map(({ name, values }) => `${name} = ${pick(values)}`);
      const row = pick(books[0]!.prepare(`select id from ${table}`).pluck().all() as string[]);
      const [one, other] = books.map((db) => {
        db.exec("begin");
        try {
          db.prepare(`update ${table} set ${sets.join(", ")} where id = ?`).run(row);
          return { taken: db.prepare(`select * from ${table} where id = ?`).get(row) };
        } catch (error) {
          return { refused: String(error).split(":")[1] };
        } finally {
          db.exec("rollback");
        }
      });
      expect({ sets, ...other }).toEqual({ sets, ...one });
      ends["taken" in one! ? "taken" : "refused"] += 1;
    }
    expect(Math.min(ends.taken, ends.refused)).toBeGreaterThan(100);
    for (const db of books) db.close();
  });
});

describe("a rebuilding that cannot be ended leaves the old tables, and is done the next time", () => {
  test("on a disk that is full", async () => {
    const file = path.join(folder, "full.db");
    copyFileSync(old, file);
    const db = new Database(file);
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.close();
    await expect(upgrade(file, `pragma max_page_count = ${pages + 3}`)).rejects.toThrow("disk is full");
    expect(booksIn(file)).toEqual(before);
    await upgrade(file);
    expect(booksIn(file).rows["invoice"]).toEqual(before.rows["invoice"]);
  });

  test("where a row breaks a rule that it was written past", async () => {
    const file = path.join(folder, "broken.db");
    copyFileSync(old, file);
    const db = new Database(file);
    db.exec("pragma ignore_check_constraints = on; update attempt set flow = 'pigeon' where id = 'att_paid'");
    db.close();
    const was = booksIn(file);
    await expect(upgrade(file)).rejects.toThrow("attempt_flow_check");
    expect({ ...booksIn(file), faults: [] }).toEqual({ ...was, faults: [] });
  });

  test("where the migrator is told to without a word to SQLite, since its foreign keys would take what refers to a row", async () => {
    const file = path.join(folder, "keys.db");
    copyFileSync(old, file);
    const orm = openMapped(file);
    await expect(orm.migrator.up({ to: REBUILT })).rejects.toThrow("foreign keys must be off");
    await orm.close();
    expect(booksIn(file)).toEqual(before);
  });
});

test("a reference that was broken before stays so, and keeps nobody from the new version", async () => {
  const file = path.join(folder, "dangling.db");
  copyFileSync(old, file);
  const db = new Database(file);
  db.exec("pragma foreign_keys = off; update refund set invoice_id = 'gone'");
  db.close();
  await upgrade(file);
  expect(booksIn(file).faults).toHaveLength(1);
});

test("a view that names a table keeps no older version from being brought up to date", async () => {
  const file = path.join(folder, "views.db");
  const orm = openMapped(file);
  await orm.migrator.up({ to: "Migration20261129000051Consents" });
  await makeViews(orm.connection);
  await orm.close();
  await upgrade(file);
  expect(booksIn(file).rows["mikro_orm_migrations"]).toHaveLength(
    (before.rows["mikro_orm_migrations"]?.length ?? 0) + 1,
  );
});

test("books in memory are brought up to date as well", async () => {
  const orm = openMapped(":memory:");
  await orm.migrator.up({ to: BEFORE });
  await runMigrations(orm.connection, REBUILT);
  const [row] = await orm.em.execute("select sql from sqlite_master where name = 'invoice'");
  expect(row?.["sql"]).toContain("invoice_status_check");
  await orm.close();
});
