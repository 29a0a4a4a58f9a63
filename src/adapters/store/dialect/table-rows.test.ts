/** Whole rows of any table: what of them is copied, and when two of them are the same. */
import { expect, test } from "@jest/globals";
import { bareRows } from "../../../../test/support/bare-rows.ts";
import { canonical, type Column, insertRows, type Table, tableOf, valueOf } from "./table-rows.ts";

const books = bareRows();

const column = (name: string, type: Column["type"]): Column => ({ name, key: name, type });

test.each<[type: Column["type"], value: unknown, wanted: unknown, because: string]>([
  ["text", "Ana", "Ana", "as it stands"],
  ["text", null, null, "none"],
  ["text", undefined, null, "not even a column"],
  ["text", { a: 1 }, '{"a":1}', "what a driver has read of JSON in a text"],
  ["int", "9007199254740991", 9_007_199_254_740_991, "a bigint that arrives as text"],
  ["int", 0, 0, "nought is a number"],
  ["flag", true, true, "as PostgreSQL has it"],
  ["flag", 1, true, "as SQLite has it"],
  ["flag", "1", true, "as a text"],
  ["flag", 0, false, "no"],
  ["flag", false, false, "no"],
  ["flag", null, null, "nobody said"],
  ["json", '{"a":1}', { a: 1 }, "as SQLite has it"],
  ["json", { a: 1 }, { a: 1 }, "as PostgreSQL has it"],
])("a column of %s that holds %p is copied as %p: %s", (type, value, wanted) => {
  expect(valueOf({ x: value } as Parameters<typeof valueOf>[0], column("x", type))).toEqual(wanted);
});

test("one text for one row, whatever the order of its JSON; the order of a list counts", () => {
  const table: Table = { name: "t", key: "id", columns: [column("id", "text"), column("data", "json")] };
  const of = (data: string) => canonical({ data, id: "x" }, table);
  expect(of('{"b":[{"d":1,"c":2}],"a":null}')).toBe('["x",{"a":null,"b":[{"c":2,"d":1}]}]');
  expect(of('{"a":null,"b":[{"c":2,"d":1}]}')).toBe(of('{"b":[{"d":1,"c":2}],"a":null}'));
  expect(of("[1,2]")).not.toBe(of("[2,1]"));
});

test.each<[className: string, name: string, key: string, some: Record<string, string>]>([
  [
    "Subscription",
    "subscription",
    "id",
    { quantity: "int", bill_past: "flag", source: "text", next_billing_at: "int" },
  ],
  ["Invoice", "invoice", "id", { line_items: "json", amount_cents: "int", missed: "flag", customer_id: "text" }],
  ["EventDelivery", "event_delivery", "event_id", { tries: "int", state: "text" }],
])("the columns of %s are those of its table", (className, name, key, some) => {
  const table = tableOf(className);
  expect([table.name, table.key]).toEqual([name, key]);
  expect(Object.fromEntries(table.columns.map((each) => [each.name, each.type]))).toMatchObject(some);
});

test("rows are written as they were, with what is nothing in JSON too; one that is there already is left", async () => {
  await books.put("plan", { id: "oro" }, { id: "plata", name: "Plata" });
  const table = tableOf("Plan");
  const rows = await books.all("select * from plan order by id");
  await books.execute("delete from plan where id = 'oro'");
  await insertRows(books.em, table, rows, "on conflict do nothing");
  expect(await books.all("select * from plan order by id")).toEqual(rows);
  await insertRows(books.em, table, []);
  await expect(insertRows(books.em, table, rows)).rejects.toThrow(/UNIQUE/);

  await books.put("refund", { id: "r", taxes: null });
  const refunds = await books.all("select * from refund");
  await books.execute("delete from refund");
  await insertRows(books.em, tableOf("Refund"), refunds);
  expect(await books.all("select * from refund")).toEqual(refunds);
});
