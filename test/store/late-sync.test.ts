/** Commits that are synced later: who is told of them when, and what every other transaction is. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { lateSync, type LateSync } from "../../src/adapters/store/dialect/late-sync.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";
import { all, type Connected, run } from "../../src/adapters/store/dialect/sql.ts";
import type { SqliteConnection, Syncs } from "../../src/adapters/store/dialect/sqlite-connection.ts";

let folder: string;
let databasePath: string;
let connection: SqliteConnection;
let log: LateSync | null = null;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-late-sync-"));
  databasePath = path.join(folder, "puntual.db");
  connection = openDatabase(databasePath, "make");
  await run(connection, "create table row (id integer)");
});

afterEach(async () => {
  await log?.close();
  await connection.close();
  rmSync(folder, { recursive: true });
});

/** A disk that answers when it is told to. */
function handDisk() {
  const asked: { done(): void; fail(error: Error): void }[] = [];
  const syncFile = (): Promise<void> =>
    new Promise((resolve, reject) => asked.push({ done: resolve, fail: (error) => reject(error) }));
  return { asked, syncFile };
}

async function insert(id: number): Promise<number> {
  await connection.transaction((em) => run(em, `insert into row values (${id})`), "later");
  return id;
}

async function settings(syncs: Syncs): Promise<{ readonly within: unknown; readonly after: unknown }> {
  const asked = async (em: Connected): Promise<unknown> => {
    const [row] = await all(em, "pragma synchronous");
    return row?.["synchronous"];
  };
  return { within: await connection.transaction(asked, syncs), after: await asked(connection) };
}

async function turns(): Promise<void> {
  for (let each = 0; each < 20; each++) await turn();
}

const FULL = 2;
const NORMAL = 1;

describe("a commit that is synced later", () => {
  test("is told of only when the disk has answered", async () => {
    const disk = handDisk();
    log = lateSync(databasePath, disk.syncFile);
    const told: number[] = [];
    const telling = log.after(() => insert(1)).then((id) => told.push(id));
    while (disk.asked.length === 0) await turn();
    await turns();
    expect(told).toEqual([]);
    disk.asked[0]?.done();
    await telling;
    expect(told).toEqual([1]);
  });

  test("waits for a sync that began after it, which serves all who wait", async () => {
    const disk = handDisk();
    log = lateSync(databasePath, disk.syncFile);
    const told: number[] = [];
    const tell = (id: number): number => told.push(id);
    const first = log.after(() => insert(1)).then(tell);
    while (disk.asked.length === 0) await turn();
    const others = Promise.all([log.after(() => insert(2)).then(tell), log.after(() => insert(3)).then(tell)]);
    await turns();
    disk.asked[0]?.done();
    await first;
    while (disk.asked.length === 1) await turn();
    await turns();
    expect({ told, syncs: disk.asked.length }).toEqual({ told: [1], syncs: 2 });
    disk.asked[1]?.done();
    await others;
    expect(told).toEqual([1, 2, 3]);
  });

  test("whose disk fails is not told of, and the next one is synced anew", async () => {
    const disk = handDisk();
    log = lateSync(databasePath, disk.syncFile);
    const failing = log.after(() => insert(1));
    while (disk.asked.length === 0) await turn();
    const waiting = log.after(() => insert(2));
    await turns();
    disk.asked[0]?.fail(new Error("EIO: i/o error, fdatasync"));
    await expect(failing).rejects.toThrow("EIO");
    while (disk.asked.length === 1) await turn();
    disk.asked[1]?.done();
    expect(await waiting).toBe(2);
  });

  test("is the only kind that does not wait within its commit", async () => {
    log = lateSync(databasePath);
    const expected = { later: { within: NORMAL, after: FULL }, plain: { within: FULL, after: FULL } };
    for (let time = 0; time < 2; time++)
      expect({ later: await log.after(() => settings("later")), plain: await settings("at_commit") }).toEqual(expected);
  });

  test("that fails says why, and leaves the setting as it was", async () => {
    log = lateSync(databasePath);
    await run(connection, "create table part (of integer references whole (id))");
    await run(connection, "create table whole (id integer primary key)");
    const failing = log.after(() =>
      connection.transaction(async (em) => {
        // Looked at by the commit alone, after which the transaction goes on.
        await run(em, "pragma defer_foreign_keys = on");
        await run(em, "insert into part values (1)");
      }, "later"),
    );
    await expect(failing).rejects.toThrow("FOREIGN KEY constraint failed");
    expect(await settings("at_commit")).toEqual({ within: FULL, after: FULL });
  });

  test("that is taken back leaves the setting as it was", async () => {
    log = lateSync(databasePath);
    const failing = log.after(() =>
      connection.transaction(async (em) => {
        await run(em, "insert into row values (1)");
        throw new Error("judged otherwise");
      }, "later"),
    );
    await expect(failing).rejects.toThrow("judged otherwise");
    expect(await settings("at_commit")).toEqual({ within: FULL, after: FULL });
  });

  test("that SQLite took back by itself, as on a full disk, leaves the setting as it was", async () => {
    log = lateSync(databasePath);
    await run(connection, "create table once (id integer primary key)");
    const failing = log.after(() =>
      connection.transaction(async (em) => {
        for (const id of [1, 1]) await run(em, `insert or rollback into once values (${id})`);
      }, "later"),
    );
    await expect(failing).rejects.toThrow("UNIQUE constraint failed: once.id");
    // A statement by itself comes first: it begins no transaction that would set it.
    expect(await all(connection, "pragma synchronous")).toEqual([{ synchronous: FULL }]);
    expect(await settings("at_commit")).toEqual({ within: FULL, after: FULL });
  });
});

test("a database in memory has no log, and nobody waits for one", async () => {
  const never = lateSync(":memory:", () => Promise.reject(new Error("there is no file")));
  expect(await never.after(() => Promise.resolve("done"))).toBe("done");
  await never.close();
});
