/** Writing transactions on a file: one after the other, done again where another process held the lock, and never on a moved one. */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { openDatabase } from "./open-database.ts";
import { all, type Connected, run } from "./sql.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { inTurn, writing } from "./transaction.ts";

let folder: string;
let file: string;
let connection: SqliteConnection;
beforeEach(async () => {
  folder = temporaryFolder();
  file = path.join(folder, "books.db");
  await putNewDatabase(file);
  connection = openDatabase(file, "write");
  await run(connection, "insert into installation (id, epoch, created_at) values ('ins', 1, 0)");
});
afterEach(async () => {
  await connection.close();
  rmSync(folder, { recursive: true });
});

const busy = (code = "SQLITE_BUSY") => Object.assign(new Error("of SQLite"), { code });

test.each<[fails: readonly Error[], begun: number, end: string, because: string]>([
  [[], 1, "done", "it goes through"],
  [[busy()], 2, "done", "another process wrote"],
  [[busy("SQLITE_BUSY_SNAPSHOT"), busy()], 3, "done", "twice"],
  [[busy(), busy(), busy()], 3, "is locked by another process", "three times at most"],
  [[busy("SQLITE_FULL")], 1, "the disk is full", "again it would fail again"],
  [[new Error("a bug")], 1, "a bug", "it is none of the file's"],
])("after %j it was begun %i times: %s (%s)", async (fails, begun, end) => {
  let tried = 0;
  const left = [...fails];
  const told = await writing(connection, file, async (em, isAgain) => {
    tried += isAgain ? 100 : 1;
    await run(em, "update installation set epoch = epoch + 1");
    const error = left.shift();
    if (error !== undefined) throw error;
    return "done";
  }).catch((error: Error) => error.message);
  expect([tried, told.includes(end)]).toEqual([begun, true]);
  const [row] = await all(connection, "select epoch from installation");
  expect(row).toEqual({ epoch: end === "done" ? 2 : 1 });
});

test("nothing is written to one that was moved; one of no installation yet is written to", async () => {
  let begun = 0;
  const write = async () => await writing(connection, file, async () => void (begun += 1));
  await run(connection, "update installation set moved_to = 'sqlite:new'");
  await expect(write()).rejects.toThrow("was moved to sqlite:new");
  expect(begun).toBe(0);
  await run(connection, "delete from installation");
  await write();
  expect(begun).toBe(1);
});

describe("a transaction that SQLite took back by itself, as on a full disk", () => {
  /** Its first statement is undone with all before it, and no transaction is open any more. */
  const takenBack = async (em: Connected) =>
    await run(em, "insert or rollback into installation (id, epoch, created_at) values ('ins', 9, 0)");
  const epoch = async () => (await all(connection, "select epoch from installation"))[0]?.["epoch"];

  test("tells its own reason, and keeps the connection from nobody", async () => {
    const work = async (em: Connected) => {
      await run(em, "update installation set epoch = 5");
      await takenBack(em);
    };
    await expect(writing(connection, file, work)).rejects.toThrow("UNIQUE constraint failed");
    expect(await epoch()).toBe(1);
    await writing(connection, file, async (em) => await run(em, "update installation set epoch = 6"));
    expect(await epoch()).toBe(6);
  });

  test("is never told as committed", async () => {
    const work = async (em: Connected) => {
      await run(em, "update installation set epoch = 5");
      await takenBack(em).catch(() => 0);
    };
    await expect(writing(connection, file, work)).rejects.toThrow("cannot commit - no transaction is active");
    expect(await epoch()).toBe(1);
  });
});

test("of one database each waits for the one before it, whatever its end; of two nobody waits", async () => {
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn("a", async () => {
    log.push("first");
    await gate.promise;
    throw new Error("a bug");
  });
  const second = inTurn("a", async () => void log.push("second"));
  await inTurn("b", async () => void log.push("beside"));
  expect(log).toEqual(["first", "beside"]);
  gate.resolve();
  await expect(first).rejects.toThrow("a bug");
  await second;
  expect(log).toEqual(["first", "beside", "second"]);
  expect(await inTurn("a", async () => "its result")).toBe("its result");
});
