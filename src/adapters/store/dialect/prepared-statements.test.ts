/** A statement that is kept tells what the tables hold now, and how they look now. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { keepStatements } from "./prepared-statements.ts";

let database: Database.Database;
beforeEach(() => {
  database = new Database(":memory:");
  keepStatements(database);
  database.exec("create table t (a integer); insert into t values (1)");
});
afterEach(() => void database.close());

test("the same text is the same statement, and another one another", () => {
  expect(database.prepare("select a from t")).toBe(database.prepare("select a from t"));
  expect(database.prepare("select a from t")).not.toBe(database.prepare("select a  from t"));
});

test("a column that was added since is among what it reads", () => {
  expect(database.prepare("select * from t").all()).toEqual([{ a: 1 }]);
  database.exec("alter table t add column b text default 'x'");
  expect(database.prepare("select * from t").all()).toEqual([{ a: 1, b: "x" }]);
});

test("the latest used are kept, and no more than some hundred", () => {
  const first = database.prepare("select 0 from t");
  const second = database.prepare("select 1 from t");
  for (let at = 2; at < 200; at++) database.prepare(`select ${at} from t`);
  expect(database.prepare("select 0 from t")).toBe(first);
  database.prepare("select 200 from t");
  expect(database.prepare("select 0 from t")).toBe(first);
  expect(database.prepare("select 1 from t")).not.toBe(second);
});
