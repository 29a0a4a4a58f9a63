/** A database that is moved: what is copied in which order, what is marked, and what is refused with nothing changed. */
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { acquireChargeLock } from "./lock.ts";
import { giveUpMove, type MovedDatabase, moveDatabase } from "./move-database.ts";

let folder: string;
let old: Database.Database;
const at = (name: string): MovedDatabase & { kind: "sqlite" } => ({
  ...{ kind: "sqlite", path: path.join(folder, `${name}.db`), name: `sqlite:${name}` },
});

/** More than two pages of rows. */
const MANY = 1100;

beforeEach(async () => {
  folder = temporaryFolder();
  await putNewDatabase(at("old").path);
  old = new Database(at("old").path);
  old.pragma("foreign_keys = off");
  old.exec("insert into installation (id, epoch, created_at, livemode, notified_through) values ('ins', 7, 5, 1, 3)");
  old.exec("insert into node (id, epoch, host, pid, started_at, heartbeat_at) values ('own', 7, 'here', 1, 0, 0)");
  old.exec("insert into customer (id, name) values ('cus', 'Ana')");
  putPlans(9);
  // Migrated before: most of the time of a new one goes there.
  await putNewDatabase(at("new").path);
});
afterEach(() => {
  old.close();
  rmSync(folder, { recursive: true });
});

function putPlans(count: number): void {
  const plan = old.prepare(
    `insert into plan (id, name, currency, interval, frequency, trial_period_days, line_items, dunning, catch_up, source)
     values (?, 'Oro', 'MXN', 'month', 1, 0, '[{"a":1}]', 'standard', 'all', 'code') on conflict do nothing`,
  );
  old.transaction(() => {
    for (let n = 0; n < count; n++) plan.run(`p${String(n).padStart(4, "0")}`);
  })();
}

const told: string[] = [];
const move = async (to = "new", from = "old") => {
  told.splice(0);
  return await moveDatabase(at(from), at(to), { progress: (what, rows) => void told.push(`${what} ${rows}`) });
};
function sql<Row>(name: string, statement: string): Row[] {
  const database = new Database(at(name).path);
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? (prepared.all() as Row[]) : (prepared.run(), []);
  } finally {
    database.close();
  }
}
const marks = () =>
  ["old", "new"].map((name) => sql<{ m: unknown }>(name, "select moved_to as m from installation")[0]?.m);
const count = (name: string, table: string) => sql<{ n: number }>(name, `select count(*) as n from ${table}`)[0]?.n;

describe("a move", () => {
  test("copies each table page by page, compares it, and leaves the mark on the old one alone", async () => {
    putPlans(MANY);
    rmSync(at("new").path);
    const moved = await move();
    expect(moved.find(({ table }) => table === "plan")).toMatchObject({ rows: MANY });
    expect(moved.find(({ table }) => table === "customer")).toMatchObject({ rows: 1 });
    // A digest is of the rows: each table that holds some has its own.
    const digests = moved.filter(({ rows }) => rows > 0).map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(told).toEqual([
      ...["copied plan: 500", "copied plan: 1000", "copied plan: 1100", "copied customer: 1"],
      ...["compared plan: 500", "compared plan: 1000", "compared plan: 1100", "compared customer: 1"],
    ]);
    expect(marks()).toEqual(["sqlite:new", null]);
    expect(sql("new", "select id, epoch, created_at, livemode, notified_through, owner_id from installation")).toEqual([
      { id: "ins", epoch: 7, created_at: 5, livemode: 1, notified_through: 3, owner_id: null },
    ]);
    expect(sql("new", "select * from plan order by id")).toEqual(sql("old", "select * from plan order by id"));
    // Processes are not moved, and nothing is counted twice.
    expect([count("new", "node"), moved.some(({ table }) => ["node", "duty", "installation"].includes(table))]).toEqual(
      [...[0, false]],
    );
    await expect(move()).rejects.toThrow("sqlite:new holds the moved database already; nothing was changed");
    await expect(move("other")).rejects.toThrow("sqlite:old is marked as moved to sqlite:new; nothing was changed");
  });

  test("what triggers count is counted anew, and a count that came down to nothing stays behind", async () => {
    old.exec("insert into tally (what, word, slot, n) values ('invoice', 'void', 0, 0)");
    old.exec("insert into revenue_day values ('2026-12-01', 'p0001', 'MXN', 0, 0, 0, 0, 0, 0)");
    await move();
    expect([count("new", "tally"), count("new", "revenue_day")]).toEqual([0, 0]);
  });

  test("that was cut off goes on after the last row, and tells how far it is", async () => {
    putPlans(MANY);
    await move();
    sql("new", "update installation set moved_to = 'unfinished copy of ins'");
    sql("new", "delete from plan where id >= 'p0600'");
    await move();
    expect(told.slice(0, 2)).toEqual(["copied plan: 1100", "compared plan: 500"]);
    expect([count("new", "plan"), ...marks()]).toEqual([MANY, "sqlite:new", null]);
  });

  test.each<[differs: string, change: string, because: string]>([
    ["plan differs at p0004", "update plan set name = 'Otro' where id = 'p0004'", "a row is another"],
    ["plan differs at p0004", "delete from plan where id = 'p0004'", "a row is missing between others"],
    ["plan differs at p0008", "update plan set id = 'p9999' where id = 'p0008'", "a row has another key"],
    ["customer differs at x", "insert into customer (id, name) values ('x', 'Eva')", "a row is on one side only"],
  ])("whose copy differs leaves both marked: %s after %s (%s)", async (differs, change) => {
    await move();
    sql("new", "update installation set moved_to = 'unfinished copy of ins'");
    sql("new", change);
    await expect(move()).rejects.toThrow(differs);
    expect(marks()).toEqual(["sqlite:new", "unfinished copy of ins"]);
  });

  test("of a row that the new one does not take names it, and writes those before it", async () => {
    // What a person wrote past the checks of the table.
    old.pragma("ignore_check_constraints = on");
    old.exec("update plan set currency = 'PESO' where id = 'p0002'");
    const moving = move();
    await expect(moving).rejects.toThrow(/the row p0002 of plan cannot be kept by sqlite:new \(.*CHECK/);
    await expect(moving).rejects.toThrow("mend it in sqlite:old");
    expect([count("new", "plan"), marks()]).toEqual([2, ["sqlite:new", "unfinished copy of ins"]]);
    old.exec("update plan set currency = 'MXN' where id = 'p0002'");
    await move();
    expect(count("new", "plan")).toBe(9);
  });

  test.each<[refused: string, change: string, because: string]>([
    ["sqlite:old holds nothing that could be moved", "delete from installation", "nobody ever worked with it"],
    ["sqlite:old is marked as moved to x", "update installation set moved_to = 'x'", "it was moved elsewhere"],
  ])("is refused: %s, after %s (%s)", async (refused, change) => {
    sql("old", change);
    await expect(move()).rejects.toThrow(refused);
  });

  test.each<[refused: string | null, change: string, because: string]>([
    [null, "select 1", "it is empty"],
    [null, "insert into installation (id, epoch, created_at) values ('x', 0, 0)", "nobody ever worked with it"],
    ["is not empty", "insert into customer (id, name) values ('x', 'Eva')", "it holds somebody"],
    [
      "is not empty",
      `insert into plan (id, name, currency, interval, frequency, trial_period_days, line_items, dunning, catch_up, source)
       values ('x', 'Oro', 'MXN', 'month', 1, 0, '[]', 'standard', 'all', 'code')`,
      "it holds a plan",
    ],
    [
      "is not empty",
      "insert into event (id, at, type, data, sequence) values ('e', 0, 'invoice.paid', '{}', 1)",
      "it has a past",
    ],
    [
      "is not empty",
      "insert into installation (id, epoch, created_at, moved_to) values ('x', 0, 0, 'y')",
      "it was moved elsewhere",
    ],
    [
      "is not empty",
      "insert into installation (id, epoch, created_at, moved_to) values ('x', 0, 0, 'unfinished copy of z')",
      "it is the copy of another",
    ],
    [
      "is not empty",
      "insert into installation (id, epoch, created_at, moved_to) values ('ins', 0, 0, 'given up')",
      "its move was given up",
    ],
  ])("goes into the new one, or is refused: %p, after %s (%s)", async (refused, change) => {
    sql("new", change);
    const end = await move().then(
      () => null,
      (error: Error) => error.message,
    );
    expect(end?.includes(String(refused)) ?? null).toBe(refused === null ? null : true);
    expect(marks()[0]).toBe(refused === null ? "sqlite:new" : null);
  });

  test.each(["old", "new"])(
    "is refused while somebody charges from the %s one, and frees what it held",
    async (name) => {
      const lock = acquireChargeLock(at(name).path);
      await expect(move()).rejects.toMatchObject({ name: "AlreadyRunning" });
      // Who closes a file last takes its journal away.
      expect(existsSync(`${at("new").path}-wal`)).toBe(false);
      expect(marks()).toEqual([null, undefined]);
      lock.release();
      await move();
      acquireChargeLock(at("old").path).release();
      acquireChargeLock(at("new").path).release();
    },
  );

  test("of one that a newer program has migrated is refused, and frees it for that one", async () => {
    old.exec("insert into mikro_orm_migrations (name) values ('Migration99991231000001X')");
    await expect(move()).rejects.toThrow("written by a newer Puntual");
    acquireChargeLock(at("old").path).release();
  });

  test("from where there is nothing is refused by the name that was given", async () => {
    await expect(move("new", "none")).rejects.toMatchObject({ name: "DatabaseUnusable" });
  });
});

describe("giving up a move", () => {
  const giveUp = async () => await giveUpMove(at("old"), at("new"));

  test.each<[isGivenUp: boolean, oldMark: string | null, newMark: string | null, because: string]>([
    [true, "sqlite:new", "unfinished copy of ins", "it is under way"],
    [true, "sqlite:new", "given up", "it was cut off while it was given up"],
    [false, "sqlite:new", null, "it is finished"],
    [false, null, "unfinished copy of ins", "the old one is free already"],
    [false, "elsewhere", "unfinished copy of ins", "it went elsewhere"],
    [false, "sqlite:new", "unfinished copy of another", "it is the copy of another"],
    [false, "sqlite:new", "elsewhere", "the new one went on"],
  ])("is done (%p) where the marks are %p and %p: %s", async (isGivenUp, oldMark, newMark) => {
    await move();
    const set = (name: string, mark: string | null) =>
      sql(name, `update installation set moved_to = ${mark === null ? "null" : `'${mark}'`}`);
    set("old", oldMark);
    set("new", newMark);
    const end = await giveUp().then(
      () => "done",
      (error: Error) => error.message,
    );
    expect(end).toContain(isGivenUp ? "done" : "no move from sqlite:old to sqlite:new is under way");
    expect(marks()).toEqual(isGivenUp ? [null, "given up"] : [oldMark, newMark]);
  });
});
