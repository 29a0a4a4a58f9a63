/** Opening the store on a file: who may, what is looked at before anything else, and what a refusal or an end leaves behind. */
import { existsSync, rmSync, renameSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { putNewDatabase, temporaryFolder } from "../../../test/support/new-database.ts";
import { NOW } from "../../../test/support/records.ts";
import { seededRandom } from "../random.ts";
import { chargeLockOwner } from "./dialect/lock.ts";
import { openSqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";

let folder: string;
let databasePath: string;
beforeEach(async () => {
  folder = temporaryFolder();
  databasePath = path.join(folder, "books.db");
  await putNewDatabase(databasePath);
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (options: Partial<SqliteStoreOptions> = {}) =>
  openSqliteStore({ databasePath, random: seededRandom(1), now: NOW, exclusive: false, access: "write", ...options });

function written(statement: string): void {
  const database = new Database(databasePath);
  database.exec(statement);
  database.close();
}

const MOVED = "insert into installation (id, epoch, created_at, moved_to) values ('ins', 0, 0, 'postgres://db1/books')";
const UNFINISHED =
  "insert into installation (id, epoch, created_at, moved_to) values ('ins', 0, 0, 'unfinished copy of ins')";
const OLDER = "delete from mikro_orm_migrations where id = (select max(id) from mikro_orm_migrations)";

describe("a store", () => {
  test.each<[change: string, access: "write" | "read", says: RegExp, because: string]>([
    ["select 1", "write", /^$/, "it is up to date, and here"],
    ["select 1", "read", /^$/, "it is up to date, and here"],
    [MOVED, "write", /was moved to postgres:..db1.books/, "who could write is told before anything is begun"],
    [MOVED, "read", /^$/, "what it held may be read"],
    [UNFINISHED, "write", /is an unfinished copy/, "nobody is charged from half of the books"],
    [OLDER, "read", /is of an older Puntual/, "who only reads migrates nothing"],
  ])("after %s is opened to %s: %s (%s)", async (change, access, says) => {
    written(change);
    const end = await open({ access, exclusive: access === "write" }).then(
      async (store) => await store.close(),
      (error: Error) => error.message,
    );
    expect(end ?? "").toMatch(says);
    // Nobody holds anything because of a start that failed: the file can be put right. Who only reads leaves a journal.
    const isLeft = access === "write" && existsSync(`${databasePath}-wal`);
    expect([chargeLockOwner(databasePath), isLeft]).toEqual([null, false]);
  });

  test("several changes are one: whoever goes on in it when it is over is told so, and is no part of the next", async () => {
    const store = await open();
    type Within = Parameters<Parameters<typeof store.together>[0]>[0];
    const kept: Within[] = [];
    await store.together(async (within) => void kept.push(within));
    const failing = store.together(async (within) => {
      kept.push(within);
      throw new Error("judged otherwise");
    });
    await expect(failing).rejects.toThrow("judged otherwise");
    const late = async (within: Within) =>
      await Promise.allSettled([
        ...[within.installation(), within.confirmMode(true)],
        within.write(NOW, async (records) => await records.plan("gym")),
      ]);
    const ends: PromiseSettledResult<unknown>[] = [];
    for (const each of kept) ends.push(...(await late(each)));
    await store.together(async () => {
      for (const each of kept) ends.push(...(await late(each)));
    });
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(await store.installation()).toMatchObject({ livemode: null });
    await store.close();
  });

  test("is charged from by one, whom others may read and write beside; the right ends with his store", async () => {
    const daemon = await open({ exclusive: true });
    await expect(open({ exclusive: true })).rejects.toMatchObject({ name: "AlreadyRunning" });
    for (const access of ["write", "read"] as const) await (await open({ access })).close();
    expect(chargeLockOwner(databasePath)).toBe(String(process.pid));
    await daemon.close();
    expect([chargeLockOwner(databasePath), existsSync(`${databasePath}-wal`)]).toEqual([null, false]);
  });

  test("is left by who charges once its file is another one; who does not charge may go on", async () => {
    const found = [];
    for (const exclusive of [true, false]) {
      const store = await open({ exclusive });
      const owner = await store.takeOver("own");
      found.push(await store.stillOwns(owner));
      renameSync(databasePath, `${databasePath}.away`);
      found.push(await store.stillOwns(owner).catch((error: Error) => error.message));
      renameSync(`${databasePath}.away`, databasePath);
      await store.close();
    }
    expect(found).toEqual([true, expect.stringContaining("was moved, deleted or replaced"), true, true]);
  });

  test("in memory is its process's own: no file says who charges from it", async () => {
    const store = await open({ databasePath: ":memory:", access: "make", exclusive: true });
    const owner = await store.takeOver("own");
    expect([await store.stillOwns(owner), store.isNew, existsSync(":memory:.lock")]).toEqual([true, false, false]);
    await store.close();
  });
});
