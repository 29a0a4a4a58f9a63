/** One connection for all: nobody sees what is not committed, and nobody goes on in a transaction that is over. */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../../test/support/new-database.ts";
import { mapperOnFile } from "./mapper-on-file.ts";
import { openDatabase } from "./open-database.ts";
import { all, type Connected, run } from "./sql.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

let connection: SqliteConnection;
beforeEach(async () => {
  connection = openDatabase(":memory:", "make");
  await run(connection, "create table row (id integer primary key)");
});
afterEach(async () => await connection.close());

const ids = async (em: Connected) => (await all(em, "select id from row order by id")).map(({ id }) => id);
const insert = async (em: Connected, id: number) => await run(em, "insert into row values (?)", [id]);

test("who asks while a transaction is open waits until it is over, whatever its end", async () => {
  const seen: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  const failing = connection.transaction(async (em) => {
    await insert(em, 1);
    seen.push(["within", await ids(em)]);
    await gate.promise;
    throw new Error("judged otherwise");
  });
  const reading = ids(connection).then((found) => seen.push(["beside", found]));
  const next = connection.transaction(async (em) => {
    seen.push(["next", await ids(em)]);
    await insert(em, 2);
  });
  gate.resolve();
  await expect(failing).rejects.toThrow("judged otherwise");
  await Promise.all([reading, next]);
  seen.push(["after", await ids(connection)]);
  expect(seen).toEqual([
    ["within", [1]],
    ["beside", []],
    ["next", []],
    ["after", [2]],
  ]);
});

test("who was given a transaction that is over is told so, and writes nothing", async () => {
  let kept: Connected | null = null;
  await connection.transaction(async (em) => void (kept = em));
  const late = insert(kept as unknown as Connected, 1);
  await expect(late).rejects.toThrow("this transaction is over, and somebody still asks: insert into row");
  expect(await ids(connection)).toEqual([]);
});

test.each(["SQLite's own", "the mapper's"])(
  "where SQLite took it back by itself, as on a full disk, nothing further is written in it: %s statements",
  async (whose) => {
    const { em: mapper } = mapperOnFile(connection);
    const goOn = async (em: Connected) => {
      await insert(em, 1);
      await run(em, "insert or rollback into row values (1)").catch(() => 0);
      await insert(em, 2);
    };
    const failing = connection.transaction(
      async (em) => await (whose === "the mapper's" ? mapper.fork().transactional(goOn) : goOn(em)),
    );
    await expect(failing).rejects.toThrow("this transaction is over, and somebody still asks: insert into row");
    expect([await ids(connection), connection.database.inTransaction]).toEqual([[], false]);
  },
);

test("one that is closed amid a transaction keeps nothing of it, and whoever waits is told", async () => {
  const folder = temporaryFolder();
  try {
    const file = path.join(folder, "books.db");
    const closing = openDatabase(file, "make");
    await run(closing, "create table row (id integer primary key)");
    const gate = Promise.withResolvers<void>();
    const working = closing.transaction(async (em) => {
      await insert(em, 1);
      await gate.promise;
      await insert(em, 2);
    });
    const waiting = [ids(closing), closing.transaction(async (em) => await ids(em))];
    await closing.close();
    gate.resolve();
    const ends = await Promise.allSettled([working, ...waiting]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    const again = openDatabase(file, "write");
    expect(await ids(again)).toEqual([]);
    await again.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one that cannot begin takes back nobody else's", async () => {
  const { em: mapper } = mapperOnFile(connection);
  await mapper.fork().transactional(async (em) => {
    await insert(em, 1);
    await expect(connection.transaction(async () => 0)).rejects.toThrow("within a transaction");
  });
  expect(await ids(connection)).toEqual([1]);
});

test.each<[ids: readonly [number, number], written: readonly number[], end: string, because: string]>([
  [[1, 2], [1, 2], "committed", "what both write is committed together"],
  [[1, 1], [], "UNIQUE constraint failed: row.id", "what one of them refuses takes back both"],
])(
  "the mapper is part of the transaction that is open: of %j are there %j, %s (%s)",
  async ([own, its], written, end) => {
    const { em: mapper } = mapperOnFile(connection);
    const work = async (em: Connected) => {
      await insert(em, own);
      await mapper.fork().transactional(async (part) => await insert(part, its));
      return "committed";
    };
    expect(await connection.transaction(work).catch((error: Error) => error.message)).toBe(end);
    expect(await ids(connection)).toEqual(written);
  },
);

test("the mapper's own transaction, where none is open, is one: committed, or taken back", async () => {
  const { em: mapper } = mapperOnFile(connection);
  await mapper.fork().transactional(async (em) => await insert(em, 1));
  const failing = mapper.fork().transactional(async (em) => {
    await insert(em, 2);
    throw new Error("judged otherwise");
  });
  await expect(failing).rejects.toThrow("judged otherwise");
  expect([await ids(connection), connection.database.inTransaction]).toEqual([[1], false]);
});
