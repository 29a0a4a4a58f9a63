/** A whole copy of the file, and back into its place: what is refused with nothing changed, and what is kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { backUpDatabase, restoreDatabase } from "./copy-database.ts";
import { acquireChargeLock } from "./lock.ts";

const NOW = new Date("2026-02-28T15:00:00.123Z");
let folder: string;
const at = (name: string) => path.join(folder, name);

beforeEach(async () => {
  folder = temporaryFolder();
  await putNewDatabase(at("books.db"));
  sql("books.db", "insert into installation (id, epoch, created_at) values ('ins', 1, 0)");
});
afterEach(() => rmSync(folder, { recursive: true }));

function sql(name: string, statement: string): unknown {
  const database = new Database(at(name));
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.pluck().all() : prepared.run();
  } finally {
    database.close();
  }
}
const customers = (name: string) => sql(name, "select id from customer");
const put = (name: string, id: string) => sql(name, `insert into customer (id, name) values ('${id}', 'Ana')`);
const names = () => readdirSync(folder).toSorted();

describe("a backup", () => {
  test("is one file of its own mode, as large as is told, into a folder that is made for its owner", async () => {
    put("books.db", "a");
    const bytes = await backUpDatabase(at("books.db"), at("kept/copy.db"));
    expect([bytes, statSync(at("kept/copy.db")).mode & 0o777]).toEqual([statSync(at("kept/copy.db")).size, 0o600]);
    expect([bytes > 4096, statSync(at("kept")).mode & 0o777]).toEqual([true, 0o700]);
    expect(readdirSync(at("kept"))).toEqual(["copy.db"]);
    expect([sql("kept/copy.db", "pragma journal_mode"), customers("kept/copy.db")]).toEqual([["delete"], ["a"]]);
  });

  test("of a copy that was cut off before begins anew", async () => {
    writeFileSync(at("copy.db.part"), "half");
    await backUpDatabase(at("books.db"), at("copy.db"));
    expect([existsSync(at("copy.db.part")), customers("copy.db")]).toEqual([false, []]);
  });

  test.each<[file: string, refused: string, because: string]>([
    ["books.db", "exists already; nothing is overwritten", "it would be the database itself"],
    ["books.db/copy.db", "cannot be written (E", "below a file there is no folder"],
    ["folder", "exists already; nothing is overwritten", "a folder is there"],
  ])("to %s is refused: %s (%s)", async (file, refused) => {
    mkdirSync(at("folder"));
    await expect(backUpDatabase(at("books.db"), at(file))).rejects.toMatchObject({
      ...{ name: "Refused", message: expect.stringContaining(refused) },
    });
  });

  test.each<[what: string, said: string]>([
    ["none.db", "there is no database at"],
    ["empty.db", "there is no database at"],
    ["text.db", "is not an SQLite database"],
  ])("of %s is refused, and leaves nothing: %s", async (what, said) => {
    writeFileSync(at("empty.db"), "");
    writeFileSync(at("text.db"), "a text, and no database at all\n".repeat(40));
    const before = names();
    await expect(backUpDatabase(at(what), at("copy.db"))).rejects.toMatchObject({
      ...{ name: "DatabaseUnusable", message: expect.stringContaining(said) },
    });
    expect(names()).toEqual(before);
  });
});

test("a backup of a damaged file is refused, and leaves nothing: it would be found when it is needed", async () => {
  for (let n = 0; n < 500; n++) put("books.db", `customer ${String(n).padStart(60, "0")}`);
  sql("books.db", "pragma wal_checkpoint(truncate)");
  const bytes = readFileSync(at("books.db"));
  bytes.fill(0x5a, bytes.length - 8192, bytes.length - 4096);
  writeFileSync(at("books.db"), bytes);
  const before = names();
  await expect(backUpDatabase(at("books.db"), at("copy.db"))).rejects.toMatchObject({
    ...{ name: "DatabaseUnusable", message: expect.stringContaining("is damaged") },
  });
  expect(names()).toEqual(before);
});

describe("a restored backup", () => {
  beforeEach(async () => {
    put("books.db", "a");
    await backUpDatabase(at("books.db"), at("copy.db"));
    put("books.db", "b");
  });

  test("stands in the place of the database, which is kept with its journal, and named", async () => {
    for (const end of ["-wal", "-shm"]) writeFileSync(at(`books.db${end}`), "");
    // A restore that was cut off before.
    for (const name of ["books.db.restoring.part", "books.db.restoring"]) writeFileSync(at(name), "half");
    const replaced = await restoreDatabase(at("books.db"), at("copy.db"), NOW);
    expect(replaced).toBe(at("books.db.replaced-20260228T150000Z"));
    expect(names()).toEqual(
      ["", "-shm", "-wal"]
        .map((end) => `books.db.replaced-20260228T150000Z${end}`)
        .concat("books.db", "books.db.lock", "copy.db")
        .toSorted(),
    );
    expect([customers("books.db"), statSync(at("books.db")).mode & 0o777]).toEqual([["a"], 0o600]);
    expect([customers("books.db.replaced-20260228T150000Z"), customers("copy.db")]).toEqual([["a", "b"], ["a"]]);
    acquireChargeLock(at("books.db")).release();
  });

  test("where there was none replaces nothing, in a folder that is made for its owner", async () => {
    expect(await restoreDatabase(at("new/books.db"), at("copy.db"), NOW)).toBe(null);
    expect([customers("new/books.db"), statSync(at("new")).mode & 0o777]).toEqual([["a"], 0o700]);
    expect(readdirSync(at("new"))).toEqual(["books.db"]);
    // An empty file is none either.
    writeFileSync(at("empty.db"), "");
    expect(await restoreDatabase(at("empty.db"), at("copy.db"), NOW)).toBe(null);
  });

  test("is refused while somebody charges", async () => {
    const lock = acquireChargeLock(at("books.db"));
    await expect(restoreDatabase(at("books.db"), at("copy.db"), NOW)).rejects.toMatchObject({ name: "AlreadyRunning" });
    lock.release();
    expect(customers("books.db")).toEqual(["a", "b"]);
  });

  test.each<[refused: string | null, change: string, because: string]>([
    [null, "update installation set moved_to = null", "it is one of ours"],
    [null, "delete from installation", "nobody ever worked with it"],
    ["is no database of Puntual", "drop table installation", "it is another program's"],
    ["is no database of Puntual", "drop table mikro_orm_migrations", "it is another program's"],
    [
      "was written by a newer Puntual (it knows Migration99991231000001X)",
      "insert into mikro_orm_migrations (name) values ('Migration99991231000001X')",
      "nobody here understands it",
    ],
    ["is an archive", "update installation set moved_to = 'archive of ins'", "nobody is charged from it"],
    ["was moved to sqlite:new", "update installation set moved_to = 'sqlite:new'", "nobody is charged from it"],
    ["was given up", "update installation set moved_to = 'given up'", "nobody is charged from it"],
    ["is an unfinished copy", "update installation set moved_to = 'unfinished copy of x'", "nobody is charged from it"],
  ])("is what it was, or is refused with nothing changed: %p, after %s (%s)", async (refused, change) => {
    sql("copy.db", "pragma foreign_keys = off");
    sql("copy.db", change);
    const end = await restoreDatabase(at("books.db"), at("copy.db"), NOW).then(
      () => null,
      (error: Error) => error.message,
    );
    expect(end?.includes(String(refused)) ?? null).toBe(refused === null ? null : true);
    expect(customers("books.db")).toEqual(refused === null ? ["a"] : ["a", "b"]);
  });

  test("of a version before databases could be moved has no mark, and is taken", async () => {
    sql("copy.db", "alter table installation rename column moved_to to moved_nowhere");
    expect(await restoreDatabase(at("books.db"), at("copy.db"), NOW)).not.toBe(null);
  });

  test("with a damaged page is refused", async () => {
    const database = new Database(at("copy.db"));
    database.pragma("journal_mode = delete");
    const page = database.prepare("select rootpage from sqlite_master where name = 'customer'").pluck().get() as number;
    const size = database.pragma("page_size", { simple: true }) as number;
    database.close();
    const { openSync, writeSync, closeSync } = await import("node:fs");
    const handle = openSync(at("copy.db"), "r+");
    writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, (page - 1) * size);
    closeSync(handle);
    await expect(restoreDatabase(at("books.db"), at("copy.db"), NOW)).rejects.toMatchObject({
      name: "DatabaseUnusable",
    });
    expect(customers("books.db")).toEqual(["a", "b"]);
  });
});
